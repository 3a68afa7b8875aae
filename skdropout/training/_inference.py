"""Compiled prediction and evaluation: one trace for any number of rows."""

from collections.abc import Callable
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
        self._signature = (
            [tf.TensorSpec(v.shape, v.dtype) for v in self.model.weights],
            tf.TensorSpec((None, *structure.input_shape), tf.as_dtype(dtype)),
        )
        self._forward = self._traced(self._outputs, *self._signature)
        widest = max(int(np.prod(layer.output.shape[1:])) for layer in self.model.layers)
        self.rows_per_call = max(1, _BLOCK_BYTES // (4 * widest))

    def outputs(self, weights: list[Any], X: np.ndarray) -> np.ndarray:
        """Return the network's outputs for any number of rows, in bounded memory."""
        weights = [tf.convert_to_tensor(value) for value in weights]
        blocks = [
            self._forward(weights, tf.convert_to_tensor(X[start : start + self.rows_per_call]))
            for start in range(0, len(X), self.rows_per_call)
        ]
        return blocks[0].numpy() if len(blocks) == 1 else np.concatenate(blocks)

    def scorer(self, objective: Objective) -> Callable[[list[Any], Any, Any], Any]:
        """Return a traced function of weights, X and y that gives each row's loss and hits."""
        multiclass = objective is Objective.MULTICLASS
        shape = (None,) if multiclass else (None, self.model.output.shape[-1])

        def score(weights: list[Any], X: Any, y: Any) -> Any:
            outputs = self._outputs(weights, X)
            return objective.losses(y, outputs), objective.hits(y, outputs)

        y = tf.TensorSpec(shape, tf.int32 if multiclass else tf.float32)
        return self._traced(score, *self._signature, y)

    @staticmethod
    def _traced(function: Callable[..., Any], *signature: Any) -> Callable[..., Any]:
        return tf.function(
            function, autograph=False, input_signature=signature
        ).get_concrete_function()

    def _outputs(self, weights: list[Any], X: Any) -> Any:
        known = {id(v): value for v, value in zip(self.model.weights, weights, strict=True)}
        trainable = [known[id(v)] for v in self.model.trainable_variables]
        frozen = [known.get(id(v), v.value) for v in self.model.non_trainable_variables]
        return self.model.stateless_call(trainable, frozen, X, training=False)[0]


@lru_cache(maxsize=64)
def _predictor(structure: Network, dtype: str) -> Predictor:
    return Predictor(structure, dtype)


@lru_cache(maxsize=64)
def _scorer(structure: Network, dtype: str, objective: Objective) -> Callable[..., Any]:
    return _predictor(structure, dtype).scorer(objective)


def predictor_for(network: Network, dtype: np.dtype) -> Predictor:
    """Return the traced forward pass of a network, made at the first call for its structure."""
    with tracing():
        return _predictor(network.structure, str(dtype))


class Validation:
    """Rows set aside, ready to be evaluated with any weights."""

    def __init__(self, network: Network, objective: Objective, rows: TrainingSet) -> None:
        with tracing():
            self._score = _scorer(network.structure, str(rows.X.dtype), objective)
        counts = np.ones(len(rows.rows)) if rows.counts is None else rows.counts.astype(float)
        step = predictor_for(network, rows.X.dtype).rows_per_call
        self._blocks = []
        for start in range(0, len(counts), step):
            block = slice(start, start + step)
            which = rows.rows[block]
            scale = counts[block] if rows.weights is None else counts[block] * rows.weights[which]
            tensors = tf.convert_to_tensor(rows.X[which]), tf.convert_to_tensor(rows.y[which])
            self._blocks.append((tensors, counts[block], scale))
        self._total = counts.sum()

    def evaluate(self, weights: list[Any]) -> Evaluation:
        """Return the mean loss and accuracy; copies count, real weights scale the loss."""
        loss = right = 0.0
        for tensors, counts, scale in self._blocks:
            losses, hits = self._score(weights, *tensors)
            loss += losses.numpy().astype(np.float64) @ scale
            right += hits.numpy().astype(np.float64) @ counts
        return Evaluation(float(loss / self._total), float(right / self._total))
