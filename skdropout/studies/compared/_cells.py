"""One cell: a variant chooses its strength and epochs on inner folds, and is scored once."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skdropout.studies.compared._resampling import Resampling
from skdropout.studies.compared._variants import Variant
from skdropout.studies.compared._yardsticks import Yardstick
from skdropout.studies.evidence import Score, score_classes, score_numbers
from skdropout.studies.running import Cell, Stopwatch, Tables, start_tensorflow

CURVES_OF_REPEATS = 1  # one repeat's curves are enough to look at


@dataclass(frozen=True)
class Material:
    """Rows to learn from.

    Attributes
    ----------
    name : str
        What the data are called.
    X : DataFrame or ndarray
        Features or images.
    y : ndarray of shape (n_rows,)
        Numbers of the classes, or quantities.
    classes : tuple of str
        The classes' own names; empty for quantities.
    steps : tuple of estimators
        What makes numbers of the features, learnt from training rows alone.
    """

    name: str
    X: Any
    y: NDArray[Any]
    classes: tuple[str, ...]
    steps: tuple[Any, ...]

    def rows(self, which: NDArray[np.int64]) -> tuple[Any, NDArray[Any]]:
        """Return some of the rows."""
        X = self.X.iloc[which] if hasattr(self.X, "iloc") else self.X[which]
        return X, self.y[which]

    def prepared(
        self, train: NDArray[np.int64], test: NDArray[np.int64]
    ) -> tuple[Any, NDArray[Any], Any, NDArray[Any]]:
        """Return rows to train and to test on as numbers; only the former say how."""
        from sklearn.base import clone

        (X, y), (X_test, y_test) = self.rows(train), self.rows(test)
        for step in self.steps:
            step = clone(step)
            X, X_test = step.fit_transform(X), step.transform(X_test)
        return _single(X), y, _single(X_test), y_test

    def score(self, model: Any, X: Any, y: NDArray[Any]) -> dict[str, float]:
        """Score a fitted model."""
        if self.classes:
            return score_classes(y, model.predict_proba(X))
        return score_numbers(y, model.predict(X))


def _single(X: Any) -> Any:
    """Networks compute in single precision; one conversion serves all strengths."""
    return X.astype(np.float32) if getattr(X, "dtype", None) == np.float64 else X


@dataclass(frozen=True)
class Design:
    """How a comparison is made, all but the data.

    Attributes
    ----------
    estimator : estimator
        The network, without any regularisation.
    variants : dict of str to Variant
        What is compared, the control first.
    yardsticks : dict of str to Yardstick
        Models that are no networks.
    resampling : Resampling
        Which rows choose and which score.
    epochs : int
        The most epochs that may be chosen.
    score : Score
        What chooses, and is tested.
    """

    estimator: Any
    variants: Mapping[str, Variant]
    yardsticks: Mapping[str, Yardstick]
    resampling: Resampling
    epochs: int
    score: Score

    @property
    def patience(self) -> int:
        """Epochs to go on for after the validation loss has turned."""
        return max(self.epochs // 4, 5)


@dataclass(frozen=True)
class Choice:
    """What inner folds have chosen.

    Attributes
    ----------
    strength : str
        The name of the best strength.
    epochs : int
        Its best number of epochs, or of the yardstick's iterations.
    curves : dict of str to ndarray of shape (n_inner_folds, n_epochs)
        Validation scores of each strength; infinitely bad from where training diverged.
    training : dict of str to ndarray of shape (n_epochs,)
        Mean training loss of each strength.
    """

    strength: str
    epochs: int
    curves: Mapping[str, NDArray[np.float64]]
    training: Mapping[str, NDArray[np.float64]]

    @property
    def failed(self) -> bool:
        """Whether training diverged at every strength."""
        return not np.isfinite(self.curves[self.strength]).all()


def choose(
    variant: Variant, material: Material, design: Design, rows: NDArray[np.int64], *place: int
) -> Choice:
    """Choose strength and epochs of a variant on folds of these rows."""
    curves: dict[str, list[Any]] = {name: [] for name in variant.strengths}
    training: dict[str, list[Any]] = {name: [] for name in variant.strengths}
    seed = design.resampling.network_seed(*place)
    for inner, (train, validation) in enumerate(design.resampling.inner(material.y[rows], seed)):
        X, y, X_val, y_val = material.prepared(rows[train], rows[validation])
        for name, parameters in variant.strengths.items():
            model = network(design, parameters, design.epochs, seed + inner)
            curve, loss = _validated(model, X, y, X_val, y_val, design)
            curves[name].append(curve)
            training[name].append(loss)
    stacked = {name: np.stack(runs) for name, runs in curves.items()}
    means = {name: runs.mean(axis=0) for name, runs in stacked.items()}
    # The first of equal strengths is the weakest, and of equal epochs the earliest.
    worst_first = design.score.better
    strength = max(means, key=lambda name: worst_first(means[name]).max())
    epochs = int(np.argmax(worst_first(means[strength]))) + 1
    losses = {name: np.mean(runs, axis=0) for name, runs in training.items()}
    return Choice(strength, epochs, stacked, losses)


def network(design: Design, parameters: Mapping[str, Any], epochs: int, seed: int) -> Any:
    """Make the network of a variant and a strength, untrained."""
    from sklearn.base import clone

    return clone(design.estimator).set_params(**parameters, epochs=epochs, random_state=seed)


def _validated(
    model: Any, X: Any, y: Any, X_val: Any, y_val: Any, design: Design
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Train a network, and return its validation score and training loss after each epoch.

    Training goes on for `patience` epochs after the validation loss has turned; from there on the
    curves keep their last value.
    """
    if design.score.name != "accuracy":  # early stopping goes by the loss
        model.set_params(early_stopping=True, n_iter_no_change=design.patience, tol=0.0)
    try:
        model.fit(X, y, X_val=X_val, y_val=y_val)
    except FloatingPointError:  # a strength that diverges is never chosen
        hopeless = np.inf if design.score.lower_is_better else -np.inf
        return np.full(design.epochs, hopeless), np.full(design.epochs, np.nan)
    history = {name: np.asarray(values) for name, values in model.history_.items()}
    if design.score.name == "log_loss":
        curve = history["val_loss"]
    elif design.score.name == "accuracy":
        curve = history["val_accuracy"]
    else:
        error = history["val_loss"] * float(model.target_scale_[0]) ** 2
        curve = np.sqrt(error) if design.score.name == "rmse" else 1 - error / np.var(y_val)
    missing = design.epochs - len(curve)
    loss = history["loss"]
    return np.pad(curve, (0, missing), "edge"), np.pad(loss, (0, missing), "edge")


