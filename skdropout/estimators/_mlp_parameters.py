"""What the multilayer perceptrons have in common."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from skdropout.estimators._parameters import (
    ACTIVATIONS,
    POSITIVE_INTEGER,
    POSITIVE_OR_INFINITE,
    RATE,
    finite,
    keras_names,
)
from skdropout.estimators._sequences import activations_from, rates_from, sizes_from
from skdropout.estimators._sparse_tables import as_inputs
from skdropout.networks import MLPNetwork


@dataclass(kw_only=True, eq=False, repr=False)
class MLPParameters:
    """The parameters of a multilayer perceptron, and the network that they describe."""

    hidden_layer_sizes: int | Sequence[int] = field(default=(100,), kw_only=False)
    activation: str | Sequence[str] = "relu"
    input_dropout: float = 0.0
    dropout: float | Sequence[float] = 0.0
    max_norm: float | None = None
    batch_norm: bool = False

    _architecture_constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden_layer_sizes": [POSITIVE_INTEGER, "array-like"],
        "activation": [keras_names(ACTIVATIONS), "array-like"],
        "input_dropout": [RATE],
        "dropout": [RATE, "array-like"],
        "max_norm": [POSITIVE_OR_INFINITE, None],
        "batch_norm": ["boolean"],
    }

    _row_types: ClassVar[type[np.generic]] = np.float32

    def _as_table(self, X: Any, *, reset: bool) -> tuple[Any, None]:
        return X, None

    def _as_inputs(
        self, rows: np.ndarray, shape: tuple[int, ...] | None, *, reset: bool
    ) -> np.ndarray:
        return as_inputs(rows, self._input_shape)

    @property
    def _input_shape(self) -> tuple[int, ...]:
        return (self.n_features_in_,)  # type: ignore[attr-defined]  # of the estimator beside it

    @property
    def coefs_(self) -> list[np.ndarray]:
        """The kernels of the layers, from the inputs to the outputs."""
        return [value for value in self._weights if value.ndim == 2]

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """The biases of the layers, from the inputs to the outputs."""
        pairs = itertools.pairwise(self._weights)
        return [following for value, following in pairs if value.ndim == 2]

    @property
    def _weights(self) -> tuple[np.ndarray, ...]:
        return self.weights_  # type: ignore[attr-defined]  # of the estimator beside it

    def _describe_network(self, **common: Any) -> MLPNetwork:
        sizes = sizes_from("hidden_layer_sizes", self.hidden_layer_sizes, "hidden layer")
        return MLPNetwork(
            **common,
            max_norm=finite(self.max_norm),
            hidden_layer_sizes=sizes,
            activation=activations_from(self.activation, len(sizes), "hidden_layer_sizes has"),
            input_dropout=float(self.input_dropout),
            dropout=rates_from(
                "dropout", self.dropout, "hidden layer", len(sizes), "hidden_layer_sizes"
            ),
            batch_norm=bool(self.batch_norm),
        )
