"""Losses against scikit-learn's own, and what each of them is minimised by."""

import numpy as np
import pytest
import tensorflow as tf
from cases import slow
from engine_toy import assert_same_fit
from scipy import stats
from sklearn._loss import loss as peers
from sklearn.linear_model import GammaRegressor, PoissonRegressor, QuantileRegressor
from sklearn.metrics import r2_score

from skdropout import DropoutMLPClassifier, DropoutMLPRegressor
from skdropout.training import (
    REGRESSIONS,
    BinaryCrossentropy,
    DivergenceError,
    MulticlassCrossentropy,
    Quantile,
)

X = np.random.default_rng(0).normal(size=(60, 4))
AMOUNTS = np.exp(0.5 * X[:, 0] - 0.3 * X[:, 1] + 0.2 * X[:, 2] * X[:, 3])
COUNTS = np.random.default_rng(1).poisson(2 * AMOUNTS).astype(float)
PEERS = {
    "absolute_error": peers.AbsoluteError(),
    "gamma": peers.HalfGammaLoss(),
    "huber": peers.HuberLoss(delta=1.0),
    "poisson": peers.HalfPoissonLoss(),
    "quantile": peers.PinballLoss(quantile=0.8),
    "squared_error": peers.HalfSquaredError(),
}
ENGINES = ("compiled", "keras")


def quick(**parameters):
    defaults = {"dropout": 0.1, "learning_rate": 0.02, "epochs": 4, "random_state": 0}
    if parameters.get("loss") == "quantile":
        defaults["quantile"] = 0.8
    return DropoutMLPRegressor((8,), **{**defaults, **parameters})


def linear(**parameters):
    """A linear model, trained on all rows at once until it has converged."""
    options = {"learning_rate": 0.03, "learning_rate_schedule": "cosine", "batch_size": 60}
    return DropoutMLPRegressor((), **options, **{"epochs": 1500, "random_state": 0, **parameters})


@pytest.mark.parametrize("name", PEERS)
def test_values_and_slopes_are_those_of_scikit_learn(name):
    generator = np.random.default_rng(2)
    y = generator.exponential(size=(50, 1)).astype(np.float32)
    outputs = tf.constant(generator.normal(size=(50, 1)), tf.float32)
    objective = Quantile(0.8) if name == "quantile" else REGRESSIONS[name]()
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        losses = objective.losses(y, outputs)
    slopes = tape.gradient(losses, outputs).numpy().ravel()
    value, slope = PEERS[name].loss_gradient(
        y_true=y.ravel().astype(float), raw_prediction=outputs.numpy().ravel().astype(float)
    )
    factor = 2 if name == "squared_error" else 1  # scikit-learn halves it
    assert losses.numpy() == pytest.approx(factor * value, rel=1e-5, abs=1e-6)
    assert slopes == pytest.approx(factor * slope, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(("smoothing", "nothing"), [(0.0, 0.0), (0.1, 1e-7)])
def test_slopes_of_logistic_losses_keep_their_digits_where_the_network_is_sure(smoothing, nothing):
    logits, y = np.meshgrid(np.float32([-80, -20, -3, -0.1, 0, 0.1, 3, 20, 80]), np.float32([0, 1]))
    outputs = tf.constant(logits.reshape(-1, 1))
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        losses = BinaryCrossentropy(smoothing).losses(y.reshape(-1, 1), outputs)
    slopes = tape.gradient(losses, outputs, tf.fill(losses.shape, 3.0)).numpy().ravel()
    value, slope = peers.HalfBinomialLoss().loss_gradient(
        y_true=(y * (1 - smoothing) + smoothing / 2).ravel().astype(float),
        raw_prediction=logits.ravel().astype(float),
    )
    assert losses.numpy() == pytest.approx(value, rel=1e-5, abs=1e-6)
    assert slopes == pytest.approx(3 * slope, rel=1e-5, abs=nothing)


@pytest.mark.parametrize(
    "loss",
    [
        "poisson",
        slow("quantile"),
        slow("absolute_error"),
        slow("gamma"),
        slow("huber"),
    ],
)
def test_engines_agree_and_the_score_is_r2(loss):
    train, validation = (X[:40], AMOUNTS[:40]), (X[40:], AMOUNTS[40:])
    options = {"loss": loss, "dropout": 0.0, "early_stopping": True}
    left, right = (
        quick(**options, engine=engine).fit(*train, None, *validation) for engine in ENGINES
    )
    assert_same_fit(left, right, tolerance=1e-4)
    assert left.predict(X) == pytest.approx(right.predict(X), rel=1e-3)
    expected = r2_score(validation[1], left.predict(validation[0]))
    assert left.best_score_ == pytest.approx(expected, abs=1e-4)


def test_validation_rows_far_from_nought_are_as_good_as_any():
    """Dates as days of our era: zeros, which none is, would be 7,000 deviations below."""
    dates = np.c_[X[:, :3], 738_000 + 100 * X[:, 3]]
    watched, plain = (
        quick(loss="poisson", shuffle=False).fit(
            rows[:40], COUNTS[:40], X_val=rows[40:], y_val=COUNTS[40:]
        )
        for rows in (dates, X)
    )
    for name, values in plain.history_.items():
        assert watched.history_[name] == pytest.approx(values, abs=0.02)


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e4])
@pytest.mark.parametrize(
    ("loss", "y", "peer"),
    [("poisson", COUNTS, PoissonRegressor), slow("gamma", AMOUNTS, GammaRegressor)],
)
def test_without_hidden_layers_it_is_scikit_learns_linear_model(loss, y, peer, unit):
    expected = peer(alpha=0, tol=1e-8, max_iter=10_000).fit(X, unit * y).predict(X)
    found = linear(loss=loss).fit(X, unit * y)
    assert found.predict(X) == pytest.approx(expected, rel=2e-3)
    assert found.target_scale_ == pytest.approx(unit * y.mean())
    assert found.target_mean_ == 0


