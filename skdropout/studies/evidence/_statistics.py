"""Is a difference real? Paired tests for scores that share their training rows or their seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class PairedTest:
    """The mean difference of two paired lists of scores, and how sure it is.

    Attributes
    ----------
    difference : float
        Mean of ``scores - reference``.
    low, high : float
        Ends of the confidence interval of the difference; NaN where nothing can be said of it.
    p_value : float in [0, 1]
        Two-sided p-value of "there is no difference", or NaN likewise.
    n_pairs : int
        Number of paired scores.
    """

    difference: float
    low: float
    high: float
    p_value: float
    n_pairs: int


def paired_test(
    scores: ArrayLike,
    reference: ArrayLike,
    *,
    test_train_ratio: float = 0.0,
    groups: ArrayLike | None = None,
    confidence: float = 0.95,
) -> PairedTest:
    r"""Compare two paired lists of scores by the corrected resampled t-test.

    Scores from repeated cross-validation are not independent, since their training sets share
    rows; the ordinary paired t-test then finds differences that are not there. The correction of
    Nadeau and Bengio replaces the variance factor :math:`1/J` of a mean of :math:`J` differences by
    :math:`1/J + n_{test}/n_{train}`.

    Parameters
    ----------
    scores : array-like of shape (n_pairs,)
        Scores of the one model, one per fold (of every repeat) or per seed. At least two.
    reference : array-like of shape (n_pairs,)
        Scores of the other model on the same folds or seeds, in the same order.
    test_train_ratio : float in [0, inf), default=0.0
        Rows tested per row trained on: ``1 / (k - 1)`` for k-fold cross-validation. With 0 this is
        the ordinary paired t-test, right for runs that differ in an independent seed only.
    groups : array-like of shape (n_pairs,), default=None
        Labels of settings that the pairs come from, such as datasets or places of a layer, equally
        many from each. The true difference may vary between them, so the spread is judged within
        them; there must be more pairs than groups. By default all pairs are of one setting.
    confidence : float in (0, 1), default=0.95
        Coverage of the confidence interval.

    Returns
    -------
    PairedTest
        The mean difference ``scores - reference``, its interval and its p-value. Where every
        difference is zero the interval is [0, 0] and p is 1. Where all are equal but not zero (to
        rounding), the interval and p are NaN: no spread is seen in so few or so coarse scores,
        such as two seeds that both win by three rows, which is no evidence that there is none.

    Raises
    ------
    ValueError
        If there are not more pairs than groups, the lengths differ, a score is not finite, or a
        parameter is out of its range.

    References
    ----------
    C. Nadeau and Y. Bengio, "Inference for the Generalization Error", Machine Learning 52 (2003),
    239-281, section 3.

    R. R. Bouckaert and E. Frank, "Evaluating the Replicability of Significance Tests for Comparing
    Learning Algorithms", PAKDD 2004, section 3.2.

    Examples
    --------
    >>> from skdropout.studies import paired_test
    >>> test = paired_test([0.84, 0.86, 0.81], [0.85, 0.88, 0.80], test_train_ratio=1 / 2)
    >>> f"{test.difference:+.4f} ({test.low:+.3f} to {test.high:+.3f}), p = {test.p_value:.2f}"
    '-0.0067 (-0.067 to +0.053), p = 0.68'
    """
    from scipy import stats

    differences, rounding = paired_differences(scores, reference)
    if not 0 <= test_train_ratio < np.inf:
        raise ValueError(f"test_train_ratio must be a number from 0 up, got {test_train_ratio!r}.")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie strictly between 0 and 1, got {confidence!r}.")
    n_pairs = len(differences)
    squares, n_groups = _spread_within(differences, groups)
    mean = float(np.mean(differences))
    if squares <= n_pairs * rounding**2:
        alike = abs(differences).max() <= rounding
        low, high, p_value = (mean, mean, 1.0) if alike else (np.nan, np.nan, np.nan)
        return PairedTest(mean, low, high, p_value, n_pairs)
    error = sqrt((1 / n_pairs + test_train_ratio) * squares / (n_pairs - n_groups))
    t = stats.t(n_pairs - n_groups)
    half_width = error * float(t.ppf(0.5 + confidence / 2))
    p_value = 2 * float(t.sf(abs(mean) / error))
    return PairedTest(mean, mean - half_width, mean + half_width, p_value, n_pairs)


def paired_differences(
    scores: ArrayLike, reference: ArrayLike
) -> tuple[NDArray[np.float64], float]:
    """Check two paired lists of scores; return the differences, and how far off rounding is."""
    ours, theirs = np.asarray(scores, dtype=float), np.asarray(reference, dtype=float)
    if ours.ndim != 1 or ours.shape != theirs.shape:
        raise ValueError(
            "scores and reference must be two lists of the same length, "
            f"got shapes {ours.shape} and {theirs.shape}."
        )
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        raise ValueError("scores and reference must be finite numbers: NaN or infinity found.")
    largest = np.abs([ours, theirs]).max(initial=0.0)
    return ours - theirs, 4 * float(np.spacing(largest))


def _spread_within(differences: NDArray[np.float64], groups: ArrayLike | None) -> tuple[float, int]:
    """Sum the squared deviations from the group means; return it with the number of groups."""
    labels = np.zeros(len(differences)) if groups is None else np.asarray(groups)
    if labels.shape != differences.shape:
        raise ValueError(
            f"groups must label each of the {len(differences)} pairs, got shape {labels.shape}."
        )
    _, place, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if len(differences) <= max(len(sizes), 1):
        raise ValueError(
            f"A paired test needs at least two pairs of scores, and more pairs than groups; got "
            f"{len(differences)} in {len(sizes)}: there is nothing to judge the spread by. "
            "Use more folds, repeats or seeds."
        )
    if len(set(sizes)) > 1:
        raise ValueError(f"groups must be equally large, got sizes {sizes.tolist()}.")
    # Measured from one of its own, a group of equal differences has a spread of exactly zero.
    firsts = differences[np.unique(place, return_index=True)[1]]
    offsets = differences - firsts[place]
    means = np.bincount(place, offsets) / sizes
    return float(np.sum((offsets - means[place]) ** 2)), len(sizes)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for their number by Holm's step-down method, keeping their order.

    Parameters
    ----------
    p_values : sequence of float in [0, 1]
        The raw p-values of one family of comparisons. NaN, a comparison of which nothing can be
        said, stays NaN and counts as one of the family.

    Returns
    -------
    list of float
        The adjusted p-values; declaring all below alpha significant keeps the chance of even one
        false alarm in the family at most alpha.

    References
    ----------
    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6 (1979), 65-70.

    Examples
    --------
    >>> from skdropout.studies import holm
    >>> holm([0.25, 0.01, 0.02])
    [0.25, 0.03, 0.04]
    """
    raw = np.asarray(p_values, dtype=float)
    order = np.argsort(raw)  # NaN comes last
    stepped = np.minimum(1.0, np.arange(len(raw), 0, -1) * raw[order])
    adjusted = np.empty_like(raw)
    adjusted[order] = np.maximum.accumulate(stepped)
    return adjusted.tolist()
