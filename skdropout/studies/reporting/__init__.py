"""Figures, pages and listings of a study."""

from skdropout.studies.reporting._figures import (
    COLOURS,
    INK,
    QUIET,
    draw_scores,
    draw_training,
    legend,
    log_scale,
    name_rows,
    new_figure,
    to_svg,
)
from skdropout.studies.reporting._page import (
    Bullets,
    Code,
    Listing,
    Paragraph,
    Picture,
    Section,
    notebook_view,
    page,
)
from skdropout.studies.reporting._result import StudyResult, write_report

__all__ = [
    "COLOURS",
    "INK",
    "QUIET",
    "Bullets",
    "Code",
    "Listing",
    "Paragraph",
    "Picture",
    "Section",
    "StudyResult",
    "draw_scores",
    "draw_training",
    "legend",
    "log_scale",
    "name_rows",
    "new_figure",
    "notebook_view",
    "page",
    "to_svg",
    "write_report",
]
