"""What the scores say: a table, every difference from the control, and what to use."""

from collections.abc import Sequence
from dataclasses import asdict
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from skdropout.studies.compared._cells import Design
from skdropout.studies.compared._variants import CONTROL
from skdropout.studies.compared._yardsticks import NAIVE
from skdropout.studies.evidence import (
    ALPHA,
    Probabilities,
    Score,
    holm,
    paired_test,
    practical_probabilities,
)

if TYPE_CHECKING:
    import pandas as pd

SURE = 0.95  # probability from which "practically the same" is said
BETTER, SAME, WORSE, UNCLEAR = "better", "practically the same", "worse", "cannot tell"


def summarise(
    results: "pd.DataFrame", candidates: "pd.DataFrame", scores: Sequence[str]
) -> "pd.DataFrame":
    """Return a row per variant: mean scores, usual strength, median epochs, seconds a fit."""
    import pandas as pd

    groups = results.groupby("variant", sort=False)
    table = groups[list(scores)].mean()
    # A mean over the folds in which training went well would flatter those who fail in others.
    failed = results[scores[0]].isna().groupby(results["variant"], sort=False).any()
    table.loc[failed.index[failed], list(scores)] = nan
    by_repeat = results.groupby(["variant", "repeat"], sort=False)[scores[0]].mean()
    spread = by_repeat.groupby("variant", sort=False).std()
    table.insert(1, f"{scores[0]}_sd_over_repeats", spread)
    table["strength"] = groups["strength"].agg(lambda chosen: chosen.value_counts().idxmax())
    table["epochs"] = groups["epochs"].median()
    table["fit_seconds"] = groups["fit_seconds"].median()
    chosen = results.merge(candidates, on=["variant", "repeat", "fold", "strength"], how="left")
    late = chosen.groupby("variant", sort=False)["at_the_last_epoch"].sum()
    table["chose_the_last_epoch"] = late.reindex(table.index).fillna(0).astype(int)
    return pd.DataFrame(table)


def compare_with(
    against: str, names: Sequence[str], results: "pd.DataFrame", design: Design, practical: float
) -> "pd.DataFrame":
    """Hold each of the names against one variant; a difference keeps the sign of the score."""
    import pandas as pd

    score = design.score
    folds = results.pivot(index=["repeat", "fold"], columns="variant", values=score.name)
    ratio = design.resampling.test_train_ratio
    rows: list[dict[str, Any]] = []
    for name in names:
        pair = folds[[name, against]]
        if pair.isna().any(axis=None):
            unknown = {"difference": nan, "low": nan, "high": nan, "p_value": nan}
            rows.append({**unknown, "n_pairs": len(pair), "better": nan, "same": nan, "worse": nan})
            continue
        ours, theirs = pair[name], pair[against]
        test = paired_test(ours, theirs, test_train_ratio=ratio)
        found = practical_probabilities(
            score.better(ours), score.better(theirs), practical=practical, test_train_ratio=ratio
        )
        rows.append({**asdict(test), **asdict(found)})
    columns = ["difference", "low", "high", "p_value", "n_pairs", "better", "same", "worse"]
    table = pd.DataFrame(rows, columns=columns)
    table.insert(0, "variant", list(names))
    table.insert(1, "against", against)
    table["p_holm"] = holm(table["p_value"].tolist())
    table["verdict"] = [
        verdict_of(
            Probabilities(row["better"], row["same"], row["worse"]),
            row["p_holm"],
            float(score.better(row["difference"])),
        )
        for row in table.to_dict("records")
    ]
    return table


def verdict_of(found: Probabilities, p_holm: float, advantage: float) -> str:
    """Say which of four things a comparison shows.

    Claims of a difference hold at the stated level over all variants together, and only where the
    difference is more probably a practical one than not.
    """
    if isnan(p_holm):
        return UNCLEAR
    if found.same >= SURE:
        return SAME
    if p_holm < ALPHA and advantage > 0 and found.better > found.same:
        return BETTER
    if p_holm < ALPHA and advantage < 0 and found.worse > found.same:
        return WORSE
    return UNCLEAR


def best_variant(summary: "pd.DataFrame", names: Sequence[str], score: Score) -> str:
    """Return the variant with the best mean score."""
    values = score.better(summary.loc[list(names), score.name])
    return str(values.idxmax())


def simplest_variant(
    summary: "pd.DataFrame", names: Sequence[str], score: Score, practical: float
) -> str:
    """Return the first of the names, from simple to complicated, that is hardly worse than any."""
    values = score.better(summary.loc[list(names), score.name])
    good_enough = values.index[values >= values.max() - practical]
    return str(next(name for name in names if name in good_enough))


def score_of_choosing(
    results: "pd.DataFrame", candidates: "pd.DataFrame", score: Score
) -> float | None:
    """Return the mean score of taking, in each fold, the variant that its inner folds prefer.

    That is what choosing among the variants costs: an estimate for the procedure as a whole.
    """
    candidates = candidates.dropna(subset="validation")
    if candidates.empty:
        return None
    ordered = candidates.assign(rank=score.better(candidates["validation"]))
    taken = ordered.loc[ordered.groupby(["repeat", "fold"])["rank"].idxmax()]
    merged = taken.merge(results, on=["variant", "repeat", "fold"], suffixes=("", "_outer"))
    return float(merged[score.name].mean())


def nothing_learnt(yardsticks: "pd.DataFrame") -> bool:
    """Whether the best network is not shown to beat the naive guess."""
    naive = yardsticks.set_index("variant")["verdict"].get(NAIVE)
    return naive is not None and naive != WORSE


def held_against_control(design: Design) -> list[str]:
    """Return the variants that are tested."""
    return [name for name in design.variants if name != CONTROL]
