"""Convolutional regression: where something is in an image, and how much of it there is."""

import pickle

import numpy as np
import pytest
from engine_toy import assert_same_fit
from estimator_toy import same_weights
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skdropout import BNConvRegressor

SMALL = {"filters": (6,), "convs_per_block": 1, "dense_units": 16, "random_state": 0}


def bumps(n_images=160, seed=0):
    """Images of one bright spot each, with its column and its brightness."""
    generator = np.random.default_rng(seed)
    place, height = generator.uniform(1, 6, n_images), generator.uniform(1, 3, n_images)
    columns = np.exp(-((np.arange(8) - place[:, np.newaxis]) ** 2))
    images = height[:, np.newaxis, np.newaxis] * columns[:, np.newaxis, :] * np.ones((1, 8, 1))
    return images.astype(np.float32), np.c_[place, 1000 * height]


@pytest.fixture(scope="module")
def fitted():
    return BNConvRegressor(**SMALL, learning_rate=0.01).fit(*bumps())


def test_it_finds_place_and_brightness_each_in_its_unit(fitted):
    images, targets = bumps(seed=1)
    predicted = fitted.predict(images)
    assert predicted.shape == (160, 2)
    errors = np.sqrt(((predicted - targets) ** 2).mean(axis=0))
    assert (errors < 0.3 * targets.std(axis=0)).all()
    assert fitted.score(images, targets) > 0.9
    assert fitted.n_outputs_ == 2
    assert fitted.image_shape_ == (8, 8, 1)


def test_flattened_images_and_bytes_are_images(fitted):
    images, targets = bumps()
    rows = clone(fitted).set_params(image_shape=(8, 8)).fit(images.reshape(160, 64), targets)
    assert same_weights(rows, fitted)
    dark = np.rint(80 * images).astype(np.uint8)
    options = {**SMALL, "epochs": 2, "shuffle": False}  # the order is the bytes' own
    as_bytes, as_floats = (BNConvRegressor(**options).fit(X, targets) for X in (dark, 1.0 * dark))
    assert as_bytes.predict(dark) == pytest.approx(as_floats.predict(dark), rel=1e-4)


def test_the_order_of_images_and_pickles_change_nothing(fitted):
    images, targets = bumps()
    order = np.random.default_rng(2).permutation(160)
    assert same_weights(clone(fitted).fit(images[order], targets[order]), fitted)
    again = pickle.loads(pickle.dumps(fitted))
    assert (again.predict(images) == fitted.predict(images)).all()
    found = fitted.model_.predict(images[..., np.newaxis], verbose=0)
    assert found == pytest.approx(fitted.predict(images), rel=1e-4, abs=1e-2)


def test_the_engines_agree_on_losses_and_early_stopping():
    images, targets = bumps(80)
    options = {**SMALL, "epochs": 2, "loss": "poisson", "early_stopping": True, "batch_norm": False}
    fits = [
        BNConvRegressor(**options, engine=engine).fit(images, targets[:, 1])
        for engine in ("compiled", "keras")
    ]
    assert_same_fit(*fits, tolerance=1e-4)
    assert min(one.predict(images).min() for one in fits) > 0
    assert fits[0].best_score_ == fits[0].history_["val_r2"][fits[0].best_epoch_]


def test_it_says_how_unsure_it_is_and_can_be_searched(fitted):
    images, targets = bumps(60)
    options = {**SMALL, "learning_rate": 0.01, "epochs": 2}
    search = GridSearchCV(BNConvRegressor(**options), {"head_dropout": [0.2, 0.5]}, cv=2)
    search.fit(images, targets)
    unsure = search.best_estimator_.predict_uncertainty(images, 10, random_state=0)
    assert list(unsure.columns) == ["standard_deviation_0", "standard_deviation_1"]
    assert (unsure > 0).all(axis=None)
    with pytest.raises(ValueError, match=r"Set conv_dropout or head_dropout above 0"):
        fitted.sample_predict(images)


def test_images_of_another_size_are_refused(fitted):
    with pytest.raises(ValueError, match=r"was fitted on \(8, 8, 1\)"):
        fitted.predict(np.zeros((3, 7, 8)))
    with pytest.raises(ValueError, match=r"single image.* pass X\[np\.newaxis\]"):
        fitted.predict(np.zeros((8, 8, 1)))
    assert fitted.predict(np.zeros((8, 8, 1))[np.newaxis]).shape == (1, 2)
