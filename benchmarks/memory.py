"""Memory over many fits, and over a large table."""

import gc
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from benchmarks._fits import as_json, epoch_samples, plan_epochs
from benchmarks._libraries import OURS, PEERS, Recipe, classifier
from benchmarks._peak import forget_peak, peak
from benchmarks._plots import COLOURS, PLAIN, figure, tidy
from benchmarks._report import Options, Report
from benchmarks._worker import Worker

ARCHITECTURES = [(8 * number, 30) for number in range(1, 11)]
LARGE = Recipe(learning_rate=0.001, batch_size=1024, epochs=2)
FEATURES = 60
LIBRARIES = (OURS, *(peer for peer in PEERS if peer != "keras.wrappers"))
_METHOD = """\
Left: {fits:,} fits of skdropout on Sonar, {epochs} epochs each, of ten architectures in turn, in
one process; resident memory after each ten fits. Right: fresh processes that fit float32 tables of
60 features (batch 1,024, two epochs). "Peak" is the largest resident memory during the fit over
what the process had after a small fit and before it drew the table: the table itself is in it,
once. Seconds an epoch are medians of differences between fits, on two cores."""


def measure(options: Options) -> Iterator[dict[str, Any]]:
    fits, epochs = (100, 5) if options.quick else (1000, 20)
    with Worker(cores=2) as worker:
        for sample in worker(many_fits, fits, epochs):
            yield {"what": "many fits", "epochs": epochs, **sample}
    for rows in (20_000, 200_000) if options.quick else (100_000, 1_000_000):
        for library in LIBRARIES:
            with Worker(cores=2) as worker:
                found = worker(peak_of_a_fit, library, rows)
            yield {"what": "large table", "library": library, "rows": rows, **found}
        with Worker(cores=2) as worker:
            recipe, shape = as_json(LARGE), (rows, FEATURES)
            _, count = worker(plan_epochs, OURS, recipe, shape, 0, 0.1)
            for seconds in worker(epoch_samples, OURS, recipe, shape, count, options.rounds):
                yield {"what": "epochs", "rows": rows, "seconds_an_epoch": seconds}


def report(samples: pd.DataFrame) -> Report:
    resident = samples[samples.what == "many fits"]
    return Report(
        title="Memory",
        method=_METHOD.format(fits=int(resident.fits.max()), epochs=int(resident.epochs.max())),
        tables={
            "Resident memory of one process": _many_table(resident),
            "One fit of a large table": _large_table(samples),
        },
        figure=_figure(samples),
    )


def many_fits(fits: int, epochs: int) -> list[dict[str, float]]:
    """Fit ten architectures in turn; note the resident memory now and then."""
    import psutil

    from benchmarks._data import sonar

    X, y = sonar()
    process, samples = psutil.Process(), []
    for number in range(1, fits + 1):
        hidden = ARCHITECTURES[number % len(ARCHITECTURES)]
        classifier(OURS, Recipe(hidden=hidden, epochs=epochs)).fit(X, y).predict(X)
        if number % 10 == 0:
            gc.collect()
            samples.append({"fits": number, "megabytes": process.memory_info().rss / 1e6})
    return samples


def peak_of_a_fit(library: str, rows: int) -> dict[str, float]:
    """Return the megabytes of a table, and by how many a fit raises the peak of the memory."""
    from benchmarks._data import table

    small = table(2 * LARGE.batch_size, FEATURES)
    model = classifier(library, replace(LARGE, epochs=1))
    model.fit(*small)
    gc.collect()
    before = forget_peak()
    X, y = table(rows, FEATURES)
    start = time.perf_counter()
    classifier(library, LARGE).fit(X, y)
    data = (X.nbytes + y.nbytes) / 1e6
    seconds = time.perf_counter() - start
    return {"data": data, "before": before, "peak": peak() - before, "fit_seconds": seconds}


def _many_table(samples: pd.DataFrame) -> pd.DataFrame:
    resident = samples.set_index(samples.fits.astype(int)).megabytes
    fits = resident.index.max()
    marks = [fits // 10, fits // 2, fits]
    return pd.DataFrame(
        {
            "fits": marks,
            "megabytes": [resident[mark] for mark in marks],
            f"more than after {marks[0]}": [resident[mark] - resident[marks[0]] for mark in marks],
        }
    )


def _large_table(samples: pd.DataFrame) -> pd.DataFrame:
    large = samples[samples.what == "large table"]
    seconds = samples[samples.what == "epochs"].groupby("rows").seconds_an_epoch.median()
    ratio = (large.peak / large.data).groupby([large.rows, large.library]).first().unstack()
    table = pd.DataFrame({"rows": ratio.index.astype(int)})
    table["table, megabytes"] = large.groupby("rows").data.first().to_numpy()
    for library in LIBRARIES:
        table[f"peak over table: {library}"] = ratio[library].to_numpy()
    table["skdropout: seconds an epoch"] = seconds.to_numpy()
    return table


def _figure(samples: pd.DataFrame) -> Any:
    made, (left, right) = figure(1, 2, (10, 3.2))
    resident = samples[samples.what == "many fits"]
    left.plot(resident.fits, resident.megabytes, color=COLOURS[OURS])
    left.set(xlabel="fits", ylabel="resident memory (MB)", ylim=(0, 1.2 * left.get_ylim()[1]))
    left.set_title("Ten architectures in turn, one process", loc="left", fontsize=10)
    large = samples[samples.what == "large table"]
    for library, own in large.groupby("library", sort=False):
        right.plot(own.data, own.peak / own.data, "o-", color=COLOURS[library], label=library)
    right.set(xlabel="size of the table (MB)", ylabel="peak memory over the table", xscale="log")
    right.set_ylim(-0.1, None)
    right.axhline(3, color="grey", lw=0.8, ls=":")
    right.xaxis.set_major_formatter(PLAIN)
    right.xaxis.set_minor_formatter("")
    right.set_title("One fit of a large table", loc="left", fontsize=10)
    right.legend(frameon=False, fontsize=9, ncols=2, loc="lower left")
    for axes in (left, right):
        tidy(axes)
    return made
