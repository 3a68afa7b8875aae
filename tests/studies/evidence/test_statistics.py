"""The tests of differences, held against the papers and against SciPy's uncorrected tests."""

import math
from statistics import mean, variance

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from skdropout.studies import holm, paired_test

SCORES = [0.84, 0.86, 0.81, 0.90, 0.76]
REFERENCE = [0.85, 0.88, 0.80, 0.93, 0.79]


def student_tail(t, degrees):
    """P(T > t), by integrating the density as the textbook writes it."""
    scale = math.gamma((degrees + 1) / 2) / (math.sqrt(degrees * math.pi) * math.gamma(degrees / 2))
    power = -(degrees + 1) / 2
    return integrate.quad(lambda x: scale * (1 + x * x / degrees) ** power, t, np.inf)[0]


def test_agrees_with_the_formula_worked_out_by_hand():
    differences = [a - b for a, b in zip(SCORES, REFERENCE, strict=True)]
    error = math.sqrt((1 / 5 + 1 / 4) * variance(differences))
    t = mean(differences) / error

    test = paired_test(SCORES, REFERENCE, test_train_ratio=1 / 4)

    assert test.difference == pytest.approx(-0.016)
    assert test.p_value == pytest.approx(2 * student_tail(abs(t), 4), rel=1e-8)
    # 2.776 is the 97.5% point of Student's t with 4 degrees of freedom, as tables print it
    assert test.high - test.difference == pytest.approx(2.776 * error, rel=1e-3)
    assert test.difference - test.low == pytest.approx(2.776 * error, rel=1e-3)
    assert test.n_pairs == 5


def test_gives_the_values_that_scikit_learn_documents():
    """Its example on comparing models finds t = 2.611 uncorrected and 0.750 with p = 0.227."""
    differences = np.random.default_rng(0).normal(size=100)  # ten times ten folds
    differences = (differences - differences.mean()) / differences.std(ddof=1)
    differences += 2.611 / math.sqrt(100)

    corrected = paired_test(differences, np.zeros(100), test_train_ratio=1 / 9)

    assert corrected.p_value / 2 == pytest.approx(0.227, abs=1e-3)
    assert paired_test(differences, np.zeros(100)).p_value / 2 == pytest.approx(0.005, abs=1e-3)


def test_without_a_correction_it_is_the_paired_t_test():
    ours = paired_test(SCORES, REFERENCE)
    theirs = stats.ttest_rel(SCORES, REFERENCE)
    interval = theirs.confidence_interval()
    assert ours.p_value == pytest.approx(theirs.pvalue)
    assert (ours.low, ours.high) == pytest.approx((interval.low, interval.high))


@settings(max_examples=50)
@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=20),
    st.integers(0, 2**32 - 1),
    st.floats(0, 1),
    st.floats(0.5, 0.99),
)
def test_interval_and_p_value_tell_the_same(scores, seed, ratio, confidence):
    reference = np.random.default_rng(seed).random(len(scores))
    test = paired_test(scores, reference, test_train_ratio=ratio, confidence=confidence)
    turned = paired_test(reference, scores, test_train_ratio=ratio, confidence=confidence)
    assert 0 <= test.p_value <= 1
    assert test.low <= test.difference <= test.high
    assert turned.difference == pytest.approx(-test.difference)
    assert (turned.low, turned.high) == pytest.approx((-test.high, -test.low))
    if abs(test.p_value - (1 - confidence)) > 1e-9:
        assert (test.low <= 0 <= test.high) == (test.p_value > 1 - confidence)


def test_correlated_folds_make_the_interval_wider():
    widths = [
        (test := paired_test(SCORES, REFERENCE, test_train_ratio=ratio)).high - test.low
        for ratio in (0, 1 / 9, 1 / 4, 1)
    ]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


