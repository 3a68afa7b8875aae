"""One fit of Sonar's "hidden" network, and the time to the first result in a fresh process."""

import time
from collections.abc import Iterator
from typing import Any

import pandas as pd

from benchmarks._fits import as_json, one_fit
from benchmarks._libraries import OURS, PEERS, QUICK_PEERS, WRAPPERS, Recipe
from benchmarks._plots import draw_bars, figure
from benchmarks._report import Options, Report, number, spread
from benchmarks._worker import Worker, workers

SHORT = 2  # epochs of a fit that shows what a fit costs besides its epochs
_METHOD = """\
187 rows of 60 features, 60-60-30-1, SGD (rate 0.1, momentum 0.9), dropout 0.2 and max-norm 3 in
both hidden layers, batch 16, {epochs} epochs. Each library has a fresh process for each number of
cores. After a first short fit, fits of skdropout and of the peer alternate, and each pair gives
one ratio; the table has medians, and the range in brackets. `MLPClassifier` has neither dropout
nor max-norm and so does less. `keras.wrappers` encodes the classes one-hot and needs two outputs.
The wrappers of `Model.fit` wait at the end of each epoch for the thread with which tf.data tunes
itself, so their seconds are more than their processor's. The first result is timed in fresh
processes, {processes} for each library. These two wrappers, which prepare every fit anew, are timed
there up to the end of a fit of two epochs, and the difference between a warm whole fit and a warm
fit of two epochs is added."""
_CORES = {1: "one core", 2: "two cores"}


def measure(options: Options) -> Iterator[dict[str, Any]]:
    recipe = as_json(Recipe(epochs=options.epochs))
    for cores in _CORES:
        for sample in _warm(recipe, cores, options):
            yield {**sample, "cores": cores}
    for library in (OURS, *PEERS):
        epochs = SHORT if library in WRAPPERS else options.epochs
        for turn in range(options.rounds):
            with Worker(cores=2) as worker:
                fit = worker(one_fit, library, {**recipe, "epochs": epochs})
                seconds = time.perf_counter() - worker.started
            yield {"what": "first", "library": library, "turn": turn, **fit, "seconds": seconds}


def _warm(recipe: dict[str, Any], cores: int, options: Options) -> Iterator[dict[str, Any]]:
    """Measure pairs of ours and each peer's, the quick ones first."""
    short = {**recipe, "epochs": SHORT}
    with workers((OURS, *PEERS), cores) as at_work:
        for library, worker in at_work.items():
            worker(one_fit, library, short)
        at_work[OURS](one_fit, OURS, recipe)
        for peer in (*QUICK_PEERS, *WRAPPERS):
            for turn in range(options.slow_rounds if peer in WRAPPERS else options.rounds):
                for library in (OURS, peer):
                    fit = at_work[library](one_fit, library, recipe)
                    yield {"what": "warm", "library": library, "peer": peer, "turn": turn, **fit}
        for wrapper in WRAPPERS:
            for turn in range(options.rounds):
                fit = at_work[wrapper](one_fit, wrapper, short)
                yield {"what": "short", "library": wrapper, "turn": turn, **fit}


def report(samples: pd.DataFrame) -> Report:
    first = _first(samples)
    return Report(
        title="One fit",
        method=_METHOD.format(
            epochs=int(samples.epochs.max()), processes=first.groupby("library").size().min()
        ),
        tables={
            "Seconds a fit, once the library is warm": _warm_table(samples),
            "Seconds from the start of a fresh process on two cores to the first fitted network "
            "(imports, compilation and fit; the two wrappers' are projected)": _first_table(first),
        },
        figure=_figure(samples, first),
    )


def _warm_table(samples: pd.DataFrame) -> pd.DataFrame:
    warm = samples[samples.what == "warm"]
    rows = []
    for library in (OURS, *PEERS):
        row: dict[str, Any] = {"library": library}
        for cores, fits in warm.groupby("cores"):
            own = fits[fits.library == library]
            ratios = "" if library == OURS else spread(_ratios(fits, library))
            row[f"{_CORES[cores]}: seconds"] = spread(own.seconds)
            row[f"{_CORES[cores]}: times ours"] = ratios
            row[f"{_CORES[cores]}: processor seconds"] = number(own.cpu_seconds.median())
            row[f"{_CORES[cores]}: fits"] = len(own)
        own = warm[warm.library == library]
        row["training accuracy"] = f"{own.accuracy.median():.2f}"
        rows.append(row)
    return pd.DataFrame(rows)


def _ratios(fits: pd.DataFrame, peer: str) -> pd.Series:
    pairs = fits[fits.peer == peer].pivot(index="turn", columns="library", values="seconds")
    return pairs[peer] / pairs[OURS]


def _first(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the seconds to the first whole fit, with the epochs that were left out added."""
    on_two = samples[samples.cores == 2].groupby(["library", "what"]).seconds.median()
    missing = {name: on_two[name, "warm"] - on_two[name, "short"] for name in WRAPPERS}
    first = samples[samples.what == "first"].copy()
    first["seconds"] += first.library.map(missing).fillna(0)
    return first


def _first_table(first: pd.DataFrame) -> pd.DataFrame:
    ours = first[first.library == OURS].seconds.median()
    return pd.DataFrame(
        {
            "library": library,
            "seconds": spread(own.seconds),
            "times ours": own.seconds.median() / ours,
        }
        for library, own in first.groupby("library", sort=False)
    )


def _figure(samples: pd.DataFrame, first: pd.DataFrame) -> Any:
    made, (left, right) = figure(1, 2, (11, 2.8))
    warm = samples[(samples.what == "warm") & (samples.cores == 1)]
    for axes, part, title in (
        (left, warm, "One fit on one core"),
        (right, first, "First result of a fresh process on two cores"),
    ):
        seconds = part.groupby("library").seconds.median().sort_values()
        draw_bars(axes, seconds, unit="s", title=title)
    return made
