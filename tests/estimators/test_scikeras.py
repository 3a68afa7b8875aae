"""``to_scikeras``: the same network, built, compiled and trained by scikeras."""

import keras
import numpy as np
import pytest
from cases import slow
from estimator_toy import quick, table
from sklearn.base import clone

from skdropout import BNConvClassifier, DropoutMLPRegressor

SAME = {"shuffle": False, "dropout": 0.0, "alpha": 2.0, "max_norm": 1.0, "epochs": 3}


@pytest.mark.parametrize(
    "kind",
    [
        "multiclass",
        slow("binary"),
        slow("multilabel"),
    ],
)
def test_both_train_the_same_classifier(kind):
    X, y = table(kind)
    ours = quick(**SAME, learning_rate_schedule="exponential").fit(X, y)
    theirs = clone(quick(**SAME, learning_rate_schedule="exponential").to_scikeras()).fit(X, y)
    expected = ours.predict_proba(X)
    np.testing.assert_allclose(theirs.predict_proba(X), expected, atol=1e-4)
    np.testing.assert_allclose(theirs.history_["loss"], ours.history_["loss"], atol=1e-4)


@pytest.mark.parametrize("rescale_target", [True, slow(False)])
def test_both_train_the_same_regressor(rescale_target):
    X, _ = table()
    y = 100 + 10 * X[:, 0] if rescale_target else X[:, 0]
    options = {"hidden_layer_sizes": (8,), "batch_size": 32, "random_state": 0}
    ours = DropoutMLPRegressor(rescale_target=rescale_target, **SAME, **options)
    predicted = ours.to_scikeras().fit(X, y).predict(X)
    np.testing.assert_allclose(predicted, ours.fit(X, y).predict(X), atol=1e-3)


@pytest.mark.slow
def test_losses_go_along():
    X, y = table("multiclass")
    ours = quick(**SAME, label_smoothing=0.2, global_clipnorm=0.5)
    found = ours.to_scikeras().fit(X, y).predict_proba(X)
    np.testing.assert_allclose(found, ours.fit(X, y).predict_proba(X), atol=1e-4)
    options = {"hidden_layer_sizes": (8,), "random_state": 0}
    ours = DropoutMLPRegressor(loss="poisson", **{**SAME, **options})
    found = ours.to_scikeras().fit(X, 50 * np.exp(X[:, 0])).predict(X)
    np.testing.assert_allclose(found, ours.fit(X, 50 * np.exp(X[:, 0])).predict(X), rtol=1e-3)


def test_the_user_goes_on_with_a_loss_and_an_optimizer_of_their_own():
    X, y = table()
    wrapper = quick(shuffle=False, epochs=2).to_scikeras()
    wrapper.set_params(loss="hinge", optimizer="sgd", optimizer__learning_rate=0.5)
    fitted = wrapper.fit(X, y)
    assert isinstance(fitted.model_.optimizer, keras.optimizers.SGD)
    assert float(fitted.model_.optimizer.learning_rate) == 0.5
    assert fitted.model_.loss in ("hinge", keras.losses.hinge)
    assert [type(layer).__name__ for layer in fitted.model_.layers][1:3] == ["Rescale", "Dropout"]


def test_early_stopping_and_images_go_along():
    images = np.random.default_rng(0).normal(size=(40, 4, 4, 1))
    y = images.mean(axis=(1, 2, 3)) > 0
    options = {"filters": (2,), "dense_units": 4, "epochs": 3, "random_state": 0}
    wrapper = BNConvClassifier(**options, early_stopping=True).to_scikeras().fit(images, y)
    assert "val_loss" in wrapper.history_
    assert wrapper.predict_proba(images).shape == (40, 2)


PIXELS = np.random.default_rng(0).normal(5, 2, size=(40, 16))


@pytest.mark.parametrize(
    ("X", "image_shape"),
    [
        (PIXELS.reshape(40, 4, 4), None),
        (PIXELS, (4, 4)),
        slow(PIXELS, None),
    ],
    ids=["grey images", "rows of pixels", "signals"],
)
def test_rows_take_the_shape_that_fit_gives_them(X, image_shape):
    y = np.arange(40) % 2
    options = {"filters": (2,), "convs_per_block": 1, "dense_units": 4, "head_dropout": 0.0}
    training = {"shuffle": False, "epochs": 2, "random_state": 0, "engine": "keras"}
    ours = BNConvClassifier(image_shape=image_shape, **options, **training)
    theirs = ours.to_scikeras().fit(X, y)
    expected = ours.fit(X, y).predict_proba(X)
    np.testing.assert_allclose(theirs.predict_proba(X), expected, atol=1e-4)


def test_the_user_goes_on_with_a_model_of_their_own():
    def softmax(meta):
        shape = meta["feature_encoder_"].shape_
        model = keras.Sequential([keras.Input(shape), keras.layers.Dense(3, "softmax")])
        model.compile(loss="sparse_categorical_crossentropy")
        return model

    X, y = table("multiclass")
    wrapper = quick(epochs=2).to_scikeras().set_params(model=softmax)
    assert wrapper.fit(X, y).predict_proba(X).shape == (60, 3)


def test_the_seed_decides_about_the_order_of_the_rows_too():
    X, y = table("multiclass")
    wrapper = quick(epochs=2, random_state=np.int64(4)).to_scikeras()
    first, again = (clone(wrapper).fit(X, y).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(first, again)
