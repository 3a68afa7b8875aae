"""Which engine does the work, its libraries imported only when there is work to do."""

from typing import Any

import numpy as np

from skdropout.networks import Network
from skdropout.training._fork import reject_fork
from skdropout.training._garbage import collected_later
from skdropout.training._job import Engine
from skdropout.training._share import keep_to_share
from skdropout.training._small import small_network

ENGINES = ("compiled", "keras")


def engine_named(name: str) -> Engine:
    """Return an engine; its libraries are imported only now."""
    reject_fork()
    with collected_later():
        keep_to_share()
        if name == "keras":
            from skdropout.training._keras import KerasEngine

            return KerasEngine()
        from skdropout.training._compiled import CompiledEngine

        return CompiledEngine()


def outputs(network: Network, weights: list[np.ndarray], X: Any, engine: str) -> np.ndarray:
    """Return the outputs of a network, of shape (n_rows, n_outputs): small ones need no engine."""
    small = small_network(network)
    if small is not None:
        return small.outputs(weights, X)
    return engine_named(engine).outputs(network, weights, X)
