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
from skdropout.training._cost import written_out


class SparseRows(NamedTuple):
    """Rows in blocks that are taken one by one.

    ``values`` are the numbers that are not zero; ``places``, the row in its block and the column of
    each, in turn; ``starts`` says where each block begins among the values, and the last one ends.
    """

    values: Any
    places: Any
    starts: Any

    @classmethod
    def of(cls, X: sparse.csr_array, sizes: np.ndarray) -> "SparseRows":
        """Lay a table out in blocks of so many rows."""
        ends = np.cumsum([0, *sizes])
        rows = np.arange(X.shape[0]) - np.repeat(ends[:-1], sizes)
        rows = np.repeat(rows, np.diff(X.indptr))
        places = np.stack([rows, X.indices], axis=1, dtype=np.int64).ravel()
        starts = X.indptr[ends].astype(np.int64)
        return cls(*(tf.convert_to_tensor(values) for values in (X.data, places, starts)))

    @classmethod
    def spec(cls, dtype: str) -> "SparseRows":
        """Describe such rows, in any number."""
        types = (dtype, "int64", "int64")
        return cls(*(tf.TensorSpec((None,), kind) for kind in types))

    def block(self, number: Any, size: Any, network: Network) -> Any:
        """Return a block, as a sparse tensor where the network takes it."""
        start = self.starts[number]
        length = self.starts[number + 1] - start
        values = tf.slice(self.values, [start], [length])
        # In a single row, of which a slice is one piece.
        places = tf.slice(self.places, [2 * start], [2 * length])
        shape = tf.stack([tf.cast(size, tf.int64), math.prod(network.input_shape)])
        taken = tf.SparseTensor(tf.reshape(places, [-1, 2]), values, shape)
        if network.takes_sparse:
            return taken
        return tf.reshape(tf.sparse.to_dense(taken), [-1, *network.input_shape])


def as_tensor(X: Any, network: Network) -> Any:
    """Return some rows as a tensor, as a sparse one where they are and the network takes it."""
    if not (sparse.issparse(X) and network.takes_sparse):
        return tf.convert_to_tensor(written_out(X, network.input_shape))
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
