"""A fit's rows and batches as tensors in the shapes that a program takes."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf
from scipy import sparse

from skdropout.training._cost import MOST_ROWS, n_blocks
from skdropout.training._data import TrainingSet
from skdropout.training._engine_layers import fuses
from skdropout.training._job import TrainingJob
from skdropout.training._program_key import ProgramKey
from skdropout.training._sparse_rows import Room, SparseRows
from skdropout.training._step import Batches, Rows, ValidationRows

_MOST_DOUBLED = 1 << 16
_ALIGNMENT = 64  # bytes: what TensorFlow asks of memory that it takes over
_MOST_NUMBERS = 1 << 18  # of sparse rows that lie side by side, in 3 megabytes


def with_full_batches(job: TrainingJob) -> TrainingJob:
    """Shrink batches that not even the whole table fills: a step computes its empty rows, too."""
    most = _capacity(job.rows.epoch_size, fewest=32, unit=1)
    return replace(job, plan=replace(job.plan, batch_size=min(job.plan.batch_size, most)))


def key_of(job: TrainingJob) -> ProgramKey:
    """Return the key of the program that a job needs."""
    is_sparse, size = sparse.issparse(job.rows.X), job.plan.batch_size
    fused = fuses(job.network, size, sparse=is_sparse)
    needs_room = fused and is_sparse
    validation = job.validation
    return ProgramKey(
        structure=job.network.structure,
        objective=job.objective,
        optimizer=job.plan.optimizer,
        nesterov=job.plan.nesterov,
        clips=job.plan.global_clipnorm is not None,
        # A pass over a wide kernel is what a step of sparse rows takes its time for.
        constrained=job.network.max_norm is not None or not needs_room,
        batch_size=size,
        dtype=str(job.rows.X.dtype),
        validation_dtype=str((validation or job.rows).X.dtype),
        weighted=job.rows.weights is not None,
        validated=validation is not None,
        sparse=is_sparse,
        # A large table is taken as it is: filling it up would need a copy.
        capacity=_capacity(job.rows.X.shape[0], fewest=256, unit=1) if fused else None,
        validation_capacity=(
            _capacity(len(validation.rows), fewest=32, unit=MOST_ROWS)
            if fused and validation
            else None
        ),
        room=_room(job.rows, size, _MOST_NUMBERS) if needs_room else None,
        validation_room=_room(validation, MOST_ROWS) if needs_room and validation else None,
    )


def _room(rows: TrainingSet, batch_size: int, most: int | None = None) -> Room:
    """Return the room that any batches of some rows fit in, as many at once as are as large."""
    lengths = np.sort(np.diff(rows.X.indptr)[rows.positions])
    longest = int(lengths[-batch_size:].sum())
    return Room.of(longest, int(lengths.sum()) if most is None else max(most, longest))


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
        _in_blocks(X, block, key) if key.sparse else features(X, length),
        _targets(rows.y[which], key, length),
        padded(counts.astype(np.float32), length),
        padded(scale.astype(np.float32), length),
    )


def features(X: np.ndarray, length: int) -> Any:
    """Return the rows as a tensor, filled up with the first one, at the cost of a single copy.

    Zeros might be rows that no table has, of which a loss is infinite, and stays so times 0.

    TensorFlow's own conversion makes two, and large tables are what fills the memory.
    """
    size = length * math.prod(X.shape[1:]) * X.itemsize
    room = np.empty(size + _ALIGNMENT, np.uint8)
    start = -room.ctypes.data % _ALIGNMENT
    table = room[start : start + size].view(X.dtype).reshape(length, *X.shape[1:])
    table[: len(X)] = X
    table[len(X) :] = X[0]
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


def _in_blocks(X: sparse.csr_array, length: int, key: ProgramKey) -> SparseRows:
    """Return sparse rows in blocks that they fill up one after the other."""
    sizes = np.diff([*range(0, X.shape[0], length), X.shape[0]])
    number = n_blocks(key.validation_capacity or X.shape[0], length)
    return SparseRows.of(X, sizes, key.validation_room, number)


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
            index = np.full((n_epochs, steps * batch), positions[0], dtype=np.int32)
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

    def chunks(
        self,
        length: int,
        first_step: int,
        learning_rate: float,
        correction: Callable[[np.ndarray], np.ndarray],
        room: Room | None,
    ) -> Iterator[Batches]:
        """Yield the steps as tensors, as many as one call takes, or fewer to save memory."""
        end = 0
        while end < len(self.sizes):
            start, end = end, self._end(end, length)
            chunk = slice(start, end)
            rates = self.rates[chunk] * np.float32(learning_rate)
            counts = np.arange(first_step + start, first_step + end, dtype=np.float32) + 1
            shares = 1 / self.sizes[chunk].astype(np.float32)
            yield Batches(
                self._sparse_rows(chunk, room, length),
                padded(self.index[chunk], length),
                padded(self.sizes[chunk], length),
                padded(np.stack([shares, rates, rates * correction(counts)], axis=1), length),
                padded(self.ends[chunk], length),
                tf.constant(len(self.sizes[chunk])),
                tf.constant(first_step + start),
            )

    def _end(self, start: int, length: int) -> int:
        """Return where a call that begins at some step ends."""
        end = min(start + length, len(self.sizes))
        if self.X is None:
            return end
        numbers = np.diff(self.X.indptr)[self.index[start:end]]
        numbers[~self._present[start:end]] = 0
        return start + max(1, int((numbers.sum(axis=1).cumsum() <= _MOST_NUMBERS).sum()))

    def _sparse_rows(self, steps: slice, room: Room | None, length: int) -> Any:
        if self.X is None:
            return ()
        rows = self.X[self.index[steps][self._present[steps]]]
        return SparseRows.of(rows, self.sizes[steps], room, length)

    @cached_property
    def _present(self) -> np.ndarray:
        """Which places of the batches hold a row."""
        return np.arange(self.index.shape[1]) < self.sizes[:, np.newaxis]
