"""Monte-Carlo dropout against exact answers: every thinned network of a linear one is known."""

import itertools
import tracemalloc

import dask.dataframe as dd
import numpy as np
import pandas as pd
import polars as pl
import pytest
from cases import EACH_ENGINE, slow
from estimator_toy import fit_by_keras, quick, table
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.exceptions import NotFittedError

from skdropout import BNConvClassifier, DropoutMLPRegressor
from skdropout.estimators._class_targets import Multiclass, Multilabel
from skdropout.training import _inference

RATE = 0.3
TWO = Multiclass(np.arange(2))


@pytest.fixture(scope="module")
def rows():
    return table("multiclass")[0]


@pytest.fixture(scope="module")
def classifier():
    return quick(dropout=RATE).fit(*table("multiclass"))


@pytest.fixture(scope="module")
def linear():
    """A linear network of five hidden units, whose outputs under every mask can be written down."""
    X, _ = table()
    options = {"hidden_layer_sizes": (5,), "activation": "linear", "dropout": RATE}
    regressor = DropoutMLPRegressor(**options, epochs=3, random_state=0)
    return fit_by_keras(regressor, X, np.c_[50 * X[:, 0] + 300, X[:, 1]])


def outputs_by_mask(regressor, X):
    """Return the masks, and what the network says under each, in float64."""
    shift, factor, _, kernel, bias, _, last, last_bias = (
        w.astype(float) for w in regressor.weights_
    )
    hidden = (X - shift) * factor @ kernel + bias
    masks = np.array(list(itertools.product([0, 1], repeat=5)))
    outputs = np.array([hidden * mask / (1 - RATE) @ last + last_bias for mask in masks])
    return masks, outputs * regressor.target_scale_ + regressor.target_mean_


def test_every_sample_is_one_thinned_network_for_all_rows(linear, rows):
    masks, possible = outputs_by_mask(linear, rows)
    samples = linear.sample_predict(rows, 500, random_state=0)
    assert samples.shape == (500, 60, 2)
    distance = abs(samples[:, np.newaxis] - possible[np.newaxis]).max(axis=(2, 3))
    assert distance.min(axis=1).max() < 1e-3
    kept = masks[distance.argmin(axis=1)]
    error = np.sqrt(RATE * (1 - RATE) / 500)
    assert abs(kept.mean(axis=0) - (1 - RATE)).max() < 4 * error  # each unit at its rate
    assert abs(np.corrcoef(kept.T) - np.eye(5)).max() < 4 / np.sqrt(500)  # and by itself


def test_mean_and_deviation_are_those_of_all_masks_together(linear, rows):
    masks, possible = outputs_by_mask(linear, rows)
    chances = np.prod(np.where(masks, 1 - RATE, RATE), axis=1)
    mean = np.einsum("m,mro->ro", chances, possible)
    deviation = np.sqrt(np.einsum("m,mro->ro", chances, (possible - mean) ** 2))
    assert linear.predict(rows) == pytest.approx(mean, abs=1e-3)  # linear: the mean is the network
    samples = linear.sample_predict(rows, 4000, random_state=1)
    assert (abs(samples.mean(axis=0) - mean) < 5 * deviation / np.sqrt(4000) + 1e-6).all()
    found = linear.predict_uncertainty(rows, 4000, random_state=1)
    assert list(found.columns) == ["standard_deviation_0", "standard_deviation_1"]
    assert found.to_numpy() == pytest.approx(deviation, rel=0.1)
    assert found.to_numpy() == pytest.approx(samples.std(axis=0), rel=1e-4)


def test_one_output_has_one_deviation(rows):
    regressor = DropoutMLPRegressor((5,), dropout=RATE, epochs=1, random_state=0)
    fit_by_keras(regressor, rows, rows[:, 0])
    samples = regressor.sample_predict(rows, 20, random_state=0)
    assert samples.shape == (20, 60)
    found = regressor.predict_uncertainty(rows, 20, random_state=0)
    assert found["standard_deviation"].to_numpy() == pytest.approx(samples.std(axis=0), rel=1e-4)


def test_samples_are_probabilities_that_differ(classifier, rows):
    samples = classifier.sample_proba(rows, 30, random_state=0)
    assert samples.shape == (30, 60, 3)
    assert samples.sum(axis=2) == pytest.approx(1)
    assert samples.min() >= 0
    assert (samples.std(axis=0) > 0).any(axis=1).all()


def test_a_row_has_its_samples_whatever_comes_with_it(classifier, rows):
    whole = classifier.sample_proba(rows, 12, random_state=3)
    order = np.random.default_rng(0).permutation(60)
    assert (classifier.sample_proba(rows[order], 12, random_state=3) == whole[:, order]).all()
    assert (classifier.sample_proba(rows[7:8], 12, random_state=3) == whole[:, 7:8]).all()
    assert (classifier.sample_proba(rows, 5, random_state=3) == whole[:5]).all()


