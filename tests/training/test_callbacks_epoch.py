"""Keras callbacks at the ends of epochs, around the compiled loop."""

import csv
import pickle

import keras
import numpy as np
import pytest
from cases import EACH_ENGINE
from engine_toy import assert_same_arrays, assert_same_fit, table, tiny
from sklearn.base import clone

ENGINES = ("compiled", "keras")
X, Y = table(n_rows=60)
VALIDATION = {"X_val": X[:20], "y_val": Y[:20]}


def fitted(callbacks, engine="compiled", **parameters):
    """A fit on the last 40 rows that watches the first 20."""
    return tiny(engine=engine, callbacks=callbacks, **parameters).fit(X[20:], Y[20:], **VALIDATION)


def kernel_of(fit):
    return next(weights for weights in fit.weights_ if weights.shape == (4, 8))


def both(make, **parameters):
    """The same fit with callbacks of its own on each engine."""
    fits = [fitted(make(), engine, **parameters) for engine in ENGINES]
    assert_same_fit(*fits)
    return fits[0]


def test_early_stopping_restores_the_best_weights():
    found = both(
        lambda: [keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)],
        learning_rate=1.0,
        epochs=15,
    )
    best = int(np.argmin(found.history_["val_loss"]))
    assert found.n_iter_ == best + 3 < 15
    assert_same_arrays(found.weights_, fitted(None, learning_rate=1.0, epochs=best + 1).weights_)


def test_model_checkpoints_load_back(tmp_path):
    path = tmp_path / "epoch_{epoch}.keras"
    found = fitted([keras.callbacks.ModelCheckpoint(path)])
    for epoch in (1, 2, 3):
        loaded = keras.saving.load_model(tmp_path / f"epoch_{epoch}.keras")
        assert_same_arrays(loaded.get_weights(), fitted(None, epochs=epoch).weights_)
    logits = loaded.predict(X, verbose=0).ravel()
    np.testing.assert_allclose(logits, found.decision_function(X), atol=1e-6)


def test_a_checkpoint_may_keep_the_best_epoch_only(tmp_path):
    path = tmp_path / "best.weights.h5"
    keep = keras.callbacks.ModelCheckpoint(
        path, monitor="val_loss", save_best_only=True, save_weights_only=True
    )
    found = fitted([keep], learning_rate=1.0, epochs=6)
    best = int(np.argmin(found.history_["val_loss"]))
    network = found.network_.build()
    network.load_weights(path)
    expected = fitted(None, learning_rate=1.0, epochs=best + 1).weights_
    assert_same_arrays(network.get_weights(), expected)


def test_csv_logger(tmp_path):
    found = fitted([keras.callbacks.CSVLogger(tmp_path / "log.csv")])
    with (tmp_path / "log.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [line.pop("epoch") for line in lines] == ["0", "1", "2"]
    assert lines[0].keys() == found.history_.keys()
    for name, values in found.history_.items():
        np.testing.assert_allclose([float(line[name]) for line in lines], values, rtol=1e-6)


def test_learning_rate_scheduler():
    found = both(
        lambda: [keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5**epoch)]
    )
    assert not np.array_equal(kernel_of(found), kernel_of(fitted(None)))


def test_reduce_on_plateau():
    def make():
        return [keras.callbacks.ReduceLROnPlateau(factor=0.1, patience=1, min_delta=10)]

    found = both(make, epochs=4)
    assert not np.array_equal(kernel_of(found), kernel_of(fitted(None, epochs=4)))


def test_lambda_callbacks_see_each_epoch_and_its_logs():
    def seen(engine):
        calls = []
        watch = keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: calls.append(("begin", epoch)),
            on_epoch_end=lambda epoch, logs: calls.append(("end", epoch, sorted(logs))),
            on_train_begin=lambda logs: calls.append("train begin"),
            on_train_end=lambda logs: calls.append("train end"),
        )
        fitted([watch], engine)
        return calls

    names = ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert seen("compiled") == [
        "train begin",
        *(call for epoch in range(3) for call in (("begin", epoch), ("end", epoch, names))),
        "train end",
    ]
    assert seen("keras") == seen("compiled")


def test_logs_are_the_history():
    logs = []
    keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, found: logs.append(found))
    found = fitted([keep])
    assert [log["val_loss"] for log in logs] == found.history_["val_loss"]
    assert [log["loss"] for log in logs] == found.history_["loss"]


class Shrink(keras.callbacks.Callback):
    """Halve the first kernel at one moment of the fit."""

    def __init__(self, moment):
        super().__init__()
        setattr(self, moment, self.act)

    def act(self, *_):
        kernel = self.model.get_layer("hidden_1").kernel
        kernel.assign(kernel * 0.5)


