"""Compiled prediction and evaluation: one trace for any number of rows."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from skdropout.networks import Network
from skdropout.training._data import TrainingSet
from skdropout.training._objectives import Evaluation, Objective
from skdropout.training._program import tracing

_BLOCK_BYTES = 1 << 26


class Predictor:
    """The forward pass of one network structure, without XLA, so that no row count is special."""

    def __init__(self, structure: Network, dtype: str) -> None:
        self.model = structure.build(fused=False)
        specs = [tf.TensorSpec(v.shape, v.dtype) for v in self.model.weights]
        inputs = tf.TensorSpec((None, *structure.input_shape), tf.as_dtype(dtype))
        self._forward = tf.function(
            self._outputs, autograph=False, input_signature=(specs, inputs)
        ).get_concrete_function()
        widest = max(int(np.prod(layer.output.shape[1:])) for layer in self.model.layers)
        self._block = max(1, _BLOCK_BYTES // (4 * widest))

    def outputs(self, weights: list[Any], X: np.ndarray) -> np.ndarray:
        """Return the network's outputs for any number of rows, in bounded memory."""
        weights = [tf.convert_to_tensor(value) for value in weights]
        if len(X) <= self._block:
            return self._forward(weights, tf.convert_to_tensor(X)).numpy()
        return np.concatenate(
            [
                self._forward(weights, tf.convert_to_tensor(X[start : start + self._block])).numpy()
                for start in range(0, len(X), self._block)
            ]
        )

    def _outputs(self, weights: list[Any], X: Any) -> Any:
        known = {id(v): value for v, value in zip(self.model.weights, weights, strict=True)}
        trainable = [known[id(v)] for v in self.model.trainable_variables]
        frozen = [known.get(id(v), v.value) for v in self.model.non_trainable_variables]
        return self.model.stateless_call(trainable, frozen, X, training=False)[0]


@lru_cache(maxsize=64)
def _trace(structure: Network, dtype: str) -> Predictor:
    return Predictor(structure, dtype)


def predictor_for(network: Network, dtype: np.dtype) -> Predictor:
    """Return the traced forward pass of a network, made at the first call for its structure."""
    with tracing():
        return _trace(network.structure, str(dtype))


class Validation:
    """Rows set aside, evaluated with any weights."""

    def __init__(self, network: Network, objective: Objective, rows: TrainingSet) -> None:
        self._predictor = predictor_for(network, rows.X.dtype)
        self._objective = objective
        self._rows = rows

    def evaluate(self, weights: list[Any]) -> Evaluation:
        """Return the mean loss and accuracy; copies count, real weights scale the loss."""
        loss = hits = total = 0.0
        for X, y, counts, scale in self._blocks():
            outputs = self._predictor.outputs(weights, X)
            losses = np.asarray(self._objective.losses(y, outputs), dtype=np.float64)
            loss += losses @ (counts * scale)
            hits += np.asarray(self._objective.hits(y, outputs), dtype=np.float64) @ counts
            total += counts.sum()
        return Evaluation(loss / total, hits / total)

    def _blocks(self) -> Iterator[tuple[np.ndarray, ...]]:
        rows = self._rows
        for start in range(0, len(rows.rows), 8192):
            which = rows.rows[start : start + 8192]
            counts = np.ones(len(which)) if rows.counts is None else rows.counts[start : start + 8192]
            scale = np.ones(len(which)) if rows.weights is None else rows.weights[which]
            yield rows.X[which], rows.y[which], counts, scale
