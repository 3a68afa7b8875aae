"""The compiled engine's own layers, which do what Keras's own do.

Dense layers: all sums have the same bits on any number of threads.

Batch normalisation where TensorFlow runs op by op: its own convolutions are the fastest on a CPU,
so XLA must not compile a whole step of a convolutional network. What stands between the
convolutions is bound by memory, though, and op by op it reads and writes its inputs a dozen times.
XLA compiles just that: batch normalisation with the activation behind it, and their gradient.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from skdropout.networks import Layer, Network
from skdropout.networks.layers import Rescale
from skdropout.training._barrier import Barrier
from skdropout.training._layout import Layout
from skdropout.training._masks import FusedMasks, Masks, UnfusedMasks
from skdropout.training._sparse_rows import Room, fused_product, product
from skdropout.training._sums import affine, channel_sums

_WORTH_COMPILING = 8192  # numbers of one row, for half a second of compiling
_WEIGHTS_PER_ROW = 4000
_FEW_ROWS = 16


def fuses(network: Network, batch_size: int, *, sparse: bool = False) -> bool:
    """Say whether XLA trains it faster than TensorFlow's own kernels, called one by one.

    Measured from 32 to 3,000 units and 16 to 1,024 rows a step, it does throughout for dense
    layers. But XLA's products of a few rows with a wide kernel have other bits on one core than on
    many, those with sparse rows apart, and its convolutions on a CPU are several times slower than
    TensorFlow's.
    """
    if any(layer.kind == "Conv2D" for layer in network.layers()):
        return False
    units = [layer.options["units"] for layer in network.layers() if layer.kind == "Dense"]
    sizes = units if sparse else [math.prod(network.input_shape), *units]
    largest = max((before * after for before, after in pairwise(sizes)), default=0)
    return batch_size >= _FEW_ROWS or largest <= _WEIGHTS_PER_ROW * batch_size


class Built(NamedTuple):
    """A network built of the engine's layers, and what these have in common."""

    model: keras.Model
    layout: Layout
    masks: Masks
    barrier: Barrier


def fused_model(network: Network, batch_size: int, room: Room | None = None) -> Built:
    """Build a network for a program that XLA compiles, with room for so many sparse inputs."""
    masks, barrier = FusedMasks(batch_size, room and room.block), Barrier()
    dense = partial(_FusedDense, barrier)
    makers = _makers(dense, _MaskedNormalization, masks, sparse=room is not None)
    model = network.build(makers=makers, sparse=room is not None)
    return Built(model, Layout(model), masks, barrier)


def unfused_model(network: Network, *, sparse: bool = False) -> Built:
    """Build a network for a program of TensorFlow's own kernels, which take sparse inputs, too."""
    masks, barrier = UnfusedMasks(), Barrier()
    makers = _makers(partial(_Dense, barrier), _CompiledNormalization, masks, sparse=sparse)
    model = network.build(_joined(network.layers()), makers, sparse=sparse)
    return Built(model, Layout(model), masks, barrier)


def _makers(
    dense: Callable[..., Any], normalization: Callable[..., Any], masks: Masks, *, sparse: bool
) -> dict[str, Callable[..., Any]]:
    makers = {"BatchNormalization": normalization, "Dense": dense, "Dropout": masks.layer}
    return {**makers, "Rescale": _SparseRescale} if sparse else makers


def _joined(layers: Iterable[Layer]) -> Iterator[Layer]:
    """Leave each activation that follows a batch normalisation to that."""
    waiting = [*layers]
    while waiting:
        layer = waiting.pop(0)
        if layer.kind == "BatchNormalization":
            joins = bool(waiting) and waiting[0].kind == "Activation"
            activation = waiting.pop(0).options["activation"] if joins else "linear"
            layer = Layer(layer.kind, layer.name, activation=activation, **layer.options)
        yield layer


class _SparseRescale(Rescale):
    """Multiplies sparse inputs, which are never shifted."""

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        return keras.KerasTensor(inputs.shape, inputs.dtype, sparse=True)

    def call(self, inputs: Any) -> Any:
        factor = tf.gather(tf.convert_to_tensor(self.factor), inputs.indices[:, 1])
        return inputs.with_values(inputs.values * factor)


