"""Prediction of one row and of a million: the same numbers, bounded memory, no retracing."""

import keras
import numpy as np
import psutil
import pytest
from engine_toy import table, tiny
from estimator_toy import fit_by_keras

from skdropout.training import engine_named

pytestmark = pytest.mark.usefixtures("engines_predict")


@pytest.fixture(scope="module")
def fitted():
    network = tiny(hidden_layer_sizes=(64,), dropout=0.5)
    return fit_by_keras(network, *table(n_rows=60, n_features=5))


@pytest.fixture(scope="module")
def million():
    return np.random.default_rng(0).normal(size=(1_000_000, 5)).astype(np.float32)


def forward(weights, X):
    """The network of these tests in float64: rescale, one tanh layer, one logit."""
    shift, factor, _, kernel, bias, _, last_kernel, last_bias = (w.astype(float) for w in weights)
    hidden = np.tanh((X - shift) * factor @ kernel + bias)
    return (hidden @ last_kernel + last_bias)[:, 0]


def test_a_million_rows_are_worked_through_in_chunks(fitted, million):
    """Activations of all rows at once would take 64 * 4 bytes a row for each layer: 256 MB."""
    fitted.predict_proba(million[:10_000])
    process = psutil.Process()
    before = process.memory_info().rss
    outputs = engine_named("compiled").outputs(fitted.network_, fitted.weights_, million)
    grown = process.memory_info().rss - before
    assert outputs.shape == (1_000_000, 1)
    assert grown < 150e6
    sample = np.arange(0, 1_000_000, 9973)
    np.testing.assert_allclose(
        outputs[sample, 0], forward(fitted.weights_, million[sample]), atol=1e-5
    )


def test_probabilities_of_a_million_rows_are_those_of_its_parts(fitted, million):
    whole = fitted.predict_proba(million)
    assert whole.shape == (1_000_000, 2)
    for start, n_rows in [(0, 1), (4091, 2), (4095, 2), (123_456, 1000), (999_999, 1)]:
        part = fitted.predict_proba(million[start : start + n_rows])
        np.testing.assert_allclose(whole[start : start + n_rows], part, atol=1e-6)


@pytest.mark.parametrize("n_rows", [1, 2, 31, 4092, 4093, 4097])
def test_any_number_of_rows(fitted, million, n_rows):
    np.testing.assert_allclose(
        fitted.decision_function(million[:n_rows]),
        forward(fitted.weights_, million[:n_rows]),
        atol=1e-5,
    )


def test_predicting_draws_no_masks(fitted, million):
    np.testing.assert_array_equal(
        fitted.predict_proba(million[:50]), fitted.predict_proba(million[:50])
    )


def test_a_prediction_costs_no_more_for_a_new_number_of_rows(fitted, million, monkeypatch):
    """A trace, which would call the layers, takes a tenth of a second or more."""
    fitted.predict_proba(million[:10])
    monkeypatch.setattr(keras.Model, "stateless_call", None)
    for n_rows in (*range(11, 31), 4097):
        assert fitted.predict_proba(million[:n_rows]).shape == (n_rows, 2)
