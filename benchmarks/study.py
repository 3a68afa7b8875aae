"""The whole Sonar study, beside the tutorial's script on scikeras."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks._plots import draw_bars, figure
from benchmarks._report import Options, Report, number, spread
from benchmarks._tutorial import FOLDS, NETWORKS, timed
from benchmarks._worker import Worker

OURS, TUTORIAL = "skdropout study", "scikeras script (projected)"
_METHOD = """\
The process `skdropout study sonar --repeats 1`, from its start to its end: three networks in ten
folds, 30 fits of {epochs} epochs, with report and figures. Beside it the tutorials' script on
scikeras for the same 30 fits (`benchmarks/_tutorial.py`), on the same two cores. **Its time is
projected**: start, imports and a first fit of one epoch are measured, and so are {fits} of the 30
fits, as many of each network; each network's seconds are multiplied up to its ten folds."""


def measure(options: Options) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as scratch:
        for turn in range(options.rounds):
            seconds = _study(Path(scratch, str(turn)), options.epochs)
            yield {"what": OURS, "seconds": seconds, "fits": 30, "epochs": options.epochs}
    n_folds = 1 if options.slow_rounds < 4 else 2
    with Worker(cores=2) as worker:
        worker(timed, NETWORKS[0], 1, 1)
        yield {"what": "start", "seconds": time.perf_counter() - worker.started}
        for network in NETWORKS:
            seconds = worker(timed, network, options.epochs, n_folds)
            yield {"what": network, "seconds": seconds, "fits": n_folds}


def report(samples: pd.DataFrame) -> Report:
    ours = samples[samples.what == OURS]
    theirs = samples[samples.what.isin(NETWORKS)]
    start = samples[samples.what == "start"].seconds.sum()
    projected = start + (FOLDS * theirs.seconds / theirs.fits).sum()
    seconds = ours.seconds.median()
    table = pd.DataFrame(
        {
            "process": [OURS, TUTORIAL],
            "seconds": [spread(ours.seconds), number(projected)],
            "times ours": [1.0, projected / seconds],
            "whole runs measured": [len(ours), 0],
        }
    )
    made, axes = figure(1, 1, (7, 1.8))
    title = "30 fits, from the start of the process to its end"
    draw_bars(axes, pd.Series({OURS: seconds, TUTORIAL: projected}), unit="s", title=title)
    return Report(
        title="The Sonar study",
        method=_METHOD.format(epochs=int(ours.epochs.max()), fits=int(theirs.fits.sum())),
        tables={"Seconds of the whole process": table},
        figure=made,
    )


def _study(out: Path, epochs: int) -> float:
    words = ["--repeats", "1", "--epochs", str(epochs), "--out", str(out)]
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "skdropout", "study", "sonar", *words],
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - start
