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


def rows_at(X: Any, index: Any, network: Network) -> Any:
    """Return rows of a table, sparse ones as a sparse tensor where the network takes it."""
    if not isinstance(X, SparseRows):
        return tf.gather(X, index)
    starts = tf.gather(X.starts, index)
    lengths = tf.gather(X.starts, index + 1) - starts
    before = tf.cumsum(lengths, exclusive=True)
    places = tf.range(tf.reduce_sum(lengths)) + tf.repeat(starts - before, lengths)
    n_rows = tf.size(index, tf.int64)
    rows = tf.repeat(tf.range(n_rows), lengths)
    columns = tf.cast(tf.gather(X.columns, places), tf.int64)
    indices, values = tf.stack([rows, columns], axis=1), tf.gather(X.values, places)
    width = math.prod(network.input_shape)
    taken = tf.SparseTensor(indices, values, tf.stack([n_rows, width]))
    if network.takes_sparse:
        return taken
    return tf.reshape(tf.sparse.to_dense(taken), [-1, *network.input_shape])
