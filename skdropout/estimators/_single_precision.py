"""Columns that differ by less than the single precision keeps in which networks compute."""

from typing import Any

import numpy as np
from scipy import sparse

from skdropout.training import warn

_SOME = 1000  # rows, in which no column spans more than in all
_CLOSE = 2**-19  # of their size: within sixteen of single precision's steps
_CONSTANT = 1e-12  # of their size: what remains of equal numbers that were computed
_MOST = 0.1  # of the spread of numbers, that rounding may move them by against each other


def warn_of_lost_digits(X: Any, rows: Any) -> None:
    """Warn where the rows that a table has been turned into no longer tell its numbers apart."""
    if sparse.issparse(rows) or rows.dtype != np.float32:
        return
    some = rows[:: 1 + len(rows) // _SOME].astype(np.float64)
    low, high = some.min(axis=0), some.max(axis=0)
    close = np.flatnonzero(high - low <= _CLOSE * np.maximum(np.abs(low), np.abs(high)))
    table = getattr(X, "iloc", X if hasattr(X, "shape") else np.asarray(X))
    lost = [i for i in close.tolist() if _are_lost(table[:, i])]
    if lost:
        first, *others = [list(X.columns)[i] if hasattr(X, "columns") else i for i in lost]
        more = f" and {len(others)} others" if others else ""
        warn(
            f"the numbers in column {first!r}{more} of X are too large for their differences: in "
            "single precision, in which networks compute, they are nearly the same. Subtract a "
            "number from them first, or put a StandardScaler before the network."
        )


def _are_lost(values: Any) -> bool:
    exact = np.array(values, dtype=np.float64)  # a copy, for they lie far apart
    spread = np.ptp(exact)
    if spread <= _CONSTANT * np.abs(exact).max():
        return False
    return bool(np.ptp(exact.astype(np.float32) - exact) > _MOST * spread)
