"""Training runs: the estimators and histories that have one, and their curves."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted


def listed(given: Any) -> list[Any]:
    """Return one run, or several, as a list."""
    if not isinstance(given, list | tuple):
        return [given]
    if not given:
        raise ValueError("expected one or more training runs, got an empty list.")
    return list(given)


def network_of(estimator: Any) -> Any:
    """Return the fitted network that an estimator is, ends in, or has found."""
    check_is_fitted(estimator)
    if hasattr(estimator, "best_estimator_"):
        return network_of(estimator.best_estimator_)
    if hasattr(estimator, "steps"):
        return network_of(estimator[-1])
    if not hasattr(estimator, "history_"):
        raise TypeError(
            f"estimator expects a network of skdropout, or a pipeline or search that ends in one, "
            f"got {type(estimator).__name__}, which keeps no history. from_history takes the "
            "curves of any other."
        )
    return estimator


def curves_of(runs: list[Any]) -> dict[str, np.ndarray]:
    """Return the values of each measure, with a row for each run; nan where a run has none."""
    runs = [getattr(run, "history", run) for run in runs]
    names = list(dict.fromkeys(measure for run in runs for measure in run))
    if not names:
        raise ValueError("history expects at least one curve, such as {'loss': [0.7, 0.4]}.")
    n_epochs = max(len(run[measure]) for run in runs for measure in run)
    curves = {measure: np.full((len(runs), n_epochs), np.nan) for measure in names}
    for number, run in enumerate(runs):
        for measure in run:
            curves[measure][number, : len(run[measure])] = run[measure]
    return curves