def compute_cell(cell: Cell, material: Material, design: Design) -> Tables:
    """Choose on the training rows of a fold, train on all of them, score on the others."""
    name, repeat, fold = cell
    rows, test = design.resampling.outer(material.y, repeat, fold)
    key = {"variant": name, "repeat": repeat, "fold": fold}
    if name in design.yardsticks:
        return _yardstick_cell(key, material, design, rows, test)
    start_tensorflow()
    variant = design.variants[name]
    with Stopwatch() as choosing:
        choice = choose(variant, material, design, rows, repeat, fold)
    X, y, X_test, y_test = material.prepared(rows, test)
    seed = design.resampling.network_seed(repeat, fold)
    model = network(design, variant.strengths[choice.strength], choice.epochs, seed)
    scores = dict.fromkeys(score_names(material), np.nan)
    with Stopwatch() as fitting:
        if not choice.failed:
            with suppress(FloatingPointError):  # a row without scores says so
                scores = material.score(model.fit(X, y), X_test, y_test)
    result = {
        **key, "strength": choice.strength, "epochs": choice.epochs, **scores,
        "fit_seconds": fitting.seconds, "choice_seconds": choosing.seconds,
    }  # fmt: skip
    return {
        "curves": _curve_rows(key, choice) if repeat < CURVES_OF_REPEATS else [],
        "candidates": [
            {**key, "strength": strength, **_candidate(runs, design)}
            for strength, runs in choice.curves.items()
        ],
        "results": [result],
    }


def score_names(material: Material) -> tuple[str, ...]:
    """Name the scores in the order of the tables."""
    from skdropout.studies.evidence import scores_of

    return tuple(scores_of(material.classes))


def _candidate(runs: NDArray[np.float64], design: Design) -> dict[str, Any]:
    """Sum up the inner folds of one strength at its best epoch."""
    mean = runs.mean(axis=0)
    best = int(np.argmax(design.score.better(mean)))
    score = float(mean[best])
    return {
        "epochs": best + 1,
        "validation": score if np.isfinite(score) else np.nan,
        "at_the_last_epoch": int(best + 1 == design.epochs),
    }


def _curve_rows(key: Mapping[str, Any], choice: Choice) -> list[dict[str, Any]]:
    validation = choice.curves[choice.strength].mean(axis=0)
    pairs = zip(validation, choice.training[choice.strength], strict=True)
    return [
        {**key, "epoch": epoch, "validation": float(score), "training_loss": float(loss)}
        for epoch, (score, loss) in enumerate(pairs, start=1)
        if np.isfinite([score, loss]).all()
    ]


def _yardstick_cell(
    key: Mapping[str, Any],
    material: Material,
    design: Design,
    rows: NDArray[np.int64],
    test: NDArray[np.int64],
) -> Tables:
    yardstick = design.yardsticks[key["variant"]]
    X, y, X_test, y_test = material.prepared(rows, test)
    seed = design.resampling.network_seed(key["repeat"], key["fold"])
    splits = list(design.resampling.inner(y, seed))
    began = time.perf_counter()
    model, strength = yardstick.fit(_flat(X), y, splits, seed, bool(material.classes))
    seconds = time.perf_counter() - began
    result = {
        **key, "strength": strength, "epochs": 0, **material.score(model, _flat(X_test), y_test),
        "fit_seconds": seconds, "choice_seconds": 0.0,
    }  # fmt: skip
    return {"curves": [], "candidates": [], "results": [result]}


def _flat(X: Any) -> NDArray[Any]:
    """Make rows of images."""
    X = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
    return X.reshape(len(X), -1)
