"""Batch normalisation against dropout in convolutional blocks: the published comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from os import PathLike
from typing import TYPE_CHECKING, Any

from skdropout.studies._checks import ENGINES, PRECISIONS, check_choice, whole
from skdropout.studies._errors import StudyError
from skdropout.studies.designing import (
    ONLY,
    Design,
    Draws,
    Material,
    carry_out,
)
from skdropout.studies.published._cifar100_networks import (
    CONDITIONS,
    KEY,
    PLACEMENTS,
    RESULTS,
    SHARED,
    VARIANTS,
    build_network,
    compute_variant,
    design_cifar100,
    seconds_a_step,
)
from skdropout.studies.reading import ImageSet, load_images
from skdropout.studies.reporting import Conclusion, StudyResult
from skdropout.studies.running import Cell, Plan, duration, start_tensorflow

if TYPE_CHECKING:
    import pandas as pd


def repeat_cifar100(
    *,
    train_size: int | None = None,
    validation_size: int | None = None,
    epochs: int = 16,
    placements: Sequence[str] = PLACEMENTS,
    variants: Sequence[str] = tuple(VARIANTS),
    conditions: Sequence[str] = tuple(CONDITIONS),
    seeds: int = 2,
    precision: str = "float32",
    engine: str = "compiled",
    jobs: int = 1,
    cluster: str | None = None,
    out: str | PathLike[str] | None = None,
    progress: bool = True,
) -> StudyResult:
    """Repeat the published comparison of batch normalisation and dropout on CIFAR-100.

    Networks that differ in what stands inside their convolutional blocks, and where, are trained
    on the same images and validated after each epoch. The published ones had inputs from 0 to 255
    of which only the mean was subtracted; here the same is done with standardised inputs too.
    For other images there is :func:`skdropout.studies.compare_regularisers`.

    The folder `out` grows as the study goes. Stopped at any moment and called again with the same
    arguments, the study goes on after the last finished epoch, to the same numbers. With more
    seeds, placements, variants or conditions it trains only what is new.

    Parameters
    ----------
    train_size : int, default=None
        Number of training images to draw, by class, anew for each seed; by default all 50,000.
    validation_size : int, default=None
        Number of validation images to keep, by class, the same for every network; by default all
        10,000.
    epochs : int >= 1, default=16
        Epochs of each fit. 16 epochs over all images are the published 10,000 steps.
    placements : sequence of {"before_activation", "after_activation", "after_pooling"}
        Where batch normalisation or dropout stands in the blocks; by default each of these.
    variants : sequence of {"nothing", "batch_norm", "dropout_0.1", "dropout_0.3", "dropout_0.5"}
        What stands there; by default each of these.
    conditions : sequence of {"as_published", "standardised"}
        Inputs minus their mean, or also divided by their standard deviation; by default both.
    seeds : int >= 1, default=2
        Number of times that everything is trained. Intervals at a single placement need two.
    precision : {"float32", "mixed_bfloat16"}, default="float32"
        Number type of the arithmetic.
    engine : {"compiled", "keras"}, default="compiled"
        What trains the networks.
    jobs : int, default=1
        Processes to use; -1 for one per core. One process already uses all cores for images, and
        on another number of cores the last digits differ.
    cluster : str, default=None
        Address of the scheduler of a Dask cluster to compute on instead, such as
        ``"tcp://10.0.0.1:8786"``, or ``"local"`` for one of `jobs` processes on this machine. The
        workers need this version of skdropout with its ``dask`` extra.
    out : path, default=None
        The folder to write; by default ``skdropout-study-cifar100`` in the current one.
    progress : bool, default=True
        Whether to show, on standard error, an estimate of the time and a progress bar.

    Returns
    -------
    StudyResult
        Numbers per epoch, summary, comparisons and verdict; printing it shows the gist.

    Raises
    ------
    StudyError
        If an argument is unusable, or `out` holds another study.
    StudyInterrupted
        If Ctrl-C stopped it.

    See Also
    --------
    skdropout.datasets.fetch_cifar100 : The data, which are fetched when they are not there.

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing
    Internal Covariate Shift", ICML 2015, section 3.

    Examples
    --------
    What is asked for is checked before anything is fetched or trained:

    >>> from skdropout.studies import StudyError, repeat_cifar100
    >>> try:
    ...     repeat_cifar100(train_size=5000, placements=["after_poling"])
    ... except StudyError as error:
    ...     print(error)
    placements has no 'after_poling'; did you mean after_pooling or after_activation?
    """
    epochs, seeds = whole("epochs", epochs, 1), whole("seeds", seeds, 1)
    train_size = whole("train_size", train_size, 1)
    check_choice("precision", precision, PRECISIONS)
    check_choice("engine", engine, ENGINES)
    places = _choose("placements", placements, PLACEMENTS)
    names = _choose("variants", variants, VARIANTS)
    inputs = _choose("conditions", conditions, CONDITIONS)
    images = load_images("cifar100").validated_on(validation_size)
    draws = Draws(len(images.y) if train_size is None else train_size)
    draws.check(images.name, images.y, len(images.classes))
    design = design_cifar100(draws, epochs, precision, engine)
    study = Cifar100(images, design, seeds, places, names, inputs)
    return carry_out(study, out=out, jobs=jobs, cluster=cluster, progress=progress)


def _choose(name: str, asked: Sequence[str], known: Sequence[str] | Mapping[str, Any]) -> list[str]:
    """Put a choice into the order of what there is to choose from."""
    for choice in asked:
        check_choice(name, choice, known)
    if not asked:
        raise StudyError(f"{name} must name at least one of {', '.join(known)}.")
    return [choice for choice in known if choice in asked]


@dataclass(frozen=True)
class Cifar100:
    """The comparison as a study.

    Attributes
    ----------
    images : ImageSet
        The data.
    design : Design
        How the networks are compared.
    seeds : int
        Number of times that everything is trained.
    placements, variants, conditions : list of str
        Those of each that are trained.
    """

    images: ImageSet
    design: Design[Draws]
    seeds: int
    placements: Sequence[str]
    variants: Sequence[str]
    conditions: Sequence[str]
    command: str = "study"

    @property
    def plan(self) -> Plan:
        """Describe what is computed."""
        images = self.images
        training = Material(images.name, images.X, images.y, images.classes)
        validation = Material(images.name, images.X_val, images.y_val, images.classes)
        network = self.design.estimator.get_params()
        return Plan(
            name=images.name,
            identity={
                "study": images.name,
                "arguments": self.arguments,
                "protocol": {
                    "shared": {name: network[name] for name in SHARED},
                    "variants": {name: v.strengths[ONLY] for name, v in VARIANTS.items()},
                    "rescale": CONDITIONS,
                },
                "data": images.describe(),
            },
            # Seed by seed, so that what is finished early is a whole table already.
            cells=[
                (variant, placement, condition, seed)
                for seed in range(self.seeds)
                for condition in self.conditions
                for placement in self.placements
                for variant in self.variants
            ],
            key=tuple(KEY),
            schemas={"results": RESULTS},
            compute=compute_variant,
            data=(training, validation, self.design),
            growing=("seeds", "placements", "variants", "conditions"),
            announce=self.announce,
        )

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments that the numbers depend on, in the order of the command's options."""
        return {
            "train_size": self.design.resampling.size,
            "validation_size": len(self.images.y_val),
            "epochs": self.design.epochs,
            "seeds": self.seeds,
            "precision": self.design.estimator.precision,
            "engine": self.design.estimator.engine,
            "placements": list(self.placements),
            "variants": list(self.variants),
            "conditions": list(self.conditions),
        }

    def announce(self, missing: Mapping[Cell, float]) -> str:
        """Time a few steps of each kind of network, and say how long the missing fits will take."""
        start_tensorflow()
        design, seconds = self.design, 0.0
        batch_size = design.estimator.batch_size
        for batch_norm in (False, True):
            cells = [cell for cell in missing if (cell[0] == "batch_norm") == batch_norm]
            if cells:
                steps = ceil(design.resampling.size / batch_size)
                # Validation has the forward half of the arithmetic, about a third of a step.
                steps += ceil(len(self.images.y_val) / batch_size / 3)
                fits = sum(missing[cell] for cell in cells)
                network = build_network(cells[0], design)
                seconds += fits * design.epochs * steps * seconds_a_step(network, self.images)
        epochs = f"{design.epochs} epochs" if design.epochs > 1 else "one epoch"
        return f"{len(missing)} fits of {epochs}: about {duration(seconds)} of computing."

    def follow_up(self, tables: "Mapping[str, pd.DataFrame]") -> None:
        """Compute nothing more."""

    def conclude(self, tables: "Mapping[str, pd.DataFrame]", notes: Sequence[str]) -> Conclusion:
        """Draw the conclusions from finished cells."""
        from skdropout.studies.published import _cifar100_findings, _cifar100_page

        results, n_classes = tables["results"], len(self.images.classes)
        summary = _cifar100_findings.summarise_variants(results, n_classes)
        comparisons = _cifar100_findings.compare_variants(results, n_classes)
        verdicts = _cifar100_findings.conclude_conditions(
            comparisons, summary, _cifar100_findings.guessing(self.images.y_val)
        )
        figures = {c: _cifar100_page.draw_curves(results, c) for c in self.conditions}
        return Conclusion(
            verdicts=verdicts,
            summary=summary,
            comparisons=comparisons,
            listings=[_cifar100_page.list_accuracies(summary, c) for c in self.conditions],
            figures={c: figures.get(c) for c in CONDITIONS},
            page=_cifar100_page.cifar100_page(
                self.images, self.arguments, verdicts, summary, comparisons, figures, notes
            ),
        )
