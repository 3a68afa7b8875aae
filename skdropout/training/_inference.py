"""Compiled prediction: one trace for any number of rows, and of samples."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from scipy import sparse

from skdropout.networks import Network
from skdropout.networks.layers import Thinning
from skdropout.training._cost import dozens_of, rows_of_samples, rows_per_call, written_out
from skdropout.training._engine_layers import unfused_model
from skdropout.training._layout import Layout, packed
from skdropout.training._program import tracing
from skdropout.training._sparse_rows import as_tensor, shifts


class Predictor:
    """The forward pass of one network structure, without XLA, so that no row count is special."""

    def __init__(self, structure: Network, dtype: str, takes_sparse: bool) -> None:
        self.model, self._takes_sparse = structure.build(), takes_sparse
        spec = tf.TensorSpec((None, *structure.input_shape), tf.as_dtype(dtype))
        if takes_sparse:
            self.model = unfused_model(structure, sparse=True).model
            spec = tf.SparseTensorSpec(spec.shape, spec.dtype)
        self._layout = Layout(self.model)
        signature = (
            [tf.TensorSpec(value.shape, value.dtype) for value in self._layout.weights],
            spec,
        )
        self._forward = tf.function(
            self._outputs, autograph=False, input_signature=signature
        ).get_concrete_function()
        self._rows_per_call = rows_per_call(self.model)

    def outputs(self, weights: list[np.ndarray], X: np.ndarray) -> np.ndarray:
        """Return the network's outputs for any number of rows, in bounded memory."""
        tensors = [tf.convert_to_tensor(value) for value in weights]
        blocks = [
            self._forward(tensors, self._as_tensor(block)).numpy()
            for _, block in dozens_of(X, self._rows_per_call)
        ]
        return (blocks[0] if len(blocks) == 1 else np.concatenate(blocks))[: X.shape[0]]

    def _as_tensor(self, X: Any) -> Any:
        if self._takes_sparse:
            return as_tensor(X)
        return tf.convert_to_tensor(written_out(X, self.model.input_shape[1:]))

    def _outputs(self, weights: list[Any], X: Any) -> Any:
        values = self._layout.split(weights)
        return self.model.stateless_call(*values, X, training=False)[0]


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
        self.model = structure.build(makers={"Dropout": Thinning})
        self._layout = Layout(self.model)
        layers = [layer for layer in self.model.layers if isinstance(layer, Thinning)]
        first = layers[0].input
        self._before = keras.Model(self.model.input, first)
        self._after = keras.Model(first, self.model.output)
        self._layout_before = Layout(self._before, self.model)
        self._layout_after = Layout(self._after, self.model)
        signature = (
            tf.TensorSpec((self._layout.size,), tf.float32),
            tf.TensorSpec((None, *structure.input_shape), tf.as_dtype(dtype)),
            tf.TensorSpec((None, len(layers)), tf.int64),
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
        vector = tf.convert_to_tensor(packed(weights))
        drops = tf.convert_to_tensor(seeds.astype(np.int64))
        n_rows = min(self._rows_per_call, rows_of_samples(len(seeds), self._n_outputs))
        for start, block in dozens_of(X, n_rows):
            inputs = tf.convert_to_tensor(written_out(block, self.model.input_shape[1:]))
            outputs = self._forward(vector, inputs, drops)
            yield outputs.numpy()[:, : X.shape[0] - start]

    def _outputs(self, vector: Any, X: Any, seeds: Any) -> Any:
        weights = self._layout.unpack(vector)
        values = self._layout_before.split(weights)
        prepared = self._before.stateless_call(*values, X, training=False)[0]

        def sample(own: Any) -> Any:
            pairs = tf.unstack(tf.stack([own, tf.zeros_like(own)], axis=1), own.shape[0])
            states = [tf.cast(pair, tf.uint32) for pair in pairs]
            values = self._layout_after.split(weights, states)
            return self._after.stateless_call(*values, prepared, training=False)[0]

        return tf.map_fn(sample, seeds, fn_output_signature=tf.float32, parallel_iterations=1)


@lru_cache(maxsize=64)
def _predictor(structure: Network, dtype: str, takes_sparse: bool) -> Predictor:
    return Predictor(structure, dtype, takes_sparse)


def predictor_for(network: Network, weights: list[np.ndarray], X: Any) -> Predictor:
    """Return the traced forward pass of a network, made at the first call for such rows."""
    with tracing():
        takes_sparse = sparse.issparse(X) and network.takes_sparse and not shifts(network, weights)
        return _predictor(network.structure, str(X.dtype), takes_sparse)


@lru_cache(maxsize=64)
def _sampler(structure: Network, dtype: str) -> Sampler:
    return Sampler(structure, dtype)


def sampler_for(network: Network, dtype: np.dtype) -> Sampler:
    """Return the traced thinned networks of a network, made at the first call for its structure."""
    with tracing():
        return _sampler(network.structure, str(dtype))
