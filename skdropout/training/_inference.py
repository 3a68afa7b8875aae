"""Compiled prediction: one trace for any number of rows, and of samples."""

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skdropout.networks import Network, thinned_layers
from skdropout.training._cost import blocks_of, rows_of_samples, rows_per_call
from skdropout.training._program import tracing


class Predictor:
    """The forward pass of one network structure, without XLA, so that no row count is special."""

    def __init__(self, structure: Network, dtype: str) -> None:
        self.model = structure.build(fused=False)
        signature = (
            _packed_spec(self.model),
            tf.TensorSpec((None, *structure.input_shape), tf.as_dtype(dtype)),
        )
        self._forward = tf.function(
            self._outputs, autograph=False, input_signature=signature
        ).get_concrete_function()
        self._rows_per_call = rows_per_call(self.model)

    def outputs(self, weights: list[np.ndarray], X: np.ndarray) -> np.ndarray:
        """Return the network's outputs for any number of rows, in bounded memory."""
        packed = _packed(weights)
        blocks = [
            self._forward(packed, tf.convert_to_tensor(block)).numpy()
            for block in blocks_of(X, self._rows_per_call)
        ]
        return (blocks[0] if len(blocks) == 1 else np.concatenate(blocks))[: X.shape[0]]

    def _outputs(self, packed: Any, X: Any) -> Any:
        return _call(self.model, _values_of(self.model, packed), X)


class Sampler:
    """Forward passes through thinned networks: Monte-Carlo dropout.

    A sample is one thinned network, which all rows go through, so a row's samples do not depend on
    the rows beside it. Everything but dropout is as in prediction. What comes before the first
    dropout layer is computed once for all samples.

    References
    ----------
    Gal and Ghahramani (2016), "Dropout as a Bayesian approximation: representing model uncertainty
    in deep learning", ICML, section 4.
    """

    def __init__(self, structure: Network, dtype: str) -> None:
        self.model = structure.build(fused=False)
        self._layers = thinned_layers(self.model)
        first = self._layers[0].input
        self._before = keras.Model(self.model.input, first)
        self._after = keras.Model(first, self.model.output)
        signature = (
            _packed_spec(self.model),
            tf.TensorSpec((None, *structure.input_shape), tf.as_dtype(dtype)),
            tf.TensorSpec((None, len(self._layers)), tf.int64),
        )
        self._forward = tf.function(
            self._outputs, autograph=False, input_signature=signature
        ).get_concrete_function()
        self._rows_per_call = rows_per_call(self.model)
        self._n_outputs = structure.n_outputs

    def samples(
        self, weights: list[np.ndarray], X: np.ndarray, seeds: np.ndarray
    ) -> Iterator[np.ndarray]:
        """Yield the outputs of one block of rows after another, all samples of each."""
        packed, seeds = _packed(weights), tf.convert_to_tensor(seeds.astype(np.int64))
        n_rows = min(self._rows_per_call, rows_of_samples(len(seeds), self._n_outputs))
        for start, block in zip(range(0, X.shape[0], n_rows), blocks_of(X, n_rows), strict=True):
            outputs = self._forward(packed, tf.convert_to_tensor(block), seeds)
            yield outputs.numpy()[:, : X.shape[0] - start]

    def _outputs(self, packed: Any, X: Any, seeds: Any) -> Any:
        values = _values_of(self.model, packed)
        prepared = _call(self._before, values, X)
        states = [layer.seed_generator.state for layer in self._layers]

        def sample(own: Any) -> Any:
            seeded = {
                id(state): tf.cast(tf.stack([own[number], 0]), state.dtype)
                for number, state in enumerate(states)
            }
            return _call(self._after, {**values, **seeded}, prepared)

        return tf.map_fn(sample, seeds, fn_output_signature=tf.float32, parallel_iterations=1)


def _packed(weights: list[np.ndarray]) -> Any:
    """Lay the weights end to end.

    The hand-over of one vector costs less than that of a dozen arrays, which would cost more than
    a small network.
    """
    return tf.convert_to_tensor(np.concatenate([value.ravel() for value in weights]))


def _packed_spec(model: keras.Model) -> tf.TensorSpec:
    return tf.TensorSpec((sum(math.prod(v.shape) for v in model.weights),), tf.float32)


def _values_of(model: keras.Model, packed: Any) -> dict[int, Any]:
    """Take the packed weights apart again, by the variables that they are values of."""
    variables = model.weights
    parts = tf.split(packed, [math.prod(v.shape) for v in variables])
    pairs = zip(variables, parts, strict=True)
    return {id(v): tf.reshape(part, v.shape) for v, part in pairs}


def _call(model: keras.Model, values: dict[int, Any], X: Any) -> Any:
    """Run a model, or a part of one, with other values in the place of its variables'."""
    trainable = [values[id(v)] for v in model.trainable_variables]
    frozen = [values.get(id(v), v.value) for v in model.non_trainable_variables]
    return model.stateless_call(trainable, frozen, X, training=False)[0]


@lru_cache(maxsize=64)
def _predictor(structure: Network, dtype: str) -> Predictor:
    return Predictor(structure, dtype)


def predictor_for(network: Network, dtype: np.dtype) -> Predictor:
    """Return the traced forward pass of a network, made at the first call for its structure."""
    with tracing():
        return _predictor(network.structure, str(dtype))


@lru_cache(maxsize=64)
def _sampler(structure: Network, dtype: str) -> Sampler:
    return Sampler(structure, dtype)


def sampler_for(network: Network, dtype: np.dtype) -> Sampler:
    """Return the traced thinned networks of a network, made at the first call for its structure."""
    with tracing():
        return _sampler(network.structure, str(dtype))
