"""What a process sets for its own networks in Keras does not reach into ours."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from cases import slow
from estimator_toy import quick, table

from skdropout import BNConvClassifier, DropoutMLPClassifier, DropoutMLPRegressor
from skdropout.training import _inference, _program

SETTINGS = {
    "floatx": "float64",
    "dtype_policy": "mixed_bfloat16",
    "image_data_format": "channels_first",
    "epsilon": 1e-2,
}
X = np.random.default_rng(0).normal(size=(40, 4, 4, 3)).astype(np.float32)
ROWS = X[:, 0, 0]
SHORT = {"epochs": 2, "early_stopping": True, "optimizer": "adam", "random_state": 0}
DENSE = {"hidden_layer_sizes": (6,), "dropout": 0.2, "input_dropout": 0.2, "max_norm": 0.5}
CONV = {"filters": (4,), "conv_dropout": 0.2, "dense_units": 5, "max_norm": 0.5, "augment": "flip"}
CASES = {
    "perceptron": (DropoutMLPClassifier(**DENSE, **SHORT, batch_norm=True), ROWS, ROWS[:, 0] > 0),
    "classes": (DropoutMLPClassifier(**DENSE, **SHORT), ROWS, ROWS.argmax(axis=1)),
    "numbers": (DropoutMLPRegressor(**DENSE, **SHORT, alpha=1.0), ROWS, ROWS[:, 0]),
    "images": (BNConvClassifier(**CONV, **SHORT), X, ROWS[:, 0] > 0),
}


@pytest.fixture
def with_other_settings(monkeypatch, engines_predict):
    """Do something with other settings, and with no program made before."""
    monkeypatch.setattr(_program, "_compile", _program.Program)
    monkeypatch.setattr(_inference, "_predictor", _inference.Predictor)

    def with_them(action):
        config = keras.config
        before = {name: getattr(config, name)() for name in SETTINGS}
        try:
            for name, value in SETTINGS.items():
                getattr(config, f"set_{name}")(value)
            return action()
        finally:
            for name, value in before.items():
                getattr(config, f"set_{name}")(value)

    return with_them


# Images with batch norm depend on all of the settings.
SWEEP = [
    (pytest.param if case == "images" and engine == "compiled" else slow)(case, engine)
    for case in CASES
    for engine in ("compiled", "keras")
]


@pytest.mark.parametrize(("case", "engine"), SWEEP)
def test_fits_and_predictions_keep_their_bits(case, engine, with_other_settings):
    estimator, rows, y = CASES[case]
    estimator.set_params(engine=engine)
    expected = estimator.fit(rows, y)
    weights, predicted = expected.weights_, expected.predict(rows)
    losses, outputs = expected.history_, expected.model_(rows).numpy()

    def again():
        found = estimator.fit(rows, y)
        return found.weights_, found.predict(rows), found.history_, found.model_(rows).numpy()

    found = with_other_settings(again)
    for one, other in zip(found[0], weights, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(found[1], predicted)
    for name, values in losses.items():  # Keras itself adds its losses up in its own type
        np.testing.assert_allclose(found[2][name], values, rtol=1e-6 * (engine == "keras"))
    np.testing.assert_array_equal(found[3], outputs)


IN_NUMPY_MODE = """
import json
import tensorflow as tf
from estimator_toy import quick, table

tf.experimental.numpy.experimental_enable_numpy_behavior()
X, y = table()
fits = [quick(epochs=2, engine=engine).fit(X, y) for engine in ("compiled", "keras")]
print(json.dumps([fit.sample_proba(X, 3, random_state=0).tolist() for fit in fits]))
"""


@pytest.mark.slow
def test_tensorflow_s_numpy_mode_changes_no_samples():
    """It cannot be switched off again, so it is tried in a process of its own."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", IN_NUMPY_MODE],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    X, y = table()
    for engine, found in zip(("compiled", "keras"), json.loads(done.stdout), strict=True):
        expected = quick(epochs=2, engine=engine).fit(X, y).sample_proba(X, 3, random_state=0)
        np.testing.assert_array_equal(found, expected)
