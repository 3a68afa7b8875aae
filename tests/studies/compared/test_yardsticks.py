"""Models that are no networks."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from skdropout.studies.compared._yardsticks import table_yardsticks


@pytest.mark.parametrize("classes", [True, False])
def test_boosting_takes_the_trees_that_are_best_on_the_inner_folds(classes):
    X, y = make_classification(90, 5, n_informative=3, n_classes=3, random_state=3)
    splits = list(StratifiedKFold(2).split(X, y))
    _, chosen = table_yardsticks(classes)["gradient_boosting"].fit(X, y, splits, 0, classes)
    common = {"early_stopping": False, "random_state": 0, "min_samples_leaf": 10}
    curves = []
    with threadpool_limits(1):  # threads would only wait for one another
        for train, test in splits:
            if classes:
                model = HistGradientBoostingClassifier(**common).fit(X[train], y[train])
                stages, loss = model.staged_predict_proba(X[test]), log_loss
            else:
                model = HistGradientBoostingRegressor(**common).fit(X[train], y[train])
                stages, loss = model.staged_predict(X[test]), mean_squared_error
            curves.append([loss(y[test], stage) for stage in stages])
    assert chosen == f"{np.mean(curves, axis=0).argmin() + 1} trees"


@pytest.mark.parametrize("classes", [True, False])
def test_boosting_learns_from_few_rows(classes):
    y = np.arange(20) % 2
    X = y[:, np.newaxis] + np.random.default_rng(0).normal(0, 0.1, size=(20, 2))
    splits = list(StratifiedKFold(4).split(X, y))
    model, _ = table_yardsticks(classes)["gradient_boosting"].fit(X, y, splits, 0, classes)
    assert model.predict(X).round().tolist() == y.tolist()
