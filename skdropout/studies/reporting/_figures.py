"""The figures of a study. Each function takes tables and returns a figure."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from skdropout.studies.evidence import ALPHA, p_text, points
from skdropout.studies.reading import Task

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


def draw_scores(
    results: "pd.DataFrame",
    summary: "pd.DataFrame",
    comparisons: "pd.DataFrame",
    task: Task,
    naive: float,
) -> "Figure":
    """Show each run's score with the published one, and every difference with its interval."""
    names = list(summary.index)
    figure, (top, bottom) = new_figure(2, 1, heights=(len(names), len(comparisons)))
    runs = results.groupby(["network", "repeat"])[task.score].mean().mul(100)
    for place, name in enumerate(names):
        ours = np.asarray(runs.loc[name])
        spread = [place + 0.05 * (i % 5 - 2) for i in range(len(ours))]
        colour = COLOURS[place % len(COLOURS)]
        top.scatter(ours, spread, s=22, color=colour, alpha=0.6, linewidths=0)
        mean = ours.mean()
        top.plot([mean, mean], [place - 0.28, place + 0.28], color=colour, linewidth=2.5)
        top.annotate(
            f"mean {mean:.1f}%", (1.02, place),
            xycoords=("axes fraction", "data"), va="center", color=INK, fontsize=9,
        )  # fmt: skip
    if "published" in summary:
        top.scatter(
            summary["published"] * 100, range(len(names)), s=52, marker="D", facecolors="none",
            edgecolors=INK, linewidths=1.3, label="published run", zorder=3,
        )  # fmt: skip
    top.scatter([], [], s=22, color=QUIET, linewidths=0, label="a run of all folds")
    top.plot([], [], color=QUIET, linewidth=2.5, label="mean of the runs")
    if float(runs.to_numpy().min()) - 100 * naive < 10:
        top.axvline(100 * naive, color=QUIET, linestyle=":", label=task.naive)
    name_rows(top, names)
    top.set_xlabel(f"{task.score_title}, %")
    legend(figure, top)

    for place, row in enumerate(comparisons.to_dict("records")):
        colour = INK if row["p_holm"] < ALPHA else QUIET
        bottom.plot([100 * row["low"], 100 * row["high"]], [place] * 2, color=colour, linewidth=2)
        bottom.scatter(100 * row["difference"], place, s=34, color=colour, zorder=3)
        bottom.annotate(
            f"{points(row['difference'])} points\n{p_text(row['p_holm'])}", (1.02, place),
            xycoords=("axes fraction", "data"), va="center", color=INK, fontsize=9,
        )  # fmt: skip
    bottom.axvline(0, color=QUIET, linewidth=1, linestyle=":")
    name_rows(bottom, list(comparisons["network"] + " − " + comparisons["against"]))
    bottom.set_xlabel(f"difference of {task.score_title}, percentage points (95% interval)")
    return figure


def draw_training(curves: "pd.DataFrame", task: Task) -> "Figure":
    """Show loss and score while training: the mean over folds, and their range."""
    from skdropout.inspection import TrainingCurvesDisplay

    figure, axes = new_figure(1, 2, heights=(4,))
    percent = curves.assign(**{task.score: 100 * curves[task.score]})
    for place, (name, runs) in enumerate(percent.groupby("network", sort=False)):
        TrainingCurvesDisplay.from_history(
            [fold[["loss", task.score]] for _, fold in runs.groupby("fold")],
            name=str(name),
            ax=axes,
            legend=False,
            line_kw={"color": COLOURS[place % len(COLOURS)], "linewidth": 1.4},
        )
    for axis in axes:
        axis.margins(x=0)
    log_scale(axes[0])
    axes[0].set_ylabel("training loss")
    axes[1].set_ylabel(f"training {task.score_title}, %")
    legend(figure, axes[0])
    return figure


def new_figure(
    rows: int,
    columns: int,
    *,
    heights: Sequence[float],
    sharey: Literal["none", "col", "all"] = "none",
) -> tuple["Figure", "Sequence[Axes]"]:
    """Make a figure without pyplot, so that no state outlives it."""
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
        for label in (axis.xaxis.label, axis.yaxis.label):
            label.set(color=INK, fontsize=9)
    return figure, axes


def legend(figure: "Figure", axis: "Axes") -> None:
    """Put a panel's legend above all panels, where it hides nothing."""
    figure.legend(
        *axis.get_legend_handles_labels(), loc="outside upper center", ncols=5, frameon=False,
        fontsize=9, labelcolor=INK, handlelength=1.5, columnspacing=1.2,
    )  # fmt: skip


def log_scale(axis: "Axes") -> None:
    """Make the vertical axis logarithmic, with plain numbers at 1, 2 and 5."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_yscale("log")
    low, high = axis.get_ylim()
    axis.yaxis.set_major_locator(LogLocator(subs=(1,) if high > 1000 * low else (1, 2, 5)))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_formatter(NullFormatter())


def name_rows(axis: "Axes", names: Sequence[str]) -> None:
    """Name the rows of a panel, the first on top."""
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.5, -0.6)
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
