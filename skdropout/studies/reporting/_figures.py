"""The figures of a study. Each function takes tables and returns a figure."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from skdropout.studies.evidence import ALPHA

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#20262e"  # becomes the reader's text colour in the report, light or dark
QUIET = "#8a929c"
COLOURS = ("#3c7dc4", "#d9822b", "#2e9c7f", "#a55fc0", "#c9504f")  # apart on white and on black
WIDTH = 7.2  # inches


def save_png(figure: "Figure", path: Path) -> None:
    """Write a figure on white."""
    figure.savefig(path, format="png", dpi=200, facecolor="white")


def to_svg(figure: "Figure") -> str:
    """Draw a figure as an SVG element in the text colour of the page around it."""
    text = io.StringIO()
    figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    return svg[svg.index("<svg") :].replace(INK, "currentColor")


def draw_intervals(
    axis: "Axes",
    comparisons: "pd.DataFrame",
    texts: Sequence[str],
    *,
    factor: float = 1.0,
    sure: Sequence[bool] | None = None,
) -> None:
    """Show every difference with its interval and a text beside it, the sure ones in ink."""
    if sure is None:
        sure = list(comparisons["p_holm"] < ALPHA)
    for place, row in enumerate(comparisons.to_dict("records")):
        colour = INK if sure[place] else QUIET
        axis.plot(
            [factor * row["low"], factor * row["high"]], [place] * 2, color=colour, linewidth=2
        )
        axis.scatter(factor * row["difference"], place, s=34, color=colour, zorder=3)
        axis.annotate(
            texts[place], (1.02, place),
            xycoords=("axes fraction", "data"), va="center", color=INK, fontsize=9,
        )  # fmt: skip
    axis.axvline(0, color=QUIET, linewidth=1, linestyle=":")


def new_figure(
    rows: int,
    columns: int,
    *,
    heights: Sequence[float],
    sharey: Literal["none", "col", "all"] = "none",
) -> tuple["Figure", "Sequence[Axes]"]:
    """Make a figure without pyplot, so that no state outlives it.

    Its numbers stand in full at their ticks: a power of ten apart would hide in the axis' label.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(hspace=0.08, wspace=0.06)
    figure = Figure(figsize=(WIDTH, 0.55 * sum(heights) + 0.8 * rows), layout=layout)
    grid = figure.subplots(rows, columns, height_ratios=heights, sharey=sharey, squeeze=False)
    axes = list(grid.ravel())
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.spines[["left", "bottom"]].set_color(QUIET)
        axis.tick_params(which="both", colors=QUIET, labelcolor=INK, labelsize=9)
        for one in (axis.xaxis, axis.yaxis):
            one.label.set(color=INK, fontsize=9)
            one.set_major_formatter(_in_full)
    return figure, axes


def _in_full(value: float, place: object) -> str:
    """Write the number of a tick, of which neighbours differ in the first dozen digits."""
    return f"{value:.12g}".replace("-", "−")


def legend(figure: "Figure", axis: "Axes") -> None:
    """Put a panel's legend above all panels, where it hides nothing."""
    figure.legend(
        *axis.get_legend_handles_labels(), loc="outside upper center", ncols=5, frameon=False,
        fontsize=9, labelcolor=INK, handlelength=1.5, columnspacing=1.2,
    )  # fmt: skip


def log_scale(axis: "Axes") -> None:
    """Make the vertical axis logarithmic, with plain numbers at 1, 2 and 5."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axis.set_yscale("log")
    low, high = axis.get_ylim()
    axis.yaxis.set_major_locator(LogLocator(subs=(1,) if high > 1000 * low else (1, 2, 5)))
    axis.yaxis.set_major_formatter(_in_full)
    axis.yaxis.set_minor_formatter(NullFormatter())


def name_rows(axis: "Axes", names: Sequence[str]) -> None:
    """Name the rows of a panel, the first on top."""
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.5, -0.6)
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
