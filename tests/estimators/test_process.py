"""A fresh process, and one without scikeras: what it imports, unpickles, trains and says."""

import hashlib
import json
import pickle
import subprocess
import sys

import pytest
from estimator_toy import quick, table

SCRIPT = """
import hashlib, importlib.abc, json, pickle, sys

class NoScikeras(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] == "scikeras":
            raise ModuleNotFoundError("No module named 'scikeras'", name=name)

sys.meta_path.insert(0, NoScikeras())
HEAVY = {"keras", "tensorflow", "scikeras", "matplotlib", "jax", "torch"}
imported = lambda: sorted(HEAVY & set(sys.modules))
found = {}

import skdropout
found["after import"] = imported()
classifier, X, y = pickle.load(sys.stdin.buffer)
skdropout.DropoutMLPClassifier(dropout=0.5).set_params(max_norm=3).get_params()
found["after unpickling"] = imported()
found["probabilities"] = classifier.predict_proba(X).tolist()
found["after predicting"] = imported()
classifier.fit(X[::-1], y[::-1])
found["fit"] = hashlib.sha256(b"".join(w.tobytes() for w in classifier.weights_)).hexdigest()
try:
    classifier.set_params(engine="keras", epochs=1).fit(X, y).to_scikeras()
except ImportError as error:
    found["error"] = str(error)
found["fitted still"] = classifier.n_iter_
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def fitted():
    X, y = table()
    return quick(early_stopping=True).fit(X, y), X, y


@pytest.fixture(scope="module")
def found(fitted):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], input=pickle.dumps(fitted), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_import_and_unpickling_bring_in_nothing_heavy(found):
    assert found["after import"] == []
    assert found["after unpickling"] == []


def test_nor_do_predictions_of_small_networks(found):
    assert found["after predicting"] == []


def test_an_unpickled_estimator_predicts_the_same(found, fitted):
    classifier, X, _ = fitted
    assert found["probabilities"] == classifier.predict_proba(X).tolist()


def test_a_fit_is_the_same_bit_by_bit(found, fitted):
    weights = b"".join(w.tobytes() for w in fitted[0].weights_)
    assert found["fit"] == hashlib.sha256(weights).hexdigest()


def test_without_scikeras_only_the_way_to_it_fails_and_says_what_to_install(found):
    assert "pip install 'scikeras>=0.13'" in found["error"]
    assert found["fitted still"] == 1
