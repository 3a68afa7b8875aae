"""Figures, pages and listings of a study."""

from skdropout.studies.reporting._conclusion import (
    Conclusion,
    StudyResult,
    write_conclusion,
)
from skdropout.studies.reporting._figures import (
    COLOURS,
    INK,
    QUIET,
    draw_intervals,
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
    Picture,
    Section,
    again,
    command_line,
    list_pairs,
    page,
    spoken,
)

__all__ = [
    "COLOURS",
    "INK",
    "QUIET",
    "Bullets",
    "Code",
    "Conclusion",
    "Listing",
    "Picture",
    "Section",
    "StudyResult",
    "again",
    "command_line",
    "draw_intervals",
    "legend",
    "list_pairs",
    "log_scale",
    "name_rows",
    "new_figure",
    "page",
    "spoken",
    "to_svg",
    "write_conclusion",
]
