"""What the scores of the dense networks say: a table, every pairwise difference, one sentence."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from skdropout.studies.evidence import ALPHA, compare_pairs, evidence, paired_test
from skdropout.studies.reading import CLASSIFICATION, Task

if TYPE_CHECKING:
    import pandas as pd

_FALL = 0.02  # of a training score that no luck explains
_WHERE = {"visible": "on the inputs", "hidden": "in the hidden layers"}


def compare_networks(results: "pd.DataFrame", folds: int, task: Task) -> "pd.DataFrame":
    """Test every pair of networks over the folds that they share."""
    names = list(results["network"].unique())
    scores = results.pivot(index=["repeat", "fold"], columns="network", values=task.score)[names]
    return compare_pairs(scores, test_train_ratio=1 / (folds - 1))


def summarise_networks(
    results: "pd.DataFrame", published: Mapping[str, tuple[float, float]] | None, task: Task
) -> "pd.DataFrame":
    """Tabulate each network's scores; the first run stands beside the published one.

    Standard deviations over folds divide by their number, as the published ones do.
    """
    import pandas as pd

    rows = {}
    for name, ours in results.groupby("network", sort=False):
        first = ours.loc[ours["repeat"] == 0, task.score]
        runs = ours.groupby("repeat")[task.score].mean()
        rows[name] = {
            task.score: ours[task.score].mean(),
            "sd_over_folds": ours[task.score].std(ddof=0),
            "sd_over_runs": runs.std(ddof=1),
            "first_run": first.mean(),
            "first_run_sd": first.std(ddof=0),
            task.loss: ours[task.loss].mean(),
            "fit_seconds": ours["fit_seconds"].median(),
        }
        if published:
            rows[name]["published"], rows[name]["published_sd"] = published[str(name)]
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("network")


def failures(
    results: "pd.DataFrame", curves: "pd.DataFrame", folds: int, naive: float, task: Task
) -> dict[str, str]:
    """Say of each network that has learnt nothing how that shows."""
    found = {}
    for network, scores in results.groupby("network", sort=False)[task.score]:
        guess = np.full(len(scores), naive)
        test = paired_test(scores, guess, test_train_ratio=1 / (folds - 1))
        # One-sided; where all scores are the same there is no p, and they speak for themselves.
        if test.difference <= 0 or test.p_value >= 2 * ALPHA:
            found[str(network)] = (
                f"it scores {100 * scores.mean():.1f}%, which is not shown to be better than the "
                f"{100 * naive:.1f}% of always answering the {task.naive}"
            )
    while_training = curves.groupby(["network", "epoch"], sort=False)[task.score].mean()
    for network, scores in while_training.groupby("network", sort=False):
        first, last = scores.iloc[0], scores.iloc[-1]
        if last < first - _FALL:
            found[str(network)] = (
                f"its training {task.score_title} falls from {100 * first:.1f}% to "
                f"{100 * last:.1f}%"
            )
    return found


def conclude(
    comparisons: "pd.DataFrame",
    failed: Mapping[str, str],
    name: str,
    repeats: int,
    folds: int,
    task: Task = CLASSIFICATION,
) -> str:
    """Say in a sentence whether dropout helps, and how sure that is.

    Of a network that has learnt nothing that is the finding, and it says nothing about dropout.
    """
    found = [
        f"The network with dropout {_WHERE[network]} has learnt nothing on {name}: {how}."
        for network, how in failed.items()
        if network != "baseline"
    ]
    if "baseline" in failed:
        found.insert(0, f"The baseline has learnt nothing on {name}: {failed['baseline']}.")
    versus = comparisons[
        (comparisons["against"] == "baseline") & ~comparisons["network"].isin(list(failed))
    ]
    if "baseline" in failed or versus.empty:
        return " ".join([*found, "So there is nothing to conclude about dropout."])
    sure = versus[versus["p_holm"] < ALPHA]
    helps = [_WHERE[network] for network in sure.loc[sure["difference"] > 0, "network"]]
    hurts = [_WHERE[network] for network in sure.loc[sure["difference"] < 0, "network"]]
    if helps and hurts:
        claim = f"Dropout {helps[0]} helps on {name}, and {hurts[0]} it hurts"
    elif helps:
        claim = f"Dropout {' and '.join(helps)} helps on {name}"
    elif hurts:
        claim = f"Dropout does not help on {name}; {' and '.join(hurts)} it hurts"
    else:
        claim = f"No evidence that dropout helps on {name}"
    details = "; ".join(
        f"{_WHERE[row['network']]} {evidence(row)}" for row in versus.to_dict("records")
    )
    unit = "" if task is CLASSIFICATION else f" Points are hundredths of {task.score_title}."
    times = "one run" if repeats == 1 else f"{repeats} runs"
    verdict = (
        f"{claim}: {details}. From {times} of {folds}-fold cross-validation, against the "
        f"baseline's recipe; p adjusted for {len(comparisons)} comparisons.{unit}"
    )
    return " ".join([*found, verdict])
