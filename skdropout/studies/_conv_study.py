"""The image study as one call."""

from collections.abc import Sequence
from os import PathLike
from typing import Any

from skdropout.studies._conv import CONDITIONS, PLACEMENTS, VARIANTS
from skdropout.studies.reporting import StudyResult, write_report
from skdropout.studies.running import folder_of, notes_on, run_plan


def run_image_study(
    data: str | PathLike[str] = "digits",
    *,
    train_size: int | None = None,
    validation_size: int | None = None,
    passes: int | None = None,
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
    """Hold batch normalisation against dropout inside convolutional blocks.

    Networks that differ in what stands inside their convolutional blocks, and where, are trained
    on the same images and validated after each pass over them. On CIFAR-100 they are the published
    ones; for smaller images they have fewer blocks, and for the digits fewer filters too.

    The folder `out` grows as the study goes. Stopped at any moment and called again with the same
    arguments, the study goes on after the last finished pass, to the same numbers. With more seeds,
    placements, variants or conditions it trains only what is new.

    Parameters
    ----------
    data : {"digits", "cifar100"} or path, default="digits"
        The images: embedded in scikit-learn, fetched by :func:`skdropout.datasets.fetch_cifar100`,
        a folder that has a folder of image files for each class, or an ``.npz`` file with arrays
        ``X`` and ``y`` or ``x_train``, ``y_train``, ``x_test`` and ``y_test``. Without a test part
        a fifth of the images is set aside for validation.
    train_size : int, default=None
        Number of training images to draw, by class, anew for each seed; by default all.
    validation_size : int, default=None
        Number of validation images to keep, by class, the same for every network; by default all.
    passes : int >= 1, default=None
        Passes over the training images; by default 16, which for CIFAR-100 are the published
        10,000 steps, and 8 for the digits.
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
        Processes to use; -1 for one per core. One process already uses all cores for images.
    cluster : str, default=None
        Address of the scheduler of a Dask cluster to compute on instead, such as
        ``"tcp://10.0.0.1:8786"``, or ``"local"`` for one of `jobs` processes on this machine. The
        workers need this version of skdropout with its ``dask`` extra.
    out : path, default=None
        The folder to write; by default ``skdropout-study-NAME`` in the current one.
    progress : bool, default=True
        Whether to show, on standard error, an estimate of the time and a progress bar.

    Returns
    -------
    StudyResult
        Numbers per pass, summary, comparisons and verdict; printing it shows the gist.

    Raises
    ------
    StudyError
        If the data or an argument is unusable, or `out` holds another study.
    StudyInterrupted
        If Ctrl-C stopped it.

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing
    Internal Covariate Shift", ICML 2015, section 3.

    Examples
    --------
    >>> import tempfile
    >>> from skdropout.studies import run_image_study
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     study = run_image_study(
    ...         "digits", train_size=160, passes=1, seeds=1, placements=["after_pooling"],
    ...         variants=["nothing", "dropout_0.1"], conditions=["standardised"],
    ...         out=folder, progress=False,
    ...     )
    >>> study.summary["variant"].tolist()
    ['nothing', 'dropout_0.1']
    """
    from skdropout.studies._conv import PUBLISHED, plan_conv
    from skdropout.studies._conv_figures import draw_curves
    from skdropout.studies._conv_findings import (
        compare_variants,
        conclude_conditions,
        guessing,
        summarise_variants,
    )
    from skdropout.studies._conv_report import conv_page, list_accuracies
    from skdropout.studies.reading import load_images

    images = load_images(data).validated_on(validation_size)
    plan, protocol = plan_conv(
        images,
        train_size=train_size,
        passes=passes,
        placements=placements,
        variants=variants,
        conditions=conditions,
        seeds=seeds,
        precision=precision,
        engine=engine,
    )
    folder = folder_of(out, "study", plan.name)
    results = run_plan(plan, folder, jobs=jobs, cluster=cluster, progress=progress)["results"]
    n_classes = len(images.classes)
    published = PUBLISHED if plan.name == "cifar100" else None
    summary = summarise_variants(results, n_classes, published)
    comparisons = compare_variants(results, n_classes)
    verdicts = conclude_conditions(comparisons, summary, guessing(images.y_val))
    shown: Any = list(results["condition"].unique())
    figures = {condition: draw_curves(results, condition) for condition in shown}
    html = conv_page(
        images=images,
        protocol=protocol,
        identity=plan.identity,
        verdicts=verdicts,
        summary=summary,
        comparisons=comparisons,
        figures=figures,
        notes=notes_on(folder),
    )
    write_report(folder, figures, html)
    return StudyResult(
        name=plan.name,
        verdict="\n\n".join(verdicts),
        results=results,
        summary=summary,
        comparisons=comparisons,
        curves=results,
        listings=tuple(list_accuracies(summary, condition) for condition in shown),
        out=folder,
    )
