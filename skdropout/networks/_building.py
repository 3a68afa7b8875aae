"""Keras models from descriptions.

Whatever Keras would take from its global configuration is said here: a network must not depend on
what else a process does with Keras.
"""

from collections.abc import Callable, Iterable, Mapping

import keras

from skdropout.networks._description import Layer
from skdropout.networks.initializers import initializer_from
from skdropout.networks.layers import OURS, MaxNorm

Makers = Mapping[str, Callable[..., keras.layers.Layer]]

_FAN_IN = {"Conv2D": [0, 1, 2], "Dense": [0]}  # the axes of a kernel that lead into one unit
_OF_IMAGES = (
    "AveragePooling2D",
    "Conv2D",
    "Flatten",
    "GlobalAveragePooling2D",
    "MaxPooling2D",
)


def chain(
    inputs: keras.KerasTensor,
    layers: Iterable[Layer],
    kernel_initializer: str,
    makers: Makers,
) -> keras.KerasTensor:
    """Put inputs through the layers of a description, and return the outputs.

    ``makers`` says what makes a kind of layer where that is not the Keras class of its name.
    """
    outputs = inputs
    for layer in layers:
        outputs = _keras_layer(layer, kernel_initializer, makers)(outputs)
    return outputs


def _keras_layer(layer: Layer, kernel_initializer: str, makers: Makers) -> keras.layers.Layer:
    options = {"dtype": "float32", **layer.options}
    if layer.kind in _OF_IMAGES:
        options["data_format"] = "channels_last"
    if layer.kind in _FAN_IN:
        options["kernel_initializer"] = initializer_from(kernel_initializer)
        max_norm = options.pop("max_norm", None)
        if max_norm is not None:
            options["kernel_constraint"] = MaxNorm(max_norm, axis=_FAN_IN[layer.kind])
    make = makers.get(layer.kind) or OURS.get(layer.kind) or getattr(keras.layers, layer.kind)
    return make(name=layer.name, **options)
