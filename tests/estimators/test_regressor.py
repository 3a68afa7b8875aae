"""The regressor against closed forms, scikit-learn's own network, and the Keras engine."""

import pickle

import numpy as np
import pytest
from cases import EACH_ENGINE, slow
from estimator_toy import same_weights
from sklearn.datasets import make_friedman1
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.neural_network import MLPRegressor

from skdropout import DropoutMLPRegressor
from skdropout.training import DivergenceError

STEADY = {"dropout": 0.0, "shuffle": False, "batch_size": 60}


def quick(**parameters):
    defaults = {
        "hidden_layer_sizes": (8,),
        "dropout": 0.1,
        "learning_rate": 0.02,
        "epochs": 10,
        "random_state": 0,
    }
    return DropoutMLPRegressor(**{**defaults, **parameters})


def linear(**parameters):
    """Return linear regression by full-batch gradient descent, run until it has converged."""
    defaults = {
        "hidden_layer_sizes": (),
        "optimizer": "sgd",
        "learning_rate": 0.05,
        "batch_size": 60,
        "epochs": 400,
        "random_state": 0,
    }
    return DropoutMLPRegressor(**{**defaults, **parameters})


def table(n_rows=60, seed=3):
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n_rows, 4))
    return X, X[:, 0] * X[:, 1] + X[:, 2] + 0.3 * generator.normal(size=n_rows)


UNITS = np.array([1e6, 1e-4]), np.array([-3e6, 0.5])


def test_without_hidden_layers_it_is_least_squares_in_any_unit():
    X, y = table()
    Y = np.c_[y, X[:, 3] - y] * UNITS[0] + UNITS[1]
    expected = LinearRegression().fit(X, Y).predict(X)
    assert linear().fit(X, Y).predict(X) == pytest.approx(expected, rel=1e-4)


def test_real_weights_are_those_of_weighted_least_squares():
    X, y = table()
    weights = np.random.default_rng(0).uniform(0.1, 3, size=60)
    expected = LinearRegression().fit(X, y, weights).predict(X)
    unweighted = LinearRegression().fit(X, y).predict(X)
    found = linear().fit(X, y, weights).predict(X)
    assert found == pytest.approx(expected, abs=1e-3)
    assert abs(expected - unweighted).max() > 0.05


@pytest.mark.parametrize("alpha", [slow(0), 3])
def test_steps_are_those_of_scikit_learns_network(alpha):
    """Its loss is half the squared error, so its rate is twice ours, and its penalty half."""
    X, y = table()
    options = {**STEADY, "rescale": None, "rescale_target": False, "optimizer": "sgd"}
    still = quick(**options, learning_rate=1e-30, epochs=1).fit(X, y)
    ours = quick(**options, learning_rate=0.05, momentum=0.0, alpha=alpha, epochs=25).fit(X, y)
    peer = MLPRegressor(
        hidden_layer_sizes=(8,),
        solver="sgd",
        learning_rate_init=0.1,
        momentum=0,
        alpha=alpha / 2,
        batch_size=60,
    )
    peer.set_params(shuffle=False, random_state=0).partial_fit(X, y)
    _, kernel, bias, _, last_kernel, last_bias = still.weights_
    for theirs, first in zip(peer.coefs_, (kernel, last_kernel), strict=True):
        theirs[:] = first
    for theirs, first in zip(peer.intercepts_, (bias, last_bias), strict=True):
        theirs[:] = first
    for _ in range(25):
        peer.partial_fit(X, y)
    assert ours.predict(X) == pytest.approx(peer.predict(X), abs=1e-5)
    assert abs(still.predict(X) - peer.predict(X)).max() > 0.1


def test_other_units_change_nothing_but_the_unit():
    X, y = table()
    steady, changed = (quick(**STEADY).fit(X, t) for t in (y, 1e5 * y - 7e5))
    assert changed.target_scale_ == pytest.approx(1e5 * y.std())
    assert changed.predict(X) == pytest.approx(1e5 * steady.predict(X) - 7e5, rel=1e-3)


@pytest.mark.parametrize("unit", [1e-4, slow(1e5)])
def test_the_defaults_learn_friedmans_function_in_any_unit(unit):
    X, y = make_friedman1(n_samples=500, noise=0.5, random_state=0)
    X_test, y_test = make_friedman1(n_samples=500, noise=0.0, random_state=1)
    linear_score = LinearRegression().fit(X, y).score(X_test, y_test)
    fitted = DropoutMLPRegressor(random_state=0, epochs=60).fit(X, unit * y)
    assert linear_score < 0.8 < 0.9 < fitted.score(X_test, unit * y_test)


