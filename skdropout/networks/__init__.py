"""Descriptions of architectures, and the Keras layers that they are made of."""

from skdropout.networks._conv import (
    AUGMENTATIONS,
    HEADS,
    PLACEMENTS,
    POOLINGS,
    PRECISIONS,
    ConvNetwork,
)
from skdropout.networks._description import Layer
from skdropout.networks._drawing import draw
from skdropout.networks._mlp import MLPNetwork
from skdropout.networks._network import Network, custom_objects

__all__ = [
    "AUGMENTATIONS",
    "HEADS",
    "PLACEMENTS",
    "POOLINGS",
    "PRECISIONS",
    "ConvNetwork",
    "Layer",
    "MLPNetwork",
    "Network",
    "custom_objects",
    "draw",
]
