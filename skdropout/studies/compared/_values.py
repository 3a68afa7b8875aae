"""Parameters as Python's own values, and as JSON can hold them."""

from hashlib import sha256
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """Return Python's own numbers, lists and tuples for those of NumPy."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    return value


def described(value: Any) -> Any:
    """Describe a value so that it is the same in every process, and differs where it does."""
    if isinstance(value, np.ndarray):  # such as weights to start from
        return {"shape": value.shape, "sha256": sha256(value.tobytes()).hexdigest()}
    value = plain(value)
    if isinstance(value, bool | int | float | str | None):
        return value
    if isinstance(value, list | tuple):
        return [described(item) for item in value]
    if isinstance(value, dict):
        return {str(key): described(item) for key, item in value.items()}
    # What objects show of themselves is often no more than where they are in memory.
    settings = settings_of(value) if hasattr(value, "get_config") else {}
    return {"class": type(value).__name__, **described(settings)}


def settings_of(value: Any) -> dict[str, Any]:
    """Return what an object of Keras is made of, but its name: Keras numbers these."""
    return {name: setting for name, setting in value.get_config().items() if name != "name"}