def test_blocks_of_memory_leave_no_trace(classifier, rows, monkeypatch):
    whole = classifier.sample_proba(rows, 12, random_state=3)
    frame = classifier.predict_uncertainty(rows, 12, random_state=3)
    monkeypatch.setattr(_inference, "rows_of_samples", lambda *_: 7)
    assert (classifier.sample_proba(rows, 12, random_state=3) == whole).all()
    pd.testing.assert_frame_equal(classifier.predict_uncertainty(rows, 12, random_state=3), frame)
    monkeypatch.setattr(_inference, "rows_of_samples", lambda *_: 59)  # and a lone last row
    assert (classifier.sample_proba(rows, 12, random_state=3) == whole).all()


def test_the_seed_decides(classifier, rows):
    def draw(random_state):
        return classifier.sample_proba(rows, 3, random_state=random_state)

    assert (draw(0) == draw(0)).all()
    assert (draw(np.random.RandomState(0)) == draw(np.random.RandomState(0))).all()
    assert (draw(0) != draw(1)).any()
    assert (draw(None) != draw(None)).any()
    before = classifier.predict_proba(rows)
    draw(5)
    assert (classifier.predict_proba(rows) == before).all()


def test_nothing_is_traced_again(classifier, rows):
    classifier.sample_proba(rows, 2)
    compiled = _inference._sampler.cache_info().misses
    for n_rows, n_samples in [(1, 1), (60, 7), (33, 100)]:
        classifier.sample_proba(rows[:n_rows], n_samples)
    quick(dropout=0.7).fit(*table("multiclass")).sample_proba(rows)
    assert _inference._sampler.cache_info().misses == compiled


