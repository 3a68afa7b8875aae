"""Sparse tables as tensors."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from scipy import sparse


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


def as_tensor(X: Any) -> Any:
    """Return some rows as a tensor, sparse ones as a sparse tensor."""
    if not sparse.issparse(X):
        return tf.convert_to_tensor(X)
    X = X.tocoo()
    return tf.SparseTensor(np.stack(X.coords, axis=1).astype(np.int64), X.data, X.shape)


def rows_at(X: Any, index: Any, width: int) -> Any:
    """Return rows of a table, sparse ones as a sparse tensor."""
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
    return tf.SparseTensor(indices, values, tf.stack([n_rows, width]))
