"""The report of the image study."""

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skdropout.studies._conv import SHARED, ConvProtocol
from skdropout.studies._conv_findings import EVERYWHERE
from skdropout.studies.evidence import interval, p_number, points
from skdropout.studies.reading import ImageSet
from skdropout.studies.reporting import (
    Bullets,
    Code,
    Listing,
    Paragraph,
    Picture,
    Section,
    page,
    to_svg,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_TITLES = {"as_published": "Inputs as published", "standardised": "Standardised inputs"}


def list_accuracies(summary: "pd.DataFrame", condition: str) -> Listing:
    """Tabulate the best accuracies, placements by variants, with the published ones below."""
    ours = summary[summary["condition"] == condition]
    variants = list(ours["variant"].unique())
    several, published = bool((ours["seeds"] > 1).all()), "published" in ours
    rows = []
    for place, cells in ours.groupby("placement", sort=False):
        rows.append(
            [_words(str(place))]
            + [
                f"{cell['accuracy']:.3f}" + (f" ± {cell['sd_over_seeds']:.3f}" if several else "")
                for cell in cells.to_dict("records")
            ]
        )
        if published:
            rows.append(["  published", *(f"{accuracy:.2f}" for accuracy in cells["published"])])
    caption = "Best validation accuracy after any pass"
    if several:
        caption += f": mean ± standard deviation over {ours['seeds'].max()} seeds"
    if published:
        caption += "; the published ones are read off its figures, to 0.01"
        if len(ours) > 2:
            from scipy.stats import spearmanr

            rho = spearmanr(ours["accuracy"], ours["published"]).statistic
            caption += f". Rank correlation with them: {rho:.2f}".replace("-", "−")
    return Listing([_TITLES[condition], *map(_words, variants)], rows, caption + ".")


def list_pairs(comparisons: "pd.DataFrame", condition: str) -> Listing:
    """Tabulate every pairwise difference over all placements."""
    ours = comparisons[comparisons["condition"] == condition]
    overall = ours[ours["placement"] == EVERYWHERE].to_dict("records")
    rows = [
        [
            f"{_words(row['variant'])} − {_words(row['against'])}",
            points(row["difference"]),
            interval(row["low"], row["high"]),
            p_number(row["p_value"]),
            p_number(row["p_holm"]),
        ]
        for row in overall
    ]
    caption = (
        "Differences of best accuracy in percentage points, the mean of all placements, by a "
        f"t-test paired by placement and seed ({overall[0]['n_pairs']} pairs) with the spread "
        f"over seeds. The last column adjusts p by Holm's method for the {len(overall)} "
        "comparisons made."
    )
    return Listing(["difference", "points", "95% interval", "p", "p, adjusted"], rows, caption)


def list_places(comparisons: "pd.DataFrame", condition: str) -> Listing:
    """Tabulate each variant's difference from nothing at each placement, over the seeds."""
    ours = comparisons[(comparisons["condition"] == condition)]
    ours = ours[(ours["placement"] != EVERYWHERE) & (ours["against"] == "nothing")]
    variants = list(ours["variant"].unique())
    rows = []
    for place, cells in ours.groupby("placement", sort=False):
        texts = [
            f"{points(row['difference'])} ({interval(row['low'], row['high'])})"
            for row in cells.to_dict("records")
        ]
        rows.append([_words(str(place)), *texts])
    caption = "Differences from nothing at each placement, with 95% intervals over the seeds."
    return Listing(["against nothing", *map(_words, variants)], rows, caption)


def conv_page(
    *,
    images: ImageSet,
    protocol: ConvProtocol,
    identity: Mapping[str, Any],
    verdicts: Sequence[str],
    summary: "pd.DataFrame",
    comparisons: "pd.DataFrame",
    figures: Mapping[str, "Figure"],
    notes: Sequence[str],
) -> str:
    """Write the report."""
    arguments, data = identity["arguments"], identity["data"]
    sections = []
    for condition in arguments["conditions"]:
        pieces: list[Listing | Picture] = [list_accuracies(summary, condition)]
        curves = (
            "Accuracy and loss on the validation images after each pass, "
            f"{_TITLES[condition].lower()}: means over the seeds, and their range."
        )
        pieces.append(Picture(to_svg(figures[condition]), curves))
        if len(arguments["variants"]) > 1:
            pieces.append(list_pairs(comparisons, condition))
        if (by_place := list_places(comparisons, condition)).rows and arguments["seeds"] > 2:
            pieces.append(by_place)
        sections.append(Section(_TITLES[condition], pieces))
    size = " x ".join(map(str, data["image"]))
    return page(
        f"Batch normalisation or dropout on {images.name}?",
        f"Convolutional networks compared; {protocol.train_size} images to train on, "
        f"{data['validation']} to validate on, {size}, {data['classes']} classes.",
        verdicts,
        [
            *sections,
            Section("How it was done", [Bullets([*_method(images, protocol, arguments), *notes])]),
            Section(
                "Run it again",
                [
                    Code(command(images, arguments)),
                    Paragraph(
                        "results.csv beside this page has one row per variant, placement, "
                        "condition, seed and pass; study.json the arguments, the versions and the "
                        f"SHA-256 of the data, {data['sha256']}."
                    ),
                ],
            ),
        ],
    )


def command(images: ImageSet, arguments: Mapping[str, Any]) -> str:
    """Say what to type for the same results."""
    words = ["skdropout", "study", *(["--images", images.path] if images.path else [images.name])]
    words += ["--validation-size", str(len(images.y_val))]
    for option in ("train_size", "passes", "seeds", "precision", "engine"):
        words += [f"--{option.replace('_', '-')}", str(arguments[option])]
    for option in ("placements", "variants", "conditions"):
        words += [f"--{option}", ",".join(arguments[option])]
    return shlex.join(words)


def _method(images: ImageSet, protocol: ConvProtocol, arguments: Mapping[str, Any]) -> list[str]:
    """Describe the protocol, and what the comparison cannot tell."""
    filters = ", ".join(map(str, protocol.filters))
    return [
        f"{len(protocol.filters)} blocks of {SHARED['convs_per_block']} convolutions "
        f"{SHARED['kernel_size']} x {SHARED['kernel_size']} ({filters} filters), relu, max pooling "
        f"after each block but the last; then {protocol.dense_units} fully connected units, "
        f"dropout {SHARED['head_dropout']}, and the classes.",
        f"RMSprop with learning rate {SHARED['learning_rate']} on the cross-entropy, batches of "
        f"{protocol.batch_size}, {protocol.passes} passes, {protocol.precision}, no augmentation.",
        "Batch normalisation or dropout stands inside the blocks: before each activation, after "
        "it, or after each pooling (in the last block, after its last activation).",
        "As published: pixels from 0 to 255, minus their mean over all training images. "
        "Standardised: also divided by the standard deviation, channel by channel.",
        f"{arguments['seeds']} seeds: each draws its own training images (where not all are used), "
        "first weights, order and masks, and each placement has its own seeds. So nothing is "
        "trained once per placement, and what differs there is luck.",
        "The best of all passes is chosen on the validation images themselves, as it was in the "
        "publication: read it as a comparison, not as the accuracy on new images.",
        "Seconds in results.csv are the time of a fit over its passes, validation included. "
        "A network whose loss is no longer a number has no numbers there, and counts as guessing.",
        *images.notes,
    ]


def _words(name: str) -> str:
    return name.replace("_", " ")
