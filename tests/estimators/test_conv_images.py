"""The convolutional classifier on images: shapes, the protocol, Keras's own training."""

import pickle

import numpy as np
import pytest
import tensorflow as tf
from cases import slow
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdropout import BNConvClassifier
from skdropout.networks.layers import Augment


def tiny(**parameters):
    defaults = {"filters": (4, 6), "convs_per_block": 1, "dense_units": 8, "epochs": 3}
    return BNConvClassifier(**{**defaults, "random_state": 0, **parameters})


@pytest.fixture(scope="module")
def digits():
    data = load_digits(n_class=3)
    return data.images[:75].astype(np.uint8), data.target[:75]


def test_published_network():
    """Design and size of the CIFAR-100 comparison, counted by hand."""
    network = BNConvClassifier(
        filters=(60, 60, 60, 60, 100), dense_units=1000, head_dropout=0.5, batch_norm=False
    )._network_for((32, 32, 3), 100)
    model = network.build()
    convolutions = [(3, 60), (60, 60)] + [(60, 60)] * 6 + [(60, 100), (100, 100)]
    expected = sum(9 * before * after + after for before, after in convolutions)
    expected += (2 * 2 * 100) * 1000 + 1000 + 1000 * 100 + 100
    assert sum(np.prod(v.shape) for v in model.trainable_variables) == expected


@pytest.mark.parametrize("shape", [(8, 3, 6, 6), slow((8, 1, 6, 6))])
def test_channels_that_come_first_are_asked_about(shape):
    X, y = np.random.default_rng(0).normal(size=shape), np.arange(8) % 2
    with pytest.warns(UserWarning, match=r"transpose\(0, 2, 3, 1\)") as caught:
        tiny(epochs=1).fit(X, y)
    assert caught[0].filename == __file__
    tiny(epochs=1, image_shape=shape[1:]).fit(X, y)  # warnings are errors


def test_shapes_of_other_libraries_leave_no_trace(digits):
    X, y = digits
    fit = tiny(epochs=1, engine="keras").fit(tf.constant(X), y)
    assert [type(length) for length in fit.image_shape_] == [int, int, int]
    assert {type(length) for length in fit.network_.input_shape} == {int}


@pytest.mark.parametrize(
    ("batch_norm", "optimizer"),
    [
        (True, "rmsprop"),
        slow(False, "rmsprop"),
        slow(True, "sgd"),
        slow(False, "sgd"),
    ],
)
def test_same_weights_as_keras(digits, batch_norm, optimizer):
    """Without dropout, an L2 penalty and a partial last batch of 11 included."""
    X, y = digits
    options = {"batch_norm": batch_norm, "optimizer": optimizer, "head_dropout": 0.0, "alpha": 20.0}
    left, right = (
        tiny(engine=engine, learning_rate=0.001, **options).fit(X, y)
        for engine in ("compiled", "keras")
    )
    for ours, theirs in zip(left.weights_, right.weights_, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


def test_bytes_and_numbers_are_the_same_images(digits):
    X, y = digits
    as_bytes = tiny(shuffle=False).fit(X, y)
    as_numbers = tiny(shuffle=False).fit(X.astype(float), y)
    np.testing.assert_allclose(
        as_bytes.predict_proba(X), as_numbers.predict_proba(X.astype(float)), atol=1e-5
    )


@pytest.mark.parametrize(
    "kinds",
    [(np.uint8, np.float64), slow((np.float32, np.uint8))],
)
def test_images_to_watch_may_be_of_another_number_type(digits, kinds):
    X, y = digits
    train, validation = (X[n:].astype(kind) for n, kind in zip((20, 0), kinds, strict=True))
    mixed = tiny().fit(train, y[20:], X_val=validation[:20], y_val=y[:20])
    same = tiny().fit(train, y[20:], X_val=validation[:20].astype(train.dtype), y_val=y[:20])
    assert mixed.history_["val_loss"] == pytest.approx(same.history_["val_loss"], rel=1e-6)


def test_flat_rows_with_their_shape_are_the_same_images(digits):
    X, y = digits
    flat = X.reshape(len(X), -1).astype(np.float32)
    left = tiny(image_shape=(8, 8)).fit(flat, y).predict_proba(flat)
    right = tiny().fit(X.astype(np.float32), y).predict_proba(X.astype(np.float32))
    np.testing.assert_allclose(left, right, atol=1e-5)


def test_everyday_uses(digits):
    X, y = digits
    X = np.stack([X, X], axis=-1)
    assert cross_val_score(tiny(), X, y, cv=3).shape == (3,)
    search = GridSearchCV(tiny(), {"conv_dropout": [0.0, 0.2]}, cv=2).fit(X, y)
    assert search.predict(X).shape == y.shape
    calibrated = CalibratedClassifierCV(tiny(), cv=2).fit(X, y)
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1)


