"""Sparse tables as training takes them."""

from typing import Any

from scipy import sparse


def canonical(X: Any) -> sparse.csr_array:
    """Return sparse rows that are written down in one way only, without touching those given."""
    X = sparse.csr_array(X)
    if not (X.has_canonical_format and X.data.all()):
        X = X.copy()
        X.sum_duplicates()
        X.eliminate_zeros()
    return X


def as_inputs(rows: Any, shape: tuple[int, ...]) -> Any:
    """Return checked rows as a network's inputs: in their shape, unless they are sparse."""
    return canonical(rows) if sparse.issparse(rows) else rows.reshape(-1, *shape)


def as_sparse_as(model: Any, X: Any, shape: tuple[int, ...]) -> Any:
    """Return inputs in the form of others: sparse, or written out in full."""
    if sparse.issparse(model) == sparse.issparse(X):
        return X
    return as_inputs(X.toarray(), shape) if sparse.issparse(X) else canonical(X.reshape(len(X), -1))
