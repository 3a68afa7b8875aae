"""Figures, pages and listings of a study."""

from skdropout.studies.reporting._figures import (
    draw_scores,
    draw_training,
    legend,
    log_scale,
    new_figure,
    to_svg,
)
from skdropout.studies.reporting._page import (
    Listing,
    Section,
    bullets,
    code,
    figure,
    page,
    paragraph,
)
from skdropout.studies.reporting._result import StudyResult, folder_of, write_report

__all__ = [
    "Listing",
    "Section",
    "StudyResult",
    "bullets",
    "code",
    "draw_scores",
    "draw_training",
    "figure",
    "folder_of",
    "legend",
    "log_scale",
    "new_figure",
    "page",
    "paragraph",
    "to_svg",
    "write_report",
]
