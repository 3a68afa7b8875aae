"""Models that are no networks: what a network must beat to be worth its while."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skdropout.studies.designing import Yardstick

Splits = Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]

NAIVE = "naive"
_TREES, _PATIENCE = 100, 25


def _naive(
    X: NDArray[Any], y: NDArray[Any], splits: Splits, seed: int, classes: bool
) -> tuple[Any, str]:
    from sklearn.dummy import DummyClassifier, DummyRegressor

    return (DummyClassifier() if classes else DummyRegressor()).fit(X, y), "-"


def _linear(
    X: NDArray[Any], y: NDArray[Any], splits: Splits, seed: int, classes: bool
) -> tuple[Any, str]:
    """Search the penalty of a linear model by log loss or squared error."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if classes:
        model = LogisticRegression(max_iter=2000, tol=1e-3)
        grid, scoring = {"logisticregression__C": [0.01, 0.1, 1.0, 10.0]}, "neg_log_loss"
    else:
        model = Ridge()
        grid = {"ridge__alpha": [0.1, 1.0, 10.0, 100.0, 1000.0]}
        scoring = "neg_mean_squared_error"
    search = GridSearchCV(make_pipeline(StandardScaler(), model), grid, scoring=scoring, cv=splits)
    search.fit(X, y)
    ((name, value),) = search.best_params_.items()
    return search, f"{name.rpartition('__')[2]} {value:g}"


def _boosting(
    X: NDArray[Any], y: NDArray[Any], splits: Splits, seed: int, classes: bool
) -> tuple[Any, str]:
    """Choose the number of trees by the mean validation curve, as networks choose their epochs."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    leaf = min(10, max(1, min(len(train) for train, _ in splits) // 4))  # few rows split, too
    common = {"early_stopping": False, "random_state": seed, "min_samples_leaf": leaf}
    # Several cells are computed at once: threads of each would only wait for one another.
    with threadpool_limits(1, user_api="openmp"):
        return _with_chosen_trees(kind, common, X, y, splits, classes)


def _with_chosen_trees(
    kind: Any,
    common: dict[str, Any],
    X: NDArray[Any],
    y: NDArray[Any],
    splits: Splits,
    classes: bool,
) -> tuple[Any, str]:
    models = [kind(warm_start=True, **common) for _ in splits]
    for grown in range(_PATIENCE, _TREES + 1, _PATIENCE):
        curves = []
        for model, (train, validation) in zip(models, splits, strict=True):
            model.set_params(max_iter=grown).fit(X[train], y[train])
            curves.append(_losses_of_stages(model, X[validation], y[validation], classes))
        trees = int(np.argmin(np.mean(curves, axis=0))) + 1
        if grown - trees >= _PATIENCE:
            break
    return kind(max_iter=trees, **common).fit(X, y), f"{trees} trees"


def _losses_of_stages(
    model: Any, X: NDArray[Any], y: NDArray[Any], classes: bool
) -> NDArray[np.float64]:
    """Return the log loss or squared error after each tree.

    By hand, since scikit-learn's log loss takes longer to check its input than trees to grow.
    """
    if not classes:
        return np.array([np.mean((stage - y) ** 2) for stage in model.staged_predict(X)])
    own = np.arange(len(y)), np.searchsorted(model.classes_, y)
    shares = np.array([stage[own] for stage in model.staged_predict_proba(X)])
    return -np.log(np.maximum(shares, np.finfo(float).eps)).mean(axis=1)


def table_yardsticks(classes: bool) -> dict[str, Yardstick]:
    """Return the yardsticks of tables, for classes or quantities."""
    boosting = Yardstick("gradient_boosting", "gradient boosting", _boosting)
    return {**image_yardsticks(classes), boosting.name: boosting}


def image_yardsticks(classes: bool) -> dict[str, Yardstick]:
    """Return the yardsticks of images, whose single pixels tell trees little."""
    if classes:
        naive = Yardstick(NAIVE, "always guessing the class shares", _naive)
        linear = Yardstick("logistic_regression", "logistic regression", _linear)
    else:
        naive = Yardstick(NAIVE, "always guessing the mean", _naive)
        linear = Yardstick("ridge", "ridge regression", _linear)
    return {yardstick.name: yardstick for yardstick in (naive, linear)}
