"""What a careful person would point at in a table before trusting any score on it."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skdropout.studies.reading._columns import MAX_CATEGORIES
from skdropout.studies.reading._words import count_of, option

if TYPE_CHECKING:
    import pandas as pd

_SENTINELS = (-1, -9, -99, -999, -9999, -99999, 99, 999, 9999, 99999)
_MANY_COPIES = 0.01
_UNBALANCED = 0.8


def suspicions(
    features: "pd.DataFrame", targets: NDArray[Any], classes: tuple[str, ...]
) -> list[str]:
    """Say which columns give the target away, which values look like marks, and so on."""
    notes = []
    for column in features.columns:
        values = features[column]
        leave_out = f"({option('drop_columns', column)} leaves it out)"
        if _tells_all(values, targets, bool(classes)):
            notes.append(
                f"Look at column {column!r}: it alone predicts the target perfectly. If it is not "
                f"known before the target is, no score here means anything {leave_out}."
            )
        if values.dtype == object:
            continue
        if (mark := _sentinel(values)) is not None:
            n_marks = count_of(int((values == mark).sum()), "time")
            notes.append(
                f"Look at column {column!r}: {mark:g}, far from all else, occurs {n_marks}. If it "
                f"marks missing values, say so ({option('missing')}={mark:g})."
            )
        of_time = column.endswith("(days since 1970)")
        if len(values) >= 20 and values.is_unique and (values % 1 == 0).all() and not of_time:
            notes.append(
                f"Look at column {column!r}: a different whole number in each row. It may be "
                f"an identifier {leave_out}."
            )
        if of_time and values.is_monotonic_increasing:
            notes.append(
                f"Rows come in the order of time of {column!r}. Rows to test on are drawn from all "
                "of it, so that scores are those of gaps filled, not of the future foretold."
            )
    many_valued = any(features[c].nunique() > MAX_CATEGORIES for c in features.columns)
    copies = int(features.assign(**{"": targets}).duplicated().sum()) if many_valued else 0
    if copies > _MANY_COPIES * len(features):
        notes.append(
            f"{count_of(copies, 'row')} of {len(features):,} are exact copies of others: where "
            "copies are both trained and tested on, scores are too good."
        )
    counts = np.bincount(targets) if classes else np.zeros(1)
    if (share := counts.max() / len(targets)) > _UNBALANCED:
        notes.append(
            f"{100 * share:.0f}% of the rows are of class {classes[counts.argmax()]!r}"
            ": compare balanced accuracy or AUC, since accuracy is high for always guessing it."
        )
    return notes


def _tells_all(values: "pd.Series", targets: NDArray[Any], are_classes: bool) -> bool:
    """Whether one column alone predicts the target: by thresholds, by categories, or by rank."""
    import pandas as pd

    known = values.notna().to_numpy()
    if known.mean() < 0.9 or len(values) < 20:
        return False
    x, y = values[known], targets[known]
    if not are_classes:
        if x.dtype == object or x.nunique() <= MAX_CATEGORIES:
            return False
        ranks = np.corrcoef(x.rank(), pd.Series(y).rank())[0, 1]
        return bool(abs(ranks) > 1 - 1e-9)
    n_classes = len(np.unique(y))
    codes, found = pd.factorize(x, sort=True)
    if x.dtype == object and len(found) > max(MAX_CATEGORIES, 2 * n_classes):
        return False
    order = np.lexsort((y, codes))
    changes = np.flatnonzero(np.diff(y[order]))  # along the sorted values
    if (np.diff(codes[order])[changes] == 0).any():
        return False  # one value, two classes
    return x.dtype == object or len(changes) == n_classes - 1


def _sentinel(values: "pd.Series") -> float | None:
    """Return a value such as -999 that lies further from all others than these lie apart."""
    for mark in (values.min(), values.max()):
        others = values[values != mark].dropna()
        if len(others) < 2 or (values == mark).sum() < 2:
            continue
        usual = mark in _SENTINELS or mark < 0 <= others.min()
        if usual and abs(others - mark).min() > others.max() - others.min():
            return float(mark)
    return None
