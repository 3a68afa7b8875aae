"""Sparse tables: the time of a fit beside scikit-learn's, and the memory that it takes."""

import gc
import time
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import pandas as pd

from benchmarks._libraries import OURS
from benchmarks._peak import forget_peak, peak
from benchmarks._plots import draw_bars, figure
from benchmarks._report import Options, Report, spread
from benchmarks._worker import Worker, workers

PEER = "MLPClassifier"
LIBRARIES = (OURS, PEER)
UNITS, BATCH = 200, 200


class Shape(NamedTuple):
    """A table, and the epochs that a fit of it takes."""

    rows: int
    columns: int
    filled: float
    epochs: int


FULL = (Shape(20_000, 1_000, 0.01, 10), Shape(20_000, 50_000, 0.001, 1))
QUICK = (Shape(2_000, 1_000, 0.01, 5), Shape(2_000, 5_000, 0.001, 1))
SMALL = Shape(2_000, 1_000, 0.01, 1)
_METHOD = """\
Random tables of {rows:,} rows in SciPy's CSR format, float32, with two classes; one hidden layer
of 200 units, no dropout, Adam, batches of 200, nothing rescaled; epochs: {epochs}.
Whole fits, after one of a single epoch in the same process, so that imports and compilation do not
count. Each library has a process of its own; fits alternate, each of the {pairs} pairs gives
one ratio, and the table has medians, with the range in brackets. The wide table is timed on one
core only. The second table is of fresh processes on two cores that fit the wide table. "Peak" is
the largest resident memory during the fit over what the process had after a small fit and before it
drew the table: the table itself is in it, and so are the kernel of the hidden layer and the two
moments that Adam keeps of it, {kernel:,.0f} MB each."""


def measure(options: Options) -> Iterator[dict[str, Any]]:
    narrow, wide = QUICK if options.quick else FULL
    for cores, shape in ((1, narrow), (2, narrow), (1, wide)):
        with workers(LIBRARIES, cores) as at_work:
            for library, worker in at_work.items():
                worker(one_fit, library, shape._replace(epochs=1))
            for turn in range(options.rounds):
                for library, worker in at_work.items():
                    known = {"cores": cores, "library": library, "turn": turn}
                    fit = worker(one_fit, library, shape)
                    yield {"what": "fit", **shape._asdict(), **known, **fit}
    for library in LIBRARIES:
        with Worker(cores=2) as worker:
            found = worker(peak_of_a_fit, library, wide)
        yield {"what": "memory", **wide._asdict(), "cores": 2, "library": library, **found}


def report(samples: pd.DataFrame) -> Report:
    fits, memory = (samples[samples.what == what] for what in ("fit", "memory"))
    numbers = fits.groupby("columns").epochs.max()
    epochs = ", ".join(f"{n} at {columns:,} columns" for columns, n in numbers.items())
    return Report(
        title="Sparse tables",
        method=_METHOD.format(
            rows=fits.rows.max(),
            epochs=epochs,
            pairs=int(fits.turn.max()) + 1,
            kernel=_kernel(memory["columns"].max()),
        ),
        tables={"Seconds a fit": _fits_table(fits), "Memory of a fit": _memory_table(memory)},
        figure=_figure(fits, memory),
    )


@lru_cache(maxsize=1)
def table(rows: int, columns: int, filled: float) -> tuple[Any, Any]:
    """Draw a sparse table, and two classes that the sums of its rows tell apart."""
    import numpy as np
    from scipy import sparse

    random = np.random.default_rng(0)
    X = sparse.random_array(
        (rows, columns), density=filled, format="csr", dtype=np.float32, random_state=random
    )
    scores = X @ random.standard_normal(columns, dtype=np.float32)
    return X, (scores > np.median(scores)).astype(np.int64)


def one_fit(library: str, shape: list[Any]) -> dict[str, float]:
    """Fit once: wall and processor seconds, and the accuracy on the training rows."""
    rows, columns, filled, epochs = shape
    X, y = table(rows, columns, filled)
    warnings.simplefilter("ignore")  # MLPClassifier says that it has not converged
    model = _classifier(library, epochs)
    wall, cpu = time.perf_counter(), time.process_time()
    model.fit(X, y)
    seconds = {"seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu}
    return {**seconds, "accuracy": float(model.score(X, y))}


def peak_of_a_fit(library: str, shape: list[Any]) -> dict[str, float]:
    """Return the megabytes of a table, and by how many a fit raises the peak of the memory."""
    one_fit(library, SMALL)
    table.cache_clear()
    gc.collect()
    before = forget_peak()
    rows, columns, filled, epochs = shape
    X, y = table(rows, columns, filled)
    _classifier(library, epochs).fit(X, y)
    data = (X.data.nbytes + X.indices.nbytes + X.indptr.nbytes + y.nbytes) / 1e6
    return {"data": data, "before": before, "peak": peak() - before}


def _classifier(library: str, epochs: int) -> Any:
    if library == OURS:
        from skdropout import DropoutMLPClassifier

        return DropoutMLPClassifier(
            (UNITS,),
            dropout=0.0,
            rescale=None,
            alpha=0.0,
            batch_size=BATCH,
            epochs=epochs,
            random_state=0,
        )
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(
        (UNITS,),
        alpha=0.0,
        batch_size=BATCH,
        max_iter=epochs,
        n_iter_no_change=epochs + 1,  # all epochs
        random_state=0,
    )


def _kernel(columns: int) -> float:
    """Return the megabytes of the hidden layer's kernel."""
    return 4 * columns * UNITS / 1e6


def _fits_table(fits: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (columns, cores), own in fits.groupby(["columns", "cores"]):
        seconds = own.pivot(index="turn", columns="library", values="seconds")
        accuracy = own.groupby("library").accuracy.median()
        row = {"columns": columns, "filled": f"{own.filled.iloc[0]:.1%}", "cores": cores}
        row |= {library: spread(seconds[library]) for library in LIBRARIES}
        row |= {f"{PEER} / ours": spread(seconds[PEER] / seconds[OURS])}
        row |= {f"training accuracy: {name}": f"{accuracy[name]:.3f}" for name in LIBRARIES}
        rows.append(row)
    return pd.DataFrame(rows)


def _memory_table(memory: pd.DataFrame) -> pd.DataFrame:
    table = memory[["library", "columns", "data", "peak"]].reset_index(drop=True)
    return table.rename(columns={"data": "table, megabytes", "peak": "peak, megabytes"})


def _figure(fits: pd.DataFrame, memory: pd.DataFrame) -> Any:
    made, axes = figure(1, 3, (13, 2.4))
    alone = fits[fits.cores == 1]
    for place, (columns, own) in zip(axes, alone.groupby("columns"), strict=False):
        seconds = own.groupby("library", sort=False).seconds.median()
        draw_bars(place, seconds, unit="s", title=f"{columns:,} columns, one core", scale="linear")
    megabytes = memory.set_index("library").peak
    draw_bars(axes[2], megabytes, unit="MB", title="Memory of the wide table", scale="linear")
    return made
