"""What a fit will do, worked out in NumPy before any engine starts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdropout.training._seeds import Seeds
from skdropout.training._stopping import EarlyStopping

OPTIMIZER_NAMES = ("adagrad", "adam", "adamax", "adamw", "lion", "rmsprop", "sgd")


def name_of(optimizer: Any) -> str:
    """Return the name of an optimiser: the plans' own, Keras's, or that of an object's class."""
    name = optimizer if isinstance(optimizer, str) else type(optimizer).__name__
    return name.replace("_", "").lower()


@dataclass(frozen=True, kw_only=True)
class TrainingPlan:
    """Optimiser, learning rates, batches and the stopping rule of one fit.

    Parameters
    ----------
    optimizer : str
        Name of the optimiser.
    learning_rate : float
        Rate of the first step.
    schedule : {"constant", "inverse_time", "exponential", "cosine"}
        How the rate falls.
    decay : float
        Speed of the fall, per epoch.
    momentum, nesterov
        Of stochastic gradient descent.
    alpha : float
        Strength of an L2 penalty on the kernels: half of their squares times it over the rows of
        an epoch.
    weight_decay : float
        Fraction of each kernel that a step takes off, times the learning rate.
    global_clipnorm : float or None
        Largest Euclidean norm of all gradients together.
    batch_size : int
        Rows of one step.
    epochs : int
        Passes over the rows.
    seed : int
        Seed of the order of the rows.
    shuffle : bool
        Whether each epoch has an order of its own.
    first_epoch, first_step : int
        What earlier calls have done already; another optimiser counts its steps from 0 again.
    period : int or None
        Epochs in which the cosine comes to 0, over and over; None where that is with this call.
    early_stopping : EarlyStopping or None
        The stopping rule.
    """

    optimizer: str
    learning_rate: float
    schedule: str = "constant"
    decay: float = 0.0
    momentum: float = 0.0
    nesterov: bool = False
    alpha: float = 0.0
    weight_decay: float = 0.0
    global_clipnorm: float | None = None
    batch_size: int = 32
    epochs: int = 1
    seed: int = 0
    shuffle: bool = True
    first_epoch: int = 0
    first_step: int = 0
    period: int | None = None
    early_stopping: EarlyStopping | None = None

    @property
    def optimizer_name(self) -> str:
        """The optimiser's name, also of one that came as an object."""
        return name_of(self.optimizer)

    @property
    def seeds(self) -> Seeds:
        """All that is random in this call."""
        return Seeds(self.seed, self.first_epoch)

    def steps_per_epoch(self, n_rows: int) -> int:
        """Return the number of batches that ``n_rows`` make, the last one perhaps partial."""
        return -(-n_rows // self.batch_size)

    def batch_sizes(self, n_rows: int, fewest: int) -> np.ndarray:
        """Return the rows of each batch; where too few are left for the last, the two share."""
        steps = self.steps_per_epoch(n_rows)
        sizes = np.full(steps, min(self.batch_size, n_rows), dtype=np.int32)
        sizes[-1] = n_rows - (steps - 1) * self.batch_size
        if sizes[-1] < fewest and steps > 1:
            sizes[-2] -= fewest - sizes[-1]
            sizes[-1] = fewest
        if sizes.min() < fewest:
            raise ValueError(
                f"batch normalisation needs {fewest} rows in each step, to have a spread to divide "
                f"by, and a step would have {sizes.min()} (n_samples={n_rows}, "
                f"batch_size={self.batch_size}). Pass more rows at once, raise batch_size, or set "
                "batch_norm=False."
            )
        return sizes

    def penalty(self, n_rows: int) -> float:
        """Return what the mean loss of ``n_rows`` has of half the kernels' squares added to it."""
        return self.alpha / n_rows

    def rates(self, steps: np.ndarray, steps_per_epoch: int) -> np.ndarray:
        """Return the learning rate of each of the given steps, relative to that of the first.

        Time is counted in epochs, since earlier calls may have had other numbers of rows.
        """
        epochs = self.first_epoch + (steps - self.first_step) / steps_per_epoch
        if self.schedule == "inverse_time":
            return 1 / (1 + self.decay * epochs)
        if self.schedule == "exponential":
            return np.exp(-self.decay * epochs)
        if self.schedule == "cosine":
            start, end = self.span
            return (1 + np.cos(np.pi * np.minimum((epochs - start) / (end - start), 1))) / 2
        return np.ones(len(steps))

    @property
    def span(self) -> tuple[int, int]:
        """The epochs, earlier ones counted, from and to which the cosine falls."""
        if self.period is None:
            return 0, self.first_epoch + self.epochs
        start = self.first_epoch - self.first_epoch % self.period
        return start, start + self.period

    def orders(self, positions: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the order of the rows in each epoch, from the first of this call on."""
        if not self.shuffle:
            while True:
                yield positions
        generator = self.seeds.orders()
        while True:
            yield generator.permutation(positions)
