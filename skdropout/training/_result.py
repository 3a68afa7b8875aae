"""What a fit leaves behind."""

from dataclasses import dataclass

import numpy as np


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
    optimizer : str
        Name of the optimiser whose state this is.
    n_epochs : int
        Epochs done, those of earlier calls and restored ones included.
    """

    weights: list[np.ndarray]
    optimizer_state: list[np.ndarray]
    history: dict[str, list[float]]
    n_steps: int
    best_epoch: int | None
    optimizer: str = ""
    n_epochs: int = 0
