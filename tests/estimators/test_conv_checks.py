"""scikit-learn's own checks of the convolutional estimators, with none expected to fail.

Of the estimators, which share most of what is checked, the dense classifier stands for all with
every run of the tests.
"""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdropout import BNConvClassifier, BNConvRegressor


def small(kind=BNConvClassifier, **parameters):
    defaults = {"filters": (8,), "dense_units": 32, "epochs": 20, "learning_rate": 0.01}
    return kind(**{**defaults, "random_state": 0, **parameters})


CONFIGURATIONS = [
    BNConvClassifier(),
    small(placement="after_pooling", head="gap", convs_per_block=1),
    small(
        precision="mixed_bfloat16",
        placement="after_activation",
        conv_dropout=0.05,
        spatial_dropout=True,
    ),
    BNConvRegressor(),
    small(BNConvRegressor, batch_norm=False, conv_dropout=0.05, loss="huber"),
]


@pytest.mark.slow
@parametrize_with_checks(CONFIGURATIONS)
def test_scikit_learn_check(estimator, check):
    check(estimator)
