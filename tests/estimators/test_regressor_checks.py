"""scikit-learn's own checks of the regressor, with none expected to fail.

In a file of their own, so that another process may take them than those of the classifier.
"""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_regression
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from skdropout import DropoutMLPRegressor

CONFIGURATIONS = [
    DropoutMLPRegressor((8,), random_state=0, optimizer="sgd", learning_rate=0.02, epochs=40),
    DropoutMLPRegressor(),
    DropoutMLPRegressor(
        random_state=0,
        dropout=0.05,
        max_norm=4.0,
        rescale="unit",
        rescale_target=False,
        learning_rate=0.01,
    ),
    DropoutMLPRegressor(
        hidden_layer_sizes=(8,),
        random_state=0,
        early_stopping=True,
        refit=True,  # which shares the programs of the first
        n_iter_no_change=np.inf,
        optimizer="sgd",
        learning_rate=0.02,
        epochs=40,
    ),
]
POSITIVE = DropoutMLPRegressor((8,), loss="poisson", random_state=0, learning_rate=0.05, epochs=40)


@pytest.mark.slow
@parametrize_with_checks(CONFIGURATIONS)
def test_scikit_learn_check(estimator, check):
    check(estimator)


def checks_of_positive_targets():
    """All checks but the one of several outputs, which draws negative targets for any regressor.

    The others heed the tag that says what a Poisson loss takes.
    """
    for estimator, check in estimator_checks_generator(POSITIVE):
        if check.func is not estimator_checks.check_regressor_multioutput:
            yield pytest.param(estimator, check, id=check.func.__name__)


@pytest.mark.slow
@pytest.mark.parametrize(("estimator", "check"), [*checks_of_positive_targets()])
def test_scikit_learn_check_with_positive_targets(estimator, check):
    check(estimator)


def test_several_positive_targets():
    X, y = make_regression(n_samples=11, n_features=10, n_targets=5, random_state=42)
    predicted = clone(POSITIVE).fit(X, abs(y)).predict(X)
    assert predicted.shape == y.shape
    assert predicted.min() > 0
