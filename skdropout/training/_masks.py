"""Dropout masks that a training step draws for all layers of a network, and hands to them.

A mask is a pure function of the fit's key, the step's number and the unit, so nothing is carried
from step to step.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import keras
import tensorflow as tf

from skdropout.networks.layers import Rated
from skdropout.training._threefry import halfwords, threefry_2x32

_LEVELS = 1 << 16  # sixteen bits place a rate to within 1/65536, at half the cost of a word each


class Masks(Protocol):
    """What draws the masks of a network's dropout layers."""

    def layer(self, **options: Any) -> "Masked":
        """Make a dropout layer whose masks these are."""

    def drawn(self, rates: list[Any], key: Any, step: Any) -> Any:
        """Have the masks of a step at hand, for the rates of the layers."""

    def factors(self, layer: "Masked", shape: Any) -> Any:
        """Return the mask of a layer, scaled so that the expected sum of the units stays."""


class Masked(Rated):
    """A dropout layer that is handed its masks."""

    def __init__(self, masks: Masks, **options: Any) -> None:
        super().__init__(**options)
        self.masks = masks

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        alone = (n for axis, n in enumerate(input_shape) if axis not in (0, *self.shared_axes))
        self.units = math.prod(n or 1 for n in alone)  # numbers of a mask for each row

    def compute_output_spec(self, inputs: Any, training: bool = False) -> keras.KerasTensor:
        return keras.KerasTensor(inputs.shape, inputs.dtype, sparse=inputs.sparse)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        if isinstance(inputs, tf.SparseTensor):
            factors = self.masks.factors(self, [tf.size(inputs.values)])  # zeros stay zeros
            return inputs.with_values(inputs.values * factors)
        shape = tf.shape(inputs)
        drawn = [
            1 if axis in self.shared_axes else length or shape[axis]
            for axis, length in enumerate(inputs.shape)
        ]
        return inputs * tf.cast(self.masks.factors(self, drawn), inputs.dtype)


class FusedMasks:
    """Masks from Threefry, for programs that XLA compiles.

    One run of the generator serves several layers, because compiling it takes longer than compiling
    the rest of a small network. Wide inputs have one of their own: where they are not dropped, they
    should cost nothing. Of sparse inputs only the numbers that are written down are dropped, and
    there is room for ``n_numbers`` of them in a batch.
    """

    def __init__(self, batch_size: int, n_numbers: int | None = None) -> None:
        self._batch_size, self._n_numbers = batch_size, n_numbers
        self._layers: list[Masked] = []
        self._factors: dict[int, Any] = {}

    def layer(self, **options: Any) -> Masked:
        self._layers.append(Masked(self, **options))
        return self._layers[-1]

    @contextmanager
    def drawn(self, rates: list[Any], key: Any, step: Any) -> Iterator[None]:
        first = 0
        for layers in self._groups():
            self._draw(
                layers,
                tf.stack(rates[first : first + len(layers)]),
                (key[0], tf.bitwise.bitwise_xor(key[1], tf.constant(first, tf.uint32))),
                step,
            )
            first += len(layers)
        yield
        self._factors = {}

    def _groups(self) -> list[list[Masked]]:
        if not self._layers:
            return []
        inputs, *hidden = self._layers
        if hidden and self._size(inputs) > sum(map(self._size, hidden)):
            return [[inputs], hidden]
        return [self._layers]

    def _size(self, layer: Masked) -> int:
        if self._n_numbers is not None and layer is self._layers[0]:
            return self._n_numbers
        return self._batch_size * layer.units

    def _draw(self, layers: list[Masked], rates: Any, key: Any, step: Any) -> None:
        sizes = [self._size(layer) for layer in layers]
        n_words = -(-sum(sizes) // 2)

        def draw() -> Any:
            counters = tf.cast(tf.range(-(-n_words // 2)), tf.uint32)
            words = tf.concat(threefry_2x32(key, (counters, tf.zeros_like(counters) + step)), 0)
            return tf.concat(halfwords(words[:n_words]), 0)

        def none() -> Any:
            return tf.zeros([2 * n_words], tf.uint32)

        numbers = tf.cond(tf.reduce_any(rates > 0), draw, none)
        # Of all layers at once, since each small vector is another kernel to compile.
        thresholds = tf.cast(tf.round(rates * _LEVELS), tf.uint32)
        scales = 1 / (1 - rates)
        for place, (layer, own) in enumerate(
            zip(layers, tf.split(numbers[: sum(sizes)], sizes), strict=True)
        ):
            kept = own >= thresholds[place]
            self._factors[id(layer)] = tf.where(kept, scales[place], 0.0)

    def factors(self, layer: Masked, shape: Any) -> Any:
        return tf.reshape(self._factors[id(layer)], shape)


class UnfusedMasks:
    """Masks from TensorFlow's own generator, with two units' chances in each random word."""

    def __init__(self) -> None:
        self._layers: list[Masked] = []

    def layer(self, **options: Any) -> Masked:
        self._layers.append(Masked(self, **options))
        return self._layers[-1]

    @contextmanager
    def drawn(self, rates: list[Any], key: Any, step: Any) -> Iterator[None]:
        self._key, self._step = key, step
        yield

    def factors(self, layer: Masked, shape: Any) -> Any:
        number = tf.constant(self._layers.index(layer), tf.uint32)
        key = tf.bitwise.bitwise_xor(self._key[0], number), self._key[1] + self._step
        size = tf.reduce_prod(tf.stack(shape))
        rate = tf.convert_to_tensor(layer.rate)

        def draw() -> Any:
            words = tf.random.stateless_uniform(
                [(size + 1) // 2],
                tf.bitcast(tf.stack(key), tf.int32),
                minval=None,
                maxval=None,
                dtype=tf.uint32,
            )
            chances = tf.reshape(tf.reshape(tf.bitcast(words, tf.uint16), [-1])[:size], shape)
            kept = chances >= tf.cast(tf.minimum(tf.round(rate * _LEVELS), _LEVELS - 1), tf.uint16)
            return tf.where(kept, 1 / (1 - rate), 0.0)

        return tf.cond(rate > 0, draw, lambda: tf.ones(shape))
