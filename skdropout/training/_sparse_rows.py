"""Sparse tables as tensors.

Perceptrons multiply sparse rows as they are. Those of images are written out when they are taken, a
batch at a time.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from scipy import sparse

from skdropout.networks import Network

_PIECE = 256  # numbers that XLA multiplies at once


class Room(NamedTuple):
    """How many numbers sparse rows have room for, where XLA compiles what takes them.

    ``block`` is the room of one block, ``table`` that of all, and of a block behind the last.
    """

    block: int
    table: int

    @classmethod
    def of(cls, most: int, total: int) -> "Room":
        """Make room for blocks of so many numbers at most, rounded up to a power of two."""
        block, table = (1 << max(length - 1, _PIECE - 1).bit_length() for length in (most, total))
        return cls(block, table + block)


class SparseRows(NamedTuple):
    """Rows in blocks that are taken one by one.

    ``values`` are the numbers that are not zero, ``rows`` and ``columns`` their places in their
    block; ``starts`` says where each block begins among them, and the last one ends.
    """

    values: Any
    rows: Any
    columns: Any
    starts: Any

    @classmethod
    def of(
        cls,
        X: sparse.csr_array,
        sizes: np.ndarray,
        room: Room | None = None,
        n_blocks: int = 0,
    ) -> "SparseRows":
        """Lay a table out in blocks of so many rows; where there is room, fill it up."""
        ends = np.cumsum([0, *sizes])
        rows = np.arange(X.shape[0]) - np.repeat(ends[:-1], sizes)
        rows = np.repeat(rows, np.diff(X.indptr))
        starts = X.indptr[ends]
        numbers = [X.data, rows.astype(np.int32), X.indices.astype(np.int32, copy=False)]
        if room is not None:
            numbers = [np.pad(part, (0, room.table - len(part))) for part in numbers]
            starts = np.pad(starts, (0, n_blocks + 1 - len(starts)), "edge")
        parts = [*numbers, starts.astype(np.int64)]
        return cls._make(tf.convert_to_tensor(part) for part in parts)

    @classmethod
    def spec(cls, dtype: str, room: Room | None, n_blocks: int) -> "SparseRows":
        """Describe such rows, in any number where there is no room that they must fill."""
        length, n_starts = (None, None) if room is None else (room.table, n_blocks + 1)
        numbers = [tf.TensorSpec((length,), kind) for kind in (dtype, "int32", "int32")]
        return cls._make([*numbers, tf.TensorSpec((n_starts,), "int64")])

    def block(self, number: Any, size: Any, network: Network, room: Room | None) -> Any:
        """Return a block, as a sparse tensor where the network takes it."""
        start = self.starts[number]
        length = self.starts[number + 1] - start
        if room is None:
            values, rows, columns = (tf.slice(part, [start], [length]) for part in self[:3])
        else:  # no slices: XLA would compile them anew wherever the blocks start elsewhere
            steps = tf.range(room.block, dtype=tf.int64)
            values, rows, columns = (tf.gather(part, start + steps) for part in self[:3])
            # Behind the numbers of a block come those of the next.
            values = tf.where(steps < length, values, tf.zeros_like(values))
        places = tf.cast(tf.stack([rows, columns], axis=1), tf.int64)
        shape = tf.stack([tf.cast(size, tf.int64), math.prod(network.input_shape)])
        taken = tf.SparseTensor(places, values, shape)
        if network.takes_sparse:
            return taken
        return tf.reshape(tf.sparse.to_dense(taken), [-1, *network.input_shape])


def shifts(network: Network, weights: list[np.ndarray]) -> bool:
    """Whether a network subtracts something from its inputs, as one fitted on full rows does.

    That fills the zeros of sparse rows, which must be written out for it.
    """
    return network.rescaled and bool(weights[0].any())


def reject_filling(network: Network, weights: list[np.ndarray], X: Any) -> None:
    """Raise for sparse rows where training goes on with a network that shifts its inputs."""
    if sparse.issparse(X) and network.takes_sparse and shifts(network, weights):
        raise ValueError(
            "the network that training goes on with was fitted on full rows and subtracts "
            "something from each input, which would fill the zeros of a sparse X. Pass full rows "
            "(X.toarray()), use engine='keras', which writes out a batch at a time, or start anew."
        )


def as_tensor(X: Any) -> Any:
    """Return sparse rows as a sparse tensor."""
    X = X.tocoo()
    return tf.SparseTensor(np.stack(X.coords, axis=1).astype(np.int64), X.data, X.shape)


def product(rows: tf.SparseTensor, kernel: Any) -> Any:
    """Multiply sparse rows by a kernel.

    By TensorFlow's matrices in compressed rows, in a third of the time that its product for sparse
    tensors takes. Only the kernel has a gradient.
    """
    matrix = tf.raw_ops.SparseTensorToCSRSparseMatrix(
        indices=rows.indices, values=rows.values, dense_shape=rows.dense_shape
    )

    @tf.custom_gradient
    def multiplied(kernel: Any) -> Any:
        def gradient(upstream: Any) -> Any:
            turned = tf.raw_ops.SparseMatrixTranspose(input=matrix, type=upstream.dtype)
            slope = tf.raw_ops.SparseMatrixMatMul(a=turned, b=upstream)
            return tf.ensure_shape(slope, kernel.shape)

        units = tf.raw_ops.SparseMatrixMatMul(a=matrix, b=kernel)
        return tf.ensure_shape(units, (None, kernel.shape[1])), gradient

    return multiplied(kernel)


def fused_product(rows: tf.SparseTensor, kernel: Any) -> Any:
    """Multiply sparse rows by a kernel where XLA compiles it.

    In pieces, since how many numbers there are is known only then: what is left of the room for
    them costs nothing. Only the kernel has a gradient.
    """
    values, (row, column) = rows.values, tf.unstack(tf.cast(rows.indices, tf.int32), axis=1)
    numbered = tf.range(1, values.shape[0] + 1)
    n_numbers = tf.reduce_max(tf.where(values != 0, numbered, 0))

    def summed(terms: Any, taken: Any, added: Any, length: int) -> Any:
        """Add up weighted terms, each where it belongs."""

        def add(start: Any, sums: Any) -> tuple[Any, Any]:
            piece = (tf.slice(part, [start], [_PIECE]) for part in (values, taken, added))
            weights, here, there = piece
            weighted = tf.gather(terms, here) * weights[:, tf.newaxis]
            sums = tf.tensor_scatter_nd_add(sums, there[:, tf.newaxis], weighted)
            return start + _PIECE, sums

        zeros = tf.zeros([length, terms.shape[1]], terms.dtype)
        return tf.while_loop(lambda start, _: start < n_numbers, add, (tf.constant(0), zeros))[1]

    @tf.custom_gradient
    def multiplied(kernel: Any) -> Any:
        def gradient(upstream: Any) -> Any:
            return summed(upstream, row, column, kernel.shape[0])

        return summed(kernel, column, row, rows.shape[0]), gradient

    return multiplied(kernel)
