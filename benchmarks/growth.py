"""Seconds an epoch as the table and the network grow."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

import pandas as pd
from tqdm import tqdm

from benchmarks._fits import as_json, epoch_samples, plan_epochs
from benchmarks._libraries import OURS, QUICK_PEERS, Recipe
from benchmarks._plots import COLOURS, PLAIN, figure, tidy
from benchmarks._report import Options, Report, number
from benchmarks._worker import Worker, workers

BATCHES = (16, 128, 1024)
#: Keras's Model.fit on two cores is as slow as on one.
TOLERANCE = 1.1
LIMIT = 0.5  # seconds an epoch, above which a peer trains on part of the rows
CLOSE = 1.6
SHORT, LONG = 0.1, 1.0  # seconds that a sample lasts at least, at first sight and at a second
LIBRARIES = {1: (OURS, *QUICK_PEERS, "scikeras"), 2: (OURS, *QUICK_PEERS)}
_POINT = ["grows", "batch", "rows", "features", "width"]
_METHOD = """\
Seconds an epoch of Sonar's network (dropout 0.2, max-norm 3, SGD with momentum) on random tables,
while one thing grows: the rows, the features, or the width of two equal hidden layers. Each sample
is the difference between a fit with more epochs and one with a single epoch, so nothing that is
done once a fit counts; for scikeras, whose fits are slow to begin, it is the time between the ends
of epochs. Medians of {samples} samples, the libraries in turn. Where skdropout was not {close}
times as fast as the best peer, the point was measured again with samples of a second instead of a
tenth of one, since what is done once a fit is noise beside so short ones; the table has the second
measurement. A tilde marks a peer's figure that
was **projected** because an epoch takes more than {limit} s: the epoch of a part of the rows, times
the steps that the whole has more. skdropout is always measured whole. "Best peer" is the best
peer's time over ours: below 1, that peer is faster. scikeras is measured on one core only."""


@dataclass(frozen=True)
class Point:
    """A table and a network."""

    grows: str
    rows: int = 20_000
    features: int = 60
    width: int | None = None
    batch: int = 128

    @property
    def recipe(self) -> dict[str, Any]:
        hidden = Recipe().hidden if self.width is None else (self.width, self.width)
        return as_json(Recipe(hidden=hidden, batch_size=self.batch, learning_rate=0.001))


def measure(options: Options) -> Iterator[dict[str, Any]]:
    points = list(_points(options.quick))
    for cores in LIBRARIES:
        first = list(_measured(cores, points, options, SHORT))
        yield from first
        yield from second_look(pd.DataFrame(first), options)


def second_look(samples: pd.DataFrame, options: Options) -> Iterator[dict[str, Any]]:
    """Measure the points of one number of cores again where skdropout is not clearly faster."""
    close = []
    for place, found in _medians(samples).groupby(["cores", *_POINT], sort=False):
        if _best_peer(found)[0] < CLOSE:
            grows, batch, rows, features, width = place[1:]
            close.append(Point(grows, rows, features, width or None, batch))
    return _measured(int(samples.cores.iloc[0]), close, options, LONG)


def report(samples: pd.DataFrame) -> Report:
    medians = _medians(samples)
    n_samples = samples.groupby(["cores", *_POINT, "library"], dropna=False).size().min()
    return Report(
        title="Growth",
        method=_METHOD.format(samples=n_samples, limit=LIMIT, close=CLOSE),
        tables={
            f"Seconds an epoch, {'one core' if cores == 1 else 'two cores'}": _table(part)
            for cores, part in medians.groupby("cores")
        },
        figure=_figure(medians),
        findings=_findings(medians),
    )


def _points(quick: bool) -> Iterator[Point]:
    for batch in BATCHES[1:2] if quick else BATCHES:
        for rows in (200, 2_000) if quick else (200, 2_000, 20_000, 200_000, 1_000_000):
            yield Point("rows", rows=rows, batch=batch)
        for width in (32, 128) if quick else (32, 128, 512, 1_024):
            yield Point("width", rows=2_048, width=width, batch=batch)
    for features in (10, 100) if quick else (10, 100, 1_000):
        yield Point("features", features=features, rows=2_000 if quick else 20_000)


