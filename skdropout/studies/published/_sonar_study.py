"""Does dropout help a small dense network on Sonar? The published comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

from skdropout.studies._checks import ENGINES, check_choice, check_seeds, whole
from skdropout.studies._errors import StudyError
from skdropout.studies.designing import (
    ONLY,
    Design,
    Folds,
    Material,
    Variant,
    carry_out,
    fit_and_score,
    material_of,
)
from skdropout.studies.evidence import CLASS_SCORES
from skdropout.studies.reading import Table, load_table
from skdropout.studies.reporting import Conclusion, StudyResult
from skdropout.studies.running import Cell, Plan, Tables, start_tensorflow

if TYPE_CHECKING:
    import pandas as pd

#: What the three networks share.
SHARED: Mapping[str, Any] = {
    "hidden_layer_sizes": (60, 30),
    "activation": "relu",
    "kernel_initializer": "random_normal",  # N(0, 0.05)
    "dropout": 0.0,
    "optimizer": "sgd",
    "alpha": 0.0,
    "batch_size": 16,
    "rescale": None,  # a StandardScaler before it does it
}
_FAST: Mapping[str, Any] = {"max_norm": 3.0, "learning_rate": 0.1, "momentum": 0.9}
BASELINE = "baseline"
#: How they differ.
VARIANTS: Mapping[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant(BASELINE, "no dropout", {ONLY: {"learning_rate": 0.01, "momentum": 0.8}}),
        Variant("visible", "on the inputs", {ONLY: {"input_dropout": 0.2, **_FAST}}),
        Variant("hidden", "in the hidden layers", {ONLY: {"dropout": 0.2, **_FAST}}),
    )
}
#: Published accuracy and its standard deviation over the ten folds.
PUBLISHED: Mapping[str, tuple[float, float]] = {
    "baseline": (0.8604, 0.0458),
    "visible": (0.8352, 0.0768),
    "hidden": (0.8359, 0.0731),
}
_KEY: Mapping[str, type] = {"variant": str, "repeat": int, "fold": int}


def repeat_sonar(
    *,
    repeats: int = 5,
    folds: int = 10,
    seed: int = 7,
    epochs: int = 300,
    engine: str = "compiled",
    jobs: int = 1,
    cluster: str | None = None,
    out: "str | PathLike[str] | None" = None,
    progress: bool = True,
) -> StudyResult:
    """Repeat the published comparison of dense networks on the Sonar data.

    Three networks are compared by repeated stratified cross-validation: a baseline, one with
    dropout on its inputs ("visible"), and one with dropout after its hidden layers ("hidden"), the
    latter two with a max-norm constraint and faster steps [1]_. The published numbers are those of
    a single cross-validation. For other data, and for networks that differ in one thing alone,
    there is
    :func:`skdropout.studies.compare_regularisers`.

    The folder `out` grows as the study goes. Stopped at any moment and called again with the same
    arguments, the study goes on from there and computes nothing twice. With more repeats it
    computes only what is new.

    Parameters
    ----------
    repeats : int >= 1, default=5
        Number of whole cross-validations.
    folds : int from 2 to 97, default=10
        Folds of each.
    seed : int >= 0, default=7
        Seed of the first cross-validation's split; the later ones use the seeds after it. The
        networks' seeds follow from it, the repeat and the fold.
    epochs : int >= 1, default=300
        Epochs of each fit.
    engine : {"compiled", "keras"}, default="compiled"
        What trains the networks.
    jobs : int, default=1
        Fits at once; -1 for one per core. The scores do not depend on it.
    cluster : str, default=None
        Address of the scheduler of a Dask cluster to compute on instead, such as
        ``"tcp://10.0.0.1:8786"``, or ``"local"`` for one of `jobs` processes on this machine. The
        workers need this version of skdropout with its ``dask`` extra.
    out : path, default=None
        The folder to write; by default ``skdropout-study-sonar`` in the current one.
    progress : bool, default=True
        Whether to show a progress bar with the time left, on standard error.

    Returns
    -------
    StudyResult
        Scores, summary, comparisons and verdict; printing it shows the gist.

    Raises
    ------
    StudyError
        If an argument is unusable, or `out` holds another study.
    StudyInterrupted
        If Ctrl-C stopped it.

    See Also
    --------
    skdropout.datasets.fetch_sonar : The data, which are fetched when they are not there.

    References
    ----------
    .. [1] N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever and R. Salakhutdinov, "Dropout: A
       Simple Way to Prevent Neural Networks from Overfitting", JMLR 15 (2014), 1929-1958,
       appendix A.

    Examples
    --------
    >>> import tempfile
    >>> from skdropout.studies import repeat_sonar
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     study = repeat_sonar(repeats=1, folds=2, epochs=2, out=folder, progress=False)
    >>> study.summary["published"].to_dict()
    {'baseline': 0.8604, 'visible': 0.8352, 'hidden': 0.8359}
    """
    repeats, folds = whole("repeats", repeats, 1), whole("folds", folds, 2)
    seed, epochs = whole("seed", seed, 0), whole("epochs", epochs, 1)
    check_seeds(seed, repeats)
    check_choice("engine", engine, ENGINES)
    table = load_table("sonar")
    if folds > (most := min(table.class_counts.values())):
        raise StudyError(f"folds must be at most {most}, the rows of the rarer class; got {folds}.")
    study = Sonar(table, design_sonar(folds, seed, epochs, engine), repeats)
    return carry_out(study, out=out, jobs=jobs, cluster=cluster, progress=progress)


def design_sonar(folds: int, seed: int, epochs: int, engine: str) -> Design[Folds]:
    """Describe the published networks and how they are compared."""
    from skdropout import DropoutMLPClassifier

    return Design(
        estimator=DropoutMLPClassifier(**{**SHARED, "engine": engine}),
        variants=VARIANTS,
        resampling=Folds(folds, 0, seed),  # nothing is chosen
        epochs=epochs,
        score=CLASS_SCORES["accuracy"],
    )


@dataclass(frozen=True)
class Sonar:
    """The comparison as a study.

    Attributes
    ----------
    table : Table
        The data.
    design : Design[Folds]
        How the networks are compared.
    repeats : int
        Number of whole cross-validations.
    """

    table: Table
    design: Design[Folds]
    repeats: int
    command: str = "study"

    @property
    def plan(self) -> Plan:
        """Describe what is computed."""
        material, resampling = material_of(self.table), self.design.resampling
        scores = dict.fromkeys(material.scores, float)
        return Plan(
            name="sonar",
            identity={
                "study": "sonar",
                "arguments": self.arguments,
                "protocol": {
                    "shared": SHARED,
                    "variants": {name: v.strengths[ONLY] for name, v in VARIANTS.items()},
                },
                "data": self.table.describe(),
            },
            cells=[
                (name, repeat, fold)
                for repeat in range(self.repeats)
                for name in self.design.variants
                for fold in range(resampling.folds)
            ],
            key=tuple(_KEY),
            schemas={
                "curves": {**_KEY, "epoch": int, "training_loss": float, "accuracy": float},
                "results": {
                    **_KEY, "seed": int, "network_seed": int, **scores, "fit_seconds": float,
                },
            },
            compute=compute_fold,
            data=(material, self.design),
            growing=("repeats",),
        )  # fmt: skip

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments that the numbers depend on, in the order of the command's options."""
        return {
            "repeats": self.repeats,
            "folds": self.design.resampling.folds,
            "seed": self.design.resampling.seed,
            "epochs": self.design.epochs,
            "engine": self.design.estimator.engine,
        }

    def follow_up(self, tables: "Mapping[str, pd.DataFrame]") -> None:
        """Compute nothing more."""

    def conclude(self, tables: "Mapping[str, pd.DataFrame]", notes: Sequence[str]) -> Conclusion:
        """Draw the conclusions from finished cells."""
        from skdropout.studies.published import _sonar_findings, _sonar_page

        results, resampling = tables["results"], self.design.resampling
        summary = _sonar_findings.summarise_networks(results)
        comparisons = _sonar_findings.compare_networks(results, resampling.test_train_ratio)
        naive = max(self.table.class_counts.values()) / len(self.table.targets)
        failed = _sonar_findings.failures(
            results, tables["curves"], resampling.test_train_ratio, naive
        )
        verdict = _sonar_findings.conclude(comparisons, failed, self.repeats, resampling.folds)
        figures = _sonar_page.draw_figures(tables, summary, comparisons, naive)
        return Conclusion(
            verdicts=[verdict],
            summary=summary,
            comparisons=comparisons,
            listings=[_sonar_page.list_networks(summary, self.repeats)],
            figures=figures,
            page=_sonar_page.sonar_page(
                self.table, self.arguments, verdict, summary, comparisons, figures, notes
            ),
        )


def compute_fold(cell: Cell, material: Material, design: Design[Folds]) -> Tables:
    """Train one network on all folds but one, and test it on that one."""
    start_tensorflow()
    name, repeat, fold = cell
    train, test = design.resampling.outer(material.y, repeat, fold)
    # The networks of a fold share their seed, and so their first weights where the shapes agree:
    # what differs between them is the recipe.
    seed = design.resampling.network_seed(repeat, fold)
    fit = fit_and_score(design.network(name, seed=seed), material, train, test)
    key = dict(zip(_KEY, cell, strict=True))
    row = {
        **key,
        "seed": design.resampling.seed + repeat,
        "network_seed": seed,
        **fit.scores,
        "fit_seconds": fit.seconds,
    }
    # One run's curves are enough to look at; all of them would outgrow the results a hundredfold.
    curve = zip(fit.history["loss"], fit.history["accuracy"], strict=True) if repeat == 0 else ()
    curves = [
        {**key, "epoch": epoch, "training_loss": float(loss), "accuracy": float(accuracy)}
        for epoch, (loss, accuracy) in enumerate(curve, start=1)
    ]
    return {"curves": curves, "results": [row]}
