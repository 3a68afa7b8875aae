"""The weights that a fit starts with."""

import math
from functools import lru_cache

import numpy as np

from skdropout.networks import Network
from skdropout.networks.initializers import initializer_from
from skdropout.training._layout import Layout
from skdropout.training._seeds import Seeds

_CONSTANT = {"bias": 0, "beta": 0, "gamma": 1, "moving_mean": 0, "moving_variance": 1}
_MOST_KEPT = 1 << 16  # numbers of a kernel


def first_weights(
    network: Network,
    layout: Layout,
    seeds: Seeds,
    rescaling: tuple[np.ndarray, np.ndarray] | None,
    earlier: list[np.ndarray] | None,
) -> list[np.ndarray]:
    """Return the first values of the weights of any model that a network has built.

    ``rescaling`` is the shift and factor of the inputs. Where training goes on from ``earlier``
    values, only the dropout rates are set anew.
    """
    rates = iter(network.dropout_rates)
    values: list[np.ndarray] = []
    for place, seed in enumerate(seeds.weights(len(layout.weights))):
        role, shape = layout.weights[place].role, layout.weights[place].shape
        if role == "rate":
            values.append(np.array(next(rates), np.float32))
        elif earlier is not None:
            values.append(earlier[place])
        elif layout.weights[place].is_kernel:
            draw = _drawn if math.prod(shape) > _MOST_KEPT else _drawn_once
            values.append(draw(network.kernel_initializer, seed, shape))
        elif role in ("shift", "factor") and rescaling is not None:
            value = rescaling[role == "factor"]
            values.append(np.broadcast_to(value, shape).astype(np.float32))
        else:
            values.append(np.full(shape, _CONSTANT[role], np.float32))
    return values


def _drawn(initializer: str, seed: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(initializer_from(initializer, seed)(shape, dtype="float32"))


# Comparisons and searches start a great many small networks with the same few seeds.
_drawn_once = lru_cache(maxsize=64)(_drawn)
