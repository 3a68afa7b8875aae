"""The report of the Sonar study."""

from collections.abc import Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from skdropout.studies.designing import ONLY
from skdropout.studies.evidence import p_text, points
from skdropout.studies.published._sonar_findings import accuracy_of_runs
from skdropout.studies.published._sonar_study import SHARED, VARIANTS
from skdropout.studies.reading import Table
from skdropout.studies.reporting import (
    COLOURS,
    INK,
    QUIET,
    Bullets,
    Listing,
    Picture,
    Section,
    again,
    command_line,
    draw_intervals,
    legend,
    list_pairs,
    log_scale,
    name_rows,
    new_figure,
    page,
    to_svg,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def list_networks(summary: "pd.DataFrame", repeats: int) -> Listing:
    """Tabulate the networks for reading, the published figures first."""
    several = repeats > 1
    header = ["variant", "published", "first run"]
    header += ["all runs", "sd of runs"] * several + ["log loss", "s a fit"]
    rows = []
    for name, row in summary.iterrows():
        cells = [str(name), _percent(row.published, row.published_sd)]
        cells.append(_percent(row.first_run, row.first_run_sd))
        if several:
            cells += [_percent(row.accuracy, row.sd_over_folds), _number(100 * row.sd_over_runs, 2)]
        rows.append([*cells, _number(row.log_loss, 3), f"{row.fit_seconds:.2f}"])
    caption = (
        "Accuracy, with its standard deviation over folds in brackets. The first run splits the "
        "rows with the seed given; the others with the seeds after it. Log loss is a mean, seconds "
        "are a median."
    )
    return Listing(header, rows, caption)


def draw_figures(
    tables: "Mapping[str, pd.DataFrame]",
    summary: "pd.DataFrame",
    comparisons: "pd.DataFrame",
    naive: float,
) -> "dict[str, Figure]":
    """Draw both figures."""
    return {
        "accuracy": _draw_scores(tables["results"], summary, comparisons, naive),
        "training": _draw_training(tables["curves"]),
    }


def _draw_scores(
    results: "pd.DataFrame", summary: "pd.DataFrame", comparisons: "pd.DataFrame", naive: float
) -> "Figure":
    """Show each run's score with the published one, and every difference with its interval."""
    figure, (top, bottom) = new_figure(2, 1, heights=(len(summary), len(comparisons)))
    runs = accuracy_of_runs(results).mul(100)
    _draw_runs(top, runs, summary)
    if runs.min() - 100 * naive < 10:
        top.axvline(100 * naive, color=QUIET, linestyle=":", label="most frequent class")
    legend(figure, top)
    texts = [
        "diverged"
        if isnan(row["difference"])
        else f"{points(row['difference'])} points\n{p_text(row['p_holm'])}"
        for row in comparisons.to_dict("records")
    ]
    draw_intervals(bottom, comparisons, texts, factor=100)
    name_rows(bottom, list(comparisons["variant"] + " − " + comparisons["against"]))
    bottom.set_xlabel("difference of accuracy, percentage points (95% interval)")
    return figure


def _draw_runs(axis: "Axes", runs: "pd.Series[float]", summary: "pd.DataFrame") -> None:
    for place, name in enumerate(summary.index):
        ours = np.asarray(runs.loc[name])
        spread = [place + 0.05 * (i % 5 - 2) for i in range(len(ours))]
        colour = COLOURS[place % len(COLOURS)]
        axis.scatter(ours, spread, s=22, color=colour, alpha=0.6, linewidths=0)
        mean = ours.mean()
        axis.plot([mean, mean], [place - 0.28, place + 0.28], color=colour, linewidth=2.5)
        axis.annotate(
            "diverged" if isnan(mean) else f"mean {mean:.1f}%", (1.02, place),
            xycoords=("axes fraction", "data"), va="center", color=INK, fontsize=9,
        )  # fmt: skip
    axis.scatter(
        summary["published"] * 100, range(len(summary)), s=52, marker="D", facecolors="none",
        edgecolors=INK, linewidths=1.3, label="published run", zorder=3,
    )  # fmt: skip
    axis.scatter([], [], s=22, color=QUIET, linewidths=0, label="a run of all folds")
    axis.plot([], [], color=QUIET, linewidth=2.5, label="mean of the runs")
    name_rows(axis, list(summary.index))
    axis.set_xlabel("accuracy, %")


def _draw_training(curves: "pd.DataFrame") -> "Figure":
    """Show loss and accuracy while training: the mean over folds, and their range."""
    from skdropout.inspection import TrainingCurvesDisplay

    figure, axes = new_figure(1, 2, heights=(4,))
    shown = curves.assign(loss=curves["training_loss"], accuracy=100 * curves["accuracy"])
    for place, (name, runs) in enumerate(shown.groupby("variant", sort=False)):
        TrainingCurvesDisplay.from_history(
            [fold[["loss", "accuracy"]] for _, fold in runs.groupby("fold")],
            name=str(name),
            ax=axes,
            legend=False,
            line_kw={"color": COLOURS[place % len(COLOURS)], "linewidth": 1.4},
        )
    for axis in axes:
        axis.margins(x=0)
    log_scale(axes[0])
    axes[0].set_ylabel("training loss")
    axes[1].set_ylabel("training accuracy, %")
    legend(figure, axes[0])
    return figure


def sonar_page(
    table: Table,
    arguments: Mapping[str, Any],
    verdict: str,
    summary: "pd.DataFrame",
    comparisons: "pd.DataFrame",
    figures: "Mapping[str, Figure]",
    notes: Sequence[str],
) -> str:
    """Write the report."""
    scores = (
        "Above: each dot is the accuracy of one whole cross-validation; their spread is what a "
        "single run may show by luck. Below: each pair's difference with its 95% interval."
    )
    differences = (
        "Differences of accuracy in percentage points, by the corrected resampled paired t-test "
        "(Nadeau and Bengio 2003). The last column adjusts p by Holm's method for the "
        f"{len(comparisons)} comparisons made."
    )
    training = (
        "Loss and accuracy on the rows trained on, as training sees them, that is with dropout at "
        "work; the mean of the first run's folds and their range."
    )
    data = table.describe()
    return page(
        "Does dropout help on Sonar?",
        f"The published comparison of three dense networks, repeated; {data['rows']} rows, "
        f"{data['features']} features, {len(data['classes'])} classes.",
        [verdict],
        [
            Section(
                "Accuracy",
                [
                    list_networks(summary, arguments["repeats"]),
                    Picture(to_svg(figures["accuracy"]), scores),
                ],
            ),
            Section("Differences", [list_pairs(comparisons, differences)]),
            Section("Training", [Picture(to_svg(figures["training"]), training)]),
            Section("How it was done", [Bullets([*_method(table, arguments), *notes])]),
            again(
                command_line("study", "sonar", arguments),
                "Beside this page: results.csv (a row per variant, run and fold), curves.csv, "
                "summary.csv, comparisons.csv, and study.json with the arguments, the versions "
                f"and the SHA-256 of the data, {data['sha256']}.",
            ),
        ],
    )


def _method(table: Table, arguments: Mapping[str, Any]) -> list[str]:
    """Describe the protocol, and what the comparison cannot tell."""
    sizes = "-".join(map(str, (table.n_inputs, *SHARED["hidden_layer_sizes"], 1)))
    naive = max(table.class_counts.values()) / len(table.targets)
    recipes = [
        f"{name}: " + ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in recipe.items())
        for name, variant in VARIANTS.items()
        for recipe in [variant.strengths[ONLY]]
    ]
    return [
        f"Pipeline of StandardScaler and a network {sizes} with {SHARED['activation']} and initial "
        "kernels from N(0, 0.05), trained by plain SGD on the cross-entropy with batches of "
        f"{SHARED['batch_size']} for {arguments['epochs']} epochs.",
        *recipes,
        f"Stratified cross-validation in {arguments['folds']} folds, shuffled, "
        f"{arguments['repeats']} times with the seeds from {arguments['seed']} on. The networks of "
        "a fold share rows and seed.",
        "The recipes with dropout also have max-norm, a higher learning rate and more momentum, as "
        "published: a difference belongs to the recipe as a whole. For networks that differ in one "
        "thing alone there is skdropout compare sonar.",
        f"Always answering the most frequent class would score {100 * naive:.1f}%.",
    ]


def _percent(mean: float, sd: float) -> str:
    return "diverged" if isnan(mean) else f"{100 * mean:.2f}% ({100 * sd:.2f})"


def _number(value: float, digits: int) -> str:
    return "diverged" if isnan(value) else f"{value:.{digits}f}"
