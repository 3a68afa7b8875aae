"""The fitted weights: one copy, from which everything else is made."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from skdropout.training import TrainingResult


class FittedWeights:
    """Holds the weights where training left them, and takes others in their place.

    Their arrays are read-only: what has been made of them would not hear of a change.
    """

    _result: TrainingResult

    @property
    def weights_(self) -> tuple[np.ndarray, ...]:
        """The fitted values of all the network's weights, in Keras's order."""
        if "_result" not in vars(self):
            raise AttributeError(f"this {type(self).__name__} has no weights: it is not fitted.")
        for value in self._result.weights:
            value.setflags(write=False)
        return tuple(self._result.weights)

    @weights_.setter
    def weights_(self, values: Iterable[np.ndarray]) -> None:
        own = [np.array(value, dtype=np.float32) for value in values]
        shapes, expected = ([value.shape for value in part] for part in (own, self.weights_))
        if shapes != expected:
            raise ValueError(
                f"weights_ expects arrays of the shapes that it has now, {expected}, got {shapes}."
            )
        self._result = replace(self._result, weights=own)
        vars(self).pop("model_", None)  # it is built again on use
