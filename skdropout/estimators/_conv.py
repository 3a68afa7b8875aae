"""Convolutional networks."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.utils import Tags
from sklearn.utils._param_validation import StrOptions

from skdropout.estimators._classifier import NetworkClassifier
from skdropout.estimators._docs import documented
from skdropout.estimators._parameters import (
    ACTIVATIONS,
    POSITIVE,
    POSITIVE_INTEGER,
    POSITIVE_OR_INFINITE,
    RATE,
    finite,
)
from skdropout.estimators._sequences import rates_from, sizes_from
from skdropout.networks import (
    AUGMENTATIONS,
    HEADS,
    PLACEMENTS,
    POOLINGS,
    PRECISIONS,
    ConvNetwork,
)


@dataclass(kw_only=True, eq=False, repr=False)
class ConvParameters:
    """The parameters of a convolutional network, and the network that they describe."""

    filters: Sequence[int] = (32, 64)
    convs_per_block: int = 2
    kernel_size: int | Sequence[int] = 3
    activation: str = "relu"
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
        "activation": [StrOptions(ACTIVATIONS)],
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
        if (X.ndim if hasattr(X, "ndim") else np.asarray(X).ndim) < 3:
            return X, None
        shape = self._shape_of_images(tuple(map(int, np.shape(X))), reset=reset)
        return np.asarray(X).reshape(len(X), prod(shape)), shape

    def _as_inputs(
        self, rows: np.ndarray, shape: tuple[int, ...] | None, *, reset: bool
    ) -> np.ndarray:
        if reset:
            self.image_shape_ = shape or self._shape_of_rows(rows.shape[1])
        return rows.reshape(len(rows), *self.image_shape_)

    def _shape_of_images(self, shape: tuple[int, ...], *, reset: bool) -> tuple[int, ...]:
        """Return height, width and channels of an array of images, or say what is wrong."""
        image = (*shape[1:], 1) if len(shape) == 3 else shape[1:]
        if len(image) != 3 or 0 in image:
            raise ValueError(
                "X expects shape (n_samples, height, width, channels), (n_samples, height, width) "
                f"or (n_samples, n_features), got {shape}."
            )
        expected = self._given_shape() if reset else self.image_shape_
        if expected is not None and image != expected:
            source = "image_shape says" if reset else "this estimator was fitted on"
            raise ValueError(
                f"X holds images of height, width and channels {image}, and {source} "
                f"{expected}. Channels come last; resize or transpose the images to match."
            )
        if expected is None and _look_transposed(image):
            warnings.warn(
                f"X has the shape {shape}, which is read as images {image[0]} pixels high with "
                f"{image[2]} channels, for channels come last here. If they come first in X, pass "
                "X.transpose(0, 2, 3, 1); if not, set image_shape, and this warning goes away.",
                UserWarning,
                stacklevel=6,
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
        return ConvNetwork(
            **common,
            max_norm=finite(self.max_norm),
            filters=filters,
            convs_per_block=int(self.convs_per_block),
            kernel_size=kernel_size,
            activation=self.activation,
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
            dense_units=sizes_from("dense_units", self.dense_units, "layer of the head"),
            head_dropout=float(self.head_dropout),
            augment=self.augment,
            precision=self.precision,
        )


def _look_transposed(image: tuple[int, ...]) -> bool:
    """Say whether the first axis looks like that of the channels, and the last one does not."""
    height, width, channels = image
    few = (1, 3, 4)
    return height in few and channels > max(few) and (height > 1 or width == channels)


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class BNConvClassifier(ConvParameters, NetworkClassifier):
    """Convolutional network with batch normalisation and dropout, and their places, to choose.

    Blocks of convolutions, with pooling between the blocks, lead into a head. ``X`` holds images,
    of shape (n_samples, height, width, channels) or (n_samples, height, width), or rows of shape
    (n_samples, n_features): flattened images with ``image_shape``, and signals without it, one
    pixel high and ``n_features`` wide. Bytes (``uint8``) stay bytes until they reach the network.

    Parameters
    ----------
    filters : sequence of int in [1, inf), default=(32, 64)
        Filters of the convolutions, one number for each block.
    convs_per_block : int in [1, inf), default=2
        Convolutions in each block.
    kernel_size : int or (int, int) in [1, inf), default=3
        Height and width of the kernels, in pixels.
    activation : str, default="relu"
        Keras activation of the convolutions and of the head's hidden layers.
    batch_norm : bool, default=True
        Whether the blocks are normalised over the batch. Where pooling leaves one pixel, a step
        needs two images.
    batch_norm_momentum : float in [0, 1), default=0.9
        What each step keeps of the moving mean and variance that predictions use. Keras's 0.99
        needs some hundred steps before these mean anything.
    batch_norm_epsilon : float in (0, inf), default=0.001
        Added to the variance.
    batch_norm_center, batch_norm_scale : bool, default=True
        Whether batch normalisation adds a learnt offset, and multiplies by a learnt factor.
    conv_dropout : float in [0, 1) or sequence of float, default=0.0
        Fraction of the blocks' activations that each step drops, or one fraction for each block.
    spatial_dropout : bool, default=False
        Whether ``conv_dropout`` drops whole feature maps [3]_ instead of single activations.
    placement : {"before_activation", "after_activation", "after_pooling"}, \
