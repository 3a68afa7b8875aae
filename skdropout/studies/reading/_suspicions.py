"""What a careful person would point at in a table before trusting any score on it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skdropout.studies.reading._columns import MAX_CATEGORIES
from skdropout.studies.reading._dates import date_of
from skdropout.studies.reading._words import count_of, exactly, option, quoted

if TYPE_CHECKING:
    import pandas as pd

_SENTINELS = (-1, -9, -99, -999, -9999, -99999, 99, 999, 9999, 99999)
_MANY_COPIES = 0.01
_UNBALANCED = 0.8
_LOOK = 200


def suspicions(
    features: "pd.DataFrame", targets: NDArray[Any], classes: tuple[str, ...]
) -> list[str]:
    """Say which columns give the target away, which values look like marks, and so on."""
    import pandas as pd

    notes = _marks(features, targets, classes)
    for column in features.columns:
        values = features[column].to_numpy()
        leave_out = f"({option('drop_columns', column)} leaves it out)"
        if _tells_all(values, targets, bool(classes)):
            notes.append(
                f"Look at column {column!r}: it alone predicts the target perfectly. If it is not "
                f"known before the target is, no score here means anything {leave_out}."
            )
        known = ~pd.isna(values)
        if classes and not known.all() and _tells_all(known.astype(float), targets, True):
            notes.append(
                f"Look at column {column!r}: that it is missing alone predicts the target "
                f"perfectly {leave_out}."
            )
        if values.dtype == object:
            continue
        of_time = _is_of_time(column)
        whole = not of_time and len(values) >= 20 and (values % 1 == 0).all()
        if whole and len(np.unique(values)) == len(values):
            notes.append(
                f"Look at column {column!r}: a different whole number in each row. It may be "
                f"an identifier {leave_out}."
            )
        if of_time and (np.diff(values) >= 0).all():
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


def _marks(features: "pd.DataFrame", targets: NDArray[Any], classes: tuple[str, ...]) -> list[str]:
    """Say which numbers look like marks, and where else they stand: a mark goes for all columns."""
    columns = {column: features[column].to_numpy() for column in features}
    columns[""] = np.array(classes) if classes else targets
    texts = {column for column, values in columns.items() if values.dtype.kind in "OU"}
    found = {
        column: mark
        for column, values in columns.items()
        if column not in texts and (mark := _sentinel(values)) is not None
    }
    notes = []
    also: dict[str, str] = {}
    for column, mark in found.items():
        written = date_of(mark) if _is_of_time(column) else exactly(mark)
        if written not in also:
            others = [
                other
                for other, values in columns.items()
                if found.get(other) != mark
                and (other in texts or _is_of_time(other) == _is_of_time(column))
                and (values == (written if other in texts else mark)).any()
            ]
            also[written] = _also_in(others)
        notes.append(
            f"Look at {f'column {column!r}' if column else 'the target'}: {written}, far from all "
            f"else, occurs {count_of(int((columns[column] == mark).sum()), 'time')}. If it marks "
            f"missing values, say so ({option('missing', written)}){also[written]}."
        )
    return notes


def _also_in(columns: Sequence[str]) -> str:
    places = [quoted(names, most=5)] if (names := [column for column in columns if column]) else []
    places += ["the target"] if "" in columns else []
    return f"; that makes it missing in {' and '.join(places)}, too" if places else ""


def _is_of_time(column: str) -> bool:
    return column.endswith("(days since 1970)")


def _tells_all(x: NDArray[Any], y: NDArray[Any], are_classes: bool) -> bool:
    """Whether one column alone predicts the target: by thresholds, by categories, or by rank."""
    import pandas as pd

    known = ~pd.isna(x)
    if known.mean() < 0.9 or len(x) < 20:
        return False
    x, y = x[known], y[known]
    if are_classes:
        # What tells all classes apart does so for a few rows, which are quickly looked at.
        return _separates(x[:_LOOK], y[:_LOOK]) and _separates(x, y)
    if x.dtype == object or len(np.unique(x)) <= MAX_CATEGORIES:
        return False
    order = np.argsort(x, kind="stable")
    steps = np.diff(y[order])
    rising = (steps >= 0).all() or (steps <= 0).all()
    return bool(rising and len(np.unique(x)) == len(np.unique(y)))


def _separates(x: NDArray[Any], y: NDArray[Any]) -> bool:
    """Whether thresholds on numbers tell the classes apart, or each text has a single class."""
    import pandas as pd

    n_classes = len(np.unique(y))
    is_text = x.dtype == object
    if is_text:
        x, texts = pd.factorize(x)
        if len(texts) > max(MAX_CATEGORIES, 2 * n_classes):
            return False
    order = np.lexsort((y, x))
    changes = np.flatnonzero(np.diff(y[order]))
    one_class_each = bool((np.diff(x[order])[changes] != 0).all())
    return one_class_each and (is_text or len(changes) == n_classes - 1)


def _sentinel(values: NDArray[Any]) -> float | None:
    """Return a value such as -999 that lies further from all others than these lie apart."""
    known = values[~np.isnan(values)]
    for mark in (known.min(), known.max()) if len(known) else ():
        others = known[known != mark]
        if len(others) < 2 or len(known) - len(others) < 2:
            continue
        low, high = others.min(), others.max()
        usual = mark in _SENTINELS or mark < 0 <= low
        if usual and max(low - mark, mark - high) > high - low:
            return float(mark)
    return None
