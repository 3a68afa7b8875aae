"""One cell: a variant chooses its strength and epochs on inner folds, and is scored once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skdropout.studies.designing import Design, Folds, Material, fit_and_score, validated
from skdropout.studies.running import Cell, Stopwatch, Tables, start_tensorflow

CURVES_OF_REPEATS = 1  # one repeat's curves are enough to look at


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
    name: str, material: Material, design: Design[Folds], rows: NDArray[np.int64], *place: int
) -> Choice:
    """Choose strength and epochs of a variant on folds of these rows."""
    strengths = design.variants[name].strengths
    curves: dict[str, list[Any]] = {strength: [] for strength in strengths}
    training: dict[str, list[Any]] = {strength: [] for strength in strengths}
    seed = design.resampling.network_seed(*place)
    for inner, (train, validation) in enumerate(design.resampling.inner(material.y[rows], seed)):
        X, y, X_val, y_val = material.prepared(rows[train], rows[validation])
        for strength in strengths:
            model = design.network(name, strength, epochs=design.epochs, seed=seed + inner)
            curve, loss = _followed(model, X, y, X_val, y_val, design)
            curves[strength].append(curve)
            training[strength].append(loss)
    stacked = {strength: np.stack(runs) for strength, runs in curves.items()}
    means = {strength: runs.mean(axis=0) for strength, runs in stacked.items()}
    # The first of equal strengths is the weakest, and of equal epochs the earliest.
    worst_first = design.score.better
    best = max(means, key=lambda strength: worst_first(means[strength]).max())
    epochs = int(np.argmax(worst_first(means[best]))) + 1
    losses = {strength: np.mean(runs, axis=0) for strength, runs in training.items()}
    return Choice(best, epochs, stacked, losses)


def _followed(
    model: Any, X: Any, y: Any, X_val: Any, y_val: Any, design: Design[Folds]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Train a network, and return its validation score and training loss after each epoch.

    Training goes on for `patience` epochs after the validation loss has turned; from there on the
    curves keep their last value. A strength that diverges is never chosen.
    """
    score = design.score
    if score.name != "accuracy":  # early stopping goes by the loss
        model.set_params(early_stopping=True, n_iter_no_change=design.patience, tol=0.0)
    history = validated(model, X, y, X_val, y_val).history
    loss = history["loss"]
    if np.isnan(loss).all():
        return np.full(design.epochs, np.inf if score.lower_is_better else -np.inf), loss
    if score.name in ("log_loss", "accuracy"):
        curve = history["val_loss" if score.name == "log_loss" else "val_accuracy"]
    else:
        error = history["val_loss"] * float(model.target_scale_[0]) ** 2
        curve = np.sqrt(error) if score.name == "rmse" else 1 - error / np.var(y_val)
    missing = design.epochs - len(curve)
    return np.pad(curve, (0, missing), "edge"), np.pad(loss, (0, missing), "edge")


def compute_cell(cell: Cell, material: Material, design: Design[Folds]) -> Tables:
    """Choose on the training rows of a fold, train on all of them, score on the others."""
    name, repeat, fold = cell
    rows, test = design.resampling.outer(material.y, repeat, fold)
    key = {"variant": name, "repeat": repeat, "fold": fold}
    if name in design.yardsticks:
        return _yardstick_cell(key, material, design, rows, test)
    start_tensorflow()
    with Stopwatch() as watch:
        choice = choose(name, material, design, rows, repeat, fold)
    scores, seconds = dict.fromkeys(material.scores, np.nan), 0.0  # a row without scores says so
    if not choice.failed:
        seed = design.resampling.network_seed(repeat, fold)
        model = design.network(name, choice.strength, epochs=choice.epochs, seed=seed)
        fit = fit_and_score(model, material, rows, test)
        scores, seconds = dict(fit.scores), fit.seconds
    result = {
        **key, "strength": choice.strength, "epochs": choice.epochs, **scores,
        "fit_seconds": seconds, "choice_seconds": watch.seconds,
    }  # fmt: skip
    return {
        "curves": _curve_rows(key, choice) if repeat < CURVES_OF_REPEATS else [],
        "candidates": [
            {**key, "strength": strength, **_candidate(runs, design)}
            for strength, runs in choice.curves.items()
        ],
        "results": [result],
    }


def _candidate(runs: NDArray[np.float64], design: Design[Folds]) -> dict[str, Any]:
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
    design: Design[Folds],
    rows: NDArray[np.int64],
    test: NDArray[np.int64],
) -> Tables:
    yardstick = design.yardsticks[key["variant"]]
    X, y, X_test, y_test = material.prepared(rows, test)
    seed = design.resampling.network_seed(key["repeat"], key["fold"])
    splits = list(design.resampling.inner(y, seed))
    with Stopwatch() as watch:
        model, strength = yardstick.fit(_flat(X), y, splits, seed, bool(material.classes))
    result = {
        **key, "strength": strength, "epochs": 0, **material.score(model, _flat(X_test), y_test),
        "fit_seconds": watch.seconds, "choice_seconds": 0.0,
    }  # fmt: skip
    return {"curves": [], "candidates": [], "results": [result]}


def _flat(X: Any) -> NDArray[Any]:
    """Make rows of images."""
    X = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
    return X.reshape(len(X), -1)
