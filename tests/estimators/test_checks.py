"""scikit-learn's own checks of the classifier, on many configurations, with none expected to fail.

Compiling takes far longer than any fit here, so configurations that can share their programs (the
same layers, batch size and optimiser) stand next to each other, and the others have several
features each. A small classifier is checked with every run of the tests, the other configurations
with the slow ones. Two parameters cannot pass by what they are for: with ``warm_start`` a second
fit differs from the first, and without ``shuffle`` the order of the rows matters; both have tests
of their own.
"""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdropout import DropoutMLPClassifier


def seeded(**parameters):
    return DropoutMLPClassifier(random_state=0, **parameters)


SMALL = [
    seeded(
        hidden_layer_sizes=(8,),
        optimizer="sgd",
        nesterov=True,
        learning_rate=0.02,
        batch_size=32,
        epochs=40,
        rescale=None,
    )
]
OTHERS = [
    DropoutMLPClassifier(),
    seeded(input_dropout=0.1, dropout=0.5, learning_rate=0.01, epochs=50),
    seeded(max_norm=3.0, dropout=[0.2], weight_decay=0.01),
    seeded(learning_rate_schedule="cosine", learning_rate=0.01, epochs=20),
    seeded(learning_rate_schedule="inverse_time", learning_rate_decay=0.1, rescale="unit"),
    seeded(learning_rate_schedule="exponential", learning_rate_decay=0.001, max_norm=2),
    seeded(hidden_layer_sizes=200, dropout=0.0, rescale="center", kernel_initializer="he_normal"),
    seeded(input_dropout=0.2, dropout=[0.2], kernel_initializer="orthogonal", epochs=150),
    seeded(
        hidden_layer_sizes=(8,),
        dropout=[0.1],
        batch_norm=True,
        max_norm=4.0,
        optimizer="rmsprop",
        learning_rate=0.05,
        batch_size=32,
        class_weight="balanced",
        label_smoothing=0.05,
        global_clipnorm=5.0,
        early_stopping=True,
        scoring="accuracy",
        epochs=20,
    ),
    seeded(
        hidden_layer_sizes=(8,),
        dropout=[0.1],
        rescale=None,
        optimizer="sgd",
        learning_rate=0.1,
        epochs=5,
        engine="keras",
    ),
]


@parametrize_with_checks(SMALL)
def test_scikit_learn_check(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(OTHERS)
def test_scikit_learn_check_of_other_configurations(estimator, check):
    check(estimator)
