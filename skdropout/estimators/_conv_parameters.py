"""What the convolutional estimators have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Literal

import numpy as np
from scipy import sparse
from sklearn.utils._param_validation import StrOptions

from skdropout.estimators._parameters import (
    ACTIVATIONS,
    POSITIVE,
    POSITIVE_INTEGER,
    POSITIVE_OR_INFINITE,
    RATE,
    finite,
    keras_names,
)
from skdropout.estimators._sequences import activations_from, rates_from, sizes_from
from skdropout.estimators._sparse_tables import as_inputs
from skdropout.networks import (
    AUGMENTATIONS,
    HEADS,
    PLACEMENTS,
    POOLINGS,
    PRECISIONS,
    ConvNetwork,
)
from skdropout.training import warn


@dataclass(kw_only=True, eq=False, repr=False)
class ConvParameters:
    """The parameters of a convolutional network, and the network that they describe."""

    filters: Sequence[int] = (32, 64)
    convs_per_block: int = 2
    kernel_size: int | Sequence[int] = 3
    activation: str | Sequence[str] = "relu"
    batch_norm: bool = True
    batch_norm_momentum: float = 0.9
    batch_norm_epsilon: float = 1e-3
    batch_norm_center: bool = True
    batch_norm_scale: bool = True
    conv_dropout: float | Sequence[float] = 0.0
    spatial_dropout: bool = False
    placement: Literal["before_activation", "after_activation", "after_pooling"] = (
        "before_activation"
    )
    pooling: Literal["max", "average"] = "max"
    head: Literal["dense", "gap"] = "dense"
    dense_units: int | Sequence[int] = 128
    head_dropout: float = 0.5
    max_norm: float | None = None
    image_shape: Sequence[int] | None = None
    augment: Literal["flip", "shift", "flip_shift"] | None = None
    precision: Literal["float32", "mixed_bfloat16"] = "float32"

    _architecture_constraints: ClassVar[dict[str, list[Any]]] = {
        "filters": ["array-like"],
        "convs_per_block": [POSITIVE_INTEGER],
        "kernel_size": [POSITIVE_INTEGER, "array-like"],
        "activation": [keras_names(ACTIVATIONS), "array-like"],
        "batch_norm": ["boolean"],
        "batch_norm_momentum": [RATE],
        "batch_norm_epsilon": [POSITIVE],
        "batch_norm_center": ["boolean"],
        "batch_norm_scale": ["boolean"],
        "conv_dropout": [RATE, "array-like"],
        "spatial_dropout": ["boolean"],
        "placement": [StrOptions(set(PLACEMENTS))],
        "pooling": [StrOptions(set(POOLINGS))],
        "head": [StrOptions(set(HEADS))],
        "dense_units": [POSITIVE_INTEGER, "array-like"],
        "head_dropout": [RATE],
        "max_norm": [POSITIVE_OR_INFINITE, None],
        "image_shape": ["array-like", None],
        "augment": [StrOptions(set(AUGMENTATIONS)), None],
        "precision": [StrOptions(set(PRECISIONS))],
    }

    _row_types: ClassVar[list[Any]] = [np.float32, np.uint8]

    def _as_table(self, X: Any, *, reset: bool) -> tuple[Any, tuple[int, ...] | None]:
        if sparse.issparse(X) or (X.ndim if hasattr(X, "ndim") else np.asarray(X).ndim) < 3:
            return X, None
        shape = self._shape_of_images(tuple(map(int, np.shape(X))), reset=reset)
        return np.asarray(X).reshape(len(X), prod(shape)), shape

    def _as_inputs(
        self, rows: np.ndarray, shape: tuple[int, ...] | None, *, reset: bool
    ) -> np.ndarray:
        if reset:
            self.image_shape_ = shape or self._shape_of_rows(rows.shape[1])
        return as_inputs(rows, self.image_shape_)

    @property
    def _input_shape(self) -> tuple[int, ...]:
        return self.image_shape_

    def _shape_of_images(self, shape: tuple[int, ...], *, reset: bool) -> tuple[int, ...]:
        """Return height, width and channels of an array of images, or say what is wrong."""
        image = (*shape[1:], 1) if len(shape) == 3 else shape[1:]
        if len(image) != 3 or 0 in image:
            raise ValueError(
                "X expects shape (n_samples, height, width, channels), (n_samples, height, width) "
                f"or (n_samples, n_features), got {shape}."
            )
        expected = self._given_shape() if reset else self.image_shape_
        if shape == expected != image:
            raise ValueError(
                f"X expects images, and its shape {shape} is that of a single image: pass "
                "X[np.newaxis]."
            )
        if expected is not None and image != expected:
            source = "image_shape says" if reset else "this estimator was fitted on"
            raise ValueError(
                f"X holds images of height, width and channels {image}, and {source} "
                f"{expected}. Channels come last; resize or transpose the images to match."
            )
        if expected is None and _look_transposed(image):
            warn(
                f"X has the shape {shape}, which is read as images {image[0]} pixels high with "
                f"{image[2]} channels, for channels come last here. If they come first in X, pass "
                "X.transpose(0, 2, 3, 1); if not, set image_shape, and this warning goes away.",
            )
        return image

    def _shape_of_rows(self, n_features: int) -> tuple[int, ...]:
        shape = self._given_shape() or (1, n_features, 1)
        if prod(shape) != n_features:
            raise ValueError(
                f"image_shape={self.image_shape!r} makes {prod(shape)} values a row, and the rows "
                f"of X have {n_features}. Set image_shape to (height, width) or (height, width, "
                "channels) of the images that the rows hold."
            )
        return shape

    def _given_shape(self) -> tuple[int, ...] | None:
        if self.image_shape is None:
            return None
        shape = sizes_from("image_shape", self.image_shape, "axis")
        if len(shape) not in (2, 3):
            raise ValueError(
                "image_shape expects (height, width) or (height, width, channels), got "
                f"{self.image_shape!r}."
            )
        return shape if len(shape) == 3 else (*shape, 1)

    def _describe_network(self, **common: Any) -> ConvNetwork:
        filters = sizes_from("filters", self.filters, "block")
        if not filters:
            raise ValueError("filters expects at least one number, one for each block, got ().")
        kernel_size = sizes_from("kernel_size", self.kernel_size, "axis")
        if len(kernel_size) == 1:
            kernel_size *= 2
        if len(kernel_size) != 2:
            raise ValueError(
                f"kernel_size expects a number or (height, width), got {self.kernel_size!r}."
            )
        dense_units = sizes_from("dense_units", self.dense_units, "layer of the head")
        n_dense = len(dense_units) if self.head == "dense" else 0
        n_layers = len(filters) * int(self.convs_per_block) + n_dense
        return ConvNetwork(
            **common,
            max_norm=finite(self.max_norm),
            filters=filters,
            convs_per_block=int(self.convs_per_block),
            kernel_size=kernel_size,
            activation=activations_from(
                self.activation, n_layers, "there are convolutions and layers of the head"
            ),
            batch_norm=bool(self.batch_norm),
            batch_norm_momentum=float(self.batch_norm_momentum),
            batch_norm_epsilon=float(self.batch_norm_epsilon),
            batch_norm_center=bool(self.batch_norm_center),
            batch_norm_scale=bool(self.batch_norm_scale),
            conv_dropout=rates_from(
                "conv_dropout", self.conv_dropout, "block", len(filters), "filters"
            ),
            spatial_dropout=bool(self.spatial_dropout),
            placement=self.placement,
            pooling=self.pooling,
            head=self.head,
            dense_units=dense_units,
            head_dropout=float(self.head_dropout),
            augment=self.augment,
            precision=self.precision,
        )


def _look_transposed(image: tuple[int, ...]) -> bool:
    """Say whether the first axis looks like that of the channels, and the last one does not."""
    height, width, channels = image
    few = (1, 3, 4)
    return height in few and channels > max(few) and (height > 1 or width == channels)
