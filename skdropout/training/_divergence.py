"""Fits whose loss is no longer a number: how to notice, and what to say of the cause."""

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from skdropout.training._job import TrainingJob

_ADVICE = (
    "Lower the learning rate (it is {rate:g}; try {lower:g}), scale the features "
    "(rescale='standardize', or a StandardScaler before the estimator) and a regressor's "
    "targets (rescale_target=True), or set max_norm=3."
)


class DivergenceError(FloatingPointError, ValueError):
    """The loss is no longer a finite number, or what early stopping goes by never was."""

    def __init__(
        self, epoch: int, learning_rate: float, loss: float, advice: str = "", what: str = "loss"
    ) -> None:
        advice = advice or _ADVICE.format(rate=learning_rate, lower=learning_rate / 10)
        super().__init__(epoch, learning_rate, float(loss), advice, what)  # pickle passes these on

    def __str__(self) -> str:
        epoch, _, loss, advice, what = self.args
        return f"training diverged: the {what} became {loss} in epoch {epoch + 1}. {advice}"


def diverged(
    job: TrainingJob, epoch: int, loss: float, learning_rate: float, what: str = "loss"
) -> DivergenceError:
    """Make the error for a job, with advice that fits the cause."""
    return DivergenceError(epoch, learning_rate, loss, _advice(job, learning_rate), what)


def reject_divergence(
    job: TrainingJob, weights: list[np.ndarray], n_epochs: int, learning_rate: float
) -> None:
    """Raise unless all weights are finite: the last step's damage shows in no loss."""
    if not all(np.isfinite(value).all() for value in weights):
        raise diverged(job, n_epochs - 1, np.nan, learning_rate)


def reject_no_best(
    job: TrainingJob, history: Mapping[str, list[float]], learning_rate: float
) -> None:
    """Raise where what early stopping goes by was a finite number after no epoch."""
    rule = job.plan.early_stopping
    if job.validation is None or rule is None:
        return
    name = f"val_{job.objective.score_name}" if rule.by_score else "val_loss"
    if not np.isfinite(history[name]).any():
        raise diverged(job, 0, history[name][0], learning_rate, name)


def _advice(job: TrainingJob, rate: float) -> str:
    """Say what to do where it is not the learning rate."""
    blocks = (X.data if sparse.issparse(X) else X for X, _ in job.rows.blocks())
    if not all(np.isfinite(block).all() for block in blocks):
        return (
            "X holds nan or infinite numbers, which scikit-learn's assume_finite has let pass. "
            "Leave those rows out, or put an imputer before the estimator."
        )
    with np.errstate(over="ignore"):
        factor = np.ones(1) if job.rescaling is None else job.rescaling[1].astype(np.float32)
    if not np.isfinite(factor).all():
        return (
            f"{np.sum(~np.isfinite(factor))} features of X vary by too little to be rescaled in "
            f"single precision (the first is number {np.argmin(np.isfinite(factor))}, from 0). "
            "Multiply them by a large number, or leave them out."
        )
    plan = job.plan
    faster = rate / (1 - plan.momentum) if plan.optimizer == "sgd" else rate
    penalty = plan.penalty(job.rows.epoch_size)
    for name, strength in {"alpha": penalty, "weight_decay": plan.weight_decay}.items():
        if faster * strength > 1:
            return (
                f"{name}={getattr(plan, name):g} takes more than the whole of each kernel off in "
                f"one step at this learning rate ({rate:g}). Lower {name}, or the rate."
            )
    return ""
