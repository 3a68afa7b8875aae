"""What the plots share."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from benchmarks._report import number

COLOURS = {
    "skdropout": "#d1495b",
    "scikeras": "#00798c",
    "keras.wrappers": "#66a5ad",
    "skorch": "#edae49",
    "MLPClassifier": "#30638e",
}
GREY = "#8d99ae"


def figure(rows: int, columns: int, size: tuple[float, float], **options: Any) -> Any:
    """Make a figure and its axes, without any global state."""
    made = Figure(figsize=size, layout="constrained")
    return made, made.subplots(rows, columns, **options)


def tidy(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, which="major")
    axes.set_axisbelow(True)


def draw_bars(axes: Axes, lengths: pd.Series, *, unit: str, title: str, scale: str = "log") -> None:
    """Draw labelled horizontal bars, the first on top.

    A bar has the colour of the library that its name begins with.
    """
    places = range(len(lengths))
    bars = axes.barh(places, lengths, color=[_colour(name) for name in lengths.index])
    axes.set_yticks(places, labels=[str(name) for name in lengths.index])
    axes.invert_yaxis()
    axes.set_xscale(scale)
    axes.margins(x=0.35)
    if scale == "log":
        axes.set_xlim(lengths.min() / 3, lengths.max() * 5)
    axes.bar_label(bars, [f"{number(length)} {unit}" for length in lengths], padding=4, fontsize=9)
    axes.set_title(title, loc="left", fontsize=10)
    axes.xaxis.set_major_formatter(PLAIN)
    tidy(axes)
    axes.grid(visible=False, axis="y")


def _colour(name: str) -> str:
    return next((colour for start, colour in COLOURS.items() if name.startswith(start)), GREY)


PLAIN = FuncFormatter(lambda value, _: f"{value:,.9g}")
