"""Searches and studies on a Dask cluster: the same results, also where a worker is killed."""

import os
import time
from collections import Counter
from dataclasses import replace
from itertools import chain

import numpy as np
import pandas as pd
import pytest
import studies_toy as toy
from dask_toy import Counted, Fatal, fatal_compute
from distributed import Client, LocalCluster
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline

from skdropout import DropoutMLPClassifier
from skdropout.__main__ import main
from skdropout.studies import StudyError
from skdropout.studies.running import run_plan
from skdropout.studies.running._cluster import computed_on_cluster

RATES = [0.0, 0.1, 0.3, 0.5]
SPLITS = 5


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as started:
        yield started


@pytest.fixture(scope="module")
def client(cluster):
    with Client(cluster, set_as_default=False) as connected:
        yield connected


def search(folder, **options):
    folder.mkdir()
    network = DropoutMLPClassifier(hidden_layer_sizes=4, epochs=3, random_state=0)
    steps = Pipeline([("fatal", Fatal(folder, **options)), ("net", network)])
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 6))
    y = (X[:, 0] > X[:, 1]).astype(int)
    splits = list(StratifiedKFold(SPLITS).split(X, y))
    grid = GridSearchCV(steps, {"net__dropout": RATES}, cv=splits, error_score="raise", refit=False)
    return grid, X, y, splits


def results(grid):
    columns = pd.DataFrame(grid.cv_results_)
    return columns[[name for name in columns if not name.endswith("_time")]]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    grid, X, y, _ = search(tmp_path_factory.mktemp("alone") / "fits")
    return results(grid.fit(X, y))


@pytest.mark.slow
def test_a_search_whose_worker_is_killed_is_complete_and_the_same(client, alone, tmp_path):
    grid, X, y, splits = search(tmp_path / "fits", deadly=True)
    client.amm.stop()  # it would take the copies back that each worker gets
    with parallel_config("dask", client=client, scatter=[X, y, *chain(*splits)]):
        grid.fit(X, y)
    pd.testing.assert_frame_equal(results(grid), alone, check_exact=True)
    fits = Counter((tmp_path / "fits" / "fits.txt").read_text().split())
    assert (tmp_path / "fits" / "killed").exists()
    assert str(os.getpid()) not in fits
    assert len(fits) >= 2
    # What the killed worker was at is computed again, and nothing else.
    assert 0 < sum(fits.values()) - len(RATES) * SPLITS <= 3


@pytest.mark.slow
def test_a_study_whose_worker_is_killed_is_complete_and_the_same(cluster, client, tmp_path):
    client.amm.stop()  # it would take the data back from a worker that has nothing to do
    counted = Counted(str(tmp_path / "unpickled"))
    plan = replace(toy.plan(), data=(counted, str(tmp_path), 0.05))
    expected = run_plan(replace(plan, data=(counted, None, 0)), tmp_path / "alone", progress=False)
    plan = replace(plan, compute=fatal_compute)
    found = run_plan(plan, tmp_path / "dask", cluster=cluster.scheduler_address, progress=False)
    for name, table in expected.items():
        pd.testing.assert_frame_equal(found[name], table, check_exact=True)
    fits = (tmp_path / "fits.txt").read_text().split()
    assert (tmp_path / "killed").exists()
    # What was running there is computed again, and perhaps what had just ended.
    assert 1 <= len(fits) - len(plan.cells) <= 2
    # Each worker, with the one that took the place of the killed one, got the data once.
    unpickled = Counter((tmp_path / "unpickled").read_text().split())
    unpickled.pop(str(os.getpid()), None)
    assert set(unpickled.values()) == {1}
    assert len(unpickled) <= 3


def test_a_study_on_a_cluster_of_its_own(tmp_path):
    run_plan(toy.plan(), tmp_path / "alone", progress=False)
    run_plan(toy.plan(), tmp_path / "local", cluster="local", jobs=2, progress=False)
    for name in ("results.csv", "curves.csv"):
        assert (tmp_path / "alone" / name).read_text() == (tmp_path / "local" / name).read_text()


@pytest.mark.slow
def test_the_command_line_takes_a_cluster(cluster, tmp_path, capsys):
    words = ["study", "sonar", "--repeats", "1", "--folds", "2", "--epochs", "2"]
    assert main([*words, "--out", str(tmp_path / "alone")]) == 0
    elsewhere = ["--cluster", cluster.scheduler_address]
    assert main([*words, *elsewhere, "--out", str(tmp_path / "dask")]) == 0
    capsys.readouterr()
    alone, dask = (pd.read_csv(tmp_path / n / "results.csv") for n in ("alone", "dask"))
    measured = ["fit_seconds"]
    pd.testing.assert_frame_equal(
        alone.drop(columns=measured), dask.drop(columns=measured), check_exact=True
    )


def test_an_address_that_is_none_says_what_is_expected(tmp_path):
    with pytest.raises(StudyError, match=r"no Dask scheduler.*tcp://.*'local'"):
        run_plan(toy.plan(), tmp_path / "out", cluster="carrier-pigeon://loft", progress=False)


def slow(cell, data):
    time.sleep(0.3)
    return cell, {}


def test_a_scheduler_that_goes_away_is_told():
    with LocalCluster(n_workers=1, processes=False, dashboard_address=":0") as mortal:
        results = computed_on_cluster(mortal.scheduler_address, 1, slow, range(40), ())
        next(results)
        mortal.close()
        with pytest.raises(StudyError, match=r"connection to the scheduler.*lost.*is kept"):
            list(results)
