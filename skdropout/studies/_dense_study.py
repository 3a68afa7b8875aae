"""The dense study as one call."""

from os import PathLike
from typing import TYPE_CHECKING

from skdropout.studies.reporting import StudyResult, write_report
from skdropout.studies.running import folder_of, notes_on, run_plan

if TYPE_CHECKING:
    import pandas as pd


def run_dense_study(
    data: "str | PathLike[str] | pd.DataFrame" = "breast_cancer",
    *,
    target: str | None = None,
    task: str | None = None,
    repeats: int = 5,
    folds: int = 10,
    seed: int = 7,
    epochs: int | None = None,
    engine: str = "compiled",
    jobs: int = 1,
    cluster: str | None = None,
    out: "str | PathLike[str] | None" = None,
    progress: bool = True,
) -> StudyResult:
    """Find out whether dropout helps a dense network on a table.

    Three networks are compared by repeated stratified cross-validation: a baseline, one with
    dropout on its inputs ("visible"), and one with dropout after its hidden layers ("hidden"), the
    latter two with a max-norm constraint and faster steps. On Sonar they are exactly the published
    ones; elsewhere the first hidden layer is as wide as the table has inputs (from 8 to 256), the
    second half as wide, and the epochs take as many steps as on Sonar (from 10 to 300 epochs).
    Classes are told by accuracy, quantities by R^2; the squared error, which is steeper than the
    cross-entropy, takes an eighth of the learning rates.

    The folder `out` grows as the study goes. Stopped at any moment and called again with the same
    arguments, the study goes on from there and computes nothing twice. With more repeats it
    computes only what is new.

    Parameters
    ----------
    data : {"breast_cancer", "sonar"}, path or DataFrame, default="breast_cancer"
        The table: embedded in scikit-learn, fetched by :func:`skdropout.datasets.fetch_sonar`, a
        CSV file with a header, or a frame. Missing numbers are filled with the median and texts
        one-hot encoded, inside the cross-validation.
    target : str, default=None
        The column of a CSV file or frame to predict; required for these.
    task : {"classification", "regression"}, default=None
        Whether the target is classes or a quantity. By default numbers with fractions are a
        quantity, and so are whole numbers of more than 20 different values that are more than a
        tenth of the rows.
    repeats : int >= 1, default=5
        Number of whole cross-validations.
    folds : int >= 2, default=10
        Folds of each; every class needs at least as many rows.
    seed : int >= 0, default=7
        Seed of the first cross-validation's split; the later ones use the seeds after it. The
        networks' seeds follow from it, the repeat and the fold.
    epochs : int >= 1, default=None
        Passes over the training rows; by default 300 for Sonar, and as above elsewhere.
    engine : {"compiled", "keras"}, default="compiled"
        What trains the networks.
    jobs : int, default=1
        Processes to use; -1 for one per core. The scores do not depend on it.
    cluster : str, default=None
        Address of the scheduler of a Dask cluster to compute on instead, such as
        ``"tcp://10.0.0.1:8786"``, or ``"local"`` for one of `jobs` processes on this machine. The
        workers need this version of skdropout with its ``dask`` extra.
    out : path, default=None
        The folder to write; by default ``skdropout-study-NAME`` in the current one.
    progress : bool, default=True
        Whether to show a progress bar with the time left, on standard error.

    Returns
    -------
    StudyResult
        Scores, summary, comparisons and verdict; printing it shows the gist.

    Raises
    ------
    StudyError
        If the data or an argument is unusable, or `out` holds another study.
    StudyInterrupted
        If Ctrl-C stopped it.

    References
    ----------
    N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever and R. Salakhutdinov, "Dropout: A Simple
    Way to Prevent Neural Networks from Overfitting", JMLR 15 (2014), 1929-1958, appendix A.

    Examples
    --------
    >>> import tempfile
    >>> from skdropout.studies import run_dense_study
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     study = run_dense_study(repeats=1, folds=2, epochs=2, out=folder, progress=False)
    >>> len(study.results)
    6
    >>> list(study.summary.index)
    ['baseline', 'visible', 'hidden']
    """
    from skdropout.studies._dense import PUBLISHED, plan_dense
    from skdropout.studies._dense_findings import (
        compare_networks,
        conclude,
        failures,
        summarise_networks,
    )
    from skdropout.studies._dense_report import dense_page, list_networks
    from skdropout.studies.reporting import draw_scores, draw_training

    plan, table, protocol = plan_dense(
        data,
        target=target,
        task=task,
        repeats=repeats,
        folds=folds,
        seed=seed,
        epochs=epochs,
        engine=engine,
    )
    folder = folder_of(out, "study", plan.name)
    tables = run_plan(plan, folder, jobs=jobs, cluster=cluster, progress=progress)
    results, curves = tables["results"], tables["curves"]
    published = PUBLISHED.get(plan.name)
    kind = table.task
    summary = summarise_networks(results, published, kind)
    comparisons = compare_networks(results, folds, kind)
    naive = kind.naive_score(table.targets)
    failed = failures(results, curves, folds, naive, kind)
    verdict = conclude(comparisons, failed, plan.name, repeats, folds, kind)
    figures = {
        kind.score: draw_scores(results, summary, comparisons, kind, naive),
        "training": draw_training(curves, kind),
    }
    html = dense_page(
        table=table,
        protocol=protocol,
        identity=plan.identity,
        verdict=verdict,
        summary=summary,
        comparisons=comparisons,
        figures=figures,
        notes=notes_on(folder),
    )
    write_report(folder, figures, html)
    listings = (list_networks(summary, repeats, kind),)
    return StudyResult(plan.name, verdict, results, summary, comparisons, curves, listings, folder)
