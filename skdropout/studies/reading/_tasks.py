"""What a table asks for, classes or numbers: all that differs between the two, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Task:
    """How networks are made, split, scored and spoken of.

    Attributes
    ----------
    name : {"classification", "regression"}
        Its name, as arguments give it.
    estimator, splitter : str
        The network's class, and scikit-learn's class for the folds.
    score, loss : str
        Columns of the results: what networks are compared by, as a fraction of 1, and beside it.
    score_title, loss_title, objective, naive : str
        Words for these two, for what training minimises, and for what the simplest guess answers.
    rate_factor : float
        Multiplies the recipes' learning rates.
    measure : callable
        ``measure(model, X, y)`` returns score and loss of a fitted model.
    naive_score : callable
        ``naive_score(y)`` returns the score of that guess.
    curve : callable
        ``curve(history)`` returns the score in training of each epoch.
    """

    name: str
    estimator: str
    splitter: str
    score: str
    loss: str
    score_title: str
    loss_title: str
    objective: str
    naive: str
    rate_factor: float
    measure: Callable[[Any, "pd.DataFrame", NDArray[Any]], Mapping[str, float]]
    naive_score: Callable[[NDArray[Any]], float]
    curve: Callable[[Mapping[str, list[float]]], list[float]]


def _measure_classes(model: Any, X: "pd.DataFrame", y: NDArray[Any]) -> Mapping[str, float]:
    from sklearn.metrics import accuracy_score, log_loss

    probabilities = model.predict_proba(X)
    guesses = model.classes_[probabilities.argmax(axis=1)]
    return {
        "accuracy": accuracy_score(y, guesses),
        "log_loss": log_loss(y, probabilities, labels=model.classes_),
    }


def _measure_numbers(model: Any, X: "pd.DataFrame", y: NDArray[Any]) -> Mapping[str, float]:
    from sklearn.metrics import r2_score, root_mean_squared_error

    guesses = model.predict(X)
    return {"r2": r2_score(y, guesses), "rmse": root_mean_squared_error(y, guesses)}


def _share_of_majority(y: NDArray[Any]) -> float:
    return float(np.bincount(y).max() / len(y))


def _nothing_explained(y: NDArray[Any]) -> float:
    return 0.0


def _accuracy(history: Mapping[str, list[float]]) -> list[float]:
    return history["accuracy"]


def _explained(history: Mapping[str, list[float]]) -> list[float]:
    return [1 - loss for loss in history["loss"]]  # the loss is relative to the variance


CLASSIFICATION = Task(
    name="classification",
    estimator="DropoutMLPClassifier",
    splitter="StratifiedKFold",
    score="accuracy",
    loss="log_loss",
    score_title="accuracy",
    loss_title="log loss",
    objective="cross-entropy",
    naive="most frequent class",
    rate_factor=1.0,
    measure=_measure_classes,
    naive_score=_share_of_majority,
    curve=_accuracy,
)
REGRESSION = Task(
    name="regression",
    estimator="DropoutMLPRegressor",
    splitter="KFold",
    score="r2",
    loss="rmse",
    score_title="R²",
    loss_title="RMSE",
    objective="squared error of the standardised target",
    naive="mean",
    rate_factor=1 / 8,  # the squared error curves by 2, the cross-entropy by at most 1/4
    measure=_measure_numbers,
    naive_score=_nothing_explained,
    curve=_explained,
)
TASKS = {task.name: task for task in (CLASSIFICATION, REGRESSION)}
