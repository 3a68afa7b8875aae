"""A fit's rows and batches as tensors in the shapes that a program takes."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf
from scipy import sparse

from skdropout.training._cost import MOST_ROWS
from skdropout.training._data import TrainingSet
from skdropout.training._engine_layers import fuses, splits
from skdropout.training._job import TrainingJob
from skdropout.training._program_key import ProgramKey
from skdropout.training._sparse_rows import SparseRows
from skdropout.training._step import Batches, Rows, ValidationRows

_MOST_DOUBLED = 1 << 16
_ALIGNMENT = 64  # bytes: what TensorFlow asks of memory that it takes over
_MOST_NUMBERS = 1 << 20  # of sparse rows, in 20 megabytes


def with_full_batches(job: TrainingJob) -> TrainingJob:
    """Shrink batches that not even the whole table fills: a step computes its empty rows, too."""
    most = _capacity(job.rows.epoch_size, fewest=32, unit=1)
    return replace(job, plan=replace(job.plan, batch_size=min(job.plan.batch_size, most)))


def key_of(job: TrainingJob) -> ProgramKey:
    """Return the key of the program that a job needs."""
    is_sparse, size = sparse.issparse(job.rows.X), job.plan.batch_size
    fused = not is_sparse and fuses(job.network, size)
    split = is_sparse and splits(job.network, size)
    validation = job.validation
    return ProgramKey(
        structure=job.network.structure,
        objective=job.objective,
        optimizer=job.plan.optimizer,
        nesterov=job.plan.nesterov,
        clips=job.plan.global_clipnorm is not None,
        constrained=job.network.max_norm is not None or not split,
        batch_size=size,
        dtype=str(job.rows.X.dtype),
        validation_dtype=str((validation or job.rows).X.dtype),
        weighted=job.rows.weights is not None,
        validated=validation is not None,
        sparse=is_sparse,
        split=split,
        # A large table is taken as it is: filling it up would need a copy.
        capacity=_capacity(job.rows.X.shape[0], fewest=256, unit=1) if fused else None,
        validation_capacity=(
            _capacity(len(validation.rows), fewest=32, unit=MOST_ROWS)
            if fused and validation
            else None
        ),
    )


def _capacity(n_rows: int, fewest: int, unit: int) -> int:
    """Round up, so that tables of about one size share a program: to a power of two, or a unit."""
    if n_rows > _MOST_DOUBLED:
        return -(-n_rows // unit) * unit
    return max(fewest, 1 << (n_rows - 1).bit_length())


def training_rows(rows: TrainingSet, key: ProgramKey) -> Rows:
    """Return the table as the program takes it."""
    length = key.capacity or rows.X.shape[0]
    weights = np.empty(0, np.float32) if rows.weights is None else padded(rows.weights, length)
    X = () if key.sparse else features(rows.X, length)
    return Rows(X, _targets(rows.y, key, length), tf.convert_to_tensor(weights))


def validation_rows(rows: TrainingSet | None, key: ProgramKey, block: int) -> ValidationRows:
    """Return the validation rows, each once, with their counts; sparse ones in blocks."""
    if rows is None:
        empty = np.empty((0, *key.structure.input_shape), key.validation_dtype)
        y_shape = (0, *key.objective.target_shape(key.structure.n_outputs))
        none = np.empty(0, np.float32)
        tensors = (empty, np.empty(y_shape, key.objective.target_type), none, none)
        return ValidationRows(*(tf.convert_to_tensor(values) for values in tensors))
    which = rows.rows
    length = key.validation_capacity or len(which)
    counts = np.ones(len(which)) if rows.counts is None else rows.counts
    scale = counts if rows.weights is None else counts * rows.weights[which]
    X = rows.X[which]
    return ValidationRows(
        SparseRows.of(X, _blocks(len(which), block)) if key.sparse else features(X, length),
        _targets(rows.y[which], key, length),
        padded(counts.astype(np.float32), length),
        padded(scale.astype(np.float32), length),
    )


def features(X: np.ndarray, length: int) -> Any:
    """Return the rows as a tensor, filled up with zeros, at the cost of a single copy.

    TensorFlow's own conversion makes two, and large tables are what fills the memory.
    """
    size = length * math.prod(X.shape[1:]) * X.itemsize
    room = np.empty(size + _ALIGNMENT, np.uint8)
    start = -room.ctypes.data % _ALIGNMENT
    table = room[start : start + size].view(X.dtype).reshape(length, *X.shape[1:])
    table[: len(X)] = X
    table[len(X) :] = 0
    # `identity` moves it to the accelerator, if there is one, and costs nothing otherwise.
    return tf.identity(tf.experimental.dlpack.from_dlpack(table.__dlpack__()))


def _targets(y: np.ndarray, key: ProgramKey, length: int) -> Any:
    return padded(y.astype(key.objective.target_type, copy=False), length)


def padded(values: np.ndarray, length: int) -> Any:
    """Return the values as a tensor, filled up with zeros."""
    if len(values) < length:
        missing = np.zeros((length - len(values), *values.shape[1:]), values.dtype)
        values = np.concatenate([values, missing])
    return tf.convert_to_tensor(values)


def _blocks(n_rows: int, length: int) -> np.ndarray:
    """Return the lengths of blocks that rows fill up one after the other."""
    return np.diff([*range(0, n_rows, length), n_rows])


@dataclass(frozen=True)
class Epochs:
    """Some epochs of the plan, laid out in steps."""

    index: np.ndarray
    sizes: np.ndarray
    rates: np.ndarray
    ends: np.ndarray
    X: sparse.csr_array | None  # where the steps need it laid out in their order

    @classmethod
    def of(cls, job: TrainingJob, most_at_once: int, done: int = 0) -> Iterator["Epochs"]:
        """Yield the epochs of a job that are not done in their order, some at a time."""
        plan, sizes, positions = job.plan, job.batch_sizes(), job.rows.positions
        steps, batch = len(sizes), plan.batch_size
        places = np.flatnonzero(np.arange(batch) < sizes[:, np.newaxis])
        orders = islice(plan.orders(positions), done, None)
        for start in range(done, plan.epochs, most_at_once):
            n_epochs = min(most_at_once, plan.epochs - start)
            index = np.zeros((n_epochs, steps * batch), dtype=np.int32)
            for epoch in range(n_epochs):
                index[epoch, places] = next(orders)
            first = plan.first_step + start * steps
            yield cls(
                index.reshape(-1, batch),
                np.tile(sizes, n_epochs),
                plan.rates(first + np.arange(n_epochs * steps), steps).astype(np.float32),
                np.tile(np.arange(steps) == steps - 1, n_epochs),
                job.rows.X if sparse.issparse(job.rows.X) else None,
            )

    def chunks(self, length: int, first_step: int, learning_rate: float) -> Iterator[Batches]:
        """Yield the steps as tensors, as many as one call takes, or fewer to save memory."""
        most = length if self.X is None else min(length, _steps_in_memory(self.X, self.index))
        for start in range(0, len(self.sizes), most):
            chunk = slice(start, start + most)
            yield Batches(
                self._sparse_rows(chunk),
                padded(self.index[chunk], length),
                padded(self.sizes[chunk], length),
                padded(self.rates[chunk] * np.float32(learning_rate), length),
                padded(self.ends[chunk], length),
                tf.constant(len(self.sizes[chunk])),
                tf.constant(first_step + start),
            )

    def _sparse_rows(self, steps: slice) -> Any:
        if self.X is None:
            return ()
        index, sizes = self.index[steps], self.sizes[steps]
        present = np.arange(index.shape[1]) < sizes[:, np.newaxis]
        return SparseRows.of(self.X[index[present]], sizes)


def _steps_in_memory(X: sparse.csr_array, index: np.ndarray) -> int:
    """Return how many steps' rows may lie side by side."""
    numbers = X.nnz / X.shape[0] * index.shape[1]
    return max(1, int(_MOST_NUMBERS / max(1, numbers)))
