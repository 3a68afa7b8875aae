"""The Keras layers that the networks are made of, beyond Keras's own."""

import math
from typing import Any

import keras
from keras import ops

from skdropout.networks._augment import Augment
from skdropout.networks._network import Layer, initializer_from
from skdropout.networks._random import halfwords, random_words

_LEVELS = 1 << 16


@keras.saving.register_keras_serializable("skdropout")
class Rescale(keras.layers.Layer):
    """Subtract ``shift`` and multiply by ``factor``, both learnt from the training rows.

    The inputs may come in any number type: images stay bytes until they reach the network.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = (input_shape[-1],)
        self.shift = self.add_weight(
            shape=shape, initializer="zeros", trainable=False, name="shift"
        )
        self.factor = self.add_weight(
            shape=shape, initializer="ones", trainable=False, name="factor"
        )

    def call(self, inputs: Any) -> Any:
        scaled = (ops.cast(inputs, self.variable_dtype) - self.shift) * self.factor
        return ops.cast(scaled, self.compute_dtype)


@keras.saving.register_keras_serializable("skdropout")
class Dropout(keras.layers.Layer):
    """Dropout whose rate is a weight, so that one compiled program serves every rate.

    The masks are a function of the layer's seed state and nothing else.

    Parameters
    ----------
    fused : bool
        True draws the masks with Threefry in plain integer operations, which fuse into an XLA
        program, and skips them at rate zero. False draws them with the backend's own stateless
        generator, which is faster where nothing is fused.
    shared_axes : tuple of int, default=()
        Axes along which all positions share one mask, as the two spatial axes of a feature map do
        in spatial dropout.
    rate : float in [0, 1), default=0.0
        The rate that a newly built layer starts with.

    References
    ----------
    Srivastava et al. (2014), "Dropout: a simple way to prevent neural networks from overfitting",
    section 4.
    """

    def __init__(
        self,
        fused: bool,
        shared_axes: tuple[int, ...] = (),
        rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.fused = fused
        self.shared_axes = tuple(shared_axes)
        self.initial_rate = rate
        self.thinned = False
        self.seed_generator = keras.random.SeedGenerator(seed=0)
        self.supports_masking = True

    def thin(self) -> None:
        """Drop units from now on outside training, too, and the same units of every row.

        The layer's seed state then decides which thinned network all rows go through.
        """
        self.thinned = True
        self.shared_axes = (0, *self.shared_axes)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        initial = keras.initializers.Constant(self.initial_rate)
        self.rate = self.add_weight(
            shape=(),
            initializer=initial,
            trainable=False,
            autocast=False,
            dtype="float32",
            name="rate",
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not (training or self.thinned):
            return inputs
        rate = ops.convert_to_tensor(self.rate)
        shape = ops.shape(inputs)
        shape = tuple(1 if axis in self.shared_axes else n for axis, n in enumerate(shape))
        if self.fused:
            seed = ops.cast(self.seed_generator.next(), "uint32")
            mask = ops.cond(
                rate > 0,
                lambda: _threefry_mask(shape, rate, seed),
                lambda: ops.ones(shape, "float32"),
            )
        else:
            mask = _scaled(keras.random.uniform(shape, seed=self.seed_generator) >= rate, rate)
        return inputs * ops.cast(mask, inputs.dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"fused": self.fused, "shared_axes": self.shared_axes, "rate": self.initial_rate}
        return {**super().get_config(), **own}


def _scaled(keep: Any, rate: Any) -> Any:
    """Turn what is kept into the factor that keeps the expected sum of all units."""
    return ops.where(keep, 1 / (1 - rate), 0.0)


def _threefry_mask(shape: tuple[int, ...], rate: Any, seed: Any) -> Any:
    """Draw the factors; the seed's two words are the layer's own and the number of the call."""
    size = math.prod(shape)
    threshold = ops.cast(ops.round(rate * _LEVELS), "uint32")
    words = random_words((seed[0], ops.zeros_like(seed[0])), seed[1], (size + 1) // 2)
    halves = [_scaled(half >= threshold, rate) for half in halfwords(words)]
    return ops.reshape(ops.concatenate(halves)[:size], shape)


OURS = {"Augment": Augment, "Dropout": Dropout, "Rescale": Rescale}
_FAN_IN = {"Conv2D": [0, 1, 2], "Dense": [0]}  # the axes of a kernel that lead into one unit


def keras_layer(layer: Layer, kernel_initializer: str, fused: bool) -> keras.layers.Layer:
    """Make the Keras layer that a description stands for."""
    options = dict(layer.options)
    if layer.kind == "Dropout":
        options["fused"] = fused
    if layer.kind in _FAN_IN:
        options["kernel_initializer"] = initializer_from(kernel_initializer)
        max_norm = options.pop("max_norm", None)
        if max_norm is not None:
            axes = _FAN_IN[layer.kind]
            options["kernel_constraint"] = keras.constraints.MaxNorm(max_norm, axis=axes)
    make = OURS.get(layer.kind) or getattr(keras.layers, layer.kind)
    return make(name=layer.name, **options)
