"""The faster kernels of convolutional networks against Keras's own layers."""

import numpy as np
import pytest
import tensorflow as tf
from cases import slow
from sklearn.datasets import load_digits

from skdropout import BNConvClassifier
from skdropout.training import _engine_layers


@pytest.fixture(autouse=True)
def however_small(monkeypatch):
    monkeypatch.setattr(_engine_layers, "_WORTH_COMPILING", 1)


@pytest.mark.parametrize(
    "placement",
    [
        "before_activation",
        slow("after_activation"),
        slow("after_pooling"),
    ],
)
def test_training_and_validation_as_keras_has_them(placement):
    """Three epochs with a partial last batch and a look at the validation rows after each."""
    data = load_digits(n_class=3)
    X, y = data.images[:85].astype(np.uint8), data.target[:85]
    compiled, keras = (
        BNConvClassifier(
            filters=(4, 6),
            activation="elu",  # relu has no slope at zero, where rounding would choose a side
            placement=placement,
            batch_norm_momentum=0.7,
            dense_units=8,
            head_dropout=0.0,
            optimizer="sgd",
            learning_rate=0.05,
            epochs=3,
            early_stopping=True,
            engine=engine,
            random_state=0,
        ).fit(X, y)
        for engine in ("compiled", "keras")
    )
    for ours, theirs in zip(compiled.weights_, keras.weights_, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)
    for name, values in keras.history_.items():
        np.testing.assert_allclose(compiled.history_[name], values, rtol=1e-3, err_msg=name)


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh"])
def test_gradients_of_the_normalisation(activation):
    """Those that TensorFlow derives from the textbook's formula."""
    rng = np.random.default_rng(0)
    inputs, gamma, beta, upstream = (
        tf.constant(rng.normal(size=size), tf.float32)
        for size in ((5, 4, 4, 3), (3,), (3,), (5, 4, 4, 3))
    )
    kernels = _engine_layers._kernels(activation)
    found = []
    for normalise in (
        lambda: _engine_layers._normalised(kernels, 1e-3, inputs, gamma, beta)[0],
        lambda: tf.keras.activations.get(activation)(
            tf.nn.batch_normalization(
                inputs, *tf.nn.moments(inputs, [0, 1, 2]), beta, gamma, variance_epsilon=1e-3
            )
        ),
    ):
        with tf.GradientTape() as tape:
            tape.watch([inputs, gamma, beta])
            outputs = normalise()
        found.append([outputs, *tape.gradient(outputs, [inputs, gamma, beta], upstream)])
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)
