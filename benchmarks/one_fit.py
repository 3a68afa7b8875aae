"""One fit of Sonar's "hidden" network, and the time to the first result in a fresh process."""

import time
from typing import Any

import pandas as pd

from benchmarks._fits import as_json, one_fit
from benchmarks._libraries import OURS, PEERS, WRAPPERS, Recipe
from benchmarks._plots import draw_bars, figure
from benchmarks._report import Options, Report, spread
from benchmarks._worker import Worker, workers

_METHOD = """\
187 rows of 60 features, 60-60-30-1, SGD (rate 0.1, momentum 0.9), dropout 0.2 and max-norm 3 in
both hidden layers, batch 16, {epochs} epochs. Each library has a fresh process for each number of
cores. After a first fit, fits of skdropout and of the peer alternate, and each pair gives one
ratio; the table has medians, and the range in brackets. `MLPClassifier` has neither dropout nor
max-norm and so does less. `keras.wrappers` encodes the classes one-hot and needs two outputs."""


def run(options: Options) -> Report:
    recipe = as_json(Recipe(epochs=options.epochs))
    samples = [
        {**sample, "cores": cores}
        for cores in (1, 2)
        for sample in [*_warm(recipe, cores, options), *_first(recipe, cores, options)]
    ]
    table = pd.DataFrame(samples)
    return Report(
        title="One fit",
        method=_METHOD.format(epochs=options.epochs),
        tables={
            "Seconds a fit, once the library is warm": _warm_table(table),
            "Seconds from the start of a fresh process on two cores to the first fitted network "
            "(imports, compilation and fit)": _first_table(table),
        },
        samples=table,
        figure=_figure(table),
    )


def _warm(recipe: dict[str, Any], cores: int, options: Options) -> list[dict[str, Any]]:
    """Measure pairs of ours and each peer's; the short first fits leave all imports behind."""
    samples = []
    with workers((OURS, *PEERS), cores) as at_work:
        for library, worker in at_work.items():
            worker(one_fit, library, {**recipe, "epochs": 2})
        at_work[OURS](one_fit, OURS, recipe)
        for peer in PEERS:
            for pair in range(options.slow_rounds if peer in WRAPPERS else options.rounds):
                for library in (OURS, peer):
                    fit = at_work[library](one_fit, library, recipe)
                    names = {"what": "warm", "library": library, "peer": peer, "pair": pair}
                    samples.append({**names, **fit})
    return samples


def _first(recipe: dict[str, Any], cores: int, options: Options) -> list[dict[str, Any]]:
    """Measure fresh processes from their start, on all the cores that there are."""
    samples: list[dict[str, Any]] = []
    if cores == 1:
        return samples
    for library in (OURS, *PEERS):
        for number in range(options.slow_rounds if library in WRAPPERS else options.rounds):
            with Worker(cores) as worker:
                fit = worker(one_fit, library, recipe)
                seconds = time.perf_counter() - worker.started
            names = {"what": "first", "library": library, "pair": number}
            fit["first_fit_seconds"] = fit.pop("seconds")
            samples.append({**names, **fit, "seconds": seconds})
    return samples


def _warm_table(samples: pd.DataFrame) -> pd.DataFrame:
    warm = samples[samples.what == "warm"]
    rows = []
    for library in (OURS, *PEERS):
        row: dict[str, Any] = {"library": library}
        for cores, fits in warm.groupby("cores"):
            own = fits[fits.library == library]
            where = "one core" if cores == 1 else "two cores"
            row[f"{where}: seconds"] = spread(own.seconds)
            row[f"{where}: times ours"] = "" if library == OURS else spread(_ratios(fits, library))
        own = warm[warm.library == library]
        row["fits measured"] = len(own)
        row["training accuracy"] = f"{own.accuracy.median():.2f}"
        rows.append(row)
    return pd.DataFrame(rows)


def _ratios(fits: pd.DataFrame, peer: str) -> pd.Series:
    pairs = fits[fits.peer == peer].pivot(index="pair", columns="library", values="seconds")
    return pairs[peer] / pairs[OURS]


def _first_table(samples: pd.DataFrame) -> pd.DataFrame:
    first = samples[samples["what"] == "first"].groupby("library", sort=False)
    ours = first.get_group(OURS).seconds.median()
    return pd.DataFrame(
        {
            "library": library,
            "seconds": spread(own.seconds),
            "of which the fit": own.first_fit_seconds.median(),
            "times ours": own.seconds.median() / ours,
            "processes measured": len(own),
        }
        for library, own in first
    )


def _figure(samples: pd.DataFrame) -> Any:
    made, (left, right) = figure(1, 2, (11, 2.8))
    warm = samples[(samples.what == "warm") & (samples.cores == 1)]
    first = samples[samples.what == "first"]
    for axes, part, title in (
        (left, warm, "One fit on one core"),
        (right, first, "First result of a fresh process on two cores"),
    ):
        seconds = part.groupby("library").seconds.median().sort_values()
        draw_bars(axes, seconds, unit="s", title=title)
    return made
