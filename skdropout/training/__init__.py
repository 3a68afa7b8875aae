"""Plans of training, and the engines that carry them out."""

from skdropout.training._checkpoint import kept_epochs, seconds_taken_up, share_done
from skdropout.training._data import TrainingSet
from skdropout.training._divergence import DivergenceError
from skdropout.training._engines import ENGINES, engine_named, outputs
from skdropout.training._garbage import collected_later
from skdropout.training._job import Engine, TrainingJob
from skdropout.training._objectives import (
    BinaryCrossentropy,
    MulticlassCrossentropy,
    MultilabelCrossentropy,
    Objective,
)
from skdropout.training._plan import OPTIMIZER_NAMES, TrainingPlan, name_of
from skdropout.training._regressions import REGRESSIONS, Quantile, Regression, SquaredError
from skdropout.training._result import TrainingResult
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
    "MultilabelCrossentropy",
    "Objective",
    "Quantile",
    "Regression",
    "SquaredError",
    "TrainingJob",
    "TrainingPlan",
    "TrainingResult",
    "TrainingSet",
    "collected_later",
    "engine_named",
    "kept_epochs",
    "name_of",
    "outputs",
    "seconds_taken_up",
    "share_done",
    "warn",
]
