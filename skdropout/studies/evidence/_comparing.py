"""Every pair of competitors tested, and the words for what comes out."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import asdict
from itertools import combinations
from math import isnan, nan
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from skdropout.studies.evidence._statistics import PairedTest, holm, paired_test

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.05


def compare_pairs(
    scores: "pd.DataFrame",
    pairs: Iterable[tuple[str, str]] | None = None,
    *,
    test_train_ratio: float = 0.0,
    groups: ArrayLike | None = None,
) -> "pd.DataFrame":
    """Test pairs of columns of `scores`, whose rows are folds or seeds.

    A pair is a variant and the one that it is held against; by default every later column is held
    against every earlier one. A difference keeps the sign of the score. Where a score is missing,
    as after training that diverged, nothing is known; a single row per group gives a difference,
    and NaN for its interval and p-values.
    """
    import pandas as pd

    if pairs is None:
        pairs = [(name, against) for against, name in combinations(scores.columns, 2)]
    single = len(scores) == (1 if groups is None else len(np.unique(groups)))
    rows: list[dict[str, Any]] = []
    for name, against in pairs:
        ours, theirs = scores[name], scores[against]
        if single or scores[[name, against]].isna().any(axis=None):
            difference = float((ours - theirs).mean(skipna=False))
            test = PairedTest(difference, nan, nan, nan, len(scores))
        else:
            test = paired_test(ours, theirs, test_train_ratio=test_train_ratio, groups=groups)
        rows.append({"variant": name, "against": against, **asdict(test)})
    columns = ["variant", "against", *PairedTest.__dataclass_fields__]
    return pd.DataFrame(rows, columns=columns).assign(p_holm=holm([row["p_value"] for row in rows]))


def points(difference: float) -> str:
    """Write a difference of accuracies in percentage points, with its sign."""
    if isnan(difference):
        return "unknown"
    text = f"{100 * difference:+.1f}".replace("-", "−")
    return "0.0" if text in ("+0.0", "−0.0") else text


def interval(low: float, high: float) -> str:
    """Write an interval of differences in percentage points."""
    return "unknown" if isnan(low) else f"{points(low)} to {points(high)}"


def p_number(p_value: float) -> str:
    """Write a p-value with two digits that matter."""
    if isnan(p_value):
        return "unknown"
    if p_value < 0.001:
        return "< 0.001"
    return f"{p_value:.2f}" if p_value >= 0.1 else f"{p_value:.2g}"


def p_text(p_value: float) -> str:
    """Write a p-value inside a sentence."""
    number = p_number(p_value)
    return f"p {number}" if number.startswith("<") else f"p = {number}"


def evidence(row: Mapping[Hashable, Any]) -> str:
    """Write a difference with what is known about it."""
    return (
        f"{points(row['difference'])} points, 95% interval {interval(row['low'], row['high'])}, "
        f"{p_text(row['p_holm'])}"
    )
