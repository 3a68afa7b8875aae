"""scikit-learn's own checks of the classifier, on many configurations, with none expected to fail.

Compiling takes far longer than any fit here, so all configurations of the compiled engine share the
programs of the default one. What needs others (validation rows, batch normalisation) is checked on
images, whose programs XLA does not compile, and by `tests/training`. The default is checked with
every run of the tests, the other configurations with the slow ones. Two parameters cannot pass by
what they are for: with ``warm_start`` a second fit differs from the first, and without ``shuffle``
the order of the rows matters; both have tests of their own.
"""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdropout import DropoutMLPClassifier


def seeded(**parameters):
    return DropoutMLPClassifier(random_state=0, **parameters)


OTHERS = [
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
        rescale=None,
        optimizer="sgd",
        nesterov=True,
        learning_rate=0.1,
        epochs=5,
        engine="keras",
    ),
]


@parametrize_with_checks([DropoutMLPClassifier()])
def test_scikit_learn_check(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(OTHERS)
def test_scikit_learn_check_of_other_configurations(estimator, check):
    check(estimator)
