"""Convolutional networks."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any, ClassVar, Self

from skdropout.networks._description import Layer
from skdropout.networks._network import Network

AUGMENTATIONS = ("flip", "flip_shift", "shift")
PLACEMENTS = ("after_activation", "after_pooling", "before_activation")
POOLINGS = ("average", "max")
HEADS = ("dense", "gap")
PRECISIONS = ("float32", "mixed_bfloat16")
_MAPS_SHARE = (1, 2)  # the axes of a feature map, which spatial dropout drops as one


@dataclass(frozen=True, kw_only=True)
class ConvNetwork(Network):
    """Blocks of convolutions with batch normalisation and dropout at a chosen place, and a head.

    What it takes besides, all networks take: see `Network`.

    Parameters
    ----------
    filters : tuple of int
        Filters of the convolutions of each block.
    convs_per_block : int
        Convolutions of each block.
    kernel_size : tuple of int
        Height and width of the kernels. A kernel is no larger than what its inputs can reach.
    activation : str or tuple of str
        Name of a Keras activation, or one for each convolution and then for each fully connected
        layer of the head.
    batch_norm : bool
        Whether the blocks are normalised over the batch.
    batch_norm_momentum, batch_norm_epsilon, batch_norm_center, batch_norm_scale
        What Keras's ``BatchNormalization`` takes.
    conv_dropout : tuple of float in [0, 1)
        Dropout rate of each block.
    spatial_dropout : bool
        Whether dropout in the blocks drops whole feature maps.
    placement : {"before_activation", "after_activation", "after_pooling"}
        Where batch normalisation and then dropout stand: around each activation, or once at the
        end of each block (of the last one, which has no pooling, after its last activation).
    pooling : {"max", "average"}
        What halves the axes after each block but the last. An axis of length one stays.
    head : {"dense", "gap"}
        Fully connected layers, or global average pooling.
    dense_units : tuple of int
        Units of the fully connected layers.
    head_dropout : float in [0, 1)
        Rate after each fully connected layer, or after global average pooling.
    augment : {"flip", "shift", "flip_shift"} or None
        What training does to the images.
    precision : {"float32", "mixed_bfloat16"}
        Number type of the arithmetic; the weights and the logits are float32.
    """

    filters: tuple[int, ...]
    convs_per_block: int = 2
    kernel_size: tuple[int, int] = (3, 3)
    activation: str | tuple[str, ...] = "relu"
    batch_norm: bool = True
    batch_norm_momentum: float = 0.9
    batch_norm_epsilon: float = 1e-3
    batch_norm_center: bool = True
    batch_norm_scale: bool = True
    conv_dropout: tuple[float, ...]
    spatial_dropout: bool = False
    placement: str = "before_activation"
    pooling: str = "max"
    head: str = "dense"
    dense_units: tuple[int, ...] = ()
    head_dropout: float = 0.0
    augment: str | None = None
    precision: str = "float32"

    name: ClassVar[str] = "conv"
    inputs: ClassVar[str] = "images"

    def layers(self) -> Iterator[Layer]:
        if self.augment is not None:
            yield Layer("Augment", "augment", kinds=self.augment)
        if self.rescaled:
            yield Layer("Rescale", "rescale")
        axes, kind = self.input_shape[:2], self.activation
        activations = repeat(kind) if isinstance(kind, str) else iter(kind)
        for number in range(1, len(self.filters) + 1):
            yield from self._block(number, axes, activations)
            if number < len(self.filters):
                window = tuple(min(2, length) for length in axes)
                axes = tuple(length // by for length, by in zip(axes, window, strict=True))
                if window != (1, 1):
                    kind = "MaxPooling2D" if self.pooling == "max" else "AveragePooling2D"
                    yield self._hidden(kind, f"pooling_{number}", pool_size=window)
            if self.placement == "after_pooling":
                yield from self._regularisation(number, str(number))
        yield from self._head(activations)
        yield Layer("Dense", "logits", units=self.n_outputs, dtype="float32")

    def _block(
        self, block: int, axes: tuple[int, ...], activations: Iterator[str]
    ) -> Iterator[Layer]:
        reach = zip(self.kernel_size, axes, strict=True)
        kernel_size = tuple(min(width, 2 * length - 1) for width, length in reach)
        for number in range(1, self.convs_per_block + 1):
            place = f"{block}_{number}"
            yield self._hidden(
                "Conv2D",
                f"conv_{place}",
                filters=self.filters[block - 1],
                kernel_size=kernel_size,
                padding="same",
                max_norm=self.max_norm,
            )
            if self.placement == "before_activation":
                yield from self._regularisation(block, place)
            yield self._hidden("Activation", f"activation_{place}", activation=next(activations))
            if self.placement == "after_activation":
                yield from self._regularisation(block, place)

    def _regularisation(self, block: int, place: str) -> Iterator[Layer]:
        if self.batch_norm:
            yield self._hidden(
                "BatchNormalization",
                f"batch_norm_{place}",
                momentum=self.batch_norm_momentum,
                epsilon=self.batch_norm_epsilon,
                center=self.batch_norm_center,
                scale=self.batch_norm_scale,
            )
        rate = self.conv_dropout[block - 1]
        if rate:
            shared = _MAPS_SHARE if self.spatial_dropout else ()
            yield self._hidden("Dropout", f"dropout_{place}", rate=rate, shared_axes=shared)

    def _head(self, activations: Iterator[str]) -> Iterator[Layer]:
        if self.head == "gap":
            yield self._hidden("GlobalAveragePooling2D", "gap")
            yield from self._head_dropout(1)
            return
        yield self._hidden("Flatten", "flatten")
        for number, units in enumerate(self.dense_units, start=1):
            yield self._hidden(
                "Dense",
                f"dense_{number}",
                units=units,
                activation=next(activations),
                max_norm=self.max_norm,
            )
            yield from self._head_dropout(number)

    def _head_dropout(self, number: int) -> Iterator[Layer]:
        if self.head_dropout:
            yield self._hidden("Dropout", f"head_dropout_{number}", rate=self.head_dropout)

    def _hidden(self, kind: str, name: str, **options: Any) -> Layer:
        return Layer(kind, name, dtype=self.precision, **options)

    @property
    def structure(self) -> Self:
        return replace(
            self,
            kernel_initializer="zeros",
            max_norm=1.0,
            conv_dropout=tuple(0.5 if rate else 0.0 for rate in self.conv_dropout),
            head_dropout=0.5 if self.head_dropout else 0.0,
        )
