"""The same fit on one core as on many, which takes two processes with threads of their own.

To the last bit, and so are the predictions that NumPy makes for small networks. TensorFlow, which
makes those of the others, promises nothing: on some processors it shares sums out among threads.
"""

import json
import os
import subprocess
import sys

import pytest

SCRIPT = """
import hashlib, json, os
from engine_toy import table, tiny
from scipy.sparse import csr_array

from skdropout.training._small import small_network

if os.environ["TF_NUM_INTRAOP_THREADS"] == "1" and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

def digest(arrays):
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()

NETWORKS = [
    ("wide", (512, 512), 600, 128, 60),
    ("small", (60, 30), 187, 16, 60),
    ("long batches", (64, 64), 2000, 1024, 60),
    ("very wide", (1024, 1024), 256, 128, 60),
    ("wide, short batches", (1024, 1024), 64, 16, 60),
    ("many features", (30,), 64, 16, 6000),
    ("pixels", (100,), 300, 32, 784),
    ("an odd number of features", (100, 50), 100, 32, 1009),
    ("few features, wide", (4096,), 100, 32, 10),
    ("few features, long batches", (2048,), 640, 320, 7),
    ("narrow, long batches", (100,), 514, 257, 60),
    ("a large table", (60, 30), 4000, 64, 60),
    ("sparse", (256, 128), 700, 128, 1000),
]
found = {}
for name, sizes, n_rows, batch_size, n_features in NETWORKS:
    X, y = table(n_rows=n_rows, n_features=n_features)
    if name == "sparse":
        X = csr_array(X * (X > 2))
    options = {"hidden_layer_sizes": sizes, "batch_size": batch_size, "activation": "relu"}
    fitted = tiny(dropout=0.3, epochs=2, early_stopping=True, **options).fit(X, y)
    predicted = fitted.predict_proba(X)
    in_numpy = small_network(fitted.network_) is not None
    exact = digest(fitted.weights_), fitted.history_, in_numpy and digest([predicted])
    found[name] = exact, predicted.astype(float).ravel().tolist()
print(json.dumps(found))
"""
NAMES = [
    "wide", "small", "long batches", "very wide", "wide, short batches", "many features",
    "pixels", "an odd number of features", "few features, wide", "few features, long batches",
    "narrow, long batches", "a large table", "sparse",
]  # fmt: skip


@pytest.fixture(scope="module")
def found():
    """What one thread on one core finds, and what eight threads on all cores find.

    Each compiles for itself: a program that is kept was compiled for one number of threads.
    """
    running = []
    for n_threads in ("1", "8"):
        environment = {
            "PYTHONPATH": os.pathsep.join(sys.path),
            "TF_NUM_INTRAOP_THREADS": n_threads,
            "TF_XLA_FLAGS": "",
        }
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", SCRIPT],
                env=os.environ | environment,
                stdout=subprocess.PIPE,
            )
        )
    outputs = [process.communicate(timeout=400)[0] for process in running]
    return [json.loads(output) for output in outputs]


@pytest.mark.slow
@pytest.mark.parametrize("network", NAMES)
def test_the_number_of_cores_changes_nothing(found, network):
    (one, one_predicts), (many, many_predict) = (each[network] for each in found)
    assert one == many
    assert many_predict == pytest.approx(one_predicts, rel=0, abs=1e-6)
