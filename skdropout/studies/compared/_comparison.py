"""The comparison as one call."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

from skdropout.studies._checks import (
    ENGINES,
    PRECISIONS,
    check_at_least,
    check_choice,
    check_seeds,
    whole,
    whole_jobs,
)
from skdropout.studies._errors import StudyError
from skdropout.studies.compared._asked import Asked
from skdropout.studies.designing import Design, Folds, Material, carry_out, material_of
from skdropout.studies.reading import Reading, is_images, load_images, load_table
from skdropout.studies.reporting import Conclusion, StudyResult
from skdropout.studies.running import Plan, jobs_here

if TYPE_CHECKING:
    import pandas as pd

    from skdropout.studies.reading import ImageSet, Table


def compare_regularisers(
    data: Any = "breast_cancer",
    y: Any = None,
    *,
    target: str | int | None = None,
    task: str | None = None,
    estimator: Any = None,
    variants: Sequence[str] | Mapping[str, Any] | None = None,
    repeats: int | None = None,
    folds: int = 5,
    inner_folds: int | None = None,
    seed: int = 7,
    epochs: int | None = None,
    scoring: str | None = None,
    practical: float | None = None,
    engine: str | None = None,
    precision: str | None = None,
    jobs: int = -1,
    cluster: str | None = None,
    out: "str | PathLike[str] | None" = None,
    reading: Reading | None = None,
    progress: bool = True,
) -> StudyResult:
    """Find out which regularisation helps a network on these data, how much, and how surely.

    Each *variant* is a kind of regularisation with a small grid of strengths; all else about the
    networks is the same. In every outer fold each variant chooses its strength and its number of
    epochs on inner folds of the training rows, is trained on all of them, and is scored once on
    the test rows [1]_. The control, ``"none"``, has no regulariser but the same chance to stop in
    time. Naive guesses, a linear model and gradient boosting say whether a network is the right
    tool at all.

    The folder `out` grows as the comparison goes. Stopped at any moment and called again with the
    same arguments it goes on from there. With more `repeats` or other `variants` a finished one is
    extended, and keeps what it has.

    Parameters
    ----------
    data : {"breast_cancer", "digits", "sonar"}, path, DataFrame or array, \
