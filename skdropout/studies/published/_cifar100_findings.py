"""What the images say: best accuracies, differences, and one sentence for each condition."""

from collections.abc import Hashable
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from skdropout.studies.evidence import ALPHA, compare_pairs, evidence, points
from skdropout.studies.published._cifar100_networks import NOTHING, PUBLISHED, VARIANTS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

EVERYWHERE = "all placements"
_INPUTS = {
    "as_published": "With the inputs as published (centred, not scaled)",
    "standardised": "With standardised inputs",
}


def best_accuracies(results: "pd.DataFrame", n_classes: int) -> "pd.DataFrame":
    """Find the best validation accuracy that each network had after any epoch.

    A network that diverged counts as guessing.
    """
    key = ["condition", "placement", "variant", "seed"]
    best = results.groupby(key, sort=False)["validation_accuracy"].max()
    return best.fillna(1 / n_classes).rename("accuracy").reset_index()


def summarise_variants(results: "pd.DataFrame", n_classes: int) -> "pd.DataFrame":
    """Tabulate the best accuracies over the seeds, beside the published ones."""
    key = ["condition", "placement", "variant"]
    best = best_accuracies(results, n_classes).groupby(key, sort=False)["accuracy"]
    summary = best.agg(accuracy="mean", sd_over_seeds="std", seeds="count").reset_index()
    summary["published"] = [
        PUBLISHED[placement][variant]
        for placement, variant in zip(summary["placement"], summary["variant"], strict=True)
    ]
    return summary


def compare_variants(results: "pd.DataFrame", n_classes: int) -> "pd.DataFrame":
    """Test every pair of variants in each condition: over all placements, and at each one."""
    import pandas as pd

    best = best_accuracies(results, n_classes)
    order = list(best["variant"].unique())
    tables: list[pd.DataFrame] = []
    for condition, ours in best.groupby("condition", sort=False):
        scores = ours.pivot(index=["placement", "seed"], columns="variant", values="accuracy")
        places = {EVERYWHERE: scores[order]}
        if ours["placement"].nunique() > 1:
            places |= {
                str(place): scores.loc[[place], order] for place in ours["placement"].unique()
            }
        for place, paired in places.items():
            # The effect may differ between placements: the spread is that over seeds at each.
            table = compare_pairs(paired, groups=paired.index.get_level_values("placement"))
            table.insert(0, "condition", condition)
            table.insert(1, "placement", place)
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


def guessing(y_val: "NDArray[np.int64]") -> float:
    """Return the accuracy on validation images that always naming one class reaches by luck."""
    share = np.bincount(y_val).max() / len(y_val)
    return float(share + 2 * np.sqrt(share * (1 - share) / len(y_val)))


def conclude_conditions(
    comparisons: "pd.DataFrame", summary: "pd.DataFrame", guess: float
) -> list[str]:
    """Say for each condition what batch normalisation and dropout do to the accuracy.

    A variant that is no better than a guess has learnt nothing, and that is the finding.
    """
    verdicts = []
    overall = comparisons[comparisons["placement"] == EVERYWHERE]
    accuracy = summary.groupby(["condition", "variant"], sort=False)["accuracy"].mean()
    for condition, pairs in overall.groupby("condition", sort=False):
        failed = accuracy[condition][lambda reached: reached <= guess]
        rows = pairs[pairs["against"] == NOTHING].to_dict("records")
        if NOTHING in failed:
            verdicts.append(
                f"{_INPUTS[str(condition)]}, the network without either has learnt nothing: its "
                f"accuracy of {100 * failed[NOTHING]:.1f}% is what a guess may reach. So there "
                "is nothing to conclude about batch normalisation or dropout."
            )
        elif rows:
            for row in rows:
                row["failed"] = row["variant"] in failed
            claims = ", ".join(map(_claim, rows))
            if pairs["low"].isna().all():
                claims += ": no spread over seeds to judge by, so no interval and no evidence"
            else:
                claims += f"; p adjusted for {len(pairs)} comparisons"
            verdicts.append(f"{_INPUTS[str(condition)]}, {_lead(rows)}{claims}.")
    return verdicts or ["Nothing to compare: the study needs the variant nothing and another one."]


def _lead(rows: list[dict[Hashable, Any]]) -> str:
    """Answer the question that the study asks, whether dropout in convolutions is of any use."""
    rates = [row for row in rows if row["variant"].startswith("dropout_")]
    if all(isnan(row["low"]) for row in rates):
        return "against nothing, "
    useful = [row["variant"].removeprefix("dropout_") for row in rates if _effect(row) == "helps"]
    where = f"at {' and '.join(useful)}" if useful else "at no rate tried"
    return f"dropout in the convolutions helps {where}. Against nothing, "


def _claim(row: dict[Hashable, Any]) -> str:
    """Say what a variant does, with the evidence for it."""
    name = VARIANTS[row["variant"]].text
    if row["failed"]:
        return f"with {name} nothing is learnt ({points(row['difference'])} points)"
    if isnan(row["low"]):
        return f"{name} scores {points(row['difference'])} points"
    return f"{name} {_effect(row)} ({evidence(row)})"


def _effect(row: dict[Hashable, Any]) -> str:
    """Name what a variant does to the accuracy, where that is beyond luck."""
    if row["p_holm"] < ALPHA and not row["failed"]:
        return "helps" if row["difference"] > 0 else "hurts"
    return "makes no difference that shows"