@pytest.mark.parametrize(
    "moment", ["on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end"]
)
def test_a_callback_may_change_the_weights(moment):
    found = both(lambda: [Shrink(moment)])
    assert not np.array_equal(kernel_of(found), kernel_of(fitted(None)))


class Anneal(keras.callbacks.Callback):
    """Turn dropout off after the first epoch."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.get_layer("dropout_1").rate.assign(0.0)


def test_a_callback_may_change_the_dropout_rate():
    found = fitted([Anneal()], dropout=0.5)
    one_epoch = fitted(None, dropout=0.5, epochs=1)
    assert found.history_["loss"][0] == one_epoch.history_["loss"][0]
    assert found.history_["loss"][2] != fitted(None, dropout=0.5).history_["loss"][2]


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_a_callback_may_end_the_fit(engine):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    found = fitted([Stop()], engine)
    assert found.n_iter_ == 2
    assert_same_arrays(found.weights_, fitted(None, epochs=2).weights_, 1e-5)


def test_epochs_are_counted_anew_in_a_warm_start():
    epochs = []
    watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))
    one = tiny(callbacks=[watch], warm_start=True, epochs=2).fit(X, Y).fit(X, Y)
    assert epochs == [0, 1, 0, 1]
    assert_same_arrays(one.weights_, tiny(warm_start=True, epochs=2).fit(X, Y).fit(X, Y).weights_)


def test_an_error_in_a_callback_comes_out():
    def fail(epoch, logs):
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        fitted([keras.callbacks.LambdaCallback(on_epoch_end=fail)])


class EveryBatch(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.batches = 0

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1


@pytest.mark.parametrize(
    "make",
    [
        EveryBatch,
        lambda: keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: None),
        lambda: keras.callbacks.ModelCheckpoint("never.keras", save_freq=10),
        lambda: keras.callbacks.TensorBoard("never", update_freq="batch"),
    ],
    ids=["own", "lambda", "checkpoints", "tensorboard"],
)
def test_what_acts_on_batches_is_rejected_with_a_way_out(make):
    with pytest.raises(ValueError, match=r"acts on single batches .* Use engine='keras'"):
        fitted([make()])


def test_the_keras_engine_takes_what_acts_on_batches():
    count = EveryBatch()
    fitted([count], "keras")
    assert count.batches == 3 * 5


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_no_callback_is_rejected(engine):
    with pytest.raises(TypeError, match=r"callbacks expects keras.callbacks.Callback objects"):
        fitted([lambda epoch, logs: None], engine)


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_an_estimator_whose_epochs_are_logged_can_be_copied_and_stored(tmp_path, engine):
    found = fitted([keras.callbacks.CSVLogger(tmp_path / "epochs.csv")], engine)
    again = pickle.loads(pickle.dumps(clone(found)))
    again.fit(X[20:], Y[20:], **VALIDATION)
    assert_same_fit(found, again)
    with (tmp_path / "epochs.csv").open() as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert losses == pytest.approx(found.history_["loss"])


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_a_log_is_closed_where_another_callback_fails(tmp_path, engine):
    class Fails(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise OSError("no more")

    estimator = tiny(
        engine=engine, callbacks=[keras.callbacks.CSVLogger(tmp_path / "log.csv"), Fails()]
    )
    with pytest.raises(OSError, match="no more"):
        estimator.fit(X, Y)
    assert (tmp_path / "log.csv").read_text().startswith("epoch,")
    clone(estimator)


@pytest.mark.parametrize("moment", ["set_model", "on_train_begin", "on_train_end"])
@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_callbacks_let_go_where_one_fails_before_or_after_the_epochs(tmp_path, engine, moment):
    def fail(_=None):
        raise OSError("no more")

    fails = keras.callbacks.Callback()
    setattr(fails, moment, fail)
    log = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    estimator = tiny(engine=engine, callbacks=[log, fails])
    with pytest.raises(OSError, match="no more"):
        estimator.fit(X, Y)
    assert log.csv_file is log.model is None
    delattr(fails, moment)
    assert pickle.loads(pickle.dumps(clone(estimator))).fit(X, Y).n_iter_ == 3


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "setter",
    [keras.callbacks.ReduceLROnPlateau(), keras.callbacks.LearningRateScheduler(lambda _: 0.1)],
)
def test_two_who_set_the_learning_rate_are_one_too_many(engine, setter):
    with pytest.raises(ValueError, match=r"learning_rate_schedule='cosine'\. Use one of them"):
        fitted([setter], engine, learning_rate_schedule="cosine")
