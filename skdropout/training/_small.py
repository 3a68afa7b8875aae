"""Prediction by small dense networks, in NumPy.

Of a network with some thousand weights TensorFlow works out a row in less time than it takes to
call TensorFlow, to say nothing of importing it in a process that only predicts. The arithmetic is
in double precision: there a sum depends on how many rows come along by so little that nothing is
left of it in the single precision of the outputs.
"""

import itertools
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.special import erf, expit

from skdropout.networks import Layer, Network
from skdropout.training._cost import written_out

_MOST_WEIGHTS = 1 << 15  # from here on TensorFlow's single precision is faster for many rows
_ROWS_AT_ONCE = 1024

Values = list[np.ndarray]
Step = Callable[[np.ndarray, Values], np.ndarray]


class SmallNetwork:
    """The forward pass of one network, for any number of rows, in bounded memory."""

    def __init__(self, network: Network) -> None:
        self._steps = [_MAKERS[layer.kind](layer) for layer in network.layers()]
        self._input_shape, self._n_outputs = network.input_shape, network.n_outputs

    def outputs(self, weights: Values, X: Any) -> np.ndarray:
        """Return the network's outputs, of shape (n_rows, n_outputs)."""
        own = [value.astype(np.float64) for value in weights]
        outputs = np.empty((X.shape[0], self._n_outputs), np.float32)
        with np.errstate(over="ignore"):
            for start in range(0, X.shape[0], _ROWS_AT_ONCE):
                rows = slice(start, start + _ROWS_AT_ONCE)
                values, given = written_out(X[rows], self._input_shape), iter(own)
                for step, n_weights in self._steps:
                    values = step(values, [next(given) for _ in range(n_weights)])
                outputs[rows] = values
        return outputs


@lru_cache(maxsize=1024)
def small_network(network: Network) -> SmallNetwork | None:
    """Return a network's forward pass, if it is small and all that it does is known here."""
    layers = [*network.layers()]
    units = [layer.options["units"] for layer in layers if layer.kind == "Dense"]
    sizes = itertools.pairwise([math.prod(network.input_shape), *units])
    if sum(before * after for before, after in sizes) > _MOST_WEIGHTS:
        return None
    return SmallNetwork(network) if all(layer.kind in _MAKERS for layer in layers) else None


def _rescale(layer: Layer) -> tuple[Step, int]:
    return lambda values, own: (values - own[0]) * own[1], 2


def _dropout(layer: Layer) -> tuple[Step, int]:
    return lambda values, own: values, 1  # the rate, which is for training


def _dense(layer: Layer) -> tuple[Step, int]:
    return lambda values, own: values @ own[0] + own[1], 2


def _normalization(layer: Layer) -> tuple[Step, int]:
    epsilon = layer.options.get("epsilon", 1e-3)  # of Keras

    def step(values: np.ndarray, own: Values) -> np.ndarray:
        gamma, beta, mean, variance = own
        return (values - mean) * (gamma / np.sqrt(variance + epsilon)) + beta

    return step, 4


def _activation(layer: Layer) -> tuple[Step, int]:
    function = ACTIVATIONS[layer.options["activation"]]
    return lambda values, _: function(values), 0


_MAKERS: dict[str, Callable[[Layer], tuple[Step, int]]] = {
    "Activation": _activation,
    "BatchNormalization": _normalization,
    "Dense": _dense,
    "Dropout": _dropout,
    "Rescale": _rescale,
}


def _elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _hard_sigmoid(x: np.ndarray) -> np.ndarray:
    return np.clip(x / 6 + 0.5, 0, 1)


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(x, 0)


def _silu(x: np.ndarray) -> np.ndarray:
    return x * expit(x)


#: Keras's activations, with its defaults for what they take besides.
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "celu": _elu,
    "elu": _elu,
    "exponential": np.exp,
    "gelu": lambda x: x * (1 + erf(x / np.sqrt(2))) / 2,
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": lambda x: x * _hard_sigmoid(x),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "linear": lambda x: x,
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * _elu(x)),
    "sigmoid": expit,
    "silu": _silu,
    "softplus": _softplus,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "swish": _silu,
    "tanh": np.tanh,
}
