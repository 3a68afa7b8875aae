"""``engine="keras"`` through the estimator: it is slower and does the same."""

import keras
import numpy as np
import pytest
from cases import slow
from estimator_toy import quick, same_weights, table


def by_keras(**parameters):
    return quick(**{"engine": "keras", "epochs": 4, **parameters})


@pytest.mark.parametrize(
    "kind",
    [
        "multiclass",
        slow("binary"),
        slow("multilabel"),
    ],
)
def test_each_kind_of_target_is_trained_as_by_the_compiled_engine(kind):
    X, y = table(kind)
    weights = np.random.default_rng(0).uniform(0.5, 2, size=60)
    options = {"dropout": 0.0, "max_norm": 1.0, "early_stopping": True, "epochs": 3}
    found, expected = (
        quick(engine=engine, **options).fit(X, y, sample_weight=weights)
        for engine in ("keras", "compiled")
    )
    assert found.predict_proba(X) == pytest.approx(expected.predict_proba(X), abs=1e-4)
    for name, values in expected.history_.items():
        assert found.history_[name] == pytest.approx(values, abs=1e-4)
    assert found.best_loss_ == pytest.approx(expected.best_loss_, abs=1e-4)


def test_counts_seed_and_partial_fit_hold_here_too():
    X, y = table()
    counts = np.arange(60) % 3
    weighted = by_keras().fit(X, y, sample_weight=counts)
    copied = by_keras().fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
    assert same_weights(weighted, copied)
    assert weighted.partial_fit(X, y).n_iter_ == 5


def test_an_optimizer_object_is_used_and_left_alone():
    X, y = table()
    optimizer = keras.optimizers.SGD(0.1, momentum=0.5)
    objective = by_keras(optimizer=optimizer, dropout=0.0).fit(X, y)
    named = by_keras(optimizer="sgd", learning_rate=0.1, momentum=0.5, dropout=0.0).fit(X, y)
    assert objective.predict_proba(X) == pytest.approx(named.predict_proba(X), abs=1e-5)
    assert not optimizer.built


def test_an_optimizer_object_brings_a_schedule_of_its_own():
    X, y = table()
    falls = keras.optimizers.schedules.ExponentialDecay(0.5, 2, 0.1)  # by a tenth each epoch
    fitted = by_keras(optimizer=keras.optimizers.SGD(falls), warm_start=True, epochs=2)
    rates = fitted.fit(X, y).fit(X, y).history_["learning_rate"]
    assert rates == pytest.approx([0.5, 0.05, 0.005, 0.0005])
    steady = by_keras(optimizer=keras.optimizers.SGD(0.5), epochs=2)
    assert "learning_rate" not in steady.fit(X, y).history_
    with pytest.raises(ValueError, match=r"learning_rate_schedule='cosine' .* SGD object .*name"):
        steady.set_params(learning_rate_schedule="cosine").fit(X, y)


class ByTenths(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that Keras cannot make again from its description."""

    def __call__(self, step):
        return 0.5 * 0.1 ** keras.ops.cast(step // 2, "float32")

    def get_config(self):
        return {}


def test_a_schedule_of_one_s_own_is_used_as_it_is():
    X, y = table()
    optimizer = keras.optimizers.SGD(ByTenths())
    assert by_keras(optimizer=optimizer, epochs=3).fit(X, y).history_["learning_rate"] == (
        pytest.approx([0.5, 0.05, 0.005])
    )


def test_gradients_are_accumulated_over_batches():
    X, y = table()
    options = {"dropout": 0.0, "alpha": 1.0}
    whole = by_keras(optimizer=keras.optimizers.SGD(0.1), batch_size=60, **options).fit(X, y)
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=2)
    halves = by_keras(optimizer=optimizer, batch_size=30, epochs=2, warm_start=True, **options)
    found = halves.fit(X, y).fit(X, y).predict_proba(X)
    assert found == pytest.approx(whole.predict_proba(X), abs=1e-5)


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.SGD(0.1, loss_scale_factor=1024.0),
        keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)),
    ],
    ids=["factor", "wrapper"],
)
def test_the_penalty_is_as_strong_where_losses_are_scaled(optimizer):
    X, y = table()
    options = {"dropout": 0.0, "alpha": 10.0}
    scaled = by_keras(optimizer=optimizer, **options).fit(X, y)
    plain = by_keras(optimizer=keras.optimizers.SGD(0.1), **options).fit(X, y)
    assert scaled.predict_proba(X) == pytest.approx(plain.predict_proba(X), abs=1e-5)
    assert scaled._result.n_steps == plain._result.n_steps == 8


def test_a_callback_on_single_batches_sees_them_all():
    class Count(keras.callbacks.Callback):
        seen = 0

        def on_train_batch_end(self, batch, logs=None):
            self.seen += 1

    X, y = table()
    count = Count()
    by_keras(callbacks=[count]).fit(X, y)
    assert count.seen == 4 * 2  # epochs of 60 rows, 32 at a time


@pytest.mark.usefixtures("engines_predict")
def test_models_trained_by_one_engine_are_read_by_the_other():
    X, y = table()
    classifier = by_keras().fit(X, y)
    expected = classifier.predict_proba(X)
    assert classifier.set_params(engine="compiled").predict_proba(X) == pytest.approx(
        expected, abs=1e-6
    )
