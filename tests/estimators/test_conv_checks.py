"""scikit-learn's own checks of the convolutional estimators, with none expected to fail."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdropout import BNConvClassifier, BNConvRegressor


def small(kind=BNConvClassifier, **parameters):
    defaults = {"filters": (8,), "dense_units": 32, "epochs": 20, "learning_rate": 0.01}
    return kind(**{**defaults, "random_state": 0, **parameters})


SMALL = [small(placement="after_pooling", head="gap", convs_per_block=1)]
OTHERS = [
    BNConvClassifier(),
    small(
        precision="mixed_bfloat16",
        placement="after_activation",
        conv_dropout=0.05,
        spatial_dropout=True,
    ),
    BNConvRegressor(),
    small(BNConvRegressor, batch_norm=False, conv_dropout=0.05, loss="huber"),
]


@parametrize_with_checks(SMALL)
def test_scikit_learn_check(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(OTHERS)
def test_scikit_learn_check_of_other_configurations(estimator, check):
    check(estimator)
