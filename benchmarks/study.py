"""The whole Sonar study, beside the tutorial's script on scikeras."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks._data import sonar_whole
from benchmarks._plots import draw_bars, figure
from benchmarks._report import Options, Report, number, spread
from benchmarks._tutorial import FOLDS, NETWORKS, timed
from benchmarks._worker import Worker

OURS, TUTORIAL = "skdropout study", "scikeras script (projected)"
_METHOD = """\
The process `skdropout study {data} --repeats 1`, from its start to its end: three networks in ten
folds, 30 fits of {epochs} epochs, with report and figures. Beside it the tutorials' script on
scikeras for the same 30 fits (`benchmarks/_tutorial.py`), on the same two cores. **Its time is
projected**: start, imports and a first fit of one epoch are measured, and so are {fits} of the 30
fits, {folds} of each network; each network's seconds are multiplied up to its ten folds."""


def run(options: Options) -> Report:
    n_folds = 1 if options.slow_rounds < 4 else 2
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        data = _data(folder)
        samples = [
            {"what": OURS, "number": number, "seconds": _study(data, folder / str(number), options)}
            for number in range(options.rounds)
        ]
    samples += _tutorial(options, n_folds)
    table = pd.DataFrame(samples)
    ours = table[table.what == OURS].seconds
    theirs = table[table.what != OURS].groupby("what").seconds.sum()
    fitting = theirs.drop("start") * (FOLDS / n_folds)
    projected = theirs["start"] + fitting.sum()
    return Report(
        title="The Sonar study",
        method=_METHOD.format(
            data=data[0] if len(data) == 1 else "TABLE.csv",
            epochs=options.epochs,
            fits=n_folds * len(NETWORKS),
            folds="one" if n_folds == 1 else "two",
        ),
        tables={
            "Seconds of the whole process": pd.DataFrame(
                {
                    "process": [OURS, TUTORIAL],
                    "seconds": [spread(ours), number(projected)],
                    "times ours": [1.0, projected / ours.median()],
                    "runs measured": [len(ours), 0],
                }
            )
        },
        samples=table,
        figure=_figure(pd.Series({OURS: ours.median(), TUTORIAL: projected})),
    )


def _data(folder: Path) -> list[str]:
    """Say what to study: Sonar where it is at hand, else a file of the same shape."""
    if "SKDROPOUT_DATA" in os.environ:
        return ["sonar"]
    X, y = sonar_whole()
    path = folder / "table.csv"
    pd.DataFrame(X).add_prefix("x").assign(label=y).to_csv(path, index=False)
    return [str(path), "--target", "label"]


def _study(data: list[str], out: Path, options: Options) -> float:
    words = ["--repeats", "1", "--epochs", str(options.epochs), "--out", str(out)]
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "skdropout", "study", *data, *words], check=True, capture_output=True
    )
    return time.perf_counter() - start


def _tutorial(options: Options, n_folds: int) -> list[dict[str, Any]]:
    with Worker(cores=2) as worker:
        worker(timed, NETWORKS[0], 1, 1)
        start = time.perf_counter() - worker.started
        samples = [{"what": "start", "number": 0, "seconds": start}]
        for network in NETWORKS:
            seconds = worker(timed, network, options.epochs, n_folds)
            samples.append({"what": network, "number": 0, "seconds": seconds})
    return samples


def _figure(seconds: pd.Series) -> Any:
    made, axes = figure(1, 1, (7, 1.8))
    draw_bars(axes, seconds, unit="s", title="30 fits, from the start of the process to its end")
    return made
