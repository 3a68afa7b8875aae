"""Long fits kept on the disk epoch by epoch, so that one that was killed goes on where it was.

A file is found again by all that its fit depends on, so that nothing but the same fit takes it up.
Fits of a second leave none.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from skdropout.training._data import TrainingSet
from skdropout.training._job import TrainingJob

#: Saving waits for as many seconds of training, and for as many times what the last one took.
SECONDS, TIMES = 1.0, 20.0
_PACKAGES = ("skdropout", "keras", "tensorflow", "numpy")


class Snapshot(NamedTuple):
    """Where a fit is after an epoch: the engine's arrays in its own order, and the history."""

    arrays: list[np.ndarray]
    history: dict[str, list[float]]


@dataclass
class Kept:
    """The folder of the fits, and the seconds of training that were taken up from it."""

    folder: Path
    seconds: float = 0.0


@dataclass
class Checkpoint:
    """The last epoch of one fit."""

    job: TrainingJob
    engine: str
    kept: Kept | None
    _began: float = field(default_factory=time.perf_counter)
    _saved: float = -np.inf
    _cost: float = 0.0
    _earlier: float = 0.0

    def load(self) -> Snapshot | None:
        """Return where the fit was when it was last saved, if ever."""
        if self.kept is None or not self.kept.folder.exists() or not self._path.exists():
            return None
        header, arrays = _read(self._path)
        if not header:
            return None  # the fit starts anew
        self._earlier = header["seconds"]
        self.kept.seconds += self._earlier
        return Snapshot(arrays, header["history"])

    def save(self, snapshot: Callable[[], Snapshot]) -> None:
        """Hear that an epoch is over; save it unless epochs are too short for that to pay."""
        now = time.perf_counter()
        wait = max(SECONDS, TIMES * self._cost)
        if self.kept is None or now - max(self._began, self._saved) < wait:
            return
        partial = self._path.with_suffix(".partial")
        began = time.perf_counter()  # the path takes time, but once a fit
        arrays, history = snapshot()
        header = {
            "n_arrays": len(arrays),
            "history": history,
            "done": len(history["loss"]) / self.job.plan.epochs,
            "seconds": self._earlier + now - self._began,
        }
        try:
            self.kept.folder.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                text = np.frombuffer(json.dumps(header).encode(), np.uint8)
                np.savez(file, *arrays, header=text)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._path)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(partial)) from error
        self._saved = time.perf_counter()
        self._cost = self._saved - began

    @cached_property
    def _path(self) -> Path:
        assert self.kept is not None
        return self.kept.folder / f"{_fingerprint(self.job, self.engine)}.npz"


_kept: ContextVar[Kept | None] = ContextVar("kept", default=None)


@contextmanager
def kept_epochs(folder: Path) -> Iterator[None]:
    """Keep the fits that this thread makes in a folder, and take up those that it has."""
    token = _kept.set(Kept(folder))
    try:
        yield
    finally:
        _kept.reset(token)


def seconds_taken_up() -> float:
    """Return the seconds of training, of earlier processes, that this thread's fits took up."""
    kept = _kept.get()
    return 0.0 if kept is None else kept.seconds


def share_done(folder: Path) -> float:
    """Return how many fits' epochs are in a folder, in fits."""
    headers = (_read(path, whole=False)[0] for path in folder.glob("*.npz"))
    return sum(header["done"] for header in headers if header)


def checkpoint_of(job: TrainingJob, engine: str) -> Checkpoint:
    """Return the checkpoint of a fit; of one that others watch or steer there is none."""
    steered = job.callbacks or job.observer or not isinstance(job.plan.optimizer, str)
    return Checkpoint(job, engine, None if steered else _kept.get())


def _read(path: Path, *, whole: bool = True) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Return what a file says of a fit, and its arrays if asked for; nothing if it is damaged."""
    try:
        with path.open("rb") as file, np.load(file) as arrays:
            header = json.loads(arrays["header"].tobytes())
            n_arrays = header["n_arrays"] if whole else 0
            return header, [arrays[f"arr_{place}"] for place in range(n_arrays)]
    except Exception:  # the checksums of the zip format tell, in any of a dozen ways
        return {}, []


def _fingerprint(job: TrainingJob, engine: str) -> str:
    """Sum up all that a fit depends on."""
    versions = [version(name) for name in _PACKAGES]
    digest = hashlib.sha256(repr((engine, versions, job.network, job.objective, job.plan)).encode())

    arrays = [*_arrays(job.rows), *_arrays(job.validation), *(job.rescaling or ())]
    if job.earlier is not None:
        arrays += [*job.earlier.weights, *job.earlier.optimizer_state]
    for values in map(np.ascontiguousarray, arrays):
        digest.update(repr((values.dtype.str, values.shape)).encode())
        digest.update(values.data)
    return digest.hexdigest()[:32]


def _arrays(rows: TrainingSet | None) -> list[np.ndarray]:
    absent = np.zeros(0, bool)
    values = [] if rows is None else vars(rows).values()
    arrays = [absent if value is None else value for value in values]
    if rows is not None and sparse.issparse(rows.X):
        arrays[:1] = [rows.X.data, rows.X.indices, rows.X.indptr]
    return arrays
