"""The sentences of a comparison."""

from collections.abc import Mapping, Sequence
from typing import Any

from skdropout.studies.compared._findings import BETTER, SAME, UNCLEAR, WORSE, Findings
from skdropout.studies.compared._variants import CONTROL
from skdropout.studies.compared._yardsticks import NAIVE
from skdropout.studies.designing import Design, Folds
from skdropout.studies.evidence import Score, p_text


def number(score: Score, value: float) -> str:
    """Write a score."""
    if value != value:
        return "diverged" if score.chooses else "unknown"
    if score.name == "rmse":
        return f"{value:.4g}"
    return f"{100 * value:.1f}%" if _is_share(score) else f"{value:.3f}"


def difference(score: Score, value: float) -> str:
    """Write a difference of scores, with its sign."""
    if value != value:
        return "unknown"
    if score.name == "rmse":
        text = f"{value:+.3g}"
    else:
        text = f"{100 * value:+.1f}" if _is_share(score) else f"{value:+.3f}"
    return text.replace("-", "−")


def unit(score: Score) -> str:
    """Return what follows a difference."""
    return " points" if _is_share(score) else ""


def chance(value: float) -> str:
    """Write a probability in whole percent, never a certainty that nobody has."""
    if value != value:
        return "?"
    if 0 < value < 0.005 or 0.995 < value < 1:
        return "<1%" if value < 0.5 else ">99%"
    return f"{100 * value:.0f}%"


def chances(row: Mapping[Any, Any]) -> str:
    """Write the three probabilities."""
    return (
        f"better {chance(row['better'])}, practically the same {chance(row['same'])}, "
        f"worse {chance(row['worse'])}"
    )


def _is_share(score: Score) -> bool:
    return score.name in ("accuracy", "balanced_accuracy", "roc_auc", "r2")


def evidence_of(row: Mapping[Any, Any], score: Score) -> str:
    """Write a difference with its interval and probabilities."""
    if row["difference"] != row["difference"]:
        return "training diverged in some folds"
    lead = f"{score.title} {difference(score, row['difference'])}{unit(score)}"
    if row["low"] != row["low"]:
        return f"{lead} in every fold, which leaves no spread to judge by"
    return (
        f"{lead}, 95% interval {interval(row, score)}, adjusted {p_text(row['p_holm'])}; "
        f"{chances(row)}"
    )


def conclude(findings: Findings) -> list[str]:
    """Say what the evidence says, the most important first."""
    sentences = []
    if (winner := findings.better_model) is not None:
        sentences.append(
            f"A network is not the best tool here: {_does_better(winner, findings)} than the best "
            f"of the networks, {findings.best!r} ({evidence_of(winner, findings.design.score)})."
        )
    if findings.beats_guessing:
        if (row := findings.guessing)["verdict"] == SAME:
            sentences.append(f"{_hardly(findings)} ({evidence_of(row, findings.design.score)}).")
        sentences += _on_variants(findings)
        sentences.append(_advice(findings))
    else:
        sentences.append(_on_guessing(findings))
    sentences.append(" ".join([held_fixed(findings.design), *late_epochs(findings)]))
    return sentences


def cautions(findings: Findings) -> list[str]:
    """Say what to know before a network is used that something else may well replace."""
    sentences = []
    if (winner := findings.better_model) is not None:
        sentences.append(f"{_capital(_does_better(winner, findings))} than any network here.")
    if not findings.beats_guessing:
        sentences.append(f"{_not_shown(findings)}.")
    elif findings.guessing["verdict"] == SAME:
        sentences.append(f"{_hardly(findings)}.")
    return sentences


def _does_better(winner: Mapping[Any, Any], findings: Findings) -> str:
    return f"{findings.design.yardsticks[winner['variant']].text} does better"


def _not_shown(findings: Findings) -> str:
    naive = findings.design.yardsticks[NAIVE].text
    return f"No network is shown to be better than {naive}"


def _hardly(findings: Findings) -> str:
    naive = findings.design.yardsticks[NAIVE].text
    return f"The networks are better than {naive}, and practically the same"


