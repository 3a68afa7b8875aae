"""The report of the CIFAR-100 study."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skdropout.inspection import TrainingCurvesDisplay
from skdropout.studies.evidence import interval, points
from skdropout.studies.published._cifar100_findings import EVERYWHERE
from skdropout.studies.published._cifar100_networks import NOTHING, SHARED
from skdropout.studies.reading import ImageSet
from skdropout.studies.reporting import (
    Bullets,
    Listing,
    Picture,
    Section,
    again,
    command_line,
    legend,
    list_pairs,
    log_scale,
    new_figure,
    page,
    spoken,
    to_svg,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: Dropout in one hue, the stronger the darker; what it is held against in others.
_COLOURS = {
    "nothing": "#8a929c",
    "batch_norm": "#3c7dc4",
    "dropout_0.1": "#e8a33d",
    "dropout_0.3": "#d9662b",
    "dropout_0.5": "#a8382f",
}
_MEASURES = {"validation_accuracy": "val_accuracy", "validation_loss": "val_loss"}
_TITLES = {"as_published": "Inputs as published", "standardised": "Standardised inputs"}


def list_accuracies(summary: "pd.DataFrame", condition: str) -> Listing:
    """Tabulate the best accuracies, placements by variants, with the published ones below."""
    ours = summary[summary["condition"] == condition]
    variants = list(ours["variant"].unique())
    several = bool((ours["seeds"] > 1).all())
    rows = []
    for place, cells in ours.groupby("placement", sort=False):
        rows.append(
            [spoken(str(place))]
            + [
                f"{cell['accuracy']:.3f}" + (f" ± {cell['sd_over_seeds']:.3f}" if several else "")
                for cell in cells.to_dict("records")
            ]
        )
        rows.append(["  published", *(f"{accuracy:.2f}" for accuracy in cells["published"])])
    caption = "Best validation accuracy after any epoch"
    if several:
        caption += f": mean ± standard deviation over {ours['seeds'].max()} seeds"
    caption += "; the published ones are read off its figures, to 0.01"
    if len(ours) > 2:
        from scipy.stats import spearmanr

        rho = spearmanr(ours["accuracy"], ours["published"]).statistic
        caption += f". Rank correlation with them: {rho:.2f}".replace("-", "−")
    return Listing([_TITLES[condition], *map(spoken, variants)], rows, caption + ".")


def list_places(comparisons: "pd.DataFrame", condition: str) -> Listing:
    """Tabulate each variant's difference from nothing at each placement, over the seeds."""
    ours = comparisons[(comparisons["condition"] == condition)]
    ours = ours[(ours["placement"] != EVERYWHERE) & (ours["against"] == NOTHING)]
    variants = list(ours["variant"].unique())
    rows = []
    for place, cells in ours.groupby("placement", sort=False):
        texts = [
            f"{points(row['difference'])} ({interval(row['low'], row['high'])})"
            for row in cells.to_dict("records")
        ]
        rows.append([spoken(str(place)), *texts])
    caption = "Differences from nothing at each placement, with 95% intervals over the seeds."
    return Listing(["against nothing", *map(spoken, variants)], rows, caption)


def draw_curves(results: "pd.DataFrame", condition: str) -> "Figure":
    """Show accuracy and loss on the validation images after each epoch, one row per placement.

    Lines are means over the seeds, bands go from the lowest to the highest.
    """
    ours = results[results["condition"] == condition]
    places = list(ours["placement"].unique())
    figure, axes = new_figure(len(places), 2, heights=[3.4] * len(places), sharey="col")
    for row, place in enumerate(places):
        accuracy, loss = axes[2 * row : 2 * row + 2]
        for variant, runs in ours[ours["placement"] == place].groupby("variant", sort=False):
            TrainingCurvesDisplay.from_history(
                [run[list(_MEASURES)].rename(columns=_MEASURES) for _, run in runs.groupby("seed")],
                name=str(variant).replace("_", " "),
                ax=(accuracy, loss),
                legend=False,
                line_kw={"color": _COLOURS[str(variant)]},
            )
        accuracy.set_ylabel(f"{place.replace('_', ' ')}\nvalidation accuracy")
        loss.set_ylabel("validation loss")
    axes[0].set_ylim(bottom=0)  # the other rows share these two, so all must be drawn by now
    log_scale(axes[1])
    legend(figure, axes[0])
    for axis in axes:
        axis.set_xlabel("epoch" if axis in axes[-2:] else "")
    return figure


