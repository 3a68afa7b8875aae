"""What an engine is asked to do, and what every engine offers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from skdropout.networks import Network
from skdropout.training._data import TrainingSet
from skdropout.training._objectives import Objective
from skdropout.training._plan import TrainingPlan
from skdropout.training._result import TrainingResult


class Observer(Protocol):
    """Someone who is told of the epochs and may end the fit."""

    @property
    def sees_each_epoch(self) -> bool:
        """Whether it sees what each epoch brought; if not, it hears of several at once."""

    def begin_epoch(self) -> None:
        """Hear that an epoch begins."""

    def end_epochs(self, n_epochs: int, so_far: Callable[[], TrainingResult]) -> bool:
        """Hear that as many are over; say whether to stop, which would bring ``so_far()``."""


@dataclass(frozen=True, kw_only=True)
class TrainingJob:
    """One fit: what to train, on what, how, and from where.

    Parameters
    ----------
    network : Network
        What to build.
    objective : Objective
        What to minimise.
    plan : TrainingPlan
        How to minimise it.
    rows : TrainingSet
        The rows to train on.
    validation : TrainingSet or None
        The validation rows.
    rescaling : tuple of ndarray or None
        Shift and factor of the inputs.
    earlier : TrainingResult or None
        Where to go on from: weights, and the optimiser's state where it fits.
    callbacks : tuple of keras.callbacks.Callback
        The user's own.
    observer : Observer or None
        Who else is told of the epochs.
    verbose : bool
        Whether to show a progress bar.
    """

    network: Network
    objective: Objective
    plan: TrainingPlan
    rows: TrainingSet
    validation: TrainingSet | None = None
    rescaling: tuple[np.ndarray, np.ndarray] | None = None
    earlier: TrainingResult | None = None
    callbacks: tuple[Any, ...] = ()
    observer: Observer | None = None
    verbose: bool = False

    def __post_init__(self) -> None:
        self.batch_sizes()

    def batch_sizes(self) -> np.ndarray:
        """Return the rows of each step of an epoch, or say why there cannot be such steps."""
        return self.plan.batch_sizes(self.rows.epoch_size, self.network.fewest_rows)

    @property
    def by_epoch(self) -> bool:
        """Whether someone may look at what each epoch brought."""
        return bool(self.callbacks) or (self.observer is not None and self.observer.sees_each_epoch)


class Engine(Protocol):
    """Something that carries a plan out."""

    def check(self, job: TrainingJob) -> None:
        """Raise where a job asks for what this engine cannot do; `train` asks before it starts."""

    def train(self, job: TrainingJob) -> TrainingResult:
        """Train, and return what came of it."""

    def outputs(self, network: Network, weights: list[np.ndarray], X: np.ndarray) -> np.ndarray:
        """Return the network's outputs, of shape (n_rows, n_outputs)."""

    def samples(
        self, network: Network, weights: list[np.ndarray], X: np.ndarray, seeds: np.ndarray
    ) -> Iterator[np.ndarray]:
        """Yield the outputs of thinned networks, one block of rows after another.

        ``seeds``, of shape (n_samples, n_dropout_layers), says which units each sample drops. A
        block has the shape (n_samples, n_rows, n_outputs).
        """
