"""A grid search over Sonar's dropout rates: 90 fits."""

import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from benchmarks._data import sonar_whole
from benchmarks._fits import as_json, one_fit
from benchmarks._libraries import OURS, QUICK_PEERS, Recipe, classifier
from benchmarks._plots import draw_bars, figure
from benchmarks._report import Options, Report, number, spread
from benchmarks._worker import Worker

GRID = {
    "network__input_dropout": [0.0, 0.1, 0.2],
    "network__dropout": [0.0, 0.2, 0.5],
}
ALL_PEERS = (*QUICK_PEERS, "scikeras")
FOLDS = 10
N_FITS = 9 * FOLDS
#: cores, joblib's backend and its number of jobs
WAYS = {
    "one core": (1, "sequential", 1),
    "two threads": (2, "threading", 2),
    "two processes": (2, "loky", 2),
    "two Dask workers": (2, "dask", 2),
}
IN_THIS_PROCESS = ("one core", "two threads")
_METHOD = """\
`GridSearchCV` over a `Pipeline` of `StandardScaler` and Sonar's network: dropout on the inputs
{{0, 0.1, 0.2}}, in the hidden layers {{0, 0.2, 0.5}}, ten folds, {n_fits} fits of {epochs} epochs,
no refit. Each way of running it has a fresh process, in which a first search begins with imports
and compilation (and with the start of processes or of a Dask cluster of two workers with a thread
each), and {rounds} warm searches follow. The
results agree when every column of `cv_results_` but the times is equal bit for bit. **The peers'
times are projected**: {n_fits} times the median of the measured fits of one candidate on one core,
which leaves out what the search itself and the scoring cost. `MLPClassifier` has no dropout to
search; its 90 fits are without."""


def measure(options: Options) -> Iterator[dict[str, Any]]:
    reference = None
    for way, (cores, backend, jobs) in WAYS.items():
        with Worker(cores) as worker:
            for turn in range(1 + options.rounds):
                # worker processes end when idle, so the next search follows at once
                found = worker(search, options.epochs, backend, jobs)
                scores = found.pop("scores")
                reference = reference or scores
                yield {"what": way, "turn": turn, **found, "agrees": scores == reference}
    recipe = as_json(Recipe(epochs=options.epochs))
    for peer in ALL_PEERS:
        with Worker(cores=1) as worker:
            worker(one_fit, peer, {**recipe, "epochs": 2})
            for turn in range(options.slow_rounds if peer == "scikeras" else options.rounds):
                yield {"what": peer, "turn": turn, **worker(one_fit, peer, recipe)}


def report(samples: pd.DataFrame) -> Report:
    agreed = samples[samples.what.isin(WAYS)].agrees.astype(bool).all()
    return Report(
        title="A grid search",
        method=_METHOD.format(
            n_fits=N_FITS,
            epochs=int(samples.epochs.max()),
            rounds=samples[samples.what == "one core"].turn.max(),
        ),
        tables={
            "skdropout: seconds a search": _ours_table(samples),
            "The peers on one core, projected": _peers_table(samples),
        },
        findings=f"All searches' results are {'identical' if agreed else '**not** identical'}.",
        figure=_figure(samples),
    )


def search(epochs: int, backend: str, jobs: int) -> dict[str, Any]:
    """Search the grid once; return its time, what it compiled and its scores."""
    start = time.perf_counter()
    import joblib
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    network = classifier(OURS, Recipe(epochs=epochs))
    grid = GridSearchCV(
        Pipeline([("scaler", StandardScaler()), ("network", network)]),
        GRID,
        cv=StratifiedKFold(FOLDS, shuffle=True, random_state=7),
        refit=False,
    )
    X, y = sonar_whole()
    cluster = {"client": _dask_client(jobs), "scatter": [X, y]} if backend == "dask" else {}
    with joblib.parallel_config(backend, n_jobs=jobs, **cluster):
        grid.fit(X, y)
    seconds = time.perf_counter() - start
    scores = {
        name: np.asarray(column).tolist()
        for name, column in grid.cv_results_.items()
        if "time" not in name and name != "params"
    }
    return {"seconds": seconds, "epochs": epochs, "compiled": _compiled(), "scores": scores}


@cache
def _dask_client(jobs: int) -> Any:
    """Start a cluster, once a process: later searches find it as they would find a real one."""
    from distributed import Client, LocalCluster

    return Client(LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address=":0"))


def _compiled() -> int:
    """Count the programs that were compiled in this process so far."""
    from skdropout.training._program import compile_cache_info

    return compile_cache_info()["misses"]


def _warm(samples: pd.DataFrame, way: str) -> pd.Series:
    return samples[(samples.what == way) & (samples.turn > 0)].seconds


def _ours_table(samples: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for way in WAYS:
        own, warm = samples[samples.what == way], _warm(samples, way)
        more = own[own.turn == 0].seconds.item() - warm.median()
        counted = f"{own.compiled.max():.0f} in {len(own) * N_FITS} fits"
        rows.append(
            {
                "way": way,
                "warm": spread(warm),
                "more for the first": more,
                "as fast as one core, times": _warm(samples, "one core").median() / warm.median(),
                "compiled": counted if way in IN_THIS_PROCESS else "not counted",
            }
        )
    return pd.DataFrame(rows)


def _peers_table(samples: pd.DataFrame) -> pd.DataFrame:
    ours = _warm(samples, "one core").median()
    rows = []
    for peer in ALL_PEERS:
        fits = samples[samples.what == peer].seconds
        rows.append(
            {
                "library": peer,
                "seconds a fit": spread(fits),
                "fits measured": len(fits),
                f"seconds for {N_FITS} fits": number(N_FITS * fits.median()),
                "times ours on one core": N_FITS * fits.median() / ours,
            }
        )
    return pd.DataFrame(rows)


def _figure(samples: pd.DataFrame) -> Any:
    made, axes = figure(1, 1, (8, 2.8))
    seconds = pd.Series(
        {f"skdropout, {way}": _warm(samples, way).median() for way in WAYS}
        | {
            f"{peer} (projected)": N_FITS * samples[samples.what == peer].seconds.median()
            for peer in ALL_PEERS
        }
    )
    draw_bars(axes, seconds, unit="s", title=f"Search of {N_FITS} fits")
    return made