def test_signals_in_a_pipeline(digits):
    X, y = digits
    pipeline = make_pipeline(StandardScaler(), tiny())
    assert pipeline.fit(X.reshape(len(X), -1), y).predict(X.reshape(len(X), -1)).shape == y.shape


def test_pickle_predicts_the_same(digits):
    X, y = digits
    network = tiny(conv_dropout=0.1).fit(X, y)
    again = pickle.loads(pickle.dumps(network))
    np.testing.assert_array_equal(network.predict_proba(X), again.predict_proba(X))
    np.testing.assert_allclose(network.model_(X), network.predict_proba(X), atol=1e-5)


def test_fit_depends_on_the_rows_not_on_their_order(digits):
    X, y = digits
    turned = np.random.default_rng(0).permutation(len(X))
    left, right = tiny(conv_dropout=0.2).fit(X, y), tiny(conv_dropout=0.2).fit(X[turned], y[turned])
    for one, other in zip(left.weights_, right.weights_, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("change", [{"head_dropout": 0.0}, {"conv_dropout": 0.2}])
def test_a_warm_start_may_change_rates_but_adds_and_removes_no_dropout(digits, change):
    X, y = digits
    network = tiny(epochs=1, engine="keras", warm_start=True).fit(X, y)
    network.set_params(head_dropout=0.2).fit(X, y)
    with pytest.raises(
        ValueError, match=r"a dropout layer only where the rate is above 0.*start anew"
    ):
        network.set_params(**change).fit(X, y)


def test_augmentation_mirrors_half_of_the_images_and_moves_them_by_up_to_an_eighth():
    image = np.arange(16 * 24, dtype=np.float32).reshape(16, 24)
    images = np.tile(image[..., np.newaxis], (400, 1, 1, 1))
    padded = np.pad(image, ((2, 2), (3, 3)), mode="edge")
    moved = np.lib.stride_tricks.sliding_window_view(padded, image.shape)
    places = [(*corner, turn) for corner in np.ndindex(5, 7) for turn in (1, -1)]
    names = {
        moved[down, across, :, ::turn].tobytes(): (down, across, turn)
        for down, across, turn in places
    }
    for kinds, n_places, share in [("shift", 35, 0), ("flip", 1, 0.5), ("flip_shift", 35, 0.5)]:
        layer = Augment(kinds)
        seen = [names[shown.tobytes()] for shown in layer(images, training=True).numpy()]
        down, across, turns = np.transpose(seen)
        assert len(set(zip(down, across, strict=True))) == n_places
        assert abs(np.mean(turns == -1) - share) < 0.1
        np.testing.assert_array_equal(layer(images), images)


@pytest.mark.parametrize("placement", ["before_activation", "after_activation", "after_pooling"])
def test_placement(placement):
    network = tiny(conv_dropout=0.1, placement=placement)._network_for((8, 8, 1), 3)
    kinds = [type(layer).__name__ for layer in network.build().layers]
    first = kinds[kinds.index("Conv2D") : kinds.index("Conv2D", kinds.index("Conv2D") + 1)]
    pair = ["BatchNormalization", "Dropout"]
    expected = {
        "before_activation": ["Conv2D", *pair, "Activation", "MaxPooling2D"],
        "after_activation": ["Conv2D", "Activation", *pair, "MaxPooling2D"],
        "after_pooling": ["Conv2D", "Activation", "MaxPooling2D", *pair],
    }
    assert first == expected[placement]


def test_wrong_shapes_say_what_to_do(digits):
    X, y = digits
    with pytest.raises(ValueError, match="image_shape"):
        tiny(image_shape=(7, 9)).fit(X.reshape(len(X), -1), y)
    with pytest.raises(ValueError, match="8"):
        tiny().fit(X, y).predict(X[:, :7])
