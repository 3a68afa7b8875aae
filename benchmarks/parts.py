"""Where the time of one fit goes."""

import importlib
import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pandas as pd

from benchmarks._libraries import OURS, Recipe, classifier
from benchmarks._plots import draw_bars, figure
from benchmarks._report import Options, Report
from benchmarks._worker import Worker

#: The functions that make up each part. A function's time is its own: what it calls that is
#: listed here too counts there.
PARTS = {
    "validate": [
        "skdropout.estimators._base:NetworkEstimator._validate_params",
        "skdropout.estimators._base:NetworkEstimator._check_X_y",
        "skdropout.estimators._classifier:NetworkClassifier._checked_target",
    ],
    "order the rows": ["skdropout.estimators._base:NetworkEstimator._training_set"],
    "find the program": ["skdropout.training._compiled:program_for"],
    "load weights and table": [
        "skdropout.training._compiled:first_state",
        "skdropout.training._compiled:training_rows",
        "skdropout.training._compiled:validation_rows",
    ],
    "plan the batches": [
        "skdropout.training._tables:Epochs.of",
        "skdropout.training._tables:Epochs.chunks",
    ],
    "run": ["skdropout.training._program:Program.run"],
    "keep the history": ["skdropout.training._compiled:CompiledFit._record"],
    "read back": ["skdropout.training._compiled:CompiledFit.so_far"],
}
REST, TRACE, COMPILE = "the rest", "trace", "compile (XLA)"
_METHOD = """\
A warm fit of Sonar's network ({epochs} epochs) on one core, with timers put around the functions
that make up each part: medians of {fits} fits, each part without the parts that it calls. "Run" is
the compiled loop, and "the rest" all Python code between the parts. The first fit of an
architecture traces the loop with Keras and has XLA compile it besides: medians of {rounds} fresh
processes that have imported everything and fitted another architecture."""


def measure(options: Options) -> Iterator[dict[str, Any]]:
    for number in range(options.rounds):
        with Worker(1) as worker:
            for sample in worker(timed_fits, 4 * options.rounds):
                yield {"process": number, **sample}


def report(samples: pd.DataFrame) -> Report:
    medians = 1000 * samples.drop(columns=["process", "fit"]).groupby(samples.fit).median().T
    warm = medians["warm"].dropna()
    summary = pd.DataFrame({"part": warm.index, "milliseconds": warm, "share": warm / warm.sum()})
    summary["share"] = summary["share"].map("{:.1%}".format)
    first = medians["first"][[TRACE, COMPILE]]
    return Report(
        title="The parts of a fit",
        method=_METHOD.format(
            epochs=Recipe().epochs,
            fits=(samples.fit == "warm").sum(),
            rounds=samples.process.nunique(),
        ),
        tables={
            f"A warm fit, {warm.sum():.1f} milliseconds": summary,
            "Once for each architecture": pd.DataFrame(
                {"part": first.index, "milliseconds": first}
            ),
        },
        figure=_figure(warm, first),
    )


def timed_fits(fits: int) -> list[dict[str, Any]]:
    """Fit an architecture for the first time, then again and again."""
    from benchmarks._data import sonar

    X, y = sonar()
    classifier(OURS, Recipe(hidden=(20,), epochs=2)).fit(X, y)
    samples = []
    for number in range(1 + fits):
        clock = Clock()
        with clock.at_work(PARTS):
            start = time.perf_counter()
            classifier(OURS, Recipe()).fit(X, y)
            total = time.perf_counter() - start
        parts = {**clock.seconds, REST: total - sum(clock.seconds.values())}
        samples.append({"fit": "warm" if number else "first", **parts})
    warm_run = pd.Series([sample["run"] for sample in samples[1:]]).median()
    first = samples[0]
    first[TRACE] = first["find the program"]
    first[COMPILE] = first["run"] - warm_run  # XLA compiles at the first call
    return samples


class Clock:
    """Adds up the seconds of parts, which may call one another."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = dict.fromkeys(PARTS, 0.0)
        self._running: list[str] = []
        self._since = 0.0

    @contextmanager
    def at_work(self, parts: dict[str, list[str]]) -> Iterator[None]:
        """Measure the functions of the parts until the context ends."""
        with ExitStack() as stack:
            for part, places in parts.items():
                for place in places:
                    module, path = place.split(":")
                    *outer, name = path.split(".")
                    owner = importlib.import_module(module)
                    for step in outer:
                        owner = getattr(owner, step)
                    stack.callback(setattr, owner, name, inspect.getattr_static(owner, name))
                    setattr(owner, name, self._timed(part, getattr(owner, name)))
            yield

    @contextmanager
    def _part(self, part: str) -> Iterator[None]:
        self._switch()
        self._running.append(part)
        try:
            yield
        finally:
            self._switch()
            self._running.pop()

    def _switch(self) -> None:
        now = time.perf_counter()
        if self._running:
            self.seconds[self._running[-1]] += now - self._since
        self._since = now

    def _timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **options: Any) -> Any:
            with self._part(part):
                result = function(*arguments, **options)
            return self._each(part, result) if isinstance(result, Iterator) else result

        return timed

    def _each(self, part: str, items: Iterator[Any]) -> Iterator[Any]:
        while True:
            with self._part(part):
                item = next(items, None)
            if item is None:
                return
            yield item


def _figure(warm: pd.Series, first: pd.Series) -> Any:
    made, (left, right) = figure(1, 2, (11, 3), width_ratios=(3, 2))
    draw_bars(left, warm, unit="ms", title="A warm fit", scale="linear")
    draw_bars(right, first, unit="ms", title="Once for each architecture", scale="linear")
    return made
