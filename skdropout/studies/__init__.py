"""Comparisons of regularised networks: run, resumed, tested and reported."""

from collections.abc import Callable

from skdropout.studies._conv_study import run_image_study
from skdropout.studies._dense_study import run_dense_study
from skdropout.studies._errors import StudyError, StudyInterrupted
from skdropout.studies.evidence import PairedTest, holm, paired_test
from skdropout.studies.reading import IMAGE_NAMES, NAMES
from skdropout.studies.reporting import StudyResult

#: The studies that have a name, and the call that runs each.
STUDIES: dict[str, Callable[..., StudyResult]] = {
    **dict.fromkeys(NAMES, run_dense_study),
    **dict.fromkeys(IMAGE_NAMES, run_image_study),
}

__all__ = [
    "STUDIES",
    "PairedTest",
    "StudyError",
    "StudyInterrupted",
    "StudyResult",
    "holm",
    "paired_test",
    "run_dense_study",
    "run_image_study",
]
