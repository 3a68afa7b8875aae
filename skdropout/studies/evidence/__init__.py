"""What scores say of a difference: tests, adjustments, and the words for them."""

from skdropout.studies.evidence._bayes import Probabilities, practical_probabilities
from skdropout.studies.evidence._comparing import (
    ALPHA,
    compare_pairs,
    evidence,
    interval,
    p_number,
    p_text,
    points,
)
from skdropout.studies.evidence._scores import (
    CLASS_SCORES,
    NUMBER_SCORES,
    Score,
    r_squared,
    score_classes,
    score_numbers,
    scores_of,
)
from skdropout.studies.evidence._statistics import PairedTest, holm, paired_test

__all__ = [
    "ALPHA",
    "CLASS_SCORES",
    "NUMBER_SCORES",
    "PairedTest",
    "Probabilities",
    "Score",
    "compare_pairs",
    "evidence",
    "holm",
    "interval",
    "p_number",
    "p_text",
    "paired_test",
    "points",
    "practical_probabilities",
    "r_squared",
    "score_classes",
    "score_numbers",
    "scores_of",
]
