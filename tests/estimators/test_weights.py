"""Weights that come out, weights that go in, and names as Keras and scikit-learn write them."""

import re

import numpy as np
import pytest
from cases import EACH_ENGINE
from estimator_toy import fit_by_keras, quick, same_weights, table
from scipy.special import expit
from sklearn.base import clone

from skdropout import BNConvClassifier, DropoutMLPRegressor
from skdropout.networks import MLPNetwork

# Without momentum "nesterov" changes nothing, but other tests compile its program anyway.
PLAIN = {"optimizer": "sgd", "momentum": 0.0, "nesterov": True, "dropout": 0.0, "epochs": 2}


def test_what_was_done_to_the_keras_model_of_a_regressor_comes_back():
    X, _ = table()
    y = 50 * X[:, 0] + 300
    fitted = fit_by_keras(DropoutMLPRegressor((8,), epochs=1, random_state=0), X, y)
    model, recipe = fitted.model_, re.search(r"such as ``(.*)``", fitted.__doc__)[1]
    model.layers[-2].set_weights([2 * value for value in model.layers[-2].get_weights()])
    expected = model.predict(X, verbose=0)[:, 0]
    own = eval(recipe, {"model_": model, "weights_": fitted.weights_})
    fitted.weights_ = own
    assert fitted.predict(X) == pytest.approx(expected, rel=1e-5)
    still = {"initial_weights": own, "learning_rate": 1e-9}
    again = fit_by_keras(clone(fitted).set_params(**still), X, y)
    assert again.predict(X) == pytest.approx(expected, rel=1e-5)


def test_coefs_and_intercepts_are_those_of_the_layers_in_turn():
    X, y = table()
    options = {"hidden_layer_sizes": (8, 5), "activation": ("tanh", "ReLU"), "epochs": 3}
    fitted = quick(**options, rescale=None, engine="keras").fit(X, y)
    assert [kernel.shape for kernel in fitted.coefs_] == [(4, 8), (8, 5), (5, 1)]
    first, second, last = zip(fitted.coefs_, fitted.intercepts_, strict=True)
    hidden = np.tanh(X @ first[0] + first[1])
    hidden = np.maximum(hidden @ second[0] + second[1], 0)
    logits = (hidden @ last[0] + last[1])[:, 0]
    assert fitted.decision_function(X) == pytest.approx(logits, abs=1e-5)
    assert fitted.model_.predict(X, verbose=0)[:, 0] == pytest.approx(expit(logits), abs=1e-5)
    assert not hasattr(quick(), "coefs_")


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        (("relu",), "activation has 1 names for 2 hidden layers"),
        (("relu", "rellu"), "expects names of Keras activations, got 'rellu'"),
        ("rellu", "Did you mean 'relu'"),
    ],
)
def test_activations_that_are_none(activation, message):
    with pytest.raises(ValueError, match=message):
        quick(hidden_layer_sizes=(8, 5), activation=activation).fit(*table())


def test_convolutions_and_the_layers_of_the_head_have_activations_of_their_own():
    X, y = table()
    options = {"filters": (3,), "dense_units": (4,), "epochs": 1, "random_state": 0}
    kinds = ["tanh", "ELU", "sigmoid"]
    fitted = BNConvClassifier(**options, activation=kinds).fit(X, y)
    layers = {layer.name: layer for layer in fitted.model_.layers}
    names = ("activation_1_1", "activation_1_2", "dense_1")
    assert [layers[name].activation.__name__ for name in names] == ["tanh", "elu", "sigmoid"]
    with pytest.raises(ValueError, match=r"3 names for 2 hidden layers.*layers of the head"):
        BNConvClassifier(**options, head="gap", activation=kinds).fit(X, y)


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_a_fit_starts_from_the_weights_that_it_is_given(engine):
    X, y = table()
    before = quick(**PLAIN, engine=engine).fit(X, y)
    after = quick(**PLAIN, engine=engine, initial_weights=before.weights_)
    after.fit(X[:40] + 1, y[:40])
    expected = quick(**PLAIN, engine=engine, shuffle=False, warm_start=True)
    assert after.n_iter_ == 2
    assert (after.weights_[0] == before.weights_[0]).all()  # what inputs are rescaled by
    tiny_steps = quick(**PLAIN, engine=engine, initial_weights=before.weights_)
    still = tiny_steps.set_params(learning_rate=1e-30).fit(X, y)
    assert same_weights(still, before)
    expected.fit(X, y).weights_ = before.weights_
    expected.fit(X, y)
    again = quick(**PLAIN, engine=engine, shuffle=False, initial_weights=before.weights_)
    assert same_weights(again.fit(X, y), expected)


