"""The compiled engine against the reference: `Model.fit` with Keras's own optimisers.

Both engines start from the same weights and carry out the same plan of batches, so without dropout
they must end with the same weights, up to the rounding of float32. The networks share one
architecture and one batch size wherever a case allows it, because each new program costs a compile.
"""

import numpy as np
import pytest
from cases import EACH_ENGINE, slow
from engine_toy import assert_same_arrays, assert_same_fit, table, tiny
from scipy import stats

from skdropout.networks import MLPNetwork
from skdropout.training import (
    EarlyStopping,
    SquaredError,
    TrainingJob,
    TrainingPlan,
    TrainingSet,
    engine_named,
)

ENGINES = ("compiled", "keras")
OPTIMIZERS = {
    "adagrad": {"optimizer": "adagrad"},
    "adam": {"optimizer": "adam", "learning_rate": 0.01},
    "adamax": {"optimizer": "adamax", "learning_rate": 0.01},
    "adamw": {"optimizer": "adamw", "learning_rate": 0.01, "weight_decay": 0.004},
    # Lion moves every weight by the sign of a sum: were one within rounding of zero, its weight
    # would go the other way. None is among the few hundred sums of this table, by a wide margin.
    "lion": {"optimizer": "lion", "learning_rate": 0.01},
    "rmsprop": {"optimizer": "rmsprop", "learning_rate": 0.01},
    "sgd": {"optimizer": "sgd", "momentum": 0.9},
    "sgd without momentum": {"optimizer": "sgd", "momentum": 0.0},
    "nesterov": {"optimizer": "sgd", "momentum": 0.9, "nesterov": True},
}
QUICK = ("adam", "nesterov")
EACH_OPTIMIZER = pytest.mark.parametrize(  # test_optimizers.py holds each against Keras
    "optimizer",
    [
        (pytest.param if name in QUICK else slow)(optimizer, id=name)
        for name, optimizer in OPTIMIZERS.items()
    ],
)


def fitted(X, y, *fit_arguments, **parameters):
    """One fit on each engine."""
    return [tiny(engine=engine, **parameters).fit(X, y, *fit_arguments) for engine in ENGINES]


@pytest.mark.parametrize("name", ["nesterov", slow("adam"), slow("sgd without momentum")])
def test_shuffled_batches(name):
    assert_same_fit(*fitted(*table(), **OPTIMIZERS[name]))


@EACH_OPTIMIZER
def test_every_optimizer_with_all_that_a_step_may_do(optimizer):
    """A falling rate, both penalties on weights, a max-norm that binds, a last batch of 5 rows."""
    options = {
        "shuffle": False,
        "learning_rate_schedule": "exponential",
        "learning_rate_decay": 0.3,
        "alpha": 3.0,
        "weight_decay": 0.1,
        "max_norm": 0.5,
        **optimizer,
    }
    left, right = fitted(*table(), **options)
    assert_same_fit(left, right)
    assert largest_norm(left) < 0.5 + 1e-5
    assert largest_norm(tiny(**{**options, "max_norm": None}).fit(*table())) > 0.5 + 1e-2


def largest_norm(fit):
    return np.linalg.norm(fit.model_.get_layer("hidden_1").kernel.numpy(), axis=0).max()


@pytest.mark.parametrize("schedule", ["inverse_time", slow("exponential"), slow("cosine")])
def test_every_schedule(schedule):
    options = {"learning_rate_schedule": schedule, "learning_rate_decay": 0.5}
    assert_same_fit(*fitted(*table(), **options))


COUNTS = np.random.default_rng(1).integers(0, 4, 37)
REAL = np.random.default_rng(2).uniform(0, 3, 37)


@pytest.mark.parametrize(
    ("weight", "shuffle"),
    [
        slow(COUNTS, False, id="counts"),
        slow(COUNTS, True, id="counts, shuffled"),
        pytest.param(REAL, True, id="real, shuffled"),
    ],
)
def test_sample_weights(weight, shuffle):
    assert_same_fit(*fitted(*table(), weight, shuffle=shuffle))