default="before_activation"
        Where batch normalisation, and after it dropout, stand: before each activation of the
        blocks, after it, or once at the end of each block, after its pooling (in the last block,
        which has no pooling, after its last activation).
    pooling : {"max", "average"}, default="max"
        What halves height and width after each block but the last. An axis of length one stays.
    head : {"dense", "gap"}, default="dense"
        What follows the blocks: fully connected layers, or global average pooling [2]_.
    dense_units : int or sequence of int in [1, inf), default=128
        Units of each fully connected layer of ``head="dense"``; ``()`` is none.
    head_dropout : float in [0, 1), default=0.5
        Fraction of the units that each step drops after each fully connected layer, or after
        global average pooling.
    max_norm : float in (0, inf] or None, default=None
        Largest Euclidean norm of the weights that lead into one hidden unit or filter.
    image_shape : (height, width) or (height, width, channels) or None, default=None
        Shape of the image that each row of a two-dimensional ``X`` holds, channels last.
    augment : {"flip", "shift", "flip_shift"} or None, default=None
        What each step does to its images at random: mirror half of them left to right, move them
        by up to an eighth of each axis, or both.
    precision : {"float32", "mixed_bfloat16"}, default="float32"
        Number type of the arithmetic. ``"mixed_bfloat16"`` keeps weights and logits in float32
        and is faster where the processor computes in bfloat16.
    {class_weight}
    {label_smoothing}
    {training_parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels; the numbers of the labels for a multilabel ``y``.
    image_shape_ : tuple of int
        Height, width and channels of the images seen in `fit`.
    n_features_in_ : int
        Number of values of one image or row.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where ``X`` has string names.
    {fitted_network}

    References
    ----------
    .. [1] Ioffe and Szegedy (2015), "Batch normalization: accelerating deep network training by
       reducing internal covariate shift", ICML, section 3.
    .. [2] Lin, Chen and Yan (2014), "Network in network", ICLR, section 3.2.
    .. [3] Tompson, Goroshin, Jain, LeCun and Bregler (2015), "Efficient object localization using
       convolutional networks", CVPR, section 3.2.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from skdropout import BNConvClassifier
    >>> digits = load_digits()
    >>> X_train, X_test, y_train, y_test = train_test_split(
    ...     digits.images, digits.target, random_state=0
    ... )
    >>> classifier = BNConvClassifier(filters=(8, 16), epochs=5, random_state=0)
    >>> classifier.fit(X_train, y_train).score(X_test, y_test) > 0.9
    True
    """

    epochs: int = 20

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **ConvParameters._architecture_constraints,
        **NetworkClassifier._parameter_constraints,
    }

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
