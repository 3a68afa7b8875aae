"""The Keras layers that the networks are made of, beyond Keras's own."""

from typing import Any

import keras
from keras import ops

from skdropout.networks._augment import Augment

_EPSILON = 1e-7  # of Keras, unless someone has set another one


@keras.saving.register_keras_serializable("skdropout")
class MaxNorm(keras.constraints.MaxNorm):
    """Keras's constraint, with an epsilon that no global setting changes."""

    def __call__(self, w: Any) -> Any:
        norms = ops.sqrt(ops.sum(ops.square(w), axis=self.axis, keepdims=True))
        return w * (ops.clip(norms, 0, self.max_value) / (_EPSILON + norms))


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


class Rated(keras.layers.Layer):
    """A layer whose dropout rate is a weight, so that one compiled program serves every rate."""

    def __init__(self, shared_axes: tuple[int, ...] = (), rate: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shared_axes = tuple(shared_axes)
        self.initial_rate = rate
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.rate = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(self.initial_rate),
            trainable=False,
            autocast=False,
            dtype="float32",
            name="rate",
        )

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"shared_axes": self.shared_axes, "rate": self.initial_rate}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("skdropout")
class Dropout(Rated):
    """Dropout whose masks are a function of its seed state and nothing else.

    Parameters
    ----------
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

    def __init__(self, shared_axes: tuple[int, ...] = (), rate: float = 0.0, **kwargs: Any) -> None:
        super().__init__(shared_axes, rate, **kwargs)
        self.seed_generator = keras.random.SeedGenerator(seed=0)

    def call(self, inputs: Any, training: bool = False) -> Any:
        return self.thinned(inputs) if training else inputs

    def thinned(self, inputs: Any) -> Any:
        """Drop units, and scale the others so that the expected sum stays."""
        shape = ops.shape(inputs)
        shape = tuple(1 if axis in self.shared_axes else n for axis, n in enumerate(shape))
        chances = keras.random.uniform(shape, dtype="float32", seed=self.seed_generator)
        # TensorFlow's NumPy mode compares no tensor with a variable of Keras; `ops` do everywhere.
        kept = ops.greater_equal(chances, self.rate)
        return inputs * ops.cast(ops.where(kept, 1 / (1 - self.rate), 0.0), inputs.dtype)


class Thinning(Dropout):
    """Dropout of the same units of every row, in prediction, too.

    The layer's seed state decides which thinned network all rows go through.
    """

    def __init__(self, shared_axes: tuple[int, ...] = (), **kwargs: Any) -> None:
        super().__init__((0, *shared_axes), **kwargs)

    def call(self, inputs: Any, training: bool = False) -> Any:
        return self.thinned(inputs)


OURS = {"Augment": Augment, "Dropout": Dropout, "Rescale": Rescale}
