"""The fitted network: one copy of its weights, from which everything else is made."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdropout.estimators._kind import NetworkKind, T
from skdropout.networks import Network
from skdropout.training import TrainingResult

if TYPE_CHECKING:
    import keras


@dataclass(kw_only=True, eq=False, repr=False)
class FittedNetwork(NetworkKind[T]):
    """Holds the weights where training left them, and takes others in their place.

    Their arrays are read-only: what has been made of them would not hear of a change.
    """

    _result: TrainingResult = field(init=False)
    network_: Network = field(init=False)
    _rescaled_by: str | None = field(init=False)

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
        self.__dict__.pop("model_", None)

    @cached_property
    def model_(self) -> "keras.Model":
        """A Keras model with the fitted weights that ends in predictions, or in probabilities."""
        check_is_fitted(self)
        import keras

        core = self.network_.build()
        core.set_weights(self.weights_)
        model = keras.Model(core.input, self._target.ending(core.output), name=core.name)
        model(core.input)  # it exports to ONNX only what has been called
        return model

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("model_", None)  # Keras objects do not travel; the model is built again on use
        return state
