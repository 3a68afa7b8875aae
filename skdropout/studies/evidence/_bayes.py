"""Better, practically the same, or worse: the Bayesian reading of a paired comparison."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Probabilities:
    """What the scores leave believable of a true difference; the three add up to one.

    Attributes
    ----------
    better, same, worse : float in [0, 1]
        Probability that the true difference is above the region of practical equivalence, in it,
        or below it. NaN where the scores show no spread to judge by.
    """

    better: float
    same: float
    worse: float


def practical_probabilities(
    scores: ArrayLike,
    reference: ArrayLike,
    *,
    practical: float,
    test_train_ratio: float = 0.0,
) -> Probabilities:
    r"""Say how probable it is that scores are better, practically the same, or worse.

    This is the Bayesian correlated t-test: with a flat prior, the posterior of the mean difference
    is Student's t with :math:`J - 1` degrees of freedom around the mean of the :math:`J`
    differences, with the scale of the corrected resampled t-test (see `paired_test`). Where a
    p-value above 0.05 leaves open whether there is nothing or too little data, this tells the two
    apart.

    Parameters
    ----------
    scores, reference : array-like of shape (n_pairs,)
        Scores of two models on the same folds, in the same order; higher is better. At least two.
    practical : float in [0, inf)
        Differences from ``-practical`` to ``practical`` make no practical difference.
    test_train_ratio : float in [0, inf), default=0.0
        Rows tested on per row trained on: ``1 / (k - 1)`` for k-fold cross-validation.

    Returns
    -------
    Probabilities
        Of `scores` being better, practically the same, and worse than `reference`.

    Raises
    ------
    ValueError
        If the lengths differ, there are fewer than two pairs, a score is not finite, or a
        parameter is out of its range.

    References
    ----------
    A. Benavoli, G. Corani, J. Demsar and M. Zaffalon, "Time for a Change: a Tutorial for Comparing
    Multiple Classifiers Through Bayesian Analysis", JMLR 18 (2017), 77, section 3.

    Examples
    --------
    >>> from skdropout.studies import practical_probabilities
    >>> found = practical_probabilities(
    ...     [0.84, 0.86, 0.81], [0.85, 0.88, 0.80], practical=0.01, test_train_ratio=1 / 2
    ... )
    >>> f"better {found.better:.2f}, same {found.same:.2f}, worse {found.worse:.2f}"
    'better 0.18, same 0.41, worse 0.42'
    """
    from scipy import stats

    from skdropout.studies.evidence._statistics import paired_differences

    differences, rounding = paired_differences(scores, reference)
    if not 0 <= practical < np.inf:
        raise ValueError(f"practical must be a number from 0 up, got {practical!r}.")
    if not 0 <= test_train_ratio < np.inf:
        raise ValueError(f"test_train_ratio must be a number from 0 up, got {test_train_ratio!r}.")
    n_pairs = len(differences)
    if n_pairs < 2:
        raise ValueError(
            f"Probabilities need at least two pairs of scores, got {n_pairs}: there is nothing to "
            "judge the spread by. Use more folds or repeats."
        )
    mean, spread = float(np.mean(differences)), float(np.std(differences, ddof=1))
    if spread <= rounding:
        alike = abs(differences).max() <= rounding
        return Probabilities(0.0, 1.0, 0.0) if alike else Probabilities(*[np.nan] * 3)
    t = stats.t(n_pairs - 1, loc=mean, scale=spread * sqrt(1 / n_pairs + test_train_ratio))
    better, worse = float(t.sf(practical)), float(t.cdf(-practical))
    return Probabilities(better, max(0.0, 1 - better - worse), worse)
