"""Fully connected networks."""

import itertools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from skdropout.networks._network import Network, initializer_from

if TYPE_CHECKING:
    import keras

_WEIGHTS_PER_ROW = 6000


@dataclass(frozen=True, kw_only=True)
class MLPNetwork(Network):
    """Dense layers with dropout on the inputs and after each hidden layer.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int
        Units of each hidden layer.
    activation : str
        Name of a Keras activation.
    input_dropout : float in [0, 1)
        Rate on the inputs.
    dropout : tuple of float in [0, 1)
        Rate after each hidden layer.
    batch_norm : bool
        Whether each hidden layer is normalised before its activation.
    """

    hidden_layer_sizes: tuple[int, ...]
    activation: str = "relu"
    input_dropout: float = 0.0
    dropout: tuple[float, ...] = ()
    batch_norm: bool = False

    def build(self, *, fused: bool) -> "keras.Model":
        import keras

        from skdropout.networks._layers import Dropout, Rescale

        def dense(units: int, **options: object) -> keras.layers.Layer:
            initializer = initializer_from(self.kernel_initializer)
            return keras.layers.Dense(units, kernel_initializer=initializer, **options)

        constraint = keras.constraints.MaxNorm(self.max_norm) if self.max_norm else None
        inputs = x = keras.Input(self.input_shape, name="features")
        if self.rescaled:
            x = Rescale(name="rescale")(x)
        x = Dropout(fused, rate=self.input_dropout, name="input_dropout")(x)
        for number, (units, rate) in enumerate(
            zip(self.hidden_layer_sizes, self.dropout, strict=True), start=1
        ):
            x = dense(units, kernel_constraint=constraint, name=f"hidden_{number}")(x)
            if self.batch_norm:
                x = keras.layers.BatchNormalization(name=f"batch_norm_{number}")(x)
            x = keras.layers.Activation(self.activation, name=f"activation_{number}")(x)
            x = Dropout(fused, rate=rate, name=f"dropout_{number}")(x)
        return keras.Model(inputs, dense(self.n_outputs, name="logits")(x), name="mlp")

    @property
    def structure(self) -> Self:
        return replace(
            self,
            kernel_initializer="zeros",
            max_norm=1.0,
            input_dropout=0.0,
            dropout=(0.0,) * len(self.dropout),
        )

    @property
    def dropout_rates(self) -> tuple[float, ...]:
        return (self.input_dropout, *self.dropout)

    @property
    def batch_normalised(self) -> bool:
        return self.batch_norm

    def fuses_at(self, batch_size: int) -> bool:
        """Say yes unless a step mostly moves weights: a wide kernel, and few rows to share it.

        Measured from 32 to 1024 units and 16 to 1024 rows a step, the two meet where the largest
        kernel has some 6,000 weights for each row.
        """
        sizes = (math.prod(self.input_shape), *self.hidden_layer_sizes, self.n_outputs)
        largest = max(before * after for before, after in itertools.pairwise(sizes))
        return largest <= _WEIGHTS_PER_ROW * batch_size
