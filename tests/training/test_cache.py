"""Programs are compiled once for an architecture, and leave no trace in what a fit returns."""

import keras
import numpy as np
import pytest
from engine_toy import assert_same_arrays, table, tiny
from joblib import Parallel, delayed

from skdropout.training._program import compile_cache_info


def compiles(action):
    """How many programs an action compiled."""
    before = compile_cache_info()["misses"]
    action()
    return compile_cache_info()["misses"] - before


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """The program that all of these tests share."""
    return tiny().fit(*table())


WHAT_A_SEARCH_VARIES = {
    "dropout": [0.1, 0.5],
    "input_dropout": [0.2],
    "max_norm": [0.5, 3],
    "learning_rate": [0.001, 0.3],
    "learning_rate_schedule": ["inverse_time", "exponential", "cosine"],
    "momentum": [0.0, 0.99],
    "alpha": [0.0, 2.0],
    "weight_decay": [0.1],
    "epochs": [1, 7, 300],
    "random_state": [1, 2],
    "kernel_initializer": ["he_normal", "zeros"],
    "rescale": ["center", "unit"],
    "shuffle": [False],
}


@pytest.mark.parametrize("name", WHAT_A_SEARCH_VARIES)
def test_what_a_search_varies_is_data(name):
    for value in WHAT_A_SEARCH_VARIES[name]:
        assert compiles(lambda value=value: tiny(**{name: value}).fit(*table())) == 0


def test_so_is_the_number_of_rows():
    for n_rows in (2, 20, 38, 100):
        assert compiles(lambda n_rows=n_rows: tiny().fit(*table(n_rows=n_rows))) == 0


def test_counts_warm_starts_and_partial_fit_take_the_same_program():
    X, y = table()
    assert compiles(lambda: tiny().fit(X, y, np.arange(37) % 3)) == 0
    assert compiles(lambda: tiny(warm_start=True).fit(X, y).fit(X, y)) == 0
    assert compiles(lambda: tiny().partial_fit(X, y, classes=[0, 1]).partial_fit(X, y)) == 0


def test_predicting_compiles_no_training(compiled):
    assert compiles(lambda: compiled.predict(table()[0])) == 0


def test_hits_are_counted():
    before = compile_cache_info()["hits"]
    tiny().fit(*table())
    assert compile_cache_info()["hits"] == before + 1


def test_another_architecture_is_another_program():
    assert compiles(lambda: tiny(hidden_layer_sizes=(7,)).fit(*table())) == 1
    assert compiles(lambda: tiny(hidden_layer_sizes=(7,), dropout=0.5).fit(*table())) == 0


def test_the_cache_has_a_limit():
    info = compile_cache_info()
    assert info.keys() == {"hits", "misses", "size", "limit"}
    assert 0 < info["size"] <= info["limit"] < 1000


CASES = [
    {"dropout": 0.5},
    {"dropout": 0.2, "max_norm": 1.0, "random_state": 1},
    {"hidden_layer_sizes": (6,), "input_dropout": 0.2},
    {"hidden_layer_sizes": (6,), "weight_decay": 0.1, "random_state": 2},
]


def weights(case):
    return tiny(**{"epochs": 30, **case}).fit(*table()).weights_


def test_earlier_fits_leave_no_trace():
    first = [weights(case) for case in CASES]
    for case, expected in reversed(list(zip(CASES, first, strict=True))):
        assert_same_arrays(weights(case), expected)


def test_four_threads_at_once_do_as_one_after_another():
    cases = CASES * 6
    expected = [weights(case) for case in cases]
    found = Parallel(n_jobs=4, backend="threading")(delayed(weights)(case) for case in cases)
    for one, other in zip(found, expected, strict=True):
        assert_same_arrays(one, other)


def test_threads_that_need_a_new_program_at_once_compile_it_once():
    case = {"hidden_layer_sizes": (9,), "dropout": 0.5}

    def together():
        found = Parallel(n_jobs=4, backend="threading")(delayed(weights)(case) for _ in range(4))
        for one in found:
            assert_same_arrays(one, found[0])

    assert compiles(together) == 1


def test_another_backend_is_an_error_that_says_what_to_do(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(RuntimeError, match=r"'jax'.*engine='keras'.*KERAS_BACKEND=tensorflow"):
        tiny().fit(*table())
