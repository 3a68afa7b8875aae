"""What the scores of the dense networks say: a table, every pairwise difference, one sentence."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from skdropout.studies.evidence import ALPHA, compare_pairs, evidence
from skdropout.studies.reading import CLASSIFICATION, Task

if TYPE_CHECKING:
    import pandas as pd

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


def conclude(
    comparisons: "pd.DataFrame", name: str, repeats: int, folds: int, task: Task = CLASSIFICATION
) -> str:
    """Say in a sentence whether dropout helps, and how sure that is."""
    versus = comparisons[comparisons["against"] == "baseline"]
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
    return (
        f"{claim}: {details}. From {times} of {folds}-fold cross-validation, against the "
        f"baseline's recipe; p adjusted for {len(comparisons)} comparisons.{unit}"
    )
