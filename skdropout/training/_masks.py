"""Dropout masks that a training step draws for all layers of a network, and hands to them.

A mask is a pure function of the fit's key, the step's number and the unit, so nothing is carried
from step to step.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

import keras
import numpy as np
import tensorflow as tf

from skdropout.networks.layers import Rated
from skdropout.training._barrier import each_by_one_thread
from skdropout.training._threefry import halfwords, threefry_2x32

_LEVELS = 1 << 16  # sixteen bits place a rate to within 1/65536, at half the cost of a word each
_FOR_ONE_THREAD = range(3_300, 1 << 16)  # numbers that XLA shares out, though it takes longer


class MaskSettings(NamedTuple):
    """What the masks of a fit depend on, but the step.

    For each run of the generator there is a key, and whether it is needed; for each layer the
    number that a unit's must reach if it is to be kept, and what multiplies it then. They come as
    data, since each of them that a program works out is another kernel to compile.
    """

    keys: list[tuple[Any, Any]]
    needed: list[Any]
    thresholds: Any
    scales: Any

    @classmethod
    def of(
        cls, rates: Sequence[float], runs: list[slice], keys: Iterable[tuple[Any, Any]]
    ) -> "MaskSettings":
        """Return those of layers with some rates, of which each run serves some."""
        given = np.asarray(rates, np.float32)
        thresholds = np.minimum(np.round(given * _LEVELS), _LEVELS - 1)
        return cls(
            [(tf.constant(first), tf.constant(second)) for first, second in keys],
            [tf.constant(bool(given[run].any())) for run in runs],
            tf.constant(thresholds.astype(np.uint32)),
            tf.constant(1 / (1 - given)),
        )


class Masks(Protocol):
    """What draws the masks of a network's dropout layers."""

    def layer(self, **options: Any) -> "Masked":
        """Make a dropout layer whose masks these are."""

    def settings(self, rates: Sequence[float], key: np.ndarray) -> MaskSettings:
        """Return what `drawn` takes, for the layers' rates and the key of a fit."""

    def drawn(self, settings: MaskSettings, first_step: Any, number: Any) -> Any:
        """Have the masks of a step at hand, so many after the first one of a call."""

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

    def settings(self, rates: Sequence[float], key: np.ndarray) -> MaskSettings:
        runs = self._runs()
        return MaskSettings.of(rates, runs, ((key[0], key[1] ^ np.uint32(r.start)) for r in runs))

    @contextmanager
    def drawn(self, settings: MaskSettings, first_step: Any, number: Any) -> Iterator[None]:
        for run, key, needed in zip(self._runs(), settings.keys, settings.needed, strict=True):
            layers = self._layers[run]
            sizes = [self._size(layer) for layer in layers]
            numbers = self._numbers(sum(sizes), key, needed, first_step, number)
            for layer, own, threshold, scale in zip(
                layers,
                tf.split(numbers, sizes),
                tf.unstack(settings.thresholds)[run],
                tf.unstack(settings.scales)[run],
                strict=True,
            ):
                # TensorFlow takes five milliseconds to hand a >= to XLA.
                self._factors[id(layer)] = tf.where(own < threshold, 0.0, scale)
        yield
        self._factors = {}

    def _runs(self) -> list[slice]:
        """Say which layers each run of the generator serves."""
        if not self._layers:
            return []
        inputs, *hidden = self._layers
        if hidden and self._size(inputs) > sum(map(self._size, hidden)):
            return [slice(0, 1), slice(1, None)]
        return [slice(0, None)]

    def _size(self, layer: Masked) -> int:
        if self._n_numbers is not None and layer is self._layers[0]:
            return self._n_numbers
        return self._batch_size * layer.units

    @staticmethod
    def _numbers(size: int, key: tuple[Any, Any], needed: Any, first_step: Any, number: Any) -> Any:
        n_words = -(-size // 2)

        def draw() -> Any:
            step = tf.cast(first_step + number, tf.uint32)  # outside, a kernel of its own
            counters = tf.cast(tf.range(-(-n_words // 2)), tf.uint32)
            words = threefry_2x32(key, (counters, tf.zeros_like(counters) + step))
            if size in _FOR_ONE_THREAD:
                all_words = tf.reshape(each_by_one_thread(words, needed), [-1])
            else:
                all_words = tf.concat(words, 0)
            return tf.concat(halfwords(all_words[:n_words]), 0)

        return tf.cond(needed, draw, lambda: tf.zeros([2 * n_words], tf.uint32))[:size]

    def factors(self, layer: Masked, shape: Any) -> Any:
        return tf.reshape(self._factors[id(layer)], shape)


class UnfusedMasks:
    """Masks from TensorFlow's own generator, with two units' chances in each random word."""

    def __init__(self) -> None:
        self._layers: list[Masked] = []

    def layer(self, **options: Any) -> Masked:
        self._layers.append(Masked(self, **options))
        return self._layers[-1]

    def settings(self, rates: Sequence[float], key: np.ndarray) -> MaskSettings:
        runs = [slice(place, place + 1) for place in range(len(self._layers))]
        return MaskSettings.of(rates, runs, ((key[0] ^ np.uint32(r.start), key[1]) for r in runs))

    @contextmanager
    def drawn(self, settings: MaskSettings, first_step: Any, number: Any) -> Iterator[None]:
        self._settings, self._step = settings, tf.cast(first_step + number, tf.uint32)
        yield

    def factors(self, layer: Masked, shape: Any) -> Any:
        place = self._layers.index(layer)
        key = self._settings.keys[place]
        seed = tf.bitcast(tf.stack([key[0], key[1] + self._step]), tf.int32)
        size = tf.reduce_prod(tf.stack(shape))

        def draw() -> Any:
            words = tf.random.stateless_uniform(
                [(size + 1) // 2], seed, minval=None, maxval=None, dtype=tf.uint32
            )
            chances = tf.reshape(tf.reshape(tf.bitcast(words, tf.uint16), [-1])[:size], shape)
            kept = chances >= tf.cast(self._settings.thresholds[place], tf.uint16)
            return tf.where(kept, self._settings.scales[place], 0.0)

        return tf.cond(self._settings.needed[place], draw, lambda: tf.ones(shape))
