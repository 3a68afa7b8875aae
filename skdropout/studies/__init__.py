"""Comparisons of regularised networks: run, resumed, tested and reported.

A study is a material and a design, of which a plan of cells follows, and from the finished cells a
conclusion. Each room knows those below it:

- `published` and `compared`: the studies themselves
- `designing`: what a study is: material, variants, resampling, fits, conclusion
- `reporting`: figures, pages and listings
- `running`: cells computed in parallel, kept and resumed
- `evidence`: scores and tests; `reading`: people's tables and images
"""

from collections.abc import Callable

from skdropout.studies._errors import StudyError, StudyInterrupted
from skdropout.studies.compared import compare_regularisers
from skdropout.studies.evidence import (
    PairedTest,
    Probabilities,
    holm,
    paired_test,
    practical_probabilities,
)
from skdropout.studies.published import repeat_cifar100, repeat_sonar
from skdropout.studies.reading import Reading, load_rows
from skdropout.studies.reporting import StudyResult

#: The published studies, and the call that repeats each.
STUDIES: dict[str, Callable[..., StudyResult]] = {
    "sonar": repeat_sonar,
    "cifar100": repeat_cifar100,
}

__all__ = [
    "STUDIES",
    "PairedTest",
    "Probabilities",
    "Reading",
    "StudyError",
    "StudyInterrupted",
    "StudyResult",
    "compare_regularisers",
    "holm",
    "load_rows",
    "paired_test",
    "practical_probabilities",
    "repeat_cifar100",
    "repeat_sonar",
]
