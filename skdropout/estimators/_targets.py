"""What every kind of target knows of itself."""

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np

from skdropout.training import TrainingSet


class Target(ABC):
    """What an estimator predicts: how it is encoded, learnt, and read off a network's outputs."""

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """Number of outputs of the network."""

    @abstractmethod
    def encode(self, y: np.ndarray) -> np.ndarray:
        """Return a checked target as numbers, or say why it is another one than at first."""

    def strata(self, encoded: np.ndarray) -> np.ndarray | None:
        """Return what validation rows are stratified by, if by anything."""
        return None

    def fitted_to(self, rows: TrainingSet) -> Self:
        """Learn from the training rows what the network's targets are rescaled by."""
        return self

    def rescaled(self, rows: TrainingSet) -> TrainingSet:
        """Return the rows with the targets that the network learns."""
        return rows

    @abstractmethod
    def ending(self, outputs: Any) -> Any:
        """Turn the outputs of a Keras model into predictions, by Keras layers."""

    def can_be_scored(self, rows: TrainingSet) -> bool:
        """Say whether the objective's score means anything for these rows."""
        return True