def test_groups_are_judged_by_the_spread_within_them():
    """The same as a linear model with a mean for each group, solved by least squares."""
    groups = ["a", "b", "c"] * 4
    shifts = np.array([-0.3, 0.0, 0.6] * 4)
    differences = shifts + np.random.default_rng(0).normal(0, 0.1, 12)
    contrasts = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]] * 4)
    means, squares, _, _ = np.linalg.lstsq(contrasts, differences, rcond=None)
    mean = np.ones(3) / 3
    error = np.sqrt(squares[0] / 9 * mean @ np.linalg.inv(contrasts.T @ contrasts) @ mean)

    test = paired_test(differences, np.zeros(12), groups=groups)

    assert test.difference == pytest.approx(mean @ means)
    assert test.p_value == pytest.approx(2 * student_tail(abs(mean @ means) / error, 9))
    assert paired_test(differences, np.zeros(12)).p_value > test.p_value


def test_equal_scores_are_no_difference():
    test = paired_test(SCORES, SCORES, test_train_ratio=1 / 4)
    assert (test.difference, test.low, test.high, test.p_value) == (0, 0, 0, 1)


@pytest.mark.parametrize(
    ("scores", "reference"),
    [
        ([0.75, 0.5, 0.25], [0.5, 0.25, 0.0]),
        ([0.9, 0.8, 0.7], [0.8, 0.7, 0.6]),  # 0.1, but for the last digit
        ([1e9 + 3, 1e9 + 4], [1e9, 1e9 + 1]),
    ],
)
def test_a_difference_that_never_varies_says_nothing_of_its_spread(scores, reference):
    test = paired_test(scores, reference)
    assert test.difference == pytest.approx(scores[0] - reference[0])
    assert np.isnan([test.low, test.high, test.p_value]).all()


def test_groups_whose_differences_cancel_are_not_alike():
    test = paired_test([0.75, 0.75, 0.25, 0.25], [0.5] * 4, groups=["a", "a", "b", "b"])
    assert test.difference == 0
    assert np.isnan([test.low, test.high, test.p_value]).all()


@pytest.mark.parametrize(
    ("scores", "reference", "options", "message"),
    [
        ([0.5], [0.4], {}, "at least two pairs.*got 1"),
        ([], [], {}, "at least two pairs.*got 0"),
        ([0.5, 0.6], [0.4], {}, "same length"),
        ([[0.5, 0.6]], [[0.4, 0.3]], {}, r"shapes \(1, 2\)"),
        ([0.5, np.nan], [0.4, 0.3], {}, "finite"),
        ([0.5, 0.6], [0.4, 0.3], {"test_train_ratio": -0.1}, "test_train_ratio.*-0.1"),
        ([0.5, 0.6], [0.4, 0.3], {"confidence": 95}, "confidence.*95"),
        ([0.5, 0.6], [0.4, 0.3], {"groups": [1]}, "label each of the 2 pairs"),
        ([0.5, 0.6], [0.4, 0.3], {"groups": ["a", "b"]}, "more pairs than groups"),
        ([0.5, 0.6, 0.7], [0, 0, 0], {"groups": [0, 0, 1]}, r"equally large, got sizes \[2, 1\]"),
    ],
)
def test_unusable_input_is_refused(scores, reference, options, message):
    with pytest.raises(ValueError, match=message):
        paired_test(scores, reference, **options)


def test_holm_on_the_worked_example_of_its_definition():
    # 4 p-values: 4 * 0.005, then max(0.02, 3 * 0.01), then max(0.03, 2 * 0.03), then 1 * 0.04
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_counts_a_comparison_that_cannot_be_judged():
    assert holm([0.03, np.nan, 0.01]) == pytest.approx([0.06, np.nan, 0.03], nan_ok=True)


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_stays_between_the_raw_and_the_bonferroni_value(p_values):
    adjusted = holm(p_values)
    for raw, value in zip(p_values, adjusted, strict=True):
        assert raw <= value <= min(1, len(p_values) * raw) + 1e-12
    assert sorted(range(len(p_values)), key=lambda i: (p_values[i], adjusted[i])) == sorted(
        range(len(p_values)), key=lambda i: (adjusted[i], p_values[i])
    )
