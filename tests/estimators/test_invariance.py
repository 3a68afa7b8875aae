"""A fit is a function of the set of rows and the seed, and of nothing else."""

import random
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from cases import slow
from estimator_toy import KINDS, quick, same_weights, table
from hypothesis import given, settings
from hypothesis import strategies as st

CONFIGURATIONS = {
    "dropout": {"input_dropout": 0.1, "dropout": 0.5},
    "early stopping": {"early_stopping": True, "n_iter_no_change": 3},
    "refit": {"early_stopping": True, "refit": True},
    "balanced": {"class_weight": "balanced"},
    "unit": {"rescale": "unit"},
    "all at once": {
        "batch_norm": True,
        "max_norm": 4.0,
        "global_clipnorm": 5.0,
        "class_weight": "balanced",
        "label_smoothing": 0.05,
        "early_stopping": True,
        "scoring": "accuracy",
    },
}
N_ROWS = 24


def coarse(kind="binary"):
    """Return a table with few different values, so that some of its rows are equal."""
    X = np.random.default_rng(0).integers(0, 2, size=(N_ROWS, 4)).astype(float)
    if kind == "multilabel":
        return X, X[:, :3].astype(int)
    return X, X[:, 0].astype(int) + (kind == "multiclass") * X[:, 1].astype(int)


CASES = [
    (configuration, kind)
    for configuration in CONFIGURATIONS
    for kind in (KINDS if configuration != "all at once" else ["binary"])
]
QUICK = [  # each of both, in few programs
    *(("dropout", kind) for kind in KINDS),
    ("early stopping", "multiclass"),
    ("refit", "multiclass"),
    ("balanced", "binary"),
    ("unit", "multilabel"),
]


@pytest.mark.parametrize(
    ("configuration", "kind"),
    [(pytest.param if case in QUICK else slow)(*case, id=" ".join(case)) for case in CASES],
)
def test_integer_weights_are_copies(configuration, kind):
    X, y = table(kind)
    counts = np.random.default_rng(1).integers(0, 4, size=60)
    options = CONFIGURATIONS[configuration]
    weighted = quick(**options).fit(X, y, sample_weight=counts)
    copied = quick(**options).fit(np.repeat(X, counts, axis=0), np.repeat(y, counts, axis=0))
    assert same_weights(weighted, copied)
    assert weighted.history_ == copied.history_


def test_integer_weights_are_copies_in_the_given_order_too():
    X, y = table()
    counts = np.arange(60) % 3
    weighted = quick(shuffle=False).fit(X, y, sample_weight=counts)
    copied = quick(shuffle=False).fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
    assert same_weights(weighted, copied)


def test_integer_weights_are_copies_in_partial_fit():
    X, y = table()
    counts = np.arange(60) % 3
    weighted = quick().partial_fit(X, y, [0, 1], counts).partial_fit(X, y, None, counts)
    X, y = np.repeat(X, counts, axis=0), np.repeat(y, counts)
    assert same_weights(weighted, quick().partial_fit(X, y, [0, 1]).partial_fit(X, y))


@settings(max_examples=15)
@given(st.lists(st.integers(0, 3), min_size=N_ROWS, max_size=N_ROWS).filter(any))
def test_any_integer_weights_are_copies(counts):
    X, y = coarse()
    classifier = quick(epochs=3)
    weighted = classifier.fit(X, y, sample_weight=counts).weights_
    if len(set(np.repeat(y, counts))) < 2:
        return  # the copies would lack a class that the weighted table has
    copied = quick(epochs=3).fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
    assert all(np.array_equal(a, b) for a, b in zip(weighted, copied.weights_, strict=True))


def test_weights_of_one_change_nothing():
    X, y = table()
    assert same_weights(quick().fit(X, y, sample_weight=np.ones(60)), quick().fit(X, y))


@pytest.mark.parametrize("kind", KINDS)
def test_weights_that_say_nothing_change_nothing(kind):
    """Half of everything, factors of one, and "balanced" where all classes are as frequent."""
    X, y = table(kind)
    if kind == "multilabel":
        y = np.repeat([[0, 1, 0], [1, 0, 1]], 30, axis=0)
    else:
        y = np.arange(60) % (2 if kind == "binary" else 3)
    expected = quick().fit(X, y)
    options = [{"class_weight": "balanced"}, {"class_weight": {0: 1, 1: 1}}]
    for option in options[: 1 if kind == "multilabel" else 2]:
        assert same_weights(quick(**option).fit(X, y), expected)
    assert same_weights(quick().fit(X, y, sample_weight=np.full(60, 0.5)), expected)