def _on_guessing(findings: Findings) -> str:
    """Tell data that leave it open from networks that learn nothing, and say what may be why."""
    score, best, row = findings.design.score, findings.best, findings.guessing
    if row["verdict"] == UNCLEAR:
        return (
            f"{_not_shown(findings)}, which is not the same as none being better (the guess "
            f"against the best network, {best!r}: {evidence_of(row, score)}). So nothing is said "
            "of regularisation; more rows, or more repeats (--repeats), may tell."
        )
    ours, theirs = (number(score, findings.summary.loc[n, score.name]) for n in (best, NAIVE))
    if score.name == "accuracy":
        reason = (
            "As many rows are named right where all get the most frequent class; the other scores "
            "may tell more (--scoring log_loss)"
        )
    elif findings.better_model is not None or late_epochs(findings):
        reason = "The networks have learnt nothing, though there may be something to learn"
    else:
        reason = "These features tell the network nothing that it could use"
    return (
        f"{_not_shown(findings)} (the best one, {best!r}, against it: {ours} and {theirs} "
        f"{score.title}). {reason}, so nothing is said of regularisation."
    )


def _on_variants(findings: Findings) -> list[str]:
    """Write a sentence for each variant that helps or hurts, and a list of the others."""
    sentences, score = [], findings.design.score
    rows = {row["variant"]: row for row in findings.variants.to_dict("records")}
    for verdict, verb in ((BETTER, "helps"), (WORSE, "hurts")):
        sentences += [
            f"{_capital(_named(findings, name))} {verb}: {evidence_of(row, score)}."
            for name, row in rows.items()
            if row["verdict"] == verdict
        ]
    for verdict, words in (
        (SAME, "No practical difference comes from"),
        (UNCLEAR, "Whether these help or hurt, the data cannot tell"),
    ):
        lines = [
            f"- {_named(findings, name)}: {_in_short(row, score)}"
            for name, row in rows.items()
            if row["verdict"] == verdict
        ]
        if lines:
            sentences.append("\n".join([f"{words}:", *lines]))
    return sentences


def _in_short(row: Mapping[Any, Any], score: Score) -> str:
    """Write a difference with its interval and its three probabilities, few words."""
    if row["difference"] != row["difference"]:
        return "training diverged in some folds"
    if row["low"] != row["low"]:
        return evidence_of(row, score)
    return (
        f"{difference(score, row['difference'])}{unit(score)}, {interval(row, score)}; "
        f"{chance(row['better'])} better, {chance(row['same'])} the same, "
        f"{chance(row['worse'])} worse"
    )


def interval(row: Mapping[Any, Any], score: Score) -> str:
    """Write the interval of a difference."""
    if row["low"] != row["low"]:
        return "unknown"
    return f"{difference(score, row['low'])} to {difference(score, row['high'])}"


def _named(findings: Findings, name: str) -> str:
    """Name a variant, with the strength that most folds chose where there is a choice."""
    variant, strength = findings.design.variants[name], findings.summary.loc[name, "strength"]
    return f"{variant.text} (mostly at {strength})" if len(variant.strengths) > 1 else variant.text


def _advice(findings: Findings) -> str:
    score, best, recommended = findings.design.score, findings.best, findings.recommended
    if recommended == best:
        why = f"it has the best {score.title}"
    else:
        why = f"it is the simplest that is practically as good as the best, {best!r}"
    control = " (stopped in time)" if recommended == CONTROL else ""
    return (
        f"Recommended: {recommended!r}{control}, since {why}: "
        f"{number(score, findings.summary.loc[recommended, score.name])} in these folds. "
        "Choosing it is a choice, too, which flatters that number; new data tell what it is worth."
    )


def held_fixed(design: Design[Folds]) -> str:
    """Say what all variants share."""
    parameters = design.estimator.get_params()
    kept = ("hidden_layer_sizes", "filters", "activation", "optimizer", "learning_rate",
            "batch_size")  # fmt: skip
    shown = ", ".join(f"{name}={parameters[name]!r}" for name in kept if name in parameters)
    return (
        f"Held fixed: {shown}, up to {design.epochs} epochs. Another architecture or optimiser "
        "may give another answer."
    )


def late_epochs(findings: Findings) -> list[str]:
    """Name the variants that would have trained on."""
    design, summary = findings.design, findings.summary
    late = summary["chose_the_last_epoch"]
    names = [repr(name) for name in late.index if late[name] > 0 and name in design.variants]
    if not names:
        return []
    return [
        f"The best epoch was the last one, {design.epochs}, in some folds of {_listed(names)}: "
        f"more epochs (--epochs {2 * design.epochs}) might serve them better."
    ]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
