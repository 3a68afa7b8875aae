"""A grid search over Sonar's dropout rates: 90 fits."""

import time
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
FOLDS = 10
N_FITS = 9 * FOLDS
#: cores, joblib's backend and its number of jobs
WAYS = {
    "one core": (1, "sequential", 1),
    "two threads": (2, "threading", 2),
    "two processes": (2, "loky", 2),
}
_METHOD = """\
`GridSearchCV` over a `Pipeline` of `StandardScaler` and Sonar's network: dropout on the inputs
{{0, 0.1, 0.2}}, in the hidden layers {{0, 0.2, 0.5}}, ten folds, {n_fits} fits of {epochs} epochs,
no refit. Each way of running it has a fresh process for each of its {rounds} runs: a first search,
which begins with imports and compilation and, with two processes, with their start, and then the
second search, which is the one that the table calls warm. The ways agree when every column of
`cv_results_` but the times is equal bit for bit. **The peers' times are projected**: {n_fits} times
the median of the measured fits of one candidate on one core, which leaves out what the search
itself and the scoring cost. `MLPClassifier` has no dropout to search; its 90 fits are without."""


def run(options: Options) -> Report:
    samples, scores = [], []
    for way, (cores, backend, jobs) in WAYS.items():
        for number_ in range(options.rounds):
            with Worker(cores) as worker:
                first = worker(search, options.epochs, backend, jobs)
                # worker processes end when idle, so the second search follows at once
                warm = worker(search, options.epochs, backend, jobs)
            scores += [first.pop("scores"), warm.pop("scores")]
            samples += [
                {"what": way, "number": number_, "search": name, **found}
                for name, found in (("first", first), ("warm", warm))
            ]
    samples += _peers(options)
    table = pd.DataFrame(samples)
    agreed = all(found == scores[0] for found in scores)
    ours, peers = _ours_table(table), _peers_table(table)
    return Report(
        title="A grid search",
        method=_METHOD.format(n_fits=N_FITS, epochs=options.epochs, rounds=options.rounds),
        tables={
            "skdropout: seconds a search": ours,
            "The peers on one core, projected": peers,
        },
        samples=table,
        findings=f"All searches' results are {'identical' if agreed else '**not** identical'}.",
        figure=_figure(table),
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
    with joblib.parallel_config(backend, n_jobs=jobs):
        grid.fit(X, y)
    seconds = time.perf_counter() - start
    scores = {
        name: np.asarray(column).tolist()
        for name, column in grid.cv_results_.items()
        if "time" not in name and name != "params"
    }
    return {"seconds": seconds, "compiled": _compiled(), "scores": scores}


def _compiled() -> int:
    """Count the programs that were compiled in this process so far."""
    from skdropout.training._program import compile_cache_info

    return compile_cache_info()["misses"]


def _peers(options: Options) -> list[dict[str, Any]]:
    recipe = as_json(Recipe(epochs=options.epochs))
    samples = []
    for peer in (*QUICK_PEERS, "scikeras"):
        with Worker(1) as worker:
            worker(one_fit, peer, {**recipe, "epochs": 2})
            fits = options.slow_rounds if peer == "scikeras" else options.rounds
            for number_ in range(fits):
                seconds = worker(one_fit, peer, recipe)["seconds"]
                samples.append({"what": peer, "number": number_, "seconds": seconds})
    return samples


def _ours_table(samples: pd.DataFrame) -> pd.DataFrame:
    rows = []
    single = samples[(samples.what == "one core") & (samples.search == "warm")].seconds.median()
    for way in WAYS:
        own = samples[samples.what == way].pivot(index="number", columns="search")
        warm = own["seconds", "warm"]
        rows.append(
            {
                "way": way,
                "warm": spread(warm),
                "more for the first (start, imports, compiling)": spread(
                    own["seconds", "first"] - warm
                ),
                "as fast as one core, times": single / warm.median(),
                "compiled in 180 fits": (
                    "in the workers"
                    if way == "two processes"
                    else str(own["compiled", "warm"].max())
                ),
            }
        )
    return pd.DataFrame(rows)


def _peers_table(samples: pd.DataFrame) -> pd.DataFrame:
    ours = samples[(samples.what == "one core") & (samples.search == "warm")].seconds.median()
    rows = []
    for peer in (*QUICK_PEERS, "scikeras"):
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
    warm = samples[samples.search == "warm"].groupby("what", sort=False).seconds.median()
    peers = samples[samples.search.isna()].groupby("what", sort=False).seconds.median() * N_FITS
    seconds = pd.concat(
        [warm.add_prefix("skdropout, "), peers.rename(lambda n: f"{n} (projected)")]
    )
    draw_bars(axes, seconds, unit="s", title=f"Search of {N_FITS} fits")
    return made