@pytest.mark.parametrize("options", [{}, {"early_stopping": True, "n_iter_no_change": 3}])
def test_weights_that_say_next_to_nothing_change_next_to_nothing(options):
    """Some rows are there twice, and the copies weigh the least bit differently."""
    X, y = (np.concatenate([part, part[:20]]) for part in table())
    weights = 1 + 1e-6 * np.random.default_rng(1).normal(size=80)
    plain = quick(**options).fit(X, y)
    weighted = quick(**options).fit(X, y, sample_weight=weights)
    for one, other in zip(plain.weights_, weighted.weights_, strict=True):
        np.testing.assert_allclose(other, one, atol=1e-4)


def test_real_weights_are_relative():
    X, y = table()
    weights = np.random.default_rng(1).uniform(0.1, 2, size=60)
    fitted = quick().fit(X, y, sample_weight=weights)
    assert same_weights(fitted, quick().fit(X, y, sample_weight=4 * weights))
    assert not same_weights(fitted, quick().fit(X, y))


def test_a_real_weight_of_zero_leaves_the_row_out():
    X, y = table()
    weights = np.random.default_rng(1).uniform(0.1, 2, size=60)
    weights[::3] = 0
    kept = weights > 0
    fitted = quick().fit(X, y, sample_weight=weights)
    assert same_weights(fitted, quick().fit(X[kept], y[kept], sample_weight=weights[kept]))


ORDERS = st.permutations(range(N_ROWS))


def check_another_order(order, case):
    configuration, kind = case
    X, y = coarse(kind)
    options = {**CONFIGURATIONS[configuration], "epochs": 3}
    assert same_weights(quick(**options).fit(X[order], y[order]), quick(**options).fit(X, y))


@settings(max_examples=15)
@given(order=ORDERS, case=st.sampled_from(QUICK))
def test_the_order_of_the_rows_does_not_matter(order, case):
    check_another_order(order, case)


@pytest.mark.slow
@settings(max_examples=40)
@given(order=ORDERS, case=st.sampled_from(CASES))
def test_the_order_of_the_rows_does_not_matter_anywhere(order, case):
    check_another_order(order, case)


def test_the_order_of_the_rows_matters_without_shuffling():
    X, y = table()
    options = {"shuffle": False, "batch_size": 32}
    one, other = quick(**options).fit(X, y), quick(**options).fit(X[::-1], y[::-1])
    assert not same_weights(one, other)


@pytest.mark.parametrize("kind", KINDS)
def test_one_seed_gives_one_fit(kind):
    X, y = table(kind)
    assert same_weights(quick().fit(X, y), quick().fit(X, y))
    assert not same_weights(quick().fit(X, y), quick(random_state=1).fit(X, y))


def test_fits_in_threads_at_the_same_time_do_not_disturb_each_other():
    X, y = table()
    quick(epochs=1).fit(X, y)  # TensorFlow is up
    options = {"hidden_layer_sizes": (6,), "epochs": 200}  # and must compile in one of the threads
    with ThreadPoolExecutor(4) as pool:
        at_once = list(
            pool.map(lambda seed: quick(random_state=seed, **options).fit(X, y), range(8))
        )
    for seed, fitted in enumerate(at_once):
        assert same_weights(fitted, quick(random_state=seed, **options).fit(X, y))


def test_no_seed_gives_another_fit_each_time():
    X, y = table()
    assert not same_weights(quick(random_state=None).fit(X, y), quick(random_state=None).fit(X, y))


def test_a_random_state_instance_is_drawn_from():
    X, y = table()
    shared = np.random.RandomState(7)
    first, second = (quick(random_state=shared).fit(X, y) for _ in range(2))
    again = quick(random_state=np.random.RandomState(7)).fit(X, y)
    assert same_weights(first, again)
    assert not same_weights(first, second)


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_no_global_random_state_is_touched_and_none_matters(engine):
    X, y = table()
    initializer = keras.initializers.HeNormal()

    def draws():
        return [
            random.random(),
            np.random.random(),  # noqa: NPY002 (the global generator is what must not change)
            float(keras.random.uniform(())),
            float(tf.random.uniform(())),
        ]

    def fitted():
        options = {"kernel_initializer": initializer, "early_stopping": True, "epochs": 2}
        classifier = quick(engine=engine, **options).fit(X, y)
        classifier.predict_proba(X)
        classifier.model_.get_weights()
        return classifier

    before = fitted()
    keras.utils.set_random_seed(3)
    expected = draws()
    keras.utils.set_random_seed(3)
    after = fitted()
    assert draws() == expected
    assert same_weights(before, after)


def test_keras_settings_are_left_alone():
    def current():
        return (
            keras.config.floatx(),
            keras.config.dtype_policy().name,
            keras.config.image_data_format(),
            keras.config.is_traceback_filtering_enabled(),
            tf.config.functions_run_eagerly(),
            tf.config.optimizer.get_jit(),
        )

    before = current()
    quick().fit(*table())
    assert current() == before
