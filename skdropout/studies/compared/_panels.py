"""The three pictures of a comparison: how much, at which strength, and when to stop."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from skdropout.studies.compared._findings import BETTER, WORSE, Findings
from skdropout.studies.compared._sentences import chance, difference, unit
from skdropout.studies.compared._variants import CONTROL
from skdropout.studies.designing import Design, Folds
from skdropout.studies.evidence import Score
from skdropout.studies.reporting import (
    COLOURS,
    INK,
    QUIET,
    draw_intervals,
    legend,
    name_rows,
    new_figure,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_panels(findings: Findings) -> dict[str, "Figure | None"]:
    """Draw all three, by the names of their files; None has nothing to show."""
    design, tables, best = findings.design, findings.tables, findings.best
    other = best if best != CONTROL else list(design.variants)[1]
    return {
        "differences": draw_differences(findings.comparisons, design.score, findings.practical),
        "strengths": draw_strengths(tables["candidates"], design),
        "epochs": draw_epochs(
            tables["curves"], [CONTROL, other], findings.summary["epochs"], design.score
        ),
    }


def draw_differences(tables: Sequence["pd.DataFrame"], score: Score, practical: float) -> "Figure":
    """Show every difference with its interval, on the region that makes no practical difference.

    One panel for each table: the variants against the control, the yardsticks against a network.
    """
    tables = [table for table in tables if len(table)]
    heights = [max(len(table), 2) for table in tables]
    figure, axes = new_figure(len(tables), 1, heights=heights)
    factor = 100 if unit(score) else 1
    for axis, table in zip(axes, tables, strict=True):
        region = axis.axvspan(
            -factor * practical, factor * practical, color=QUIET, alpha=0.18, linewidth=0,
            label="practically the same",
        )  # fmt: skip
        region.set_zorder(0)
        texts = [
            f"{difference(score, row['difference'])}{unit(score)}\n"
            f"{chance(row['better'])} / {chance(row['same'])} / {chance(row['worse'])}"
            for row in table.to_dict("records")
        ]
        sure = list(table["verdict"].isin((BETTER, WORSE)))
        draw_intervals(axis, table, texts, factor=factor, sure=sure)
        name_rows(axis, list(table["variant"]))
        good = "left" if score.lower_is_better else "right"
        against = table["against"].iloc[0]
        axis.set_xlabel(
            f"difference of {score.title} from {against!r}{', points' if unit(score) else ''} "
            f"(95% interval; better is {good})"
        )
    axes[0].annotate(
        "better / same / worse", (1.02, 1.0), xycoords="axes fraction", va="bottom", color=QUIET,
        fontsize=8.5,
    )  # fmt: skip
    legend(figure, axes[0])
    return figure


def draw_strengths(candidates: "pd.DataFrame", design: Design[Folds]) -> "Figure | None":
    """Show what each strength does to the inner validation score of the same outer fold."""
    names = [name for name, variant in design.variants.items() if len(variant.strengths) > 1]
    if not names:
        return None
    scores = candidates.set_index(["repeat", "fold"])
    control = scores.loc[scores["variant"] == CONTROL, "validation"]
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    figure, axes = new_figure(rows, columns, heights=(3.6,) * rows, sharey="all")
    for axis, name, colour in zip(axes, names, _cycle(len(names)), strict=False):
        strengths = list(design.variants[name].strengths)
        ours = scores[scores["variant"] == name].pivot(columns="strength", values="validation")
        effects = ours[strengths].sub(control, axis="index")
        places = np.arange(len(strengths))
        axis.axhline(0, color=QUIET, linestyle="--", linewidth=1.2, label=CONTROL)
        low, high = effects.quantile(0.1), effects.quantile(0.9)
        axis.fill_between(places, low, high, color=colour, alpha=0.2, linewidth=0)
        axis.plot(places, effects.mean(), color=colour, marker="o", markersize=4, linewidth=1.6)
        axis.set_xticks(places, [_short(text) for text in strengths], fontsize=8)
        axis.set_title(name, fontsize=9, color=INK)
        axis.margins(x=0.12)
    for axis in axes[len(names) :]:
        axis.set_visible(False)
    for row in range(rows):
        axes[row * columns].set_ylabel(f"{design.score.title} − {CONTROL}'s")
    legend(figure, axes[0])
    return figure


def draw_epochs(
    curves: "pd.DataFrame", names: Sequence[str], epochs: Mapping[str, float], score: Score
) -> "Figure":
    """Show validation score and training loss over the epochs, of the control and the best."""
    figure, axes = new_figure(1, 2, heights=(5,))
    for name, colour in zip(names, _cycle(len(names)), strict=True):
        ours = curves[curves["variant"] == name]
        for axis, column in zip(axes, ("validation", "training_loss"), strict=True):
            folds = ours.pivot(index="epoch", columns="fold", values=column)
            axis.plot(folds.index, folds, color=colour, linewidth=0.7, alpha=0.4)
            mean = folds.dropna().mean(axis=1)  # where some folds have ended it would jump
            # After a blank: matplotlib hides a name that begins with an underscore.
            axis.plot(mean.index, mean, color=colour, linewidth=2, label=f" {name}")
        axes[0].axvline(epochs[name], color=colour, linestyle=":", linewidth=1.2)
    axes[0].set_ylabel(f"validation {score.title}")
    axes[1].set_ylabel("training loss")
    _fit_to_means(axes[0], curves[curves["variant"].isin(names)], score)
    for axis in axes:
        axis.set_xlabel("epoch")
        axis.margins(x=0)
    legend(figure, axes[0])
    return figure


def _fit_to_means(axis: "Axes", curves: "pd.DataFrame", score: Score) -> None:
    """Keep the ends of overfitted curves from flattening the part that decides."""
    means = curves.groupby(["variant", "epoch"])["validation"].mean()
    if score.lower_is_better:
        best = means.min()
        top = min(means.max(), best + 4 * (means.iloc[0] - best), 4 * best)
        low, high = axis.get_ylim()
        axis.set_ylim(max(low, 0), max(min(high, top), best * 1.2))


def _short(strength: str) -> str:
    return strength.replace(" and ", "\n+ ").replace(", ", "\n")


def _cycle(n: int) -> list[str]:
    return [COLOURS[place % len(COLOURS)] for place in range(n)]
