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
    """Rows end to end: the values that are not zero, their columns, and where each row starts."""

    values: Any
    columns: Any
    starts: Any

    @classmethod
    def of(cls, X: sparse.csr_array) -> "SparseRows":
        """Take over a table."""
        columns, starts = X.indices.astype(np.int32), X.indptr.astype(np.int64)
        return cls(*(tf.convert_to_tensor(values) for values in (X.data, columns, starts)))

    @classmethod
    def spec(cls, dtype: str) -> "SparseRows":
        """Describe such rows, in any number."""
        types = (dtype, "int32", "int64")
        return cls(*(tf.TensorSpec((None,), kind) for kind in types))


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


def rows_at(X: Any, index: Any, network: Network) -> Any:
    """Return rows of a table, sparse ones as a sparse tensor where the network takes it."""
    if not isinstance(X, SparseRows):
        return tf.gather(X, index)
    places = tf.ragged.range(tf.gather(X.starts, index), tf.gather(X.starts, index + 1))
    rows = places.to_sparse().indices[:, 0]
    columns, values = (tf.gather(part, places.flat_values) for part in (X.columns, X.values))
    indices = tf.stack([rows, tf.cast(columns, tf.int64)], axis=1)
    shape = tf.stack([tf.size(index, tf.int64), math.prod(network.input_shape)])
    taken = tf.SparseTensor(indices, values, shape)
    if network.takes_sparse:
        return taken
    return tf.reshape(tf.sparse.to_dense(taken), [-1, *network.input_shape])