def _measured(
    cores: int, points: list[Point], options: Options, shortest: float
) -> Iterator[dict[str, Any]]:
    with workers(LIBRARIES[cores], cores) as at_work:
        for point in tqdm(points, desc=f"growth, cores: {cores}"):
            plans = {}
            for library, worker in at_work.items():
                shape = (point.rows, point.features)
                plans[library] = worker(plan_epochs, library, point.recipe, shape, LIMIT, shortest)
            for turn in range(options.rounds):
                for library, worker in at_work.items():
                    seconds = _sample(worker, library, point, *plans[library], turn, options)
                    part = _steps(point, point.rows) / _steps(point, plans[library][0])
                    for each in seconds:
                        yield {
                            **asdict(point),
                            "cores": cores,
                            "library": library,
                            "projected": part > 1,
                            "sample": shortest,
                            "seconds": each * part,
                        }


def _sample(
    worker: Worker, library: str, point: Point, rows: int, epochs: int, turn: int, options: Options
) -> list[float]:
    """Take one sample a turn; of scikeras all in the first turn, since its fits begin so slowly."""
    shape = (rows, point.features)
    if library != "scikeras":
        return worker(epoch_samples, library, point.recipe, shape, epochs, 1)
    if turn == 0:
        return worker(epoch_samples, library, point.recipe, shape, epochs, options.rounds)
    return []


def _steps(point: Point, rows: int) -> int:
    return ceil(rows / point.batch)


def _medians(samples: pd.DataFrame) -> pd.DataFrame:
    """Give each library at each point one row, with the median of its longest samples."""
    samples = samples.assign(width=samples.width.fillna(0).astype(int))
    longest = samples.groupby(["cores", *_POINT])["sample"].transform("max")
    samples = samples[samples["sample"] == longest]
    samples = samples.sort_values(["cores", *_POINT], kind="stable")  # those of a point together
    grouped = samples.groupby(["cores", *_POINT, "library"], sort=False)
    return grouped[["seconds", "projected"]].median().reset_index()


def _table(medians: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (_, batch, n_rows, features, width), found in medians.groupby(_POINT, sort=False):
        row = {"rows": n_rows, "features": features, "hidden": _hidden(width), "batch": batch}
        for _, own in found.iterrows():
            row[own.library] = ("~" if own.projected else "") + number(own.seconds)
        ratio, peer = _best_peer(found)
        rows.append({**row, "best peer": f"{number(ratio)} ({peer})"})
    return pd.DataFrame(rows)


def _findings(medians: pd.DataFrame) -> str:
    slower = []
    for (cores, _, batch, rows, features, width), found in medians.groupby(
        ["cores", *_POINT], sort=False
    ):
        ratio, peer = _best_peer(found)
        if ratio < 1 / TOLERANCE:
            network = f"{rows:,} rows x {features:,}, {_hidden(width)}, batch {batch:,}"
            slower.append(f"{network}, {cores} core{'s'[: cores - 1]} ({peer}, {number(ratio)})")
    if not slower:
        return "At no point is skdropout slower than the best peer by more than a tenth."
    return "skdropout is slower than the best peer by more than a tenth at: " + "; ".join(slower)


def _hidden(width: int) -> str:
    return f"{width}-{width}" if width else "60-30"


def _best_peer(found: pd.DataFrame) -> tuple[float, str]:
    """Return the time of the fastest peer over ours, and its name."""
    seconds = found.set_index("library").seconds
    peers = seconds.drop(OURS)
    return peers.min() / seconds[OURS], peers.idxmin()


def _figure(medians: pd.DataFrame) -> Any:
    panels = [("rows", batch) for batch in BATCHES] + [("features", 128)]
    panels += [("width", batch) for batch in BATCHES]
    made, grid = figure(2, 4, (13, 6.4), sharey="row")
    for axes, (grows, batch) in zip(grid.flat, panels, strict=False):
        part = medians[(medians.grows == grows) & (medians.batch == batch)]
        for cores, own in part.groupby("cores"):
            for library in LIBRARIES[cores]:
                style = {"color": COLOURS[library], "ls": "-" if cores == 1 else ":"}
                label = library if cores == 1 else None
                line = own[own.library == library]
                axes.plot(line[grows], line.seconds, marker="o", ms=3, label=label, **style)
        axes.set(xscale="log", yscale="log", xlabel=grows)
        axes.set_title(f"{grows}, batch {batch:,}", loc="left", fontsize=10)
        axes.xaxis.set_major_formatter(PLAIN)
        axes.tick_params(axis="x", labelsize=8)
        axes.yaxis.set_major_formatter(PLAIN)
        tidy(axes)
    for axes in grid[:, 0]:
        axes.set_ylabel("seconds an epoch")
    grid[1, 3].axis("off")
    lines, labels = grid[0, 0].get_legend_handles_labels()
    grid[1, 3].legend(
        lines, labels, frameon=False, loc="upper left", title="— one core   ⋯ two cores"
    )
    return made
