"""Searches in threads and processes: the same results, each worker on its share of the cores."""

import pandas as pd
import pytest
from estimator_toy import quick, same_weights, table, threads_of_a_worker
from joblib import Parallel, delayed, parallel_config
from scipy.stats import loguniform, uniform
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (allows the next line)
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skdropout.training._program import compile_cache_info

GRID = {"net__dropout": [0.0, 0.3, 0.6], "net__input_dropout": [0.0, 0.2]}


def grid_search(**parameters):
    pipeline = Pipeline([("scale", StandardScaler()), ("net", quick(**parameters))])
    return GridSearchCV(pipeline, GRID, cv=3).fit(*table())


def results(search):
    """All columns but the times."""
    columns = pd.DataFrame(search.cv_results_)
    return columns[[name for name in columns if not name.endswith("_time")]]


@pytest.fixture(scope="module")
def alone():
    return grid_search()


@pytest.fixture
def two_processes():
    """Workers that were granted three threads each, which no default would give them."""
    with parallel_config("loky", n_jobs=2, inner_max_num_threads=3):
        yield


def test_two_threads_find_the_same(alone):
    with parallel_config("threading", n_jobs=2):
        together = grid_search()
    assert len(set(alone.cv_results_["mean_test_score"])) > 1
    pd.testing.assert_frame_equal(results(alone), results(together), check_exact=True)
    assert same_weights(alone.best_estimator_["net"], together.best_estimator_["net"])


@pytest.mark.slow
def test_two_processes_find_the_same(alone, two_processes):
    together = grid_search()
    pd.testing.assert_frame_equal(results(alone), results(together), check_exact=True)
    assert same_weights(alone.best_estimator_["net"], together.best_estimator_["net"])


@pytest.mark.slow
def test_a_worker_process_keeps_to_its_threads(two_processes):
    granted = Parallel()(delayed(threads_of_a_worker)(number) for number in range(2))
    assert granted == [(3, 3), (3, 3)]


def test_the_main_process_keeps_to_what_its_user_says(alone):
    assert threads_of_a_worker(0) == (0, 0)  # TensorFlow's own choice


def compiles(search):
    before = compile_cache_info()["misses"]
    search.fit(*table())
    return compile_cache_info()["misses"] - before


RATES = {
    "learning_rate": loguniform(1e-3, 1e-1),
    "momentum": uniform(0, 0.99),
    "max_norm": uniform(0.5, 4),
    "dropout": uniform(0, 0.6),
}


def test_a_random_search_compiles_once():
    network = quick(optimizer="sgd", hidden_layer_sizes=(11,))
    search = RandomizedSearchCV(network, RATES, n_iter=5, cv=2, random_state=0)
    assert compiles(search) == 1
    assert search.cv_results_["mean_test_score"].size == 5
    assert compiles(search) == 0


@pytest.mark.slow
def test_a_halving_search_over_epochs_compiles_once():
    network = quick(hidden_layer_sizes=(13,))
    search = HalvingGridSearchCV(
        network,
        {"dropout": [0.0, 0.2, 0.5, 0.8]},
        resource="epochs",
        min_resources=2,
        max_resources=8,
        factor=2,
        cv=2,
    )
    assert compiles(search) == 1
    assert search.n_resources_ == [2, 4, 8]
    assert search.best_estimator_.n_iter_ == 8


@pytest.mark.slow
def test_each_architecture_of_a_search_compiles_once():
    widths = {"hidden_layer_sizes": [(15,), (17,)], "dropout": [0.0, 0.5]}
    assert compiles(GridSearchCV(quick(), widths, cv=2)) == 2
