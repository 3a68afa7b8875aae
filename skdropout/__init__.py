"""Estimators in which dropout, max-norm and batch normalisation are hyperparameters."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skdropout import datasets, studies
    from skdropout.estimators import (
        BNConvClassifier,
        BNConvRegressor,
        DropoutMLPClassifier,
        DropoutMLPRegressor,
    )
    from skdropout.inspection import TrainingCurvesDisplay

__all__ = [
    "BNConvClassifier",
    "BNConvRegressor",
    "DropoutMLPClassifier",
    "DropoutMLPRegressor",
    "TrainingCurvesDisplay",
    "datasets",
    "studies",
]
__version__ = "0.1.0"

_HOMES = {
    "TrainingCurvesDisplay": "skdropout.inspection",
    "datasets": "skdropout.datasets",
    "studies": "skdropout.studies",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOMES.get(name, "skdropout.estimators")
    module = import_module(home)
    return module if home.endswith(f".{name}") else getattr(module, name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
