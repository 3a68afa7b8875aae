"""What the scores say: a table, every difference from the control, and what to use."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from skdropout.studies._errors import StudyError
from skdropout.studies.compared._variants import CONTROL
from skdropout.studies.compared._yardsticks import NAIVE
from skdropout.studies.designing import Design, Folds, Material
from skdropout.studies.evidence import (
    ALPHA,
    Probabilities,
    compare_pairs,
    practical_probabilities,
)

if TYPE_CHECKING:
    import pandas as pd

SURE = 0.95  # probability from which "practically the same" is said
BETTER, SAME, WORSE, UNCLEAR = "better", "practically the same", "worse", "cannot tell"


@dataclass(frozen=True)
class Findings:
    """The finished tables of a comparison, and what follows from them.

    Attributes
    ----------
    material, design : Material, Design
        What was compared.
    tables : dict of str to DataFrame
        Results, candidates and curves, as computed.
    practical : float
        Differences up to this size make no practical difference.
    """

    material: Material
    design: Design[Folds]
    tables: "Mapping[str, pd.DataFrame]"
    practical: float

    @property
    def repeats(self) -> int:
        """The number of whole cross-validations."""
        return int(self.tables["results"]["repeat"].nunique())

    @cached_property
    def summary(self) -> "pd.DataFrame":
        """A row per variant: mean scores, usual strength, median epochs, seconds a fit."""
        import pandas as pd

        results, scores = self.tables["results"], list(self.material.scores)
        groups = results.groupby("variant", sort=False)
        table = groups[scores].mean()
        # A mean over the folds in which training went well would flatter those who fail in others.
        failed = results[scores[0]].isna().groupby(results["variant"], sort=False).any()
        table.loc[failed.index[failed], scores] = nan
        by_repeat = results.groupby(["variant", "repeat"], sort=False)[scores[0]].mean()
        spread = by_repeat.groupby("variant", sort=False).std()
        table.insert(1, f"{scores[0]}_sd_over_repeats", spread.where(~failed))
        table["strength"] = groups["strength"].agg(lambda chosen: chosen.value_counts().idxmax())
        table["epochs"] = groups["epochs"].median()
        table["fit_seconds"] = groups["fit_seconds"].median()
        key = ["variant", "repeat", "fold", "strength"]
        chosen = results.merge(self.tables["candidates"], on=key, how="left")
        late = chosen.groupby("variant", sort=False)["at_the_last_epoch"].sum()
        table["chose_the_last_epoch"] = late.reindex(table.index).fillna(0).astype(int)
        return pd.DataFrame(table)

    @cached_property
    def best(self) -> str:
        """The variant with the best mean score."""
        return str(self._advantages.idxmax())

    @cached_property
    def recommended(self) -> str:
        """The first variant, from simple to complicated, that is hardly worse than any."""
        values = self._advantages
        good_enough = values.index[values >= values.max() - self.practical]
        return str(next(name for name in self.design.variants if name in good_enough))

    @cached_property
    def variants(self) -> "pd.DataFrame":
        """Every variant against the control."""
        return self._against(CONTROL, [name for name in self.design.variants if name != CONTROL])

    @cached_property
    def yardsticks(self) -> "pd.DataFrame":
        """Every yardstick against the best variant."""
        return self._against(self.best, list(self.design.yardsticks))

    @property
    def comparisons(self) -> "list[pd.DataFrame]":
        """Both tables of differences."""
        return [self.variants, self.yardsticks]

    @cached_property
    def guessing(self) -> "Mapping[Hashable, Any]":
        """The naive guess against the best network."""
        return self._yardstick(NAIVE)

    @property
    def beats_guessing(self) -> bool:
        """Whether the best network is shown to be better than the guess, by however little.

        A lead that is the same in every fold has no p-value, and needs none.
        """
        p_holm, lead = self.guessing["p_holm"], self.guessing["difference"]
        return bool(self.design.score.better(lead) < 0 and not p_holm >= ALPHA)

    @cached_property
    def better_model(self) -> "Mapping[Hashable, Any] | None":
        """The model that beats the best network by most, if one does; a guess is no model."""
        models = [self._yardstick(name) for name in self.design.yardsticks if name != NAIVE]
        winners = [row for row in models if row["verdict"] == BETTER]
        return max(
            winners, key=lambda row: self.design.score.better(row["difference"]), default=None
        )

    def _yardstick(self, name: str) -> "Mapping[Hashable, Any]":
        return self.yardsticks[self.yardsticks["variant"] == name].iloc[0].to_dict()

    @cached_property
    def score_of_choosing(self) -> float | None:
        """The mean score of taking, in each fold, the variant that its inner folds prefer.

        That is what choosing among the variants costs: an estimate for the procedure as a whole.
        NaN where a network that is preferred diverges after all.
        """
        score = self.design.score
        candidates = self.tables["candidates"].dropna(subset="validation")
        if candidates.empty:
            return None
        ordered = candidates.assign(rank=score.better(candidates["validation"]))
        taken = ordered.loc[ordered.groupby(["repeat", "fold"])["rank"].idxmax()]
        key = ["variant", "repeat", "fold"]
        merged = taken.merge(self.tables["results"], on=key, suffixes=("", "_outer"))
        return float(merged[score.name].mean(skipna=False))

    @property
    def _advantages(self) -> "pd.Series[float]":
        """The mean scores of the variants, turned so that higher is better."""
        score = self.design.score
        values: pd.Series[float] = score.better(
            self.summary.loc[list(self.design.variants), score.name]
        )
        if values.isna().all():
            raise StudyError(
                "Training diverged in some fold with every variant, so there is nothing to "
                "compare. Use an estimator with a lower learning_rate and another folder, look at "
                "the scale of the columns and of the target, or bring more rows. Everything "
                "finished is kept."
            )
        return values

    def _against(self, against: str, names: Sequence[str]) -> "pd.DataFrame":
        """Hold each of the names against one variant; a difference keeps the sign of the score."""
        score, ratio = self.design.score, self.design.resampling.test_train_ratio
        folds, losses = (
            self.tables["results"].pivot(index=["repeat", "fold"], columns="variant", values=name)
            for name in (score.name, next(iter(self.material.scores)))
        )
        pairs = [(name, against) for name in names]
        table = compare_pairs(folds, pairs, test_train_ratio=ratio)
        found = []
        for row in table.itertuples():
            ours, theirs = score.better(folds[row.variant]), score.better(folds[against])
            # Few rows may well be named alike by networks that are not; then nothing is known.
            coarse = ours.equals(theirs) and not losses[row.variant].equals(losses[against])
            if isnan(row.difference) or coarse:
                found.append(Probabilities(nan, nan, nan))
                continue
            found.append(
                practical_probabilities(
                    ours, theirs, practical=self.practical, test_train_ratio=ratio
                )
            )
        for name in ("better", "same", "worse"):
            table[name] = [asdict(one)[name] for one in found]
        table.loc[table["same"].isna(), ["low", "high"]] = nan
        table["verdict"] = [
            verdict_of(one, p_holm, float(score.better(difference)))
            for one, p_holm, difference in zip(
                found, table["p_holm"], table["difference"], strict=True
            )
        ]
        return table


def verdict_of(found: Probabilities, p_holm: float, advantage: float) -> str:
    """Say which of four things a comparison shows.

    Claims of a difference hold at the stated level over all variants together, and only where the
    difference is more probably a practical one than not.
    """
    if isnan(p_holm) or isnan(found.same):
        return UNCLEAR
    if found.same >= SURE:
        return SAME
    if p_holm < ALPHA and advantage > 0 and found.better > found.same:
        return BETTER
    if p_holm < ALPHA and advantage < 0 and found.worse > found.same:
        return WORSE
    return UNCLEAR
