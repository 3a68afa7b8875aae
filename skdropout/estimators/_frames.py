"""Frames that scikit-learn would take for arrays, losing the names of their columns."""

from typing import Any


def known_frame(X: Any) -> Any:
    """Return frames of Dask and record batches of Arrow as pandas frames, all else as it is."""
    if hasattr(X, "__dask_graph__"):
        return X.compute()
    if type(X).__module__.startswith("pyarrow") and hasattr(X, "to_pandas"):
        return X.to_pandas()
    return X