default="breast_cancer"
        A data set that comes with scikit-learn or (Sonar) is fetched, a table file, a folder with
        a folder of images for each class, an ``.npz`` file, or rows and images from Python.
    y : array-like of shape (n_samples,), default=None
        The target of rows from Python, unless it is a column of `data`.
    target : str or int, default=None
        The column of a table to predict; required for files, and for frames without `y`.
    task : {"classification", "regression"}, default=None
        Whether the target is classes or a quantity; by default what it looks like.
    estimator : DropoutMLPClassifier, DropoutMLPRegressor or BNConvClassifier, default=None
        The network to start from; its regularisation is switched off. By default 200 hidden units
        for tables, trained by Adam in batches of 32 (more for more than some 5,000 rows), and up to
        three blocks of 32, 64 and 128 filters for images (half as many for tiny ones).
    variants : sequence of str, or dict of str to dict, default=None
        What to compare with ``"none"``; by default all. For tables ``"l2"``,
        ``"dropout_hidden"``, ``"dropout_inputs"``, ``"dropout_both"``, ``"max_norm"``,
        ``"dropout_max_norm"``, ``"batch_norm"`` and ``"paper_recipe"``, which is all that the
        source [2]_ advises at once. For images ``"dropout_head"``, ``"dropout_blocks"``,
        ``"spatial_dropout"``, ``"batch_norm"``, ``"batch_norm_after"``, ``"batch_norm_head"``,
        ``"gap"`` and ``"augmentation"``. A dict brings variants of one's own: a name, and a grid
        of the estimator's parameters as for ``GridSearchCV``, or None for one of these.
    repeats : int >= 1, default=None
        Number of whole cross-validations: 5 for tables and 1 for images unless given.
    folds : int >= 2, default=5
        Outer folds of each.
    inner_folds : int >= 1, default=None
        Inner folds that choose: 4 for tables; 1, a quarter of the rows set aside, for images.
    seed : int >= 0, default=7
        Seed of the first repeat; the later ones use the seeds after it.
    epochs : int >= 1, default=None
        The most epochs that may be chosen. By default as many as make 20,000 training steps, but
        10 to 240 (images: 2,500 steps, 10 to 30 epochs). The networks of the inner folds train
        on together, a quarter of these at a time, until their mean validation curve has gone an
        eighth of these without a new best.
    scoring : {"log_loss", "accuracy"} or {"rmse", "r2"}, default=None
        What chooses and is tested: by default the log loss for classes, RMSE for quantities.
    practical : float >= 0, default=None
        Differences up to this size make no practical difference; by default 0.01, times the
        standard deviation of the target for RMSE, and times the entropy of the classes for the log
        loss where that is less than a bit.
    engine : {"compiled", "keras"}, default=None
        What trains the networks; by default what `estimator` says, which is ``"compiled"`` unless
        it was given another one.
    precision : {"float32", "mixed_bfloat16"}, default=None
        Number type of the arithmetic, for images.
    jobs : int, default=-1
        Cells computed at a time, in as many processes, for images of one core each; -1 for one
        per core. The scores do not depend on it.
    cluster : str, default=None
        Address of the scheduler of a Dask cluster to compute on instead, such as
        ``"tcp://10.0.0.1:8786"``, or ``"local"`` for one of `jobs` processes on this machine.
    out : path, default=None
        The folder to write; by default ``skdropout-compare-NAME`` in the current one.
    reading : Reading, default=None
        How files are read where more than one way makes sense.
    progress : bool, default=True
        Whether to show, on standard error, what was understood of the data, an estimate of the
        time, and a progress bar.

    Returns
    -------
    StudyResult
        Scores, differences, sentences, and the recommended estimator, unfitted; printing it shows
        the gist.

    Raises
    ------
    StudyError
        If the data or an argument is unusable, or `out` holds another study.
    StudyInterrupted
        If Ctrl-C stopped it.

    References
    ----------
    .. [1] G. C. Cawley and N. L. C. Talbot, "On Over-fitting in Model Selection and Subsequent
       Selection Bias in Performance Evaluation", JMLR 11 (2010), 2079-2107, section 5.
    .. [2] N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever and R. Salakhutdinov, "Dropout: A
       Simple Way to Prevent Neural Networks from Overfitting", JMLR 15 (2014), 1929-1958,
       appendix A.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import load_wine
    >>> from skdropout.studies import compare_regularisers
    >>> X, y = load_wine(return_X_y=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     study = compare_regularisers(
    ...         X[::2], y[::2], variants=["dropout_hidden"], repeats=1, folds=2, epochs=3,
    ...         out=folder, jobs=1, progress=False,
    ...     )
    >>> study.comparisons["variant"].tolist()
    ['dropout_hidden', 'naive', 'logistic_regression', 'gradient_boosting']
    """
    repeats, folds = whole("repeats", repeats, 1), whole("folds", folds, 2)
    inner_folds, seed = whole("inner_folds", inner_folds, 1), whole("seed", seed, 0)
    epochs, jobs = whole("epochs", epochs, 1), whole_jobs(jobs)
    check_at_least("practical", practical, 0)
    check_choice("engine", engine, ENGINES)
    check_choice("precision", precision, PRECISIONS)

    from skdropout.studies.compared._planning import (
        IMAGES,
        TABLES,
        design_comparison,
        plan_comparison,
    )

    reading = reading or Reading()
    images = is_images(data)
    if images and (target is not None or task is not None):
        raise StudyError("target and task belong to tables; images have their folders or y.")
    loaded: Table | ImageSet
    if images:
        loaded = load_images(data, y=y, reading=reading)
    else:
        loaded = load_table(data, target, task, y=y, reading=reading)
    material = material_of(loaded)
    defaults = IMAGES if images else TABLES
    design = design_comparison(
        material,
        defaults=defaults,
        estimator=estimator,
        variants=variants,
        folds=folds,
        inner_folds=inner_folds,
        seed=seed,
        epochs=epochs,
        scoring=scoring,
        engine=engine,
        precision=precision,
    )
    repeats = repeats or defaults.repeats
    check_seeds(seed, repeats)
    arguments = {
        "target": target, "task": task, "estimator": estimator, "variants": variants,
        "repeats": repeats, "folds": folds, "inner_folds": inner_folds, "seed": seed,
        "epochs": epochs, "scoring": scoring, "practical": practical, "engine": engine,
        "precision": precision,
    }  # fmt: skip
    given = {name: value for name, value in arguments.items() if value is not None}
    if practical is None:
        practical = design.score.practical * design.score.scale(material.y)
    study = Comparison(
        plan_comparison(
            material,
            design,
            repeats=repeats,
            data=loaded,
            reading={"target": target, "task": task, **asdict(reading)},
            jobs=jobs_here(jobs, cluster),
        ),
        loaded,
        material,
        design,
        practical,
        Asked(loaded, given, reading),
    )
    return carry_out(study, out=out, jobs=jobs, cluster=cluster, progress=progress)


@dataclass(frozen=True)
class Comparison:
    """A comparison as a study.

    Attributes
    ----------
    plan : Plan
        What is computed.
    loaded : Table or ImageSet
        The data as they were read.
    material, design : Material, Design
        What is compared, and how.
    practical : float
        Differences up to this size make no practical difference.
    asked : Asked
        The question, for who asks it again.
    """

    plan: Plan
    loaded: "Table | ImageSet"
    material: Material
    design: Design[Folds]
    practical: float
    asked: Asked
    command: str = "compare"

    def follow_up(self, tables: "Mapping[str, pd.DataFrame]") -> Plan:
        """Choose strength and epochs of the recommended variant on all rows."""
        from skdropout.studies.compared._findings import Findings
        from skdropout.studies.compared._recommended import plan_recommendation

        findings = Findings(self.material, self.design, tables, self.practical)
        return plan_recommendation(self.plan, findings.recommended)

    def conclude(self, tables: "Mapping[str, pd.DataFrame]", notes: Sequence[str]) -> Conclusion:
        """Draw the conclusions from finished cells."""
        import pandas as pd

        from skdropout.studies.compared._comparison_page import comparison_page, list_variants
        from skdropout.studies.compared._findings import Findings
        from skdropout.studies.compared._panels import draw_panels
        from skdropout.studies.compared._program import as_python
        from skdropout.studies.compared._recommended import chosen_pipeline
        from skdropout.studies.compared._sentences import conclude

        findings = Findings(self.material, self.design, tables, self.practical)
        verdicts, figures = conclude(findings), draw_panels(findings)
        (choice,) = tables["choice"].to_dict("records")
        pipeline = chosen_pipeline(choice, self.material, self.design)
        program = as_python(pipeline, self.asked.command, self.asked.loading)
        html = comparison_page(
            findings,
            figures,
            overview=self.loaded.overview(),
            verdicts=verdicts,
            program=program,
            command=self.asked.command,
            sha256=self.plan.identity["data"]["sha256"],
            notes=notes,
        )
        return Conclusion(
            verdicts=verdicts,
            summary=findings.summary,
            comparisons=pd.concat(findings.comparisons, ignore_index=True),
            listings=[list_variants(findings)],
            figures=figures,
            page=html,
            files={"recommended.py": program},
            recommended=pipeline,
        )
