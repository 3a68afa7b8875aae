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


def as_sparse_as(model: Any, X: Any) -> Any:
    """Return a table in the form of another one: sparse, or written out in full."""
    if sparse.issparse(model):
        return canonical(X)
    return X.toarray() if sparse.issparse(X) else X