def test_the_loss_is_the_squared_error_relative_to_the_variance():
    X, y = table()
    before, after = (quick(**STEADY, epochs=n).fit(X, 50 * y) for n in (4, 5))
    expected = mean_squared_error(50 * y, before.predict(X)) / np.var(50 * y)
    assert after.loss_ == pytest.approx(expected, rel=1e-4)
    assert set(after.history_) == {"loss"}


def test_the_best_score_is_r2_of_the_validation_rows():
    X, y = table()
    X_val, y_val = table(n_rows=30, seed=4)
    weights = np.random.default_rng(0).integers(1, 4, size=30)
    fitted = quick(early_stopping=True).fit(X, y, None, X_val, y_val, weights)
    expected = r2_score(y_val, fitted.predict(X_val), sample_weight=weights)
    assert fitted.best_score_ == pytest.approx(expected, abs=1e-5)
    assert fitted.best_loss_ == min(fitted.history_["val_loss"])
    assert np.isnan(quick(early_stopping=True).fit(X, y, None, X[:1], y[:1]).best_score_)
    Y, Y_val = np.c_[y, 9 * X[:, 0]], np.c_[y_val, 9 * X_val[:, 0]]
    several = quick(early_stopping=True).fit(X, Y, None, X_val, Y_val)
    unit = several.target_scale_
    expected = r2_score(
        Y_val / unit, several.predict(X_val) / unit, multioutput="variance_weighted"
    )
    assert several.best_score_ == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_early_stopping_may_go_by_r2(engine):
    X, y = table()
    X_val, y_val = table(n_rows=30, seed=4)
    weights = np.random.default_rng(0).uniform(0.5, 2, size=30)
    options = {"dropout": 0.0, "early_stopping": True, "learning_rate": 0.3, "engine": engine}
    stopped = quick(**options, scoring="r2", tol=0.01, n_iter_no_change=2, epochs=30)
    stopped.fit(X, y, None, X_val, y_val, weights)
    scores = stopped.history_["val_r2"]
    assert stopped.best_score_ == max(scores) == scores[stopped.best_epoch_]
    expected = r2_score(y_val, stopped.predict(X_val), sample_weight=weights)
    assert stopped.best_score_ == pytest.approx(expected, abs=1e-5)
    gains = np.flatnonzero(np.diff(np.maximum.accumulate(scores)) > 0.01) + 1
    assert stopped.n_iter_ < 30
    assert len(gains) > 1
    with pytest.raises(ValueError, match="scoring='r2' needs validation rows with different"):
        stopped.fit(X, y, None, X_val[:1], y_val[:1])


def test_targets_that_are_the_same_in_single_precision_have_no_r2():
    X, y = table()
    options = {"early_stopping": True, "scoring": "r2", "engine": "keras", "epochs": 2}
    with pytest.raises(ValueError, match="needs validation rows with different targets"):
        quick(**options).fit(X, 1e8 * y, X_val=X[:2], y_val=[1.0, 1.01])


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_a_score_that_is_never_a_number_chooses_no_epoch(engine):
    """Errors of some 1e20 are numbers in single precision, and their squares are none."""
    X, y = table()
    wild = {"loss": "absolute_error", "learning_rate": 1e20, "epochs": 3, "momentum": 0.0}
    stopped = linear(**wild, early_stopping=True, scoring="r2", engine=engine)
    with pytest.raises(DivergenceError, match=r"the val_r2 became (-inf|nan) in epoch 1\. Lower"):
        stopped.fit(X, y)


def test_refit_is_a_fit_on_all_rows_with_their_own_mean():
    X, y = table()
    refitted = quick(early_stopping=True, refit=True, epochs=20).fit(X, y)
    assert same_weights(refitted, quick(epochs=refitted.n_iter_).fit(X, y))
    assert refitted.target_mean_ == pytest.approx(y.mean())
    held_out = quick(early_stopping=True, epochs=20).fit(X, y)
    assert held_out.target_mean_ != pytest.approx(y.mean())
    assert refitted.best_score_ == held_out.best_score_


def test_counts_are_copies_and_the_order_of_rows_does_not_matter():
    X, y = table()
    counts = np.random.default_rng(0).integers(0, 4, size=60)
    weighted = quick().fit(X, y, counts)
    order = np.random.default_rng(1).permutation(counts.sum())
    X_copies, y_copies = np.repeat(X, counts, axis=0)[order], np.repeat(y, counts)[order]
    assert same_weights(weighted, quick().fit(X_copies, y_copies))


