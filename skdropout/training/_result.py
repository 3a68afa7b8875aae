"""What a fit leaves behind."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np


class Ending(StrEnum):
    """Why training stopped."""

    FINISHED = "all epochs were done"
    EARLY = "the validation loss stopped falling"
    CALLBACK = "a callback asked for it"


@dataclass(frozen=True)
class TrainingResult:
    """Weights and history of a fit, as NumPy arrays and plain numbers.

    Parameters
    ----------
    weights : list of ndarray
        The values of all of the model's variables, in Keras's order.
    optimizer_state : list of ndarray
        The values of the optimiser's variables, to go on from.
    history : dict of list of float
        One entry an epoch for the loss and each metric.
    n_steps : int
        Steps taken, those of earlier calls included.
    best_epoch : int or None
        Epoch (from 0) whose weights these are, under early stopping.
    ending : Ending
        Why training stopped.
    """

    weights: list[np.ndarray]
    optimizer_state: list[np.ndarray]
    history: dict[str, list[float]]
    n_steps: int
    best_epoch: int | None
    ending: Ending


class DivergenceError(FloatingPointError, ValueError):
    """The loss is no longer a finite number."""

    def __init__(self, epoch: int, learning_rate: float, loss: float) -> None:
        super().__init__(epoch, learning_rate, float(loss))  # pickle passes these on

    def __str__(self) -> str:
        epoch, learning_rate, loss = self.args
        return (
            f"training diverged: the loss became {loss} in epoch {epoch + 1}. Lower the learning "
            f"rate (it is {learning_rate:g}; try {learning_rate / 10:g}), scale the features "
            "(rescale='standardize', or a StandardScaler before the estimator) and a regressor's "
            "targets (rescale_target=True), or set max_norm=3."
        )


def reject_divergence(
    weights: list[np.ndarray], history: dict[str, list[float]], learning_rate: float
) -> None:
    """Raise unless all weights are finite: the last step's damage shows in no loss."""
    if not all(np.isfinite(value).all() for value in weights):
        raise DivergenceError(len(history["loss"]) - 1, learning_rate, np.nan)