def test_memory_is_bounded(classifier):
    """All samples at once would be 60,000 rows * 100 samples * 3 classes * 8 bytes = 144 MB."""
    X = np.random.default_rng(0).normal(size=(60_000, 4))
    classifier.predict_uncertainty(X[:10])
    tracemalloc.start()
    frame = classifier.predict_uncertainty(X, random_state=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert frame.shape == (60_000, 3)
    assert peak < 144e6


def test_a_vanishing_rate_is_prediction_and_batch_norm_stays_as_it_is(rows):
    X, y = table("multiclass")
    options = {"dropout": 1e-6, "batch_norm": True, "epochs": 3}
    fitted = fit_by_keras(quick(**options), X, y)
    samples = fitted.sample_proba(rows[:9], 20, random_state=0)
    expected = np.broadcast_to(fitted.predict_proba(rows[:9]), samples.shape)
    assert samples == pytest.approx(expected, abs=1e-5)
    assert fitted.predict_uncertainty(rows, 20).iloc[:, 1:].to_numpy() == pytest.approx(0, abs=1e-5)


def test_the_keras_engine_draws_the_same_networks(classifier, rows):
    expected = classifier.sample_proba(rows, 4, random_state=0)
    classifier.set_params(engine="keras")
    assert classifier.sample_proba(rows, 4, random_state=0) == pytest.approx(expected, abs=1e-6)
    classifier.set_params(engine="compiled")


@pytest.mark.parametrize(
    "parameters",
    [
        {"head_dropout": 0.0, "conv_dropout": 0.4, "spatial_dropout": True},
        slow({"head_dropout": 0.5}),
    ],
)
def test_convolutional_networks_are_thinned_too(parameters):
    X, y = np.random.default_rng(0).normal(size=(24, 4, 4)).astype(np.float32), np.arange(24) % 2
    options = {"filters": (3,), "convs_per_block": 1, "dense_units": 4, "augment": "flip"}
    fitted = BNConvClassifier(**options, **parameters, epochs=2, random_state=0).fit(X, y)
    samples = fitted.sample_proba(X, 40, random_state=0)
    assert samples.shape == (40, 24, 2)
    assert samples.std(axis=0).max() > 0.001
    assert fitted.sample_proba(X[5:9], 40, random_state=0) == pytest.approx(
        samples[:, 5:9], abs=1e-6
    )
    unsure = fitted.predict_uncertainty(X, 40, random_state=0)
    assert (unsure["predictive_entropy"] <= np.log(2) + 1e-12).all()


def test_the_frame_has_the_rows_of_the_table(classifier, rows):
    names = pd.Index([f"row {i}" for i in range(60)], name="id")
    columns = ["predictive_entropy", "mutual_information", "standard_deviation"]
    named = classifier.predict_uncertainty(pd.DataFrame(rows, index=names), 5, random_state=0)
    plain = classifier.predict_uncertainty(rows, 5, random_state=0)
    assert list(named.columns) == columns
    assert named.index.equals(names)
    assert plain.index.equals(pd.RangeIndex(60))
    assert (named.to_numpy() == plain.to_numpy()).all()


def test_a_dask_frame_keeps_its_rows_and_a_polars_frame_has_none(classifier, rows):
    frame = pd.DataFrame(rows, index=np.arange(100, 160))
    expected = classifier.predict_uncertainty(frame, 5, random_state=0)
    in_parts = dd.from_pandas(frame, npartitions=2)
    found = classifier.predict_uncertainty(in_parts, 5, random_state=0)
    pd.testing.assert_frame_equal(found, expected)
    with pytest.warns(UserWarning, match="fitted without feature names"):
        found = classifier.predict_uncertainty(pl.DataFrame(rows), 5, random_state=0)
    pd.testing.assert_frame_equal(found, expected.reset_index(drop=True))


def test_two_classes_and_several_labels():
    X, y = table()
    samples = quick().fit(X, y).sample_proba(X, 6, random_state=0)
    assert samples.shape == (6, 60, 2)
    X, Y = table("multilabel")
    fitted = quick().fit(X, Y)
    samples = fitted.sample_proba(X, 6, random_state=0)
    assert samples.shape == (6, 60, 3)
    unsure = fitted.predict_uncertainty(X, 6, random_state=0)
    apart = sum(
        TWO.disagreement(np.stack([1 - p, p], axis=2))["predictive_entropy"]
        for p in np.moveaxis(samples, 2, 0)
    )
    assert unsure["predictive_entropy"].to_numpy() == pytest.approx(apart)


def test_agreement_and_disagreement_of_two_networks():
    alike = np.array([[[0.5, 0.5]], [[0.5, 0.5]]])
    apart = np.array([[[1.0, 0.0]], [[0.0, 1.0]]])
    found = pd.DataFrame(
        {k: v[0] for k, v in TWO.disagreement(samples).items()} for samples in (alike, apart)
    )
    assert found["predictive_entropy"].to_list() == pytest.approx([np.log(2), np.log(2)])
    assert found["mutual_information"].to_list() == pytest.approx([0, np.log(2)])
    assert found["standard_deviation"].to_list() == pytest.approx([0, 0.5])


@given(st.integers(1, 5), st.integers(2, 6), st.integers(0, 2**32 - 1), st.floats(0.01, 100))
def test_no_part_is_more_than_the_whole(n_samples, n_classes, seed, concentration):
    generator = np.random.default_rng(seed)
    samples = generator.dirichlet(np.full(n_classes, concentration), size=(n_samples, 8))
    found = Multiclass(np.arange(n_classes)).disagreement(samples)
    entropy, mutual = found["predictive_entropy"], found["mutual_information"]
    assert (mutual >= 0).all()
    assert (mutual <= entropy + 1e-12).all()
    assert (entropy <= np.log(n_classes) + 1e-12).all()
    samples = expit(generator.normal(size=(n_samples, 8, 3)))
    labels = Multilabel(np.arange(3)).disagreement(samples)
    assert (labels["mutual_information"] <= labels["predictive_entropy"] + 1e-12).all()
    assert (labels["predictive_entropy"] <= 3 * np.log(2) + 1e-12).all()


def test_what_cannot_be_sampled_is_said_at_once(classifier, rows):
    plain = quick(dropout=0.0, epochs=1).fit(*table("multiclass"))
    with pytest.raises(ValueError, match=r"without any.*Set dropout or input_dropout above 0"):
        plain.sample_proba(rows)
    linear = fit_by_keras(quick(hidden_layer_sizes=(), dropout=0.5, epochs=1), *table("multiclass"))
    with pytest.raises(ValueError, match=r"without any.* with a layer for it to act on"):
        linear.sample_proba(rows)
    with pytest.raises(ValueError, match="needs dropout"):
        plain.predict_uncertainty(rows)
    for n_samples in (0, 2.5):
        with pytest.raises(ValueError, match="n_samples expects a whole number from 1 up"):
            classifier.sample_proba(rows, n_samples)
    with pytest.raises(ValueError, match="cannot be used to seed"):
        classifier.sample_proba(rows, random_state="a")
    for method in ("sample_proba", "predict_uncertainty"):
        with pytest.raises(NotFittedError):
            getattr(quick(), method)(rows)
    with pytest.raises(ValueError, match="features"):
        classifier.predict_uncertainty(rows[:, :2])


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_images_that_training_moves_stay_where_they_are(engine):
    X, y = table()
    options = {"filters": (3,), "dense_units": 4, "conv_dropout": 0.2, "augment": "shift"}
    fitted = BNConvClassifier(**options, epochs=1, random_state=0, engine=engine).fit(X, y)
    samples = fitted.sample_proba(X, 3, random_state=0)
    assert samples.shape == (3, 60, 2)
    np.testing.assert_array_equal(samples, fitted.sample_proba(X, 3, random_state=0))