def test_quantiles_are_those_of_scikit_learn():
    y = AMOUNTS + np.random.default_rng(3).exponential(size=60)
    for quantile in (0.1, 0.8):
        expected = QuantileRegressor(quantile=quantile, alpha=0).fit(X, y)
        found = linear(loss="quantile", quantile=quantile).fit(X, y)
        assert found.predict(X) == pytest.approx(expected.predict(X), abs=0.05)
        assert abs((y < found.predict(X)).mean() - quantile) < 0.1


@pytest.mark.parametrize(
    ("loss", "best"),
    [("absolute_error", np.median), slow("squared_error", np.mean), slow("poisson", np.mean)],
)
def test_a_constant_is_the_best_of_its_kind(loss, best):
    y = stats.expon.ppf((np.arange(60) + 0.5) / 60)
    found = linear(loss=loss).fit(np.zeros((60, 4)), y)
    assert found.predict(np.zeros((1, 4)))[0] == pytest.approx(best(y), abs=0.02)


@pytest.mark.parametrize("loss", ["gamma", slow("poisson")])
@pytest.mark.parametrize("rescale_target", [True, False])
def test_a_logarithmic_link_predicts_nothing_below_zero(loss, rescale_target):
    fitted = quick(loss=loss, rescale_target=rescale_target).fit(X, AMOUNTS)
    assert fitted.predict(100 * X).min() > 0
    assert fitted.sample_predict(X, 5, random_state=0).min() > 0
    assert fitted.model_.predict(X, verbose=0)[:, 0] == pytest.approx(fitted.predict(X), rel=1e-5)
    samples = fitted.sample_predict(X, 9, random_state=0)
    spread = fitted.predict_uncertainty(X, 9, random_state=0)["standard_deviation"]
    assert spread.to_numpy() == pytest.approx(samples.std(axis=0), rel=1e-5)


def test_targets_that_a_loss_does_not_take():
    with pytest.raises(ValueError, match=r"loss='poisson' expects targets of 0 or more, got -3\.0"):
        quick(loss="poisson").fit(X, np.r_[-3.0, COUNTS[1:]])
    with pytest.raises(ValueError, match=r"loss='gamma' expects targets above 0, got 0\.0"):
        quick(loss="gamma").fit(X, np.r_[0.0, AMOUNTS[1:]])
    with pytest.raises(ValueError, match="y is 0 in all training rows"):
        quick(loss="poisson").fit(X, np.zeros(60))
    with pytest.raises(ValueError, match="loss='quantile' needs the quantile"):
        DropoutMLPRegressor(loss="quantile").fit(X, AMOUNTS)


def test_a_warm_start_may_change_the_loss_but_not_its_link():
    fitted = quick(loss="gamma", warm_start=True).fit(X, AMOUNTS)
    assert fitted.set_params(loss="poisson").fit(X, AMOUNTS).n_iter_ == 8
    with pytest.raises(ValueError, match="loss='huber' makes other predictions"):
        fitted.set_params(loss="huber").fit(X, AMOUNTS)


def test_a_warm_start_may_not_rescale_the_targets_in_another_way():
    fitted = quick(loss="gamma", warm_start=True).fit(X, AMOUNTS)
    with pytest.raises(ValueError, match=r"rescale_target=False .* last fit.* start anew"):
        fitted.set_params(rescale_target=False).fit(X, AMOUNTS)


SMOOTHED = {"binary": np.arange(3) % 2, "multiclass": np.arange(3), "multilabel": np.tri(3)}