@pytest.mark.parametrize(
    ("class_weight", "weight"),
    [
        slow({0: 0.3, 1: 2.5}, None, id="dict"),
        pytest.param("balanced", COUNTS, id="balanced and counts"),
        slow("balanced", REAL, id="balanced and real"),
    ],
)
def test_class_weights(class_weight, weight):
    X, y = table()
    rare = np.flatnonzero((y == 0) | (np.arange(37) % 3 == 0))
    weight = None if weight is None else weight[rare]
    assert_same_fit(*fitted(X[rare], y[rare], weight, class_weight=class_weight))


@pytest.mark.parametrize("weight", [slow(None, id="plain"), pytest.param(REAL, id="real")])
def test_batch_norm(weight):
    """Gradients and the moving statistics, a partial last batch (of 5, of 2) included.

    Plain descent, because the bias before a normalisation has a gradient of zero but for rounding,
    which Adam and its like would blow up to full steps.
    """
    X, y = table()
    for n_rows in (37, 33):
        shorter = None if weight is None else weight[:n_rows]
        fits = fitted(X[:n_rows], y[:n_rows], shorter, batch_norm=True, momentum=0.5)
        assert_same_fit(*fits)
    moving = fits[0].model_.get_layer("batch_norm_1").moving_variance.numpy()
    assert (np.abs(moving - 1) > 0.01).any()


@pytest.mark.parametrize("engine", ENGINES)
def test_batch_norm_of_a_single_row_is_refused_and_does_no_harm(engine):
    X, y = table()
    fit = tiny(batch_norm=True, momentum=0.5, engine=engine).fit(X, y)
    before = [weight.copy() for weight in fit.weights_]
    with pytest.raises(ValueError, match=r"needs 2 rows in each step, .*n_samples=1"):
        fit.partial_fit(X[:1], y[:1])
    assert_same_arrays(fit.weights_, before)
    with pytest.raises(ValueError, match="batch_size=1"):
        tiny(batch_norm=True, batch_size=1, engine=engine).fit(X, y)


@pytest.mark.parametrize("rescale", ["unit", slow("center"), slow(None)])
def test_rescaling(rescale):
    X, y = table()
    X = X * [1, 10, 0.1, 1] + [0, 5, 0, -3]
    assert_same_fit(*fitted(X, y, rescale=rescale))


@pytest.mark.parametrize("n_classes", [slow(1), 3])
def test_multiclass(n_classes):
    assert_same_fit(*fitted(*table(n_classes=n_classes)))


def test_multilabel():
    X, _ = table()
    y = (X @ np.random.default_rng(3).normal(size=(4, 3)) > 0).astype(int)
    assert_same_fit(*fitted(X, y))


def regression_job(*, network=None, keep_order=True, **options):
    X, _ = table()
    y = (X @ [[1, 0], [2, -1], [0, 1], [0, 0]]).astype(np.float32)
    description = {"input_shape": (4,), "n_outputs": 2, "hidden_layer_sizes": (8,)}
    description |= {"activation": "tanh", "dropout": (0.0,), "rescaled": False, **(network or {})}
    plan = {"optimizer": "sgd", "learning_rate": 0.05, "batch_size": 8, "epochs": 3, **options}
    return TrainingJob(
        network=MLPNetwork(**description),
        objective=SquaredError(),
        plan=TrainingPlan(**plan),
        rows=TrainingSet.from_arrays(X, y, keep_order=keep_order),
    )


@pytest.mark.parametrize("shuffle", [True, slow(False)])
def test_regression(shuffle):
    job = regression_job(shuffle=shuffle)
    left, right = (engine_named(engine).train(job) for engine in ENGINES)
    assert_same_arrays(left.weights, right.weights, 1e-5)
    assert left.history.keys() == right.history.keys() == {"loss"}
    np.testing.assert_allclose(left.history["loss"], right.history["loss"], atol=1e-5)


