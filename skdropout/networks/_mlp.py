"""Fully connected networks."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from skdropout.networks._description import Layer
from skdropout.networks._network import Network


@dataclass(frozen=True, kw_only=True)
class MLPNetwork(Network):
    """Dense layers with dropout on the inputs and after each hidden layer.

    What it takes besides, all networks take: see `Network`.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int
        Units of each hidden layer.
    activation : str or tuple of str
        Name of a Keras activation, or one for each hidden layer.
    input_dropout : float in [0, 1)
        Rate on the inputs.
    dropout : tuple of float in [0, 1)
        Rate after each hidden layer.
    batch_norm : bool
        Whether each hidden layer is normalised before its activation.
    """

    hidden_layer_sizes: tuple[int, ...]
    activation: str | tuple[str, ...] = "relu"
    input_dropout: float = 0.0
    dropout: tuple[float, ...] = ()
    batch_norm: bool = False

    name: ClassVar[str] = "mlp"
    inputs: ClassVar[str] = "features"

    def layers(self) -> Iterator[Layer]:
        if self.rescaled:
            yield Layer("Rescale", "rescale")
        yield Layer("Dropout", "input_dropout", rate=self.input_dropout)
        kinds = self.activation
        if isinstance(kinds, str):
            kinds = (kinds,) * len(self.hidden_layer_sizes)
        hidden = zip(self.hidden_layer_sizes, kinds, self.dropout, strict=True)
        for number, (units, activation, rate) in enumerate(hidden, start=1):
            yield Layer("Dense", f"hidden_{number}", units=units, max_norm=self.max_norm)
            if self.batch_norm:
                # Keras's 0.99 needs some hundred steps before the averages mean anything.
                yield Layer("BatchNormalization", f"batch_norm_{number}", momentum=0.9)
            yield Layer("Activation", f"activation_{number}", activation=activation)
            yield Layer("Dropout", f"dropout_{number}", rate=rate)
        yield Layer("Dense", "logits", units=self.n_outputs)

    @property
    def structure(self) -> Self:
        return replace(
            self,
            kernel_initializer="zeros",
            max_norm=1.0,
            input_dropout=0.0,
            dropout=(0.0,) * len(self.dropout),
        )
