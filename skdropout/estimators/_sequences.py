"""Parameters that take one number, or one number for each of several layers."""

from numbers import Integral, Real
from typing import Any

import numpy as np

from skdropout.estimators._parameters import RATE


def sizes_from(name: str, given: Any, each: str) -> tuple[int, ...]:
    """Return whole numbers above zero, one for each ``each``."""
    sizes = np.atleast_1d(given).tolist()
    if not all(isinstance(size, Integral) and int(size) > 0 for size in sizes):
        raise ValueError(
            f"{name} expects whole numbers above zero, one for each {each}, got {given!r}."
        )
    return tuple(int(size) for size in sizes)


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
