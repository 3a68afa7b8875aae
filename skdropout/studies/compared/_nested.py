"""One cell: a variant chooses its strength and epochs on inner folds, and is scored once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skdropout.studies.designing import Design, Fit, Folds, Material, fit_and_score, validated
from skdropout.studies.evidence import r_squared
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
        Validation scores of each strength, over as many epochs as it trained for; infinitely bad
        where training diverged.
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
    seed = design.resampling.network_seed(*place)
    inner = design.resampling.inner(material.y[rows], seed)
    folds = [material.prepared(rows[train], rows[validation]) for train, validation in inner]
    curves: dict[str, NDArray[np.float64]] = {}
    losses: dict[str, NDArray[np.float64]] = {}
    for strength in design.variants[name].strengths:
        models = [design.network(name, strength, seed=seed + k) for k in range(len(folds))]
        curves[strength], losses[strength] = _trained_together(models, folds, design)
    means = {strength: runs.mean(axis=0) for strength, runs in curves.items()}
    # The first of equal strengths is the weakest, and of equal epochs the earliest.
    worst_first = design.score.better
    best = max(means, key=lambda strength: worst_first(means[strength]).max())
    epochs = int(np.argmax(worst_first(means[best]))) + 1
    return Choice(best, epochs, curves, losses)


def _trained_together(
    models: Sequence[Any], folds: Sequence[tuple[Any, ...]], design: Design[Folds]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Train the networks of all inner folds until the mean of their validation curves has turned.

    Return these curves, and the mean training loss of each epoch. No network stops before the
    others: a mean over curves of which some have ended would favour late epochs.
    """
    patience = max(design.epochs // 8, 5)
    for epochs in _stretches(models[0], design.epochs):
        fits = [
            validated(model.set_params(warm_start=True, epochs=epochs), *fold)
            for model, fold in zip(models, folds, strict=True)
        ]
        if any(np.isnan(fit.history["loss"]).any() for fit in fits):
            never = -design.score.better(np.inf)
            return np.full((len(folds), 1), never), np.full(1, np.nan)
        pairs = zip(models, fits, folds, strict=True)
        curves = np.stack([_curve(*one, design) for one in pairs])
        advantages = design.score.better(curves.mean(axis=0))
        if len(advantages) - 1 - np.argmax(advantages) >= patience:
            break
    return curves, np.mean([fit.history["loss"] for fit in fits], axis=0)


def _stretches(model: Any, epochs: int) -> list[int]:
    """Divide the most epochs into quarters, after each of which training may end."""
    if model.learning_rate_schedule == "cosine":
        return [epochs]  # its rates depend on where it ends
    quarter = -(-epochs // 4)
    whole, rest = divmod(epochs, quarter)
    return [quarter] * whole + [rest] * (rest > 0)


def _curve(model: Any, fit: Fit, fold: tuple[Any, ...], design: Design[Folds]) -> Any:
    """Return the validation score after each epoch."""
    score = design.score.name
    if score in ("log_loss", "accuracy"):
        return fit.history["val_loss" if score == "log_loss" else "val_accuracy"]
    error = fit.history["val_loss"] * float(model.target_scale_[0]) ** 2
    return np.sqrt(error) if score == "rmse" else r_squared(error, fold[-1])


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