@pytest.mark.parametrize("start", ["warm", slow("partial")])
def test_going_on_is_one_long_fit(start):
    X, y = table()
    Y = np.c_[y, 100 * X[:, 0]]
    parts = quick(**STEADY, warm_start=True, epochs=1)
    for _ in range(6):
        parts = parts.fit(X, Y) if start == "warm" else parts.partial_fit(X, Y)
    whole = quick(**STEADY, epochs=6).fit(X, Y)
    assert parts.predict(X) == pytest.approx(whole.predict(X), abs=1e-4)
    assert parts.n_iter_ == 6


def test_later_rows_are_rescaled_as_the_first_ones():
    X, y = table()
    fitted = quick().partial_fit(X, y).partial_fit(X, y + 1000)
    assert fitted.target_mean_ == pytest.approx(y.mean())
    with pytest.raises(ValueError, match=r"y has 2 outputs, and .* first given 1"):
        fitted.partial_fit(X, np.c_[y, y])


@pytest.mark.slow
def test_the_keras_engine_agrees():
    X, y = table()
    weights = np.random.default_rng(0).uniform(0.5, 2, size=60)
    options = {"dropout": 0.0, "max_norm": 1.0, "early_stopping": True, "epochs": 4}
    ours, theirs = (
        quick(**options, engine=engine).fit(X, np.c_[y, 40 * y], weights)
        for engine in ("compiled", "keras")
    )
    assert theirs.predict(X) == pytest.approx(ours.predict(X), abs=1e-3)
    for name, values in ours.history_.items():
        assert theirs.history_[name] == pytest.approx(values, abs=1e-4)
    assert theirs.best_score_ == pytest.approx(ours.best_score_, abs=1e-3)


def test_the_shape_of_predictions_is_that_of_the_targets():
    X, y = table()
    fitted = quick(**STEADY)
    assert fitted.fit(X, y).predict(X[:3]).shape == (3,)
    assert fitted.fit(X, y[:, np.newaxis]).predict(X[:3]).shape == (3, 1)
    assert fitted.fit(X, np.c_[y, y]).predict(X[:1]).shape == (1, 2)
    assert fitted.predict(X).dtype == np.float64


def test_model_and_pickle_predict_in_the_unit_of_the_targets():
    X, y = table()
    fitted = quick().fit(X, np.c_[300 * y + 1000, y])
    expected = fitted.predict(X)
    assert fitted.model_.predict(X, verbose=0) == pytest.approx(expected, rel=1e-4, abs=1e-4)
    assert (pickle.loads(pickle.dumps(fitted)).predict(X) == expected).all()


def test_the_model_keeps_the_digits_of_far_targets():
    """Single precision would leave a second of the year 2023 to the nearest two minutes."""
    X, y = table()
    fitted = quick().fit(X, 1.7e9 + y)
    predicted = fitted.model_.predict(X, verbose=0)[:, 0]
    assert predicted - 1.7e9 == pytest.approx(fitted.predict(X) - 1.7e9, abs=1e-4)


@pytest.mark.parametrize("value", [slow(12.0), 0.1])  # of which 0.1 is not the mean of sixty of it
def test_a_constant_target_is_learnt(value):
    X, _ = table()
    fitted = quick().fit(X, np.full(60, value))
    assert fitted.target_scale_ == 1
    assert fitted.predict(X) == pytest.approx(value, abs=0.5)


def test_a_row_is_predicted_alike_whatever_comes_with_it():
    X, y = table()
    fitted = quick().fit(X, y)
    one_by_one = np.concatenate([fitted.predict(X[i : i + 1]) for i in range(60)])
    assert (one_by_one == fitted.predict(X)).all()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda y: y.astype(str), "expects numbers, got the type <U.*use a classifier"),
        (lambda y: np.array(["red", *y[1:]], object), "expects numbers.*'red'.*use a classifier"),
        (lambda y: np.array([None, *y[1:]]), "missing values.*Leave those rows out"),
        (lambda y: np.where(y > 0, 1e200, 0), "too large to be squared"),
        (lambda y: y + 1j, "expects numbers|Complex"),
    ],
)
def test_targets_that_are_no_numbers_are_refused(spoil, message):
    X, y = table()
    with pytest.raises(ValueError, match=message):
        quick().fit(X, spoil(y))


def test_class_weight_belongs_to_classifiers():
    with pytest.raises(TypeError, match="class_weight"):
        DropoutMLPRegressor(class_weight="balanced")
