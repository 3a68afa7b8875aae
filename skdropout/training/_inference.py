"""Compiled prediction: one trace for any number of rows."""

import math
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from skdropout.networks import Network
from skdropout.training._cost import blocks_of, rows_per_call
from skdropout.training._program import tracing


class Predictor:
    """The forward pass of one network structure, without XLA, so that no row count is special."""

    def __init__(self, structure: Network, dtype: str) -> None:
        self.model = structure.build(fused=False)
        signature = (
            tf.TensorSpec((sum(math.prod(v.shape) for v in self.model.weights),), tf.float32),
            tf.TensorSpec((None, *structure.input_shape), tf.as_dtype(dtype)),
        )
        self._forward = tf.function(
            self._outputs, autograph=False, input_signature=signature
        ).get_concrete_function()
        self._rows_per_call = rows_per_call(self.model)

    def outputs(self, weights: list[np.ndarray], X: np.ndarray) -> np.ndarray:
        """Return the network's outputs for any number of rows, in bounded memory."""
        # One vector instead of a dozen arrays: their hand-over costs more than a small network.
        packed = tf.convert_to_tensor(np.concatenate([value.ravel() for value in weights]))
        blocks = [
            self._forward(packed, tf.convert_to_tensor(block)).numpy()
            for block in blocks_of(X, self._rows_per_call)
        ]
        return (blocks[0] if len(blocks) == 1 else np.concatenate(blocks))[: len(X)]

    def _outputs(self, packed: Any, X: Any) -> Any:
        variables = self.model.weights
        parts = tf.split(packed, [math.prod(v.shape) for v in variables])
        pairs = zip(variables, parts, strict=True)
        known = {id(v): tf.reshape(part, v.shape) for v, part in pairs}
        trainable = [known[id(v)] for v in self.model.trainable_variables]
        frozen = [known.get(id(v), v.value) for v in self.model.non_trainable_variables]
        return self.model.stateless_call(trainable, frozen, X, training=False)[0]


@lru_cache(maxsize=64)
def _predictor(structure: Network, dtype: str) -> Predictor:
    return Predictor(structure, dtype)


def predictor_for(network: Network, dtype: np.dtype) -> Predictor:
    """Return the traced forward pass of a network, made at the first call for its structure."""
    with tracing():
        return _predictor(network.structure, str(dtype))
