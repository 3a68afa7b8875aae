"""Convolutional networks."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from skdropout.networks._network import Network, initializer_from

if TYPE_CHECKING:
    import keras

AUGMENTATIONS = ("flip", "flip_shift", "shift")
PLACEMENTS = ("after_activation", "after_pooling", "before_activation")
POOLINGS = ("average", "max")
HEADS = ("dense", "gap")
PRECISIONS = ("float32", "mixed_bfloat16")
_MAPS_SHARE = (1, 2)  # the axes of a feature map, which spatial dropout drops as one


@dataclass(frozen=True, kw_only=True)
class ConvNetwork(Network):
    """Blocks of convolutions with batch normalisation and dropout at a chosen place, and a head.

    Parameters
    ----------
    filters : tuple of int
        Filters of the convolutions of each block.
    convs_per_block : int
        Convolutions of each block.
    kernel_size : tuple of int
        Height and width of the kernels. A kernel is no larger than what its inputs can reach.
    activation : str
        Name of a Keras activation.
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
    activation: str = "relu"
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

    def build(self, *, fused: bool) -> "keras.Model":
        import keras

        inputs = outputs = keras.Input(self.input_shape, name="images")
        for layer in self._layers(fused):
            outputs = layer(outputs)
        return keras.Model(inputs, outputs, name="conv")

    def _layers(self, fused: bool) -> Iterator["keras.layers.Layer"]:
        import keras

        from skdropout.networks._augment import Augment
        from skdropout.networks._layers import Rescale

        if self.augment is not None:
            yield Augment(self.augment, name="augment")
        if self.rescaled:
            yield Rescale(name="rescale")
        axes = self.input_shape[:2]
        for number in range(1, len(self.filters) + 1):
            yield from self._block(number, axes, fused)
            if number < len(self.filters):
                window = tuple(min(2, length) for length in axes)
                axes = tuple(length // by for length, by in zip(axes, window, strict=True))
                if window != (1, 1):
                    kind = "MaxPooling2D" if self.pooling == "max" else "AveragePooling2D"
                    yield getattr(keras.layers, kind)(
                        window, dtype=self.precision, name=f"pooling_{number}"
                    )
            if self.placement == "after_pooling":
                yield from self._regularisation(number, str(number), fused)
        yield from self._head(fused)
        yield keras.layers.Dense(
            self.n_outputs, kernel_initializer=self._initializer(), dtype="float32", name="logits"
        )

    def _block(
        self, block: int, axes: tuple[int, ...], fused: bool
    ) -> Iterator["keras.layers.Layer"]:
        import keras

        reach = zip(self.kernel_size, axes, strict=True)
        kernel_size = tuple(min(width, 2 * length - 1) for width, length in reach)
        for number in range(1, self.convs_per_block + 1):
            place = f"{block}_{number}"
            yield keras.layers.Conv2D(
                self.filters[block - 1],
                kernel_size,
                padding="same",
                name=f"conv_{place}",
                **self._hidden([0, 1, 2]),
            )
            if self.placement == "before_activation":
                yield from self._regularisation(block, place, fused)
            yield keras.layers.Activation(
                self.activation, dtype=self.precision, name=f"activation_{place}"
            )
            if self.placement == "after_activation":
                yield from self._regularisation(block, place, fused)

    def _regularisation(
        self, block: int, place: str, fused: bool
    ) -> Iterator["keras.layers.Layer"]:
        import keras

        from skdropout.networks._layers import Dropout

        if self.batch_norm:
            yield keras.layers.BatchNormalization(
                momentum=self.batch_norm_momentum,
                epsilon=self.batch_norm_epsilon,
                center=self.batch_norm_center,
                scale=self.batch_norm_scale,
                dtype=self.precision,
                name=f"batch_norm_{place}",
            )
        rate = self.conv_dropout[block - 1]
        if rate:
            yield Dropout(
                fused,
                _MAPS_SHARE if self.spatial_dropout else (),
                rate,
                dtype=self.precision,
                name=f"dropout_{place}",
            )

    def _head(self, fused: bool) -> Iterator["keras.layers.Layer"]:
        import keras

        from skdropout.networks._layers import Dropout

        def dropout(number: int) -> Iterator["keras.layers.Layer"]:
            if self.head_dropout:
                yield Dropout(
                    fused,
                    rate=self.head_dropout,
                    dtype=self.precision,
                    name=f"head_dropout_{number}",
                )

        if self.head == "gap":
            yield keras.layers.GlobalAveragePooling2D(dtype=self.precision, name="gap")
            yield from dropout(1)
            return
        yield keras.layers.Flatten(dtype=self.precision, name="flatten")
        for number, units in enumerate(self.dense_units, start=1):
            yield keras.layers.Dense(
                units, activation=self.activation, name=f"dense_{number}", **self._hidden([0])
            )
            yield from dropout(number)

    def _hidden(self, fan_in: list[int]) -> dict[str, Any]:
        import keras

        constraint = None
        if self.max_norm is not None:
            constraint = keras.constraints.MaxNorm(self.max_norm, axis=fan_in)
        return {
            "kernel_initializer": self._initializer(),
            "kernel_constraint": constraint,
            "dtype": self.precision,
        }

    def _initializer(self) -> Any:
        return initializer_from(self.kernel_initializer)

    @property
    def structure(self) -> Self:
        return replace(
            self,
            kernel_initializer="zeros",
            max_norm=1.0,
            conv_dropout=tuple(0.5 if rate else 0.0 for rate in self.conv_dropout),
            head_dropout=0.5 if self.head_dropout else 0.0,
        )

    @property
    def dropout_rates(self) -> tuple[float, ...]:
        each = 1 if self.placement == "after_pooling" else self.convs_per_block
        in_head = 1 if self.head == "gap" else len(self.dense_units)
        rates = [rate for rate in self.conv_dropout for _ in range(each)]
        rates += [self.head_dropout] * in_head
        return tuple(rate for rate in rates if rate)

    @property
    def batch_normalised(self) -> bool:
        return self.batch_norm

    def fuses_at(self, batch_size: int) -> bool:
        """Say no: XLA's convolutions on a CPU are several times slower than TensorFlow's."""
        return False