def cifar100_page(
    images: ImageSet,
    arguments: Mapping[str, Any],
    verdicts: Sequence[str],
    summary: "pd.DataFrame",
    comparisons: "pd.DataFrame",
    figures: Mapping[str, "Figure"],
    notes: Sequence[str],
) -> str:
    """Write the report."""
    data = images.describe()
    sections = []
    for condition in arguments["conditions"]:
        pieces: list[Listing | Picture] = [list_accuracies(summary, condition)]
        curves = (
            "Accuracy and loss on the validation images after each epoch, "
            f"{_TITLES[condition].lower()}: means over the seeds, and their range."
        )
        pieces.append(Picture(to_svg(figures[condition]), curves))
        if len(arguments["variants"]) > 1:
            pieces.append(list_overall(comparisons, condition))
        if (by_place := list_places(comparisons, condition)).rows and arguments["seeds"] > 2:
            pieces.append(by_place)
        sections.append(Section(_TITLES[condition], pieces))
    size = " x ".join(map(str, data["image"]))
    return page(
        "Batch normalisation or dropout on CIFAR-100?",
        "The published comparison of convolutional networks, repeated; "
        f"{arguments['train_size']:,} images to train on, {data['validation']:,} to validate on, "
        f"{size}, {data['classes']} classes.",
        verdicts,
        [
            *sections,
            Section("How it was done", [Bullets([*_method(arguments), *notes])]),
            again(
                command_line("study", "cifar100", arguments),
                "Beside this page: results.csv (a row per variant, placement, condition, seed and "
                "epoch), summary.csv, comparisons.csv, and study.json with the arguments, the "
                f"versions and the SHA-256 of the data, {data['sha256']}.",
            ),
        ],
    )


def list_overall(comparisons: "pd.DataFrame", condition: str) -> Listing:
    """Tabulate every pairwise difference over all placements."""
    ours = comparisons[comparisons["condition"] == condition]
    overall = ours[ours["placement"] == EVERYWHERE]
    caption = (
        "Differences of best accuracy in percentage points, the mean of all placements, by a "
        f"t-test paired by placement and seed ({overall['n_pairs'].iloc[0]} pairs) with the spread "
        f"over seeds. The last column adjusts p by Holm's method for the {len(overall)} "
        "comparisons made."
    )
    return list_pairs(overall, caption)


def _method(arguments: Mapping[str, Any]) -> list[str]:
    """Describe the protocol, and what the comparison cannot tell."""
    filters = ", ".join(map(str, SHARED["filters"]))
    return [
        f"{len(SHARED['filters'])} blocks of {SHARED['convs_per_block']} convolutions "
        f"{SHARED['kernel_size']} x {SHARED['kernel_size']} ({filters} filters), relu, max pooling "
        f"after each block but the last; then {SHARED['dense_units']} fully connected units, "
        f"dropout {SHARED['head_dropout']}, and the classes.",
        f"RMSprop with learning rate {SHARED['learning_rate']} on the cross-entropy, batches of "
        f"{SHARED['batch_size']}, {arguments['epochs']} epochs, {arguments['precision']}, no "
        "augmentation.",
        "Batch normalisation or dropout stands inside the blocks: before each activation, after "
        "it, or after each pooling (in the last block, after its last activation).",
        "As published: pixels from 0 to 255, minus their mean over all training images. "
        "Standardised: also divided by the standard deviation, channel by channel.",
        f"{arguments['seeds']} seeds: each draws its own training images (where not all are used), "
        "first weights, order and masks, and each placement has its own seeds. So nothing is "
        "trained once per placement, and what differs there is luck.",
        "The best of all epochs is chosen on the validation images themselves, as it was in the "
        "publication: read it as a comparison, not as the accuracy on new images.",
        "Seconds in results.csv are the time of a fit over its epochs, validation included. "
        "A network whose loss is no longer a number has no numbers there, and counts as guessing.",
    ]
