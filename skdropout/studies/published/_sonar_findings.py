"""What the scores of the Sonar networks say: a table, every pairwise difference, one sentence."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from skdropout.studies.evidence import ALPHA, compare_pairs, evidence, paired_test
from skdropout.studies.published._sonar_study import BASELINE, PUBLISHED, VARIANTS

if TYPE_CHECKING:
    import pandas as pd

_FALL = 0.02  # of a training accuracy that no luck explains


def compare_networks(results: "pd.DataFrame", test_train_ratio: float) -> "pd.DataFrame":
    """Test every pair of networks over the folds that they share."""
    scores = results.pivot(index=["repeat", "fold"], columns="variant", values="accuracy")
    return compare_pairs(
        scores[list(results["variant"].unique())], test_train_ratio=test_train_ratio
    )


def summarise_networks(results: "pd.DataFrame") -> "pd.DataFrame":
    """Tabulate each network's scores; the first run stands beside the published one.

    Standard deviations over folds divide by their number, as the published ones do. A mean that
    left out the folds in which training diverged would flatter: it is unknown.
    """
    import pandas as pd

    rows = {}
    runs = accuracy_of_runs(results)
    for name, ours in results.groupby("variant", sort=False):
        first = ours.loc[ours["repeat"] == 0, "accuracy"]
        published, published_sd = PUBLISHED[str(name)]
        rows[name] = {
            "accuracy": ours["accuracy"].mean(skipna=False),
            "sd_over_folds": ours["accuracy"].std(ddof=0, skipna=False),
            "sd_over_runs": runs[name].std(ddof=1, skipna=False),
            "first_run": first.mean(skipna=False),
            "first_run_sd": first.std(ddof=0, skipna=False),
            "log_loss": ours["log_loss"].mean(skipna=False),
            "fit_seconds": ours["fit_seconds"].median(),
            "published": published,
            "published_sd": published_sd,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("variant")


def accuracy_of_runs(results: "pd.DataFrame") -> "pd.Series[float]":
    """Return each network's accuracy in each run of all folds; NaN where training diverged."""
    folds = results.pivot(index=["variant", "repeat"], columns="fold", values="accuracy")
    return folds.mean(axis=1, skipna=False)


def failures(
    results: "pd.DataFrame", curves: "pd.DataFrame", test_train_ratio: float, naive: float
) -> dict[str, str]:
    """Say of each network that has diverged or learnt nothing how that shows."""
    found = {}
    for name, scores in results.groupby("variant", sort=False)["accuracy"]:
        if n_diverged := int(scores.isna().sum()):
            found[str(name)] = (
                f"has no score on Sonar: training diverged in {n_diverged} of its "
                f"{len(scores)} fits"
            )
            continue
        guess = np.full(len(scores), naive)
        test = paired_test(scores, guess, test_train_ratio=test_train_ratio)
        # One-sided; where all scores are the same there is no p, and they speak for themselves.
        if test.difference <= 0 or test.p_value >= 2 * ALPHA:
            found[str(name)] = (
                f"has learnt nothing on Sonar: it scores {100 * scores.mean():.1f}%, which is not "
                f"shown to be better than the {100 * naive:.1f}% of always answering the most "
                "frequent class"
            )
    while_training = curves.groupby(["variant", "epoch"], sort=False)["accuracy"].mean()
    for name, scores in while_training.groupby("variant", sort=False):
        first, last = scores.iloc[0], scores.iloc[-1]
        if last < first - _FALL:
            found.setdefault(
                str(name),
                "has learnt nothing on Sonar: its training accuracy falls from "
                f"{100 * first:.1f}% to {100 * last:.1f}%",
            )
    return found


def conclude(
    comparisons: "pd.DataFrame", failed: Mapping[str, str], repeats: int, folds: int
) -> str:
    """Say in a sentence whether the recipes with dropout help, and how sure that is.

    Of a network that failed that is the finding, and it says nothing about dropout.
    """
    found = [
        f"The network with dropout {VARIANTS[name].text} {how}."
        for name, how in failed.items()
        if name != BASELINE
    ]
    if BASELINE in failed:
        found.insert(0, f"The baseline {failed[BASELINE]}.")
    versus = comparisons[
        (comparisons["against"] == BASELINE) & ~comparisons["variant"].isin(list(failed))
    ]
    if BASELINE in failed or versus.empty:
        return " ".join([*found, "So there is nothing to conclude about dropout."])
    sure = versus[versus["p_holm"] < ALPHA]
    helps = [VARIANTS[name].text for name in sure.loc[sure["difference"] > 0, "variant"]]
    hurts = [VARIANTS[name].text for name in sure.loc[sure["difference"] < 0, "variant"]]
    if helps and hurts:
        claim = f"The recipe with dropout {helps[0]} helps, and with dropout {hurts[0]} it hurts"
    elif helps:
        claim = f"The recipe with dropout {' or '.join(helps)} helps"
    elif hurts:
        claim = f"The recipe with dropout {' or '.join(hurts)} hurts"
    else:
        claim = "No evidence that the recipes with dropout help or hurt"
    details = "; ".join(
        f"{VARIANTS[row['variant']].text} {evidence(row)}" for row in versus.to_dict("records")
    )
    times = "one run" if repeats == 1 else f"{repeats} runs"
    verdict = (
        f"{claim} on Sonar: {details}. From {times} of {folds}-fold cross-validation, against the "
        f"baseline's recipe; p adjusted for {len(comparisons)} comparisons."
    )
    return " ".join([*found, verdict])
