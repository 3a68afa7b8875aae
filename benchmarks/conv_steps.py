"""A training step of the CIFAR-100 comparison's network, and the memory of a fit on its images."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from benchmarks._conv_peers import BATCH, LIBRARIES, STEPS, peak_of_images, seconds_a_step
from benchmarks._libraries import OURS
from benchmarks._plots import draw_bars, figure
from benchmarks._report import Options, Report, about_processors, number, spread
from benchmarks._worker import Worker, workers

IMAGES = 50_000
#: What a processor needs to compute in bfloat16; others emulate it, at a dozen times the time.
BFLOAT16 = {"avx512_bf16", "amx_bf16"}
_CELL = ["cores", "precision", "batch_norm"]
_METHOD = """\
The five-block network (60 filters, 100 in the last block; 1,000 units in the head) on images of
32 x 32 x 3, batch {batch}, RMSprop. A sample is an epoch of {steps} steps, all that an epoch costs
besides included, over its steps; medians of {samples} samples, the libraries in turn, each in a
process of its own. `Model.fit` and the bare step train the same stock Keras network; the bare step
is one `tf.function` called in a plain loop on batches that are tensors already, which no shuffling,
history or stopping rule slows down. `Model.fit` on arrays waits at the end of an epoch for the
thread with which tf.data tunes itself, whose naps double from 10 milliseconds on: on one core its
epochs here end after 2.6 or 5.1 seconds, computing or not. The bare step says what the arithmetic
costs. skorch has its images in the order "channels last". bfloat16 is measured only on processors
that compute in it."""


def measure(options: Options) -> Iterator[dict[str, Any]]:
    for cores in (1, 2):
        for precision in _precisions():
            for batch_norm in (False, True):
                with workers(LIBRARIES, cores) as at_work:
                    cell = dict(zip(_CELL, (cores, precision, batch_norm), strict=True))
                    for turn in range(options.rounds if not options.quick else 1):
                        for library, worker in at_work.items():
                            seconds = worker(seconds_a_step, library, batch_norm, precision, turn)
                            yield {**cell, "library": library, "turn": turn, "seconds": seconds}
    with Worker(cores=2) as worker:
        yield {"library": OURS, **worker(peak_of_images, 2_000 if options.quick else IMAGES)}


def _precisions() -> list[str]:
    computes = BFLOAT16.intersection(about_processors().split())
    return ["float32", "mixed_bfloat16"] if computes else ["float32"]


def report(samples: pd.DataFrame) -> Report:
    steps = samples[samples.seconds.notna()]
    memory = samples[samples.peak.notna()].iloc[0]
    medians = steps.groupby([*_CELL, "library"]).seconds.median().unstack()
    rows = []
    for cell, found in medians.iterrows():
        own = steps[(steps[_CELL] == list(cell)).all(axis=1)]
        row = {
            "cores": int(cell[0]),
            "precision": cell[1],
            "batch norm": "yes" if cell[2] else "no",
        }
        for library in LIBRARIES:
            row[library] = spread(own[own.library == library].seconds)
        for peer in LIBRARIES[1:]:
            row[f"{peer} / ours"] = found[peer] / found[OURS]
        rows.append(row)
    made, axes = figure(1, 1, (7, 2.2))
    shown = medians.loc[(1, "float32", True), list(LIBRARIES)]
    title = "Seconds a step: one core, float32, batch normalisation"
    draw_bars(axes, shown, unit="s", title=title, scale="linear")
    return Report(
        title="Steps of a convolutional network",
        method=_METHOD.format(
            batch=BATCH, steps=STEPS, samples=int(steps.groupby([*_CELL, "library"]).size().min())
        ),
        tables={"Seconds a step": pd.DataFrame(rows)},
        figure=made,
        findings=(
            f"A fit on {memory.images:,.0f} images, {number(memory.data)} MB as bytes, raises the "
            f"peak of the resident memory by {number(memory.peak)} MB, which is "
            f"{number(memory.peak / memory.data)} times the images: these themselves, a copy "
            "as a tensor, and a small network."
        ),
    )
