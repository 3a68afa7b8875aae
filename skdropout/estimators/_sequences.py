"""Parameters that take one number, or one number for each of several layers."""

from numbers import Integral, Real
from typing import Any

import numpy as np

from skdropout.estimators._parameters import ACTIVATIONS, RATE, keras_name, keras_names


def sizes_from(name: str, given: Any, each: str) -> tuple[int, ...]:
    """Return whole numbers above zero, one for each ``each``."""
    sizes = np.atleast_1d(given).tolist()
    if not all(isinstance(size, Integral) and int(size) > 0 for size in sizes):
        raise ValueError(
            f"{name} expects whole numbers above zero, one for each {each}, got {given!r}."
        )
    return tuple(int(size) for size in sizes)


def activations_from(given: Any, count: int, counted: str) -> str | tuple[str, ...]:
    """Return the name of the activation of all hidden layers, or one name for each."""
    kinds = [given] if isinstance(given, str) else list(given)
    if not isinstance(given, str) and len(kinds) != count:
        raise ValueError(
            f"activation has {len(kinds)} names for {count} hidden layers. Pass one name for all "
            f"of them, or as many as {counted}."
        )
    known = keras_names(ACTIVATIONS)
    unknown = [kind for kind in kinds if not known.is_satisfied_by(kind)]
    if unknown:
        raise ValueError(
            f"activation expects names of Keras activations, got {unknown[0]!r}. Known are "
            f"{', '.join(sorted(ACTIVATIONS))}."
        )
    kinds = [keras_name(kind, ACTIVATIONS) for kind in kinds]
    return kinds[0] if isinstance(given, str) else tuple(kinds)


def rates_from(name: str, given: Any, each: str, count: int, counted: str) -> tuple[float, ...]:
    """Return ``count`` dropout rates: one for each ``each``, as many as ``counted`` has."""
    rates = np.atleast_1d(given).tolist()
    if np.ndim(given) == 0:
        rates *= count
    if len(rates) != count:
        raise ValueError(
            f"{name} has {len(rates)} rates for {count} {each}s. Pass one number for all "
            f"{each}s, or as many as {counted} has."
        )
    if not all(isinstance(rate, Real) and RATE.is_satisfied_by(rate) for rate in rates):
        raise ValueError(f"{name} expects rates in [0, 1), got {given!r}.")
    return tuple(float(rate) for rate in rates)
