"""The L2 penalty against scikit-learn's linear models, which minimise the same sums."""

import numpy as np
import pytest
from cases import slow
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss

from skdropout import DropoutMLPClassifier, DropoutMLPRegressor

CONVERGED = {
    "hidden_layer_sizes": (),
    "rescale": None,
    "optimizer": "sgd",
    "learning_rate": 0.3,
    "batch_size": 100,  # all rows
    "epochs": 800,
    "random_state": 0,
}


def table(n_classes=2, seed=0):
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(60, 4))
    noisy = X[:, 0] - X[:, 1] + generator.normal(size=60)
    return X, np.digitize(noisy, np.linspace(-1, 1, n_classes - 1) if n_classes > 2 else [0.3])


def ours(alpha, X, y, weight=None):
    return DropoutMLPClassifier(alpha=alpha, **CONVERGED).fit(X, y, weight)


def theirs(alpha, X, y, weight=None):
    return LogisticRegression(C=1 / alpha, tol=1e-10, max_iter=10_000).fit(X, y, weight)


@pytest.mark.parametrize("alpha", [slow(0.5), 10])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_without_hidden_layers_it_is_logistic_regression(n_classes, alpha):
    X, y = table(n_classes)
    expected = theirs(alpha, X, y).predict_proba(X)
    assert ours(alpha, X, y).predict_proba(X) == pytest.approx(expected, abs=1e-4)
    assert abs(expected - theirs(5 - alpha / 3, X, y).predict_proba(X)).max() > 0.01


@pytest.mark.parametrize("kind", ["counts", "real"])
def test_with_weights_too(kind):
    X, y = table()
    weight = np.arange(60) % 4
    if kind == "real":  # these count relative to their mean
        weight = np.random.default_rng(0).dirichlet(np.ones(60)) * 60
    expected = theirs(5, X, y, weight).predict_proba(X)
    assert ours(5, X, y, weight).predict_proba(X) == pytest.approx(expected, abs=1e-4)


def test_a_regressor_is_ridge_regression():
    """Its loss is the mean of the squared error, not of half of it."""
    X, y = table()
    parameters = {**CONVERGED, "rescale_target": False, "learning_rate": 0.1}
    found = DropoutMLPRegressor(alpha=20, **parameters).fit(X, y).predict(X)
    assert found == pytest.approx(Ridge(alpha=10).fit(X, y).predict(X), abs=1e-4)


def test_losses_are_those_of_the_rows():
    X, y = table()
    fitted = ours(10, X, y)
    assert fitted.loss_ == pytest.approx(log_loss(y, fitted.predict_proba(X)), abs=1e-5)


def test_partial_fit_divides_by_the_rows_of_the_call():
    X, y = table()
    parameters = {**CONVERGED, "shuffle": False, "momentum": 0.0}
    one = DropoutMLPClassifier(alpha=10, **parameters).partial_fit(X[:20], y[:20], classes=[0, 1])
    same = DropoutMLPClassifier(alpha=10, **{**parameters, "epochs": 1}).fit(X[:20], y[:20])
    less = DropoutMLPClassifier(alpha=1, **{**parameters, "epochs": 1}).fit(X[:20], y[:20])
    assert one.predict_proba(X) == pytest.approx(same.predict_proba(X))
    assert abs(one.predict_proba(X) - less.predict_proba(X)).max() > 1e-3
