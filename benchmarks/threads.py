"""When a second thread makes the training of one network slower."""

from collections.abc import Iterator
from math import ceil
from typing import Any, NamedTuple

import pandas as pd

from benchmarks._fits import as_json, epoch_samples, plan_epochs
from benchmarks._libraries import OURS, Recipe
from benchmarks._plots import COLOURS, GREY, figure, tidy
from benchmarks._report import Options, Report, number, spread
from benchmarks._worker import workers

CORES = 2
SHORTEST = 0.3  # seconds that a sample lasts at least
PAIRS = 3  # in each round
_METHOD = """\
A training step on two cores, with as many threads as TensorFlow takes by itself (two), and with one
(what `TF_NUM_INTRAOP_THREADS=1` sets). Random tables, dropout 0.2 and max-norm 3 in the hidden
layers, SGD with momentum. Each setting has a process of its own, and samples of the two alternate;
each pair gives one ratio. A sample is the difference between a fit with more epochs and one with a
single epoch. Medians of {pairs} pairs, with the range in brackets. Above a ratio of 1, the second
thread is worth it."""


class Point(NamedTuple):
    """A table and a network."""

    rows: int
    features: int
    hidden: tuple[int, ...]
    batch: int


POINTS = (
    Point(2_000, 20, (200,), 64),
    Point(20_000, 10, (60, 30), 128),
    Point(20_000, 100, (60, 30), 128),
    Point(2_048, 60, (128, 128), 16),
    Point(2_048, 60, (128, 128), 128),
    Point(2_048, 60, (256, 256), 64),
    Point(2_048, 60, (512, 512), 128),
    Point(2_048, 60, (512, 512), 1_024),
)


def measure(options: Options) -> Iterator[dict[str, Any]]:
    with workers(("two threads", "one thread"), CORES) as at_work:
        at_work["one thread"](keep_to_one_thread)
        for point in POINTS[:2] if options.quick else POINTS:
            recipe = as_json(
                Recipe(hidden=point.hidden, batch_size=point.batch, learning_rate=0.001)
            )
            shape = (point.rows, point.features)
            known = {**point._asdict(), "hidden": "-".join(map(str, point.hidden))}
            epochs = max(
                worker(plan_epochs, OURS, recipe, shape, SHORTEST, SHORTEST)[1]
                for worker in at_work.values()
            )
            for turn in range(PAIRS * options.rounds):
                for threads, worker in at_work.items():
                    (seconds,) = worker(epoch_samples, OURS, recipe, shape, epochs, 1)
                    step = seconds / ceil(point.rows / point.batch)
                    yield {**known, "turn": turn, "threads": threads, "microseconds": 1e6 * step}


def keep_to_one_thread() -> None:
    """Do what `TF_NUM_INTRAOP_THREADS=1` does, in a process that has not computed yet."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)


def report(samples: pd.DataFrame) -> Report:
    rows, ratios = [], {}
    for place, own in samples.groupby(list(Point._fields), sort=False):
        point = Point(*place)
        seconds = own.pivot(index="turn", columns="threads", values="microseconds")
        ratio = seconds["one thread"] / seconds["two threads"]
        ratios[f"{point.features} features, {point.hidden}, batch {point.batch:,}"] = ratio
        rows.append(
            {
                "rows x features": f"{point.rows:,} x {point.features}",
                "hidden": str(point.hidden),
                "batch": point.batch,
                "two threads": number(seconds["two threads"].median()),
                "one thread": number(seconds["one thread"].median()),
                "one / two": spread(ratio),
            }
        )
    return Report(
        title="One thread or two",
        method=_METHOD.format(pairs=samples["turn"].nunique()),
        tables={"Microseconds a step": pd.DataFrame(rows)},
        figure=_figure(ratios),
    )


def _figure(ratios: dict[str, pd.Series]) -> Any:
    made, axes = figure(1, 1, (9, 3.4))
    for place, ratio in enumerate(ratios.values()):
        axes.plot([ratio.min(), ratio.max()], [place, place], color=GREY, lw=2)
        axes.plot(ratio.median(), place, "o", color=COLOURS[OURS])
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks(range(len(ratios)), ratios)
    axes.invert_yaxis()
    axes.set_xlabel("time with one thread / with two")
    tidy(axes)
    return made