def test_engines_report_the_same():
    """Optimiser state and number of steps: all that the next fit goes on from."""
    job = regression_job(momentum=0.9)
    left, right = (engine_named(engine).train(job) for engine in ENGINES)
    assert_same_arrays(left.optimizer_state, right.optimizer_state, 1e-5)
    assert left.n_steps == right.n_steps == 15


@pytest.mark.parametrize("batch_size", [1, slow(64)])
def test_single_rows_and_a_batch_larger_than_the_table(batch_size):
    assert_same_fit(*fitted(*table(), batch_size=batch_size, epochs=2))


@pytest.mark.parametrize("n_rows", [2, slow(9)])
def test_very_few_rows(n_rows):
    X, _ = table(n_rows=n_rows)
    assert_same_fit(*fitted(X, np.arange(n_rows) % 2))


@pytest.mark.parametrize("sizes", [slow(()), (5, 3)])
def test_no_hidden_layer_and_two(sizes):
    assert_same_fit(*fitted(*table(), hidden_layer_sizes=sizes))


@pytest.mark.parametrize(
    "weight",
    [
        slow(None, id="plain"),
        slow(COUNTS[:20], id="counts"),
        pytest.param(REAL[:20], id="real"),
    ],
)
def test_validation_rows_are_scored_the_same(weight):
    X, y = table(n_rows=57)
    fits = fitted(X[:37], y[:37], None, X[37:], y[37:], weight)
    assert_same_fit(*fits)
    assert fits[0].history_.keys() == {"loss", "accuracy", "val_loss", "val_accuracy"}


def test_early_stopping_ends_at_the_same_epoch_with_the_same_weights():
    X, y = table(n_rows=40)
    options = {"learning_rate": 1.0, "epochs": 12, "n_iter_no_change": 2, "tol": 0.01}
    left, right = fitted(X, y, early_stopping=True, validation_fraction=0.3, **options)
    assert left.best_epoch_ == right.best_epoch_ < left.n_iter_ - 1 < 11
    assert_same_fit(left, right)


@pytest.mark.slow
def test_refit_on_all_rows():
    X, y = table(n_rows=40)
    options = {"early_stopping": True, "refit": True, "n_iter_no_change": 1, "learning_rate": 0.5}
    assert_same_fit(*fitted(X, y, **options))


WITH_STATE = {k: v for k, v in OPTIMIZERS.items() if k not in ("sgd without momentum", "adamw")}


@pytest.mark.parametrize(
    "optimizer",
    [
        (pytest.param if name == "adam" else slow)(optimizer, id=name)
        for name, optimizer in WITH_STATE.items()
    ],
)
def test_a_warm_start_may_change_the_engine(optimizer):
    """Each engine goes on from the other's optimiser state as if it were its own."""
    X, y = table()
    options = {"shuffle": False, "warm_start": True, "epochs": 1, **optimizer}
    changing = tiny(**options)
    for engine in ("compiled", "keras", "compiled"):
        changing.set_params(engine=engine).fit(X, y)
    assert_same_fit(changing, tiny(**{**options, "epochs": 3}).fit(X, y))


@pytest.mark.parametrize("schedule", [slow("constant"), "inverse_time", slow("cosine")])
def test_warm_starts(schedule):
    """Shuffled, with the rate of the schedule going on from the steps already taken."""
    X, y = table()
    options = {"warm_start": True, "momentum": 0.9, "learning_rate_schedule": schedule}
    fits = [tiny(engine=engine, **options) for engine in ENGINES]
    for one in fits:
        one.fit(X, y).set_params(epochs=1, learning_rate=0.02).fit(X[:30], y[:30])
    assert_same_fit(*fits)


