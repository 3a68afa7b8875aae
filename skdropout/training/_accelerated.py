"""Layers that do what Keras's own do, with kernels better suited to a whole loop on a CPU.

Dense layers: all sums have the same bits on any number of threads.

Batch normalisation and dropout, where TensorFlow runs op by op: its own convolutions are the
fastest on a CPU, so XLA must not compile a whole step of a convolutional network. What stands
between the convolutions is bound by memory, though, and op by op it reads and writes its inputs a
dozen times. XLA compiles just that: batch normalisation with the activation behind it, and their
gradient.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from skdropout.networks._layers import Dropout
from skdropout.training._sums import affine, channel_sums

_WORTH_COMPILING = 8192  # numbers of one row, for half a second of compiling


def accelerated(model: keras.Model, *, fused: bool) -> keras.Model:
    """Build a chain of layers once more, with other ones; its variables keep their order.

    ``fused`` says that XLA will compile all of it, which leaves nothing to gain but the same bits.
    """
    if fused:
        return keras.models.clone_model(model, clone_function=_with_steady_sums)
    absorbed: dict[str, str] = {}
    for layer, following in zip(model.layers, model.layers[1:], strict=False):
        if _is_large_norm(layer) and type(following) is keras.layers.Activation:
            absorbed[layer.name] = following.name

    def rebuilt(layer: Any) -> Any:
        config = layer.get_config()
        if layer.name in absorbed.values():
            return keras.layers.Activation("linear", name=layer.name, dtype=config["dtype"])
        if _is_large_norm(layer):
            activation = "linear"
            if layer.name in absorbed:
                activation = model.get_layer(absorbed[layer.name]).get_config()["activation"]
            return _BatchNormalization(activation, **config)
        return _Dropout(**config) if type(layer) is Dropout else _with_steady_sums(layer)

    return keras.models.clone_model(model, clone_function=rebuilt)


def _with_steady_sums(layer: Any) -> Any:
    kind = _Dense if type(layer) is keras.layers.Dense else type(layer)
    return kind.from_config(layer.get_config())


def _is_large_norm(layer: Any) -> bool:
    if type(layer) is not keras.layers.BatchNormalization:
        return False
    return math.prod(layer.output.shape[1:]) >= _WORTH_COMPILING


class _Dense(keras.layers.Dense):
    """A dense layer whose gradients have the same bits on any number of threads."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        kernel, bias = (keras.ops.convert_to_tensor(v) for v in (self.kernel, self.bias))
        return self.activation(affine(inputs, kernel, bias))


class _Dropout(Dropout):
    """Dropout with two units' chances in each of TensorFlow's random words."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        shape = tf.shape(inputs)
        shape = tf.stack([1 if n in self.shared_axes else shape[n] for n in range(inputs.ndim)])
        seed = tf.cast(tf.convert_to_tensor(self.seed_generator.next()), tf.int32)
        size = tf.reduce_prod(shape)
        words = tf.random.stateless_uniform(
            [(size + 1) // 2], seed, minval=None, maxval=None, dtype=tf.uint32
        )
        chances = tf.reshape(tf.reshape(tf.bitcast(words, tf.uint16), [-1])[:size], shape)
        rate = tf.convert_to_tensor(self.rate)
        kept = chances >= tf.cast(tf.minimum(tf.round(rate * 65536), 65535), tf.uint16)
        return inputs * (tf.cast(kept, inputs.dtype) * tf.cast(1 / (1 - rate), inputs.dtype))


class _BatchNormalization(keras.layers.BatchNormalization):
    """Batch normalisation and an activation in one compiled kernel."""

    def __init__(self, activation: str, **config: Any) -> None:
        super().__init__(**config)
        self.activation = keras.activations.get(activation)
        self.kernels = _kernels(activation)

    def call(self, inputs: Any, training: bool = False, mask: Any = None) -> Any:
        if not training:
            return self.activation(super().call(inputs, training=False))
        channels = inputs.shape[-1:]
        gamma = tf.convert_to_tensor(self.gamma) if self.scale else tf.ones(channels)
        beta = tf.convert_to_tensor(self.beta) if self.center else tf.zeros(channels)
        outputs, mean, variance = _normalised(self.kernels, self.epsilon, inputs, gamma, beta)
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + now * (1 - self.momentum))
        return outputs


class _Kernels(NamedTuple):
    forward: Callable[..., Any]
    backward: Callable[..., Any]


def _normalised(kernels: _Kernels, epsilon: float, inputs: Any, gamma: Any, beta: Any) -> Any:
    @tf.custom_gradient
    def normalise(inputs: Any, gamma: Any, beta: Any) -> Any:
        outputs, mean, variance = kernels.forward(inputs, gamma, beta, tf.constant(epsilon))

        def gradient(upstream: Any, *_: Any) -> Any:
            known = inputs, gamma, beta, mean, variance, tf.constant(epsilon)
            return kernels.backward(upstream, *known)

        return (outputs, mean, variance), gradient

    return normalise(inputs, gamma, beta)


@lru_cache
def _kernels(name: str) -> _Kernels:
    """Return the compiled kernels of one activation, for inputs of any shape and float type."""
    activation = keras.activations.get(name)

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        return tf.function(function, jit_compile=True, autograph=False)

    def forward(inputs: Any, gamma: Any, beta: Any, epsilon: Any) -> Any:
        values, count = tf.cast(inputs, tf.float32), _places(inputs)
        mean = channel_sums(values) / count
        variance = channel_sums(tf.square(values - mean)) / count
        outputs = (values - mean) * (gamma * tf.math.rsqrt(variance + epsilon)) + beta
        return tf.cast(activation(outputs), inputs.dtype), mean, variance

    def backward(
        upstream: Any, inputs: Any, gamma: Any, beta: Any, mean: Any, variance: Any, epsilon: Any
    ) -> Any:
        inverse = tf.math.rsqrt(variance + epsilon)
        standard = (tf.cast(inputs, tf.float32) - mean) * inverse
        with tf.GradientTape() as tape:
            outputs = standard * gamma + beta
            tape.watch(outputs)
            active = activation(outputs)
        slope = tape.gradient(active, outputs, tf.cast(upstream, tf.float32))
        to_beta, to_gamma = channel_sums(slope), channel_sums(slope * standard)
        to_inputs = gamma * inverse * (slope - (to_beta + standard * to_gamma) / _places(inputs))
        return tf.cast(to_inputs, inputs.dtype), to_gamma, to_beta

    return _Kernels(compiled(forward), compiled(backward))


def _places(values: Any) -> Any:
    """Count the numbers of each channel."""
    return tf.cast(tf.size(values) // values.shape[-1], tf.float32)
