"""Estimators in which dropout, max-norm and batch normalisation are hyperparameters."""

from importlib import import_module
from typing import Any

_HOME = {
    "BNConvClassifier": "skdropout.estimators",
    "BNConvRegressor": "skdropout.estimators",
    "DropoutMLPClassifier": "skdropout.estimators",
    "DropoutMLPRegressor": "skdropout.estimators",
    "TrainingCurvesDisplay": "skdropout.inspection",
    "datasets": "skdropout.datasets",
    "studies": "skdropout.studies",
}

__all__ = sorted(_HOME)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(_HOME[name])
    return home if _HOME[name].endswith(f".{name}") else getattr(home, name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
