"""A whole comparison of regularisers on Sonar, beside the same fits by the peers."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks._data import sonar_whole
from benchmarks._inner_fits import mlp_seconds, scikeras_seconds
from benchmarks._plots import draw_bars, figure
from benchmarks._report import Options, Report, number, spread
from benchmarks._worker import Worker

ALL, PART = "skdropout compare", "skdropout compare, none and l2"
MLP, SCIKERAS = "MLPClassifier, none and l2 (projected)", "scikeras (projected)"
#: Of the peers, each of which is measured in one and taken to lose nothing to the other.
_PROCESSES = 2
_STRENGTHS = (0.0, 0.3, 1.0, 3.0, 10.0)
_METHOD = """\
The process `skdropout compare sonar`, from its start to its end, on two cores (runs: {turns}):
{repeats} repeats of 5 outer folds, nine variants with 28 strengths on four inner folds each,
{fits:,} fits of up to 240 epochs that validate after each epoch and end when the mean of their
validation curves has turned; then three yardsticks, pictures, report. Beside it the fits alone, by
peers, with the same rows, width and batches, **projected** from a sample on one core, as if a
second process halved the time (one process takes twice as long): {mlp} fits by `MLPClassifier` (an
epoch by `partial_fit`, then `predict_proba`, and the same rule of ending), which can only do the
{part:,} fits of "none" and "l2"; and {scikeras} by scikeras, warm, each of which ends by itself, 30
epochs after its validation loss has turned."""


def measure(options: Options) -> Iterator[dict[str, Any]]:
    repeats = 1 if options.quick else 5
    with tempfile.TemporaryDirectory() as scratch:
        for turn in range(1 if options.quick else 3):
            for what, words in ((ALL, []), (PART, ["--variants", "l2"])):
                out = Path(scratch, f"{turn}-{len(words)}")
                seconds = _seconds([*words, "--repeats", str(repeats)], out)
                n_fits = _n_fits(out)
                yield {"what": what, "seconds": seconds, "fits": n_fits, "repeats": repeats}
            with Worker(cores=1) as worker:
                for alpha in _STRENGTHS:
                    for seconds in worker(mlp_seconds, alpha):
                        yield {"what": MLP, "seconds": seconds}
    with Worker(cores=1) as worker:
        for dropout in (0.0, 0.2, 0.5)[: options.slow_rounds]:
            for seconds in worker(scikeras_seconds, dropout):
                yield {"what": SCIKERAS, "seconds": seconds}


def report(samples: pd.DataFrame) -> Report:
    by_name = {str(what): rows for what, rows in samples.groupby("what")}
    ours, part = by_name[ALL], by_name[PART]
    fits, some = int(ours.fits.iloc[0]), int(part.fits.iloc[0])
    mlp = by_name[MLP].seconds.mean() * some / _PROCESSES
    scikeras = by_name[SCIKERAS].seconds.mean() * fits / _PROCESSES
    rows = [
        (ALL, fits, spread(ours.seconds), 1.0),
        (SCIKERAS, fits, number(scikeras), scikeras / ours.seconds.median()),
        (PART, some, spread(part.seconds), 1.0),
        (MLP, some, number(mlp), mlp / part.seconds.median()),
    ]
    table = pd.DataFrame(rows, columns=["what", "fits", "seconds", "times ours"])
    made, axes = figure(1, 1, (7, 2.2))
    lengths = {
        ALL: ours.seconds.median(),
        SCIKERAS: scikeras,
        PART: part.seconds.median(),
        MLP: mlp,
    }
    draw_bars(axes, pd.Series(lengths), unit="s", title="seconds of the whole comparison")
    return Report(
        title="A whole comparison",
        method=_METHOD.format(
            turns=len(ours), repeats=int(ours.repeats.iloc[0]), fits=fits, part=some,
            mlp=len(by_name[MLP]), scikeras=len(by_name[SCIKERAS]),
        ),
        tables={"Seconds": table},
        figure=made,
    )  # fmt: skip


def _seconds(words: list[str], out: Path) -> float:
    command = [sys.executable, "-m", "skdropout", "compare"]
    if "SKDROPOUT_DATA" in os.environ:
        command.append("sonar")
    else:  # a file of the same shape
        X, y = sonar_whole()
        path = out.with_suffix(".csv")
        pd.DataFrame(X).add_prefix("band_").assign(kind=y).to_csv(path, index=False)
        command += [str(path), "--target", "kind"]
    began = time.perf_counter()
    subprocess.run([*command, *words, "--out", str(out)], check=True, capture_output=True)
    return time.perf_counter() - began


def _n_fits(out: Path) -> int:
    """Count the fits of networks: each strength on four inner folds, and one for each cell."""
    candidates = pd.read_csv(out / "candidates.csv")
    return 4 * len(candidates) + len(candidates.drop_duplicates(["variant", "repeat", "fold"]))
