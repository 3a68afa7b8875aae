"""Descriptions of architectures, and the Keras layers that they are made of."""

from skdropout.networks._mlp import MLPNetwork
from skdropout.networks._network import Network

__all__ = ["MLPNetwork", "Network"]
