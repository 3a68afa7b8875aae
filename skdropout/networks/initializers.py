"""Keras initializers from their descriptions."""

import json
from typing import Any

import keras


def initializer_from(description: str, seed: int = 0) -> Any:
    """Return the Keras initializer that a name or a JSON configuration stands for.

    Without a seed, Keras would draw one from Python's global generator.
    """
    if description in ("ones", "zeros"):
        return keras.initializers.get(description)
    config: dict[str, Any] = {"class_name": description, "config": {"seed": None}}
    if description.startswith("{"):
        config = json.loads(description)
    if "seed" in config["config"]:
        config["config"]["seed"] = seed
    return keras.initializers.get(config)
