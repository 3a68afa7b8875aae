"""Small networks predict in NumPy as Keras does, and each row as it would alone."""

import keras
import numpy as np
import pytest
from estimator_toy import fit_by_keras
from scipy import sparse

from skdropout import DropoutMLPClassifier
from skdropout.estimators._parameters import ACTIVATIONS
from skdropout.networks import MLPNetwork
from skdropout.training import _small
from skdropout.training._small import small_network

NETWORK = MLPNetwork(
    input_shape=(6,),
    n_outputs=3,
    hidden_layer_sizes=(20, 10),
    activation=("gelu", "relu"),
    input_dropout=0.2,
    dropout=(0.5, 0.1),
    max_norm=2.0,
    batch_norm=True,
)


def weights_of(network):
    """Draw values for all weights; variances must not be negative."""
    generator = np.random.default_rng(0)
    weights = network.build().weights
    drawn = [generator.normal(size=value.shape).astype(np.float32) for value in weights]
    pairs = zip(weights, drawn, strict=True)
    return [abs(own) if value.name == "moving_variance" else own for value, own in pairs]


def rows(n_rows, n_features=6):
    return np.random.default_rng(1).normal(size=(n_rows, n_features)).astype(np.float32)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_every_activation_is_that_of_keras(name):
    values = np.linspace(-20, 20, 801, dtype=np.float32)
    expected = keras.ops.convert_to_numpy(keras.activations.get(name)(values))
    found = _small.ACTIVATIONS[name](values.astype(np.float64))
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("rescaled", [True, False])
def test_every_layer_does_what_the_model_does(rescaled):
    network = MLPNetwork(**{**vars(NETWORK), "rescaled": rescaled})
    model, weights, X = network.build(), weights_of(network), rows(50)
    model.set_weights(weights)
    expected = keras.ops.convert_to_numpy(model(X, training=False))
    found = small_network(network).outputs(weights, X)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_row_is_told_the_same_alone_as_among_thousands():
    network = MLPNetwork(input_shape=(40,), n_outputs=2, hidden_layer_sizes=(90,), dropout=(0.0,))
    weights, X = weights_of(network), rows(5000, 40)
    whole = small_network(network).outputs(weights, X)
    for n_rows in (1, 2, 3, 7, 33, 1024, 1025, 4097):
        some = X[5000 - n_rows :]
        np.testing.assert_array_equal(
            small_network(network).outputs(weights, some), whole[5000 - n_rows :]
        )


def test_sparse_rows_are_told_the_same():
    weights, X = weights_of(NETWORK), rows(30)
    X[X < 0] = 0
    small = small_network(NETWORK)
    np.testing.assert_array_equal(
        small.outputs(weights, sparse.csr_array(X)), small.outputs(weights, X)
    )


def test_large_networks_are_left_to_the_engines():
    X, y = rows(40, 300), np.arange(40) % 2
    network = DropoutMLPClassifier((128,), dropout=0.0, epochs=1, random_state=0)
    fitted = fit_by_keras(network, X, y)
    assert small_network(fitted.network_) is None
    outputs = _small.SmallNetwork(fitted.network_).outputs(fitted.weights_, X)
    np.testing.assert_allclose(fitted.decision_function(X), outputs[:, 0], rtol=1e-4, atol=1e-6)
