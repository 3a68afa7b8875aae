"""What scores say of a difference: tests, adjustments, and the words for them."""

from skdropout.studies.evidence._comparing import (
    ALPHA,
    compare_pairs,
    evidence,
    interval,
    p_number,
    p_text,
    points,
)
from skdropout.studies.evidence._statistics import PairedTest, holm, paired_test

__all__ = [
    "ALPHA",
    "PairedTest",
    "compare_pairs",
    "evidence",
    "holm",
    "interval",
    "p_number",
    "p_text",
    "paired_test",
    "points",
]
