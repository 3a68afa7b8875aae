"""From which sizes on the other form of a sum is the faster one, for `training/_sums.py`."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from benchmarks._plots import PLAIN, figure, tidy
from benchmarks._report import Options, Report
from benchmarks._worker import Worker

#: What each form needs the thresholds to be, so that it is taken whatever the size.
FORMS = {
    "products": {"small": {"_SMALL": np.inf}, "shared": {"_SMALL": 0}},
    "sums": {
        "every row": {"_UNROLLED": np.inf, "_SHORT": np.inf},
        "eighths": {"_UNROLLED": 0, "_SHORT": 0},
    },
}
WIDTHS = {"products": (16, 23, 32, 45, 64, 90, 128), "sums": (1, 4, 16, 64, 256, 1024)}
ROWS = {"products": (16, 64, 256), "sums": (8, 16, 32, 64, 128)}
STEPS = 1000
_METHOD = """\
`training/_sums.py` has two forms of the gradients of a dense layer, and two of a sum over rows; its
thresholds say which one a size gets. Here both forms run at every size, {steps:,} steps in one loop
that XLA compiles: of gradient descent on a layer with as many inputs as units, or of sums. The size
is the number of multiplications of one product, or of numbers to add up. Microseconds a step are
medians of {rounds} turns, in which the two forms alternate. Above a ratio of 1, the first is the
faster. The other thresholds in that file keep the bits the same on any number of cores, which
`tests/training/test_cores.py` tests."""


def measure(options: Options) -> Iterator[dict[str, Any]]:
    for cores in (1, 2):
        with Worker(cores) as worker:
            for what, widths in WIDTHS.items():
                for rows in ROWS[what][:: 2 if options.quick else 1]:
                    for width in widths[:: 3 if options.quick else 1]:
                        for sample in worker(turns, what, rows, width, options.rounds):
                            yield {
                                "cores": cores,
                                "what": what,
                                "rows": rows,
                                "width": width,
                            } | sample


def turns(what: str, rows: int, width: int, rounds: int) -> list[dict[str, Any]]:
    """Time both forms in turn."""
    loops = {form: _loop(what, rows, width, wishes) for form, wishes in FORMS[what].items()}
    found = []
    for number in range(rounds):
        for form, loop in loops.items():
            began = time.perf_counter()
            loop()
            micros = 1e6 * (time.perf_counter() - began) / STEPS
            found.append({"turn": number, "form": form, "microseconds": micros})
    return found


def _loop(what: str, rows: int, width: int, wishes: dict[str, Any]) -> Callable[[], Any]:
    """Compile many steps of one form, and take them once."""
    import tensorflow as tf

    from skdropout.training import _sums
    from skdropout.training._barrier import Barrier

    barrier = Barrier()

    def descend(values: Any, kernel: Any, bias: Any) -> tuple[Any, ...]:
        variables = values, kernel, bias
        with tf.GradientTape() as tape:
            tape.watch(variables)
            loss = tf.reduce_mean(tf.square(tf.nn.relu(_sums.affine(*variables, barrier))))
        slopes = tape.gradient(loss, variables)
        return tuple(v - 1e-3 * slope for v, slope in zip(variables, slopes, strict=True))

    def add_up(values: Any, _: Any) -> tuple[Any, ...]:
        return 0.999 * values, _sums.channel_sums(tf.square(values))

    def run(always: Any, *values: Any) -> Any:
        step = descend if what == "products" else add_up
        with barrier.standing(always):
            return tf.while_loop(
                lambda number, *_: number < STEPS,
                lambda number, *now: (number + 1, *step(*now)),
                (tf.constant(0), *values),
            )

    rng = np.random.default_rng(0)
    shapes = [(rows, width), *([(width, width)] if what == "products" else []), (width,)]
    numbers = [tf.constant(0.1 * rng.normal(size=shape), tf.float32) for shape in shapes]
    values = [tf.constant(True), *numbers]
    with patch.multiple(_sums, **wishes):
        compiled = tf.function(run, jit_compile=True, autograph=False).get_concrete_function(
            *values
        )
    compiled(*values)
    return lambda: [value.numpy() for value in compiled(*values)]


def report(samples: pd.DataFrame) -> Report:
    tables, findings = {}, []
    made, axes = figure(1, 2, (10, 3))
    for panel, what in zip(axes, FORMS, strict=True):
        wide = _medians(samples[samples["what"] == what], what)
        captions = {"products": "Gradients of a dense layer", "sums": "Sums over rows"}
        tables[f"{captions[what]}, microseconds a step"] = wide
        for cores, each in wide.groupby("cores"):
            panel.plot(each["size"], each["ratio"], "o", label=f"cores: {cores}")
            findings.append(_crossing(what, cores, each))
        panel.axhline(1, color="black", linewidth=0.8)
        panel.set_xscale("log", base=2)
        panel.set_title(captions[what], loc="left", fontsize=10)
        panel.set_ylabel(" / ".join(reversed(FORMS[what])))
        panel.yaxis.set_major_formatter(PLAIN)
        panel.legend()
        tidy(panel)
    return Report(
        title="Thresholds of the sums",
        method=_METHOD.format(steps=STEPS, rounds=samples["turn"].nunique()),
        tables=tables,
        findings=" ".join(findings),
        figure=made,
    )


def _medians(samples: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return the median time of both forms for each shape, by size."""
    shape = ["cores", "rows", "width"]
    wide = samples.pivot_table("microseconds", shape, "form", "median")[list(FORMS[what])]
    first, second = FORMS[what]
    wide = wide.assign(ratio=wide[second] / wide[first]).reset_index()
    size = wide["rows"] * wide["width"] ** (2 if what == "products" else 1)
    wide.insert(3, "size", size)
    return wide.sort_values(["cores", "size"])


def _crossing(what: str, cores: int, wide: pd.DataFrame) -> str:
    """Say where the two forms cross: the size that tells them apart with the fewest mistakes."""
    from skdropout.training import _sums

    ahead = np.log(wide["ratio"].to_numpy())  # what the first form gains at each size
    best = int(np.argmax(np.append(0, np.cumsum(ahead))))
    threshold = {"products": _sums._SMALL, "sums": _sums._SHORT}[what]
    first = next(iter(FORMS[what]))
    where = f"up to a size of {wide['size'].iloc[best - 1]:,}" if best else "nowhere"
    return (
        f"{what.capitalize()} on {cores} core{'s' if cores > 1 else ''}: *{first}* is the better "
        f"form {where}; the threshold is {threshold:,}."
    )
