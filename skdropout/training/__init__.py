"""Plans of training, and the engines that carry them out."""

from typing import Any

import numpy as np

from skdropout.networks import Network
from skdropout.training import _fork, _share
from skdropout.training._checkpoint import kept_epochs, seconds_taken_up, share_done
from skdropout.training._data import TrainingSet
from skdropout.training._divergence import DivergenceError
from skdropout.training._job import Engine, TrainingJob
from skdropout.training._objectives import (
    BinaryCrossentropy,
    MulticlassCrossentropy,
    Objective,
)
from skdropout.training._plan import OPTIMIZER_NAMES, TrainingPlan
from skdropout.training._regressions import REGRESSIONS, Quantile, Regression, SquaredError
from skdropout.training._result import TrainingResult
from skdropout.training._small import small_network
from skdropout.training._stopping import EarlyStopping
from skdropout.training._warnings import warn

__all__ = [
    "ENGINES",
    "OPTIMIZER_NAMES",
    "REGRESSIONS",
    "BinaryCrossentropy",
    "DivergenceError",
    "EarlyStopping",
    "Engine",
    "MulticlassCrossentropy",
    "Objective",
    "Quantile",
    "Regression",
    "SquaredError",
    "TrainingJob",
    "TrainingPlan",
    "TrainingResult",
    "TrainingSet",
    "engine_named",
    "kept_epochs",
    "outputs",
    "seconds_taken_up",
    "share_done",
    "warn",
]

ENGINES = ("compiled", "keras")


def engine_named(name: str) -> Engine:
    """Return an engine; its libraries are imported only now."""
    _fork.reject_fork()
    _share.keep_to_share()
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