def test_tensorflow_does_not_start_for_given_weights_where_it_may_not(monkeypatch):
    """Nor before a worker's share of the cores is set, which is done in the same place."""
    X, y = table()
    before = quick(**PLAIN).fit(X, y)
    monkeypatch.setattr("skdropout.training._fork._ran_before_fork", True)  # as in such a child
    monkeypatch.setattr(MLPNetwork, "build", None)  # would start it
    with pytest.raises(RuntimeError, match="this process was forked"):
        quick(**PLAIN, initial_weights=before.weights_).fit(X, y)


def test_given_weights_serve_searches_and_regressors():
    X, y = table()
    options = {"dropout": 0.0, "epochs": 2, "random_state": 0}
    before = DropoutMLPRegressor((8,), **options).fit(X, X[:, 0])
    network = DropoutMLPRegressor((8,), **options, initial_weights=list(before.weights_))
    network.set_params(learning_rate=1e-30, early_stopping=True, refit=True).fit(X, 9 + X[:, 0])
    assert network.target_mean_ == pytest.approx(9 + X[:, 0].mean())
    assert network.predict(X) == pytest.approx(9 + before.predict(X), abs=1e-4)
    with pytest.raises(ValueError, match="initial_weights expects the weights_ of an estimator"):
        quick(initial_weights=before.weights_[1:]).fit(X, y)


def test_a_regressor_starts_from_the_predictions_of_another_where_targets_keep_their_scale():
    X, _ = table()
    still = {"learning_rate": 1e-30}
    options = {"dropout": 0.0, "epochs": 2, "random_state": 0}
    warm = DropoutMLPRegressor((8,), **options, warm_start=True).fit(X, X[:, 0])
    before = warm.predict(X)
    assert warm.set_params(**still).fit(X, 9 + X[:, 0]).predict(X) == pytest.approx(before)
    plain = DropoutMLPRegressor((8,), **options, rescale_target=False).fit(X, X[:, 0])
    again = clone(plain).set_params(initial_weights=plain.weights_, **still).fit(X, 9 + X[:, 0])
    assert again.predict(X) == pytest.approx(plain.predict(X), abs=1e-4)


def test_names_may_be_written_as_those_of_keras_s_classes():
    X, y = table()
    plain = quick(optimizer="sgd", nesterov=True, activation="relu", kernel_initializer="he_normal")
    classes = quick(
        optimizer="SGD", nesterov=True, activation="ReLU", kernel_initializer="HeNormal"
    )
    assert same_weights(plain.fit(X, y), classes.fit(X, y))
    assert classes.get_params()["optimizer"] == "SGD"
    images = X.reshape(60, 2, 2)
    options = {"filters": (3,), "dense_units": 4, "epochs": 1, "random_state": 0}
    options["engine"] = "keras"
    left, right = (
        BNConvClassifier(**options, activation=name).fit(images, y) for name in ("elu", "ELU")
    )
    assert same_weights(left, right)
    with pytest.raises(ValueError, match="Did you mean 'adam'"):
        quick(optimizer="Adan").fit(X, y)


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_the_history_has_the_rates_of_a_schedule(engine):
    X, y = table()
    options = {"learning_rate": 0.5, "learning_rate_decay": 0.1, "epochs": 3, "engine": engine}
    network = quick(**options, learning_rate_schedule="exponential", warm_start=True).fit(X, y)
    network.fit(X, y)
    expected = 0.5 * np.exp(-0.1 * np.arange(6))
    assert network.history_["learning_rate"] == pytest.approx(expected, rel=1e-5)
    assert "learning_rate" not in quick(**options).fit(X, y).history_
