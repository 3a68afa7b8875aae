"""scikit-learn's own checks of the convolutional estimators, with none expected to fail.

Early stopping and what comes with it are checked here for all estimators, which share it: only
tracing takes time here. The dense classifier stands for all with every run of the tests.
"""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdropout import BNConvClassifier, BNConvRegressor


def small(kind=BNConvClassifier, **parameters):
    defaults = {"filters": (8,), "dense_units": 32, "epochs": 20, "learning_rate": 0.01}
    return kind(**{**defaults, "random_state": 0, **parameters})


CONFIGURATIONS = [
    BNConvClassifier(),
    small(
        placement="after_activation",
        head="gap",
        convs_per_block=1,
        precision="mixed_bfloat16",
        conv_dropout=0.05,
        spatial_dropout=True,
    ),
    small(
        placement="after_pooling",
        convs_per_block=1,
        optimizer="rmsprop",
        class_weight="balanced",
        label_smoothing=0.05,
        global_clipnorm=5.0,
        early_stopping=True,
        scoring="accuracy",
    ),
    BNConvRegressor(),
    small(
        BNConvRegressor,
        batch_norm=False,
        convs_per_block=1,
        conv_dropout=0.05,
        loss="huber",
        early_stopping=True,
        refit=True,
        n_iter_no_change=np.inf,
    ),
]


@pytest.mark.slow
@parametrize_with_checks(CONFIGURATIONS)
def test_scikit_learn_check(estimator, check):
    check(estimator)