@pytest.mark.parametrize("optimizer", [slow("adam"), "sgd"])
def test_chains_of_partial_fit(optimizer):
    X, y = table(n_classes=3)
    fits = [tiny(optimizer=optimizer, engine=engine) for engine in ENGINES]
    for one in fits:
        for rows in (slice(0, 20), slice(20, 23), slice(23, 37)):
            one.partial_fit(X[rows], y[rows], classes=[0, 1, 2])
    assert_same_fit(*fits)
    assert fits[0].n_iter_ == 3


@pytest.mark.usefixtures("engines_predict")
def test_predictions_agree():
    X, y = table(n_classes=3)
    one = tiny(batch_norm=True, dropout=0.2, engine="keras").fit(X, y)
    by_keras = one.predict_proba(X)
    compiled = one.set_params(engine="compiled").predict_proba(X)
    np.testing.assert_allclose(by_keras, compiled, atol=1e-6)
    np.testing.assert_allclose(one.model_(X).numpy(), compiled, atol=1e-6)


@pytest.fixture(scope="module")
def losses_under_dropout():
    """Final losses of both engines for the same seeds, so that they differ in the masks alone."""
    X, y = table(n_rows=24)
    options = {"dropout": 0.5, "input_dropout": 0.2, "epochs": 2, "learning_rate": 0.3}

    def losses(engine, n_seeds, **changes):
        fits = (
            tiny(engine=engine, random_state=seed, **{**options, **changes}).fit(X, y)
            for seed in range(n_seeds)
        )
        return np.array([one.loss_ for one in fits])

    return {
        "compiled": losses("compiled", 25),
        "keras": losses("keras", 25),
        "less": losses("compiled", 25, dropout=0.0, input_dropout=0.0),
    }


@pytest.mark.slow
def test_dropout_gives_the_same_distribution_of_losses(losses_under_dropout):
    compiled, keras = losses_under_dropout["compiled"], losses_under_dropout["keras"]
    assert stats.ks_2samp(compiled, keras).pvalue > 0.01
    assert stats.ttest_rel(compiled, keras).pvalue > 0.01
    assert stats.levene(compiled, keras).pvalue > 0.01


@pytest.mark.slow
def test_so_few_seeds_would_show_a_difference(losses_under_dropout):
    """The power of the test above: a fit without dropout stands out."""
    compiled, less = losses_under_dropout["compiled"], losses_under_dropout["less"]
    assert stats.ttest_rel(compiled, less).pvalue < 1e-3


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_the_masks_of_two_layers_and_of_many_steps_are_independent(engine):
    """A chain of two units with weight one, each kept half of the time: 1 * m1 * m2 / 0.25.

    One row a step and a target of zero make each step's loss 16 with probability 1/4, or 0; had the
    two layers one mask, it would be 16 with probability 1/2. A rate of practically nothing leaves
    the weights at one.
    """
    n_steps = 400
    job = TrainingJob(
        network=MLPNetwork(
            input_shape=(1,),
            n_outputs=1,
            kernel_initializer="ones",
            hidden_layer_sizes=(1,),
            activation="linear",
            input_dropout=0.5,
            dropout=(0.5,),
            rescaled=False,
        ),
        objective=SquaredError(),
        plan=TrainingPlan(optimizer="sgd", learning_rate=1e-30, batch_size=1, epochs=2),
        rows=TrainingSet.from_arrays(
            np.ones((n_steps, 1), np.float32), np.zeros((n_steps, 1), np.float32), keep_order=True
        ),
    )
    losses = np.array(engine_named(engine).train(job).history["loss"])
    deviation = 16 * np.sqrt(0.25 * 0.75 / n_steps)
    assert (np.abs(losses - 4) < 4 * deviation).all()
    assert losses[0] != losses[1]


def test_early_stopping_rule_is_the_one_of_the_plan():
    """A plan without validation rows never stops early, on either engine."""
    job = regression_job(early_stopping=EarlyStopping(n_iter_no_change=1, tol=1e9), epochs=4)
    for engine in ENGINES:
        assert len(engine_named(engine).train(job).history["loss"]) == 4