def smoothed(kind, engine="compiled", epochs=300):
    options = {"learning_rate": 0.1, "batch_size": 3, "random_state": 0, "label_smoothing": 0.3}
    network = DropoutMLPClassifier((), **options, alpha=0.0, epochs=epochs, engine=engine)
    return network.fit(np.eye(3), SMOOTHED[kind])


@pytest.mark.parametrize("kind", [slow("binary"), "multiclass", slow("multilabel")])
def test_smoothed_labels_are_learnt_as_distributions(kind):
    """A network that can tell every row apart comes to predict the smoothed labels themselves."""
    fitted = smoothed(kind)
    labels = SMOOTHED[kind] if kind == "multilabel" else np.eye(3)[SMOOTHED[kind]]
    labels = labels[:, :2] if kind == "binary" else labels
    expected = 0.7 * labels + 0.3 / (3 if kind == "multiclass" else 2)
    assert fitted.predict_proba(np.eye(3)) == pytest.approx(expected, abs=0.01)
    assert fitted.history_["accuracy"][-1] == 1


def test_both_engines_smooth_several_classes():
    assert_same_fit(*(smoothed("multiclass", engine, epochs=5) for engine in ENGINES))


def test_no_smoothing_is_the_plain_cross_entropy():
    outputs = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    y = np.array([0, 1, 2, 1, 0], np.int32)
    plain, almost = (MulticlassCrossentropy(s).losses(y, outputs) for s in (0.0, 1e-7))
    assert np.asarray(almost) == pytest.approx(np.asarray(plain), rel=1e-5)


@pytest.mark.parametrize("optimizer", ["sgd", slow("adam")])
def test_clipped_gradients_are_keras_s(optimizer):
    options = {"dropout": 0.0, "optimizer": optimizer, "alpha": 1.0, "shuffle": False, "epochs": 3}
    clipped = [
        quick(**options, global_clipnorm=0.05, engine=engine).fit(X, AMOUNTS) for engine in ENGINES
    ]
    assert_same_fit(*clipped, tolerance=1e-4)
    free = quick(**options).fit(X, AMOUNTS)
    assert abs(free.predict(X) - clipped[0].predict(X)).max() > 1e-3
    for bound in (np.inf, 1e9):
        same = quick(**options, global_clipnorm=bound).fit(X, AMOUNTS)
        assert same.predict(X) == pytest.approx(free.predict(X), rel=1e-6)


def test_a_clipped_step_of_plain_descent_is_as_long_as_it_may_be():
    options = {"dropout": 0.0, "optimizer": "sgd", "momentum": 0.0, "epochs": 1}
    rows = X[:32], AMOUNTS[:32]  # of one step
    still = quick(**options, learning_rate=1e-30).fit(*rows)
    moved = quick(**options, learning_rate=0.5, global_clipnorm=0.01).fit(*rows)
    steps = [(a - b).ravel() for a, b in zip(moved.weights_, still.weights_, strict=True)]
    assert np.linalg.norm(np.concatenate(steps)) == pytest.approx(0.5 * 0.01, rel=1e-3)


@pytest.mark.parametrize("engine", ENGINES)
def test_gradients_too_large_to_be_clipped_are_a_divergence(engine):
    options = {"dropout": 0.0, "optimizer": "sgd", "rescale": None, "rescale_target": False}
    with pytest.raises(DivergenceError, match="the loss became nan"):
        quick(**options, global_clipnorm=1.0, engine=engine).fit(1e6 * X, 1e15 * AMOUNTS)


def watching(outlier, engine, **parameters):
    """A Poisson regression that looks at a row far from the others, of which exp is infinite."""
    kernel = np.array([[0.95], [0], [0], [0]], np.float32)
    options = {"loss": "poisson", "rescale": None, "epochs": 6}
    options |= {"initial_weights": [0.0, kernel, [0.0]]}
    far = np.array([[0, 0, 0, 0], [outlier, 0, 0, 0]])
    steady = linear(engine=engine, **options, **parameters)
    return steady.fit(X, np.ones(60), X_val=far, y_val=[1, 1])


@pytest.mark.parametrize("engine", ENGINES)
def test_an_infinite_loss_of_validation_rows_is_no_divergence(engine):
    stopped = watching(100.0, engine, early_stopping=True)
    losses = np.array(stopped.history_["val_loss"])
    assert 0 < np.isfinite(losses).sum() < 6 == stopped.n_iter_
    assert stopped.best_epoch_ == np.nanargmin(losses)
    assert stopped.best_loss_ == np.nanmin(losses)
    assert np.isfinite(watching(1e6, engine).loss_)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_validation_loss_that_is_always_infinite_chooses_no_epoch(engine):
    with pytest.raises(DivergenceError, match=r"the val_loss became (inf|nan) in epoch 1\."):
        watching(1e6, engine, early_stopping=True)
