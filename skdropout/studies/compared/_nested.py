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
class Runs:
    """How the networks of the inner folds did at one strength, over the epochs they trained for.

    Attributes
    ----------
    validation : ndarray of shape (n_inner_folds, n_epochs)
        Validation scores; infinitely bad where training diverged.
    training : ndarray of shape (n_epochs,)
        Mean training loss.
    merits : ndarray of shape (n_epochs,)
        What chooses, the higher the better: the mean validation score.
    """

    validation: NDArray[np.float64]
    training: NDArray[np.float64]
    merits: NDArray[np.float64]

    @property
    def best(self) -> int:
        """The best epoch, counted from 0; of equal ones the earliest."""
        return int(np.argmax(self.merits))


@dataclass(frozen=True)
class Choice:
    """What inner folds have chosen.

    Attributes
    ----------
    strength : str
        The name of the best strength; of equal ones the weakest.
    runs : dict of str to Runs
        All strengths, from the weakest on.
    """

    strength: str
    runs: Mapping[str, Runs]

    @property
    def epochs(self) -> int:
        """The best number of epochs."""
        return self.runs[self.strength].best + 1

    @property
    def failed(self) -> bool:
        """Whether training diverged at every strength."""
        return not np.isfinite(self.runs[self.strength].validation).all()


def choose(
    name: str, material: Material, design: Design[Folds], rows: NDArray[np.int64], *place: int
) -> Choice:
    """Choose strength and epochs of a variant on folds of these rows."""
    seed = design.resampling.network_seed(*place)
    inner = design.resampling.inner(material.y[rows], seed)
    folds = [material.prepared(rows[train], rows[validation]) for train, validation in inner]
    runs = {}
    for strength in design.variants[name].strengths:
        models = [design.network(name, strength, seed=seed + k) for k in range(len(folds))]
        runs[strength] = _trained_together(models, folds, design)
    return Choice(max(runs, key=lambda strength: runs[strength].merits.max()), runs)


def _trained_together(
    models: Sequence[Any], folds: Sequence[tuple[Any, ...]], design: Design[Folds]
) -> Runs:
    """Train the networks of all inner folds until the mean of their validation curves has turned.

    No network stops before the others: a mean over curves of which some have ended would favour
    late epochs.
    """
    patience = max(design.epochs // 8, 5)
    for epochs in _stretches(design.epochs):
        fits = [
            validated(model.set_params(warm_start=True, epochs=epochs), *fold)
            for model, fold in zip(models, folds, strict=True)
        ]
        if not all(np.isfinite(fit.history["val_loss"]).all() for fit in fits):
            never = -design.score.better(np.inf)
            return Runs(np.full((len(folds), 1), never), np.full(1, np.nan), np.full(1, -np.inf))
        pairs = zip(models, fits, folds, strict=True)
        curves = np.stack([_curve(*one, design) for one in pairs])
        runs = Runs(curves, _mean(fits, "loss"), _merits(curves, fits, design))
        if curves.shape[1] - 1 - runs.best >= patience:
            break
    return runs


def _merits(curves: NDArray[np.float64], fits: Sequence[Fit], design: Design[Folds]) -> Any:
    """Return the mean of the curves, turned so that higher is better.

    Accuracies are so coarse that many epochs and strengths have the same, of which the first is
    hardly trained: the validation loss decides between them.
    """
    means = design.score.better(curves.mean(axis=0))
    return means - 1e-9 * _mean(fits, "val_loss") if design.score.name == "accuracy" else means


def _mean(fits: Sequence[Fit], name: str) -> NDArray[np.float64]:
    return np.mean([fit.history[name] for fit in fits], axis=0)


def _stretches(epochs: int) -> list[int]:
    """Divide the most epochs into quarters, after each of which training may end."""
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
            for strength, runs in choice.runs.items()
        ],
        "results": [result],
    }


def _candidate(runs: Runs, design: Design[Folds]) -> dict[str, Any]:
    """Sum up the inner folds of one strength at its best epoch."""
    score = float(runs.validation.mean(axis=0)[runs.best])
    return {
        "epochs": runs.best + 1,
        "validation": score if np.isfinite(score) else np.nan,
        "at_the_last_epoch": int(runs.best + 1 == design.epochs),
    }


def _curve_rows(key: Mapping[str, Any], choice: Choice) -> list[dict[str, Any]]:
    runs = choice.runs[choice.strength]
    pairs = zip(runs.validation.mean(axis=0), runs.training, strict=True)
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
