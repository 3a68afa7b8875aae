"""Comparisons of regularised networks: run, resumed, tested and reported."""

from skdropout.studies._errors import StudyError, StudyInterrupted
from skdropout.studies._statistics import PairedTest, holm, paired_test
from skdropout.studies._study import STUDIES, StudyResult, run_dense_study

__all__ = [
    "STUDIES",
    "PairedTest",
    "StudyError",
    "StudyInterrupted",
    "StudyResult",
    "holm",
    "paired_test",
    "run_dense_study",
]
