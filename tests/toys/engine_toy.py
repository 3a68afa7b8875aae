"""Tiny tables and the comparison of two fits."""

import numpy as np

from skdropout import DropoutMLPClassifier


def table(n_rows=37, n_features=4, n_classes=2, seed=0):
    """Rows of a normal distribution, with labels that depend on them and some noise."""
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n_rows, n_features)).astype(np.float32)
    score = X[:, 0] + 0.5 * generator.normal(size=n_rows)
    return X, np.searchsorted(np.quantile(score, np.linspace(0, 1, n_classes + 1)[1:-1]), score)


def tiny(**parameters):
    """A classifier that trains in a moment; tanh, so that no rounding flips a unit on or off."""
    defaults = {
        "hidden_layer_sizes": (8,),
        "activation": "tanh",
        "dropout": 0.0,
        "optimizer": "sgd",
        "learning_rate": 0.05,
        "batch_size": 8,
        "epochs": 3,
        "random_state": 0,
    }
    return DropoutMLPClassifier(**{**defaults, **parameters})


def assert_same_fit(left, right, tolerance=1e-5):
    """The same weights, history and optimiser state, up to rounding."""
    assert_same_arrays(left.weights_, right.weights_, tolerance)
    assert left.history_.keys() == right.history_.keys()
    for name, values in left.history_.items():
        np.testing.assert_allclose(values, right.history_[name], atol=tolerance, err_msg=name)


def assert_same_arrays(left, right, tolerance=0.0):
    """Lists of arrays that are equal, bit for bit unless a tolerance is given."""
    assert len(left) == len(right)
    for one, other in zip(left, right, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)
