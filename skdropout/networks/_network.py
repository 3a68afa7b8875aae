"""What every description of a network can do."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from skdropout.networks._description import Layer

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, kw_only=True)
class Network(ABC):
    """A frozen, hashable, picklable description of an architecture.

    It holds no Keras object. ``build`` makes a real Keras model from it, which ends in logits.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one input, without the axis of the rows.
    n_outputs : int
        Number of logits.
    kernel_initializer : str
        Name of a Keras initializer, or its JSON configuration.
    rescaled : bool
        Whether the network begins with a `Rescale` layer.
    max_norm : float or None
        Largest Euclidean norm of the weights that lead into one hidden unit.
    """

    input_shape: tuple[int, ...]
    n_outputs: int
    kernel_initializer: str = "glorot_uniform"
    rescaled: bool = True
    max_norm: float | None = None

    name: ClassVar[str]
    inputs: ClassVar[str]

    @abstractmethod
    def layers(self) -> Iterator[Layer]:
        """Yield the layers from the inputs to the logits."""

    def build(
        self,
        layers: Iterable[Layer] | None = None,
        makers: "Mapping[str, Callable[..., keras.layers.Layer]] | None" = None,
        *,
        sparse: bool = False,
    ) -> "keras.Model":
        """Build the Keras model.

        An engine may have it built of ``layers`` that do the same, say by ``makers`` what makes a
        kind of layer, and have it take ``sparse`` inputs if these can.
        """
        import keras

        from skdropout.networks._building import chain

        inputs = keras.Input(self.input_shape, name=self.inputs, dtype="float32", sparse=sparse)
        outputs = chain(inputs, layers or self.layers(), self.kernel_initializer, makers or {})
        return keras.Model(inputs, outputs, name=self.name)

    @property
    @abstractmethod
    def structure(self) -> Self:
        """The same network with all that a compiled program takes as data set to fixed values."""

    @property
    def dropout_rates(self) -> tuple[float, ...]:
        """The rates of the dropout layers, from the input to the output."""
        return tuple(layer.options["rate"] for layer in self.layers() if layer.kind == "Dropout")

    @property
    def takes_sparse(self) -> bool:
        """Whether sparse rows may enter as they are; convolutions need every place of an image."""
        return len(self.input_shape) == 1

    @property
    def batch_normalised(self) -> bool:
        """Whether training uses statistics of the batch."""
        return any(layer.kind == "BatchNormalization" for layer in self.layers())

    @property
    def fewest_rows(self) -> int:
        """Rows that a training step needs: two where batch normalisation gets one value of each.

        The variance of one value is zero, whatever it is, so all inputs would look the same.
        """
        lengths = self.input_shape[:-1]
        for layer in self.layers():
            window = layer.options.get("pool_size", (1,) * len(lengths))
            lengths = tuple(length // by for length, by in zip(lengths, window, strict=True))
            if layer.kind == "BatchNormalization" and math.prod(lengths) == 1:
                return 2
        return 1


def custom_objects() -> dict[str, type]:
    """Return the layers and constraints of the networks that are not Keras's own.

    Returns
    -------
    dict of str to type
        What ``keras.saving.load_model`` takes as ``custom_objects``.
    """
    from skdropout.networks.layers import OURS, MaxNorm

    return {**OURS, "MaxNorm": MaxNorm}