class _Dense(keras.layers.Dense):
    """A dense layer whose gradients have the same bits on any number of threads."""

    product = staticmethod(product)

    def __init__(self, barrier: Barrier, **options: Any) -> None:
        super().__init__(**options)
        self.barrier = barrier

    def call(self, inputs: Any, training: bool = False) -> Any:
        kernel, bias = map(keras.ops.convert_to_tensor, (self.kernel, self.bias))
        if isinstance(inputs, tf.SparseTensor):
            return self.activation(self.product(inputs, kernel) + bias)
        return self.activation(affine(inputs, kernel, bias, self.barrier))


class _FusedDense(_Dense):
    """A dense layer for XLA."""

    product = staticmethod(fused_product)


class _MaskedNormalization(keras.layers.BatchNormalization):
    """Batch normalisation that is told which rows of a batch count.

    The mask has their number in each of them, the first one among them, so that nobody counts.
    """

    def call(self, inputs: Any, training: bool = False, mask: Any = None) -> Any:
        if not training:
            return super().call(inputs, training=False)
        present, count = tf.cast(mask > 0, tf.float32)[:, tf.newaxis], mask[0]

        @tf.custom_gradient
        def normalise(inputs: Any, gamma: Any, beta: Any) -> Any:
            outputs, mean, variance = _normal(inputs, gamma, beta, self.epsilon, present, count)

            def gradient(upstream: Any, *_: Any) -> Any:
                inverse = tf.math.rsqrt(variance + self.epsilon)
                standard = (inputs - mean) * inverse
                return _slopes(upstream, standard, gamma * inverse, present, count)

            return (outputs, mean, variance), gradient

        outputs, mean, variance = normalise(inputs, *_scale_and_centre(self, inputs))
        _update(self, mean, variance)
        return outputs


class _CompiledNormalization(keras.layers.BatchNormalization):
    """Batch normalisation and an activation, in one compiled kernel where there is enough to do."""

    def __init__(self, activation: str, **options: Any) -> None:
        super().__init__(**options)
        self.activation = keras.activations.get(activation)
        self.kernels = _kernels(activation)

    def call(self, inputs: Any, training: bool = False, mask: Any = None) -> Any:
        if not training or math.prod(inputs.shape[1:]) < _WORTH_COMPILING:
            return self.activation(super().call(inputs, training=training))
        gamma, beta = _scale_and_centre(self, inputs)
        outputs, mean, variance = _normalised(self.kernels, self.epsilon, inputs, gamma, beta)
        _update(self, mean, variance)
        return outputs


def _scale_and_centre(layer: keras.layers.BatchNormalization, inputs: Any) -> tuple[Any, Any]:
    channels = inputs.shape[-1:]
    gamma = tf.convert_to_tensor(layer.gamma) if layer.scale else tf.ones(channels)
    beta = tf.convert_to_tensor(layer.beta) if layer.center else tf.zeros(channels)
    return gamma, beta


def _update(layer: keras.layers.BatchNormalization, mean: Any, variance: Any) -> None:
    """Have the moving statistics follow those of a batch."""
    for moving, now in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        moving.assign(moving * layer.momentum + now * (1 - layer.momentum))


def _normal(
    values: Any, gamma: Any, beta: Any, epsilon: Any, present: Any, count: Any
) -> tuple[Any, Any, Any]:
    """Return normalised values, and the mean and variance of those that are present."""
    mean = channel_sums(values * present) / count
    variance = channel_sums(tf.square(values - mean) * present) / count
    outputs = (values - mean) * (gamma * tf.math.rsqrt(variance + epsilon)) + beta
    return outputs, mean, variance


def _slopes(
    upstream: Any, standard: Any, scale: Any, present: Any, count: Any
) -> tuple[Any, Any, Any]:
    """Return the gradients with respect to values, gamma and beta, given standardised values.

    XLA writes quotients down, where it would work the sums themselves out again at each use.
    """
    to_beta, to_gamma = channel_sums(upstream) / count, channel_sums(upstream * standard) / count
    to_values = scale * (upstream - present * (to_beta + standard * to_gamma))
    return to_values, to_gamma * count, to_beta * count


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
        outputs, mean, variance = _normal(values, gamma, beta, epsilon, 1.0, count)
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
        to_inputs, to_gamma, to_beta = _slopes(
            slope, standard, gamma * inverse, 1.0, _places(inputs)
        )
        return tf.cast(to_inputs, inputs.dtype), to_gamma, to_beta

    return _Kernels(compiled(forward), compiled(backward))


def _places(values: Any) -> Any:
    """Count the numbers of each channel."""
    return tf.cast(tf.size(values) // values.shape[-1], tf.float32)
