"""Convolutional networks."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sklearn.utils import Tags

from skdropout.estimators._classifier import NetworkClassifier
from skdropout.estimators._conv_parameters import ConvParameters
from skdropout.estimators._docs import documented
from skdropout.estimators._regressor import NetworkRegressor


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
    {conv_parameters}
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


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class BNConvRegressor(ConvParameters, NetworkRegressor):
    """Convolutional network for numbers, with batch normalisation and dropout, and their places.

    Blocks of convolutions, with pooling between the blocks, lead into a head. ``X`` holds images,
    of shape (n_samples, height, width, channels) or (n_samples, height, width), or rows of shape
    (n_samples, n_features): flattened images with ``image_shape``, and signals without it, one
    pixel high and ``n_features`` wide. Bytes (``uint8``) stay bytes until they reach the network.
    By default the network learns targets that are rescaled to mean 0 and standard deviation 1;
    predictions are in the unit of ``y``.

    Parameters
    ----------
    {conv_parameters}
    {regression_parameters}
    {training_parameters}

    Attributes
    ----------
    {fitted_regression}
    image_shape_ : tuple of int
        Height, width and channels of the images seen in `fit`.
    n_features_in_ : int
        Number of values of one image or row.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where ``X`` has string names.
    {fitted_network}

    See Also
    --------
    BNConvClassifier : The same network for classes.

    References
    ----------
    .. [1] Ioffe and Szegedy (2015), "Batch normalization: accelerating deep network training by
       reducing internal covariate shift", ICML, section 3.
    .. [2] Lin, Chen and Yan (2014), "Network in network", ICLR, section 3.2.
    .. [3] Tompson, Goroshin, Jain, LeCun and Bregler (2015), "Efficient object localization using
       convolutional networks", CVPR, section 3.2.

    Examples
    --------
    How bright an image is, told from its pixels:

    >>> from sklearn.datasets import load_digits
    >>> from skdropout import BNConvRegressor
    >>> images = load_digits().images
    >>> regressor = BNConvRegressor(filters=(8, 16), epochs=5, random_state=0)
    >>> regressor.fit(images[:1500], images[:1500].mean(axis=(1, 2)))
    BNConvRegressor(...)
    >>> regressor.score(images[1500:], images[1500:].mean(axis=(1, 2))) > 0.9
    True
    """

    head_dropout: float = 0.0
    epochs: int = 20

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **ConvParameters._architecture_constraints,
        **NetworkRegressor._parameter_constraints,
    }

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
