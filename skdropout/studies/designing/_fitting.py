"""Fits of networks, where a loss that is no longer a number is a result as well."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skdropout.studies.designing._material import Material
from skdropout.studies.running import Stopwatch

History = Mapping[str, NDArray[np.float64]]
_MEASURES = ("loss", "accuracy", "val_loss", "val_accuracy")


@dataclass(frozen=True)
class Fit:
    """What came of a fit.

    Attributes
    ----------
    history : dict of str to ndarray of shape (n_epochs,)
        The network's history; nothing but NaN where training diverged.
    scores : dict of str to float
        The scores on the test rows, likewise.
    seconds : float
        What it took.
    """

    history: History
    scores: Mapping[str, float]
    seconds: float


def fit_and_score(
    model: Any, material: Material, train: NDArray[np.int64], test: NDArray[np.int64]
) -> Fit:
    """Train a network on some rows, and score it on others."""
    X, y, X_test, y_test = material.prepared(train, test)
    with Stopwatch() as watch:
        history = _trained(model, X, y)
    if history is None:
        return Fit(_nothing(model), dict.fromkeys(material.scores, np.nan), watch.seconds)
    return Fit(history, material.score(model, X_test, y_test), watch.seconds)


def validated(model: Any, X: Any, y: Any, X_val: Any, y_val: Any) -> Fit:
    """Train a network, validating it after each epoch."""
    with Stopwatch() as watch:
        history = _trained(model, X, y, X_val=X_val, y_val=y_val)
    return Fit(_nothing(model) if history is None else history, {}, watch.seconds)


def _trained(model: Any, X: Any, y: Any, **validation: Any) -> History | None:
    try:
        model.fit(X, y, **validation)
    except FloatingPointError:
        return None
    return {name: np.asarray(values) for name, values in model.history_.items()}


def _nothing(model: Any) -> History:
    return {name: np.full(model.epochs, np.nan) for name in _MEASURES}
