"""Every callback that Keras ships, on both engines, and what callbacks see of a fit."""

import csv

import keras
import numpy as np
import pytest
import requests
import tensorflow as tf
from cases import EACH_ENGINE
from engine_toy import assert_same_arrays, assert_same_fit, table, tiny
from sklearn.base import clone
from sklearn.metrics import log_loss

from skdropout import BNConvClassifier
from skdropout.training import DivergenceError

ENGINES = ("compiled", "keras")
X, Y = table(n_rows=60)
VALIDATION = {"X_val": X[:20], "y_val": Y[:20]}


def fitted(callbacks, engine, **parameters):
    return tiny(engine=engine, callbacks=callbacks, **parameters).fit(X[20:], Y[20:], **VALIDATION)


def shipped(folder):
    """One of each that acts at the ends of epochs, set up to have something to do."""
    kinds = keras.callbacks
    return [
        kinds.LearningRateScheduler(lambda epoch, rate: 0.9 * rate),
        kinds.ReduceLROnPlateau(monitor="val_accuracy", patience=1, min_delta=1),
        kinds.EarlyStopping(monitor="val_accuracy", patience=3, min_delta=1),
        kinds.ModelCheckpoint(
            folder / "best.weights.h5",
            monitor="val_accuracy",
            save_best_only=True,
            save_weights_only=True,
        ),
        kinds.BackupAndRestore(folder / "backup", delete_checkpoint=False),
        kinds.TensorBoard(folder / "board", histogram_freq=1, write_steps_per_second=True),
        kinds.CSVLogger(folder / "log.csv"),
        kinds.RemoteMonitor(send_as_json=True),
        kinds.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(number=epoch)),
        kinds.TerminateOnNaN(),
        kinds.ProgbarLogger(),
        kinds.History(),
    ]


def scalars(folder):
    """What a board shows: each number by its name, the part of the data, and the step."""
    found = {}
    for path in folder.glob("*/events*"):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                if value.metadata.plugin_data.plugin_name == "scalars":
                    content = float(tf.make_ndarray(value.tensor))
                    found[path.parent.name, value.tag, event.step] = content
    return {key: value for key, value in found.items() if "per_second" not in key[1]}


def saw(engine, folder, monkeypatch):
    """Fit with all of them; return what each has recorded."""
    posts = []
    monkeypatch.setattr(requests, "post", lambda url, json, **_: posts.append(json))
    callbacks = shipped(folder)
    by_kind = {type(callback).__name__: callback for callback in callbacks}
    fit = fitted(callbacks, engine, epochs=6)
    with (folder / "log.csv").open() as file:
        log = [{k: float(v) for k, v in line.items()} for line in csv.DictReader(file)]
    assert {key[0] for key in scalars(folder / "board")} == {"train", "validation"}
    saved = fit.network_.build()
    saved.load_weights(folder / "best.weights.h5")
    return fit, {
        "epochs": by_kind["EarlyStopping"].stopped_epoch,
        "restores": (folder / "backup" / "training_metadata.json").read_text(),
        "posts": posts,
        "log": log,
        "board": scalars(folder / "board"),
        "history": by_kind["History"].history,
        "best": saved.get_weights(),
    }


def assert_alike(one, other):
    """Equal, with numbers up to rounding."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_alike(one[key], other[key])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for left, right in zip(one, other, strict=True):
            assert_alike(left, right)
    elif isinstance(one, str):
        assert one == other
    else:
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_every_callback_that_keras_ships_sees_the_same_on_both_engines(tmp_path, monkeypatch):
    kinds = {
        kind.__name__
        for kind in vars(keras.callbacks).values()
        if isinstance(kind, type) and issubclass(kind, keras.callbacks.Callback)
    }
    elsewhere = {"Callback", "CallbackList", "SwapEMAWeights", "OrbaxCheckpoint"}
    assert kinds - elsewhere == {type(callback).__name__ for callback in shipped(tmp_path)}
    seen = []
    for engine in ENGINES:
        (tmp_path / engine).mkdir()
        seen.append(saw(engine, tmp_path / engine, monkeypatch))
    (compiled, one), (by_keras, other) = seen
    assert_alike(one, other)
    assert_same_fit(compiled, by_keras)
    assert compiled.n_iter_ == 4
    clone(compiled)  # what they hold after a fit can be copied
    assert compiled.history_["number"] == [0, 1, 2, 3]
    assert compiled.history_["learning_rate"][-1] < 0.01 * compiled.learning_rate


def test_averaged_weights_need_the_optimiser_that_averages():
    with pytest.raises(ValueError, match="use_ema=True"):
        fitted([keras.callbacks.SwapEMAWeights()], "compiled")
    averaging = keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.5)
    swaps = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)]
    fit = fitted(swaps, "keras", optimizer=averaging)
    assert not np.array_equal(
        fit.weights_[3], fitted(None, "keras", optimizer=averaging).weights_[3]
    )


def test_early_stopping_needs_averaged_weights_at_the_end_of_each_epoch():
    options = {"optimizer": keras.optimizers.SGD(0.05, use_ema=True), "early_stopping": True}
    with pytest.raises(ValueError, match=r"use_ema=True .*early_stopping=True .*SwapEMAWeights\("):
        fitted(None, "keras", **options)
    fit = fitted([keras.callbacks.SwapEMAWeights(swap_on_epoch=True)], "keras", **options)
    assert log_loss(Y[:20], fit.predict_proba(X[:20])) == pytest.approx(fit.best_loss_, rel=1e-5)


class Witness(keras.callbacks.Callback):
    """Writes down the state of the fit at each moment."""

    def __init__(self):
        super().__init__()
        self.seen = []
        for hook in ("train_begin", "train_end", "test_begin", "test_end"):
            setattr(self, f"on_{hook}", lambda logs=None, hook=hook: self.note(hook, logs))
        for hook in ("epoch_begin", "epoch_end"):
            setattr(self, f"on_{hook}", lambda _, logs=None, hook=hook: self.note(hook, logs))

    def note(self, hook, logs):
        optimizer = self.model.optimizer
        self.seen.append(
            {
                "hook": hook,
                "logs": dict(logs or {}),
                "weights": self.model.get_weights(),
                "optimizer": [v.numpy() for v in optimizer.variables if v.name != "learning_rate"],
                "iterations": int(optimizer.iterations.numpy()),
                "learning rate": float(keras.ops.convert_to_numpy(optimizer.learning_rate)),
            }
        )


@pytest.mark.parametrize(
    "options",
    [{}, {"learning_rate_schedule": "inverse_time", "learning_rate_decay": 1.0}],
    ids=["constant", "schedule"],
)
def test_callbacks_see_the_model_in_the_state_of_the_fit(options):
    witnesses = [Witness(), Witness()]
    for engine, witness in zip(ENGINES, witnesses, strict=True):
        fitted([witness], engine, **options)
    compiled, by_keras = (witness.seen for witness in witnesses)
    epoch = ["epoch_begin", "test_begin", "test_end", "epoch_end"]
    assert [moment["hook"] for moment in compiled] == ["train_begin", *epoch * 3, "train_end"]
    assert compiled[-1]["iterations"] == 15
    compiled[-1]["logs"].pop("learning_rate", None)  # Keras leaves out what the epochs' logs add
    assert_alike(compiled, by_keras)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_callbacks_write_into_the_logs_is_kept(engine):
    class Adds(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            logs["twice"] = 2 * logs["loss"]
            if epoch == 1:
                logs["now and then"] = 7

    history = fitted([Adds()], engine).history_
    np.testing.assert_allclose(history["twice"], 2 * np.array(history["loss"]))
    np.testing.assert_array_equal(history["now and then"], [np.nan, 7, np.nan])


class At(keras.callbacks.Callback):
    """Does something to the model at one moment."""

    def __init__(self, moment, what):
        super().__init__()
        setattr(self, moment, lambda *_: what(self.model))


def freeze(model):
    model.get_layer("hidden_1").trainable = False


def test_the_keras_engine_freezes_layers_from_the_beginning_on():
    one, more = (
        fitted([At("on_train_begin", freeze)], "keras", epochs=epochs) for epochs in (1, 3)
    )
    frozen = [np.array_equal(*pair) for pair in zip(one.weights_, more.weights_, strict=True)]
    names = [weight.path for weight in one.network_.build().weights]
    moved = [name for name, same in zip(names, frozen, strict=True) if not same]
    assert moved == ["logits/kernel", "logits/bias"]


@pytest.mark.parametrize(
    ("engine", "moment"),
    [
        ("compiled", "on_train_begin"),
        ("compiled", "on_epoch_begin"),
        ("compiled", "on_epoch_end"),
        ("keras", "on_epoch_begin"),
    ],
)
def test_layers_that_cannot_be_frozen_say_so(engine, moment):
    with pytest.raises(ValueError, match=r"which layers are trainable.* in on_train_begin"):
        fitted([At(moment, freeze)], engine)


def test_the_compiled_engine_cannot_validate_other_weights():
    def double(model):
        model.set_weights([2 * value for value in model.get_weights()])

    with pytest.raises(ValueError, match=r"on_test_begin.* Use engine='keras'"):
        fitted([At("on_test_begin", double)], "compiled")


RANDOM = {
    "dropout": (tiny(dropout=0.3), X),
    "augmentation": (
        BNConvClassifier(
            filters=(2,), convs_per_block=1, dense_units=(), augment="flip", random_state=0
        ),
        X.reshape(60, 2, 2),
    ),
}


@pytest.mark.parametrize("what", RANDOM)
@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_an_interrupted_fit_that_is_restored_goes_on_as_if_nothing_had_been(tmp_path, engine, what):
    def fail(epoch, logs):
        if epoch == 2:
            raise OSError("the power went off")

    estimator, rows = RANDOM[what]
    estimator = clone(estimator).set_params(engine=engine, epochs=4)
    backup = [keras.callbacks.BackupAndRestore(tmp_path)]
    failing = [*backup, keras.callbacks.LambdaCallback(on_epoch_begin=fail)]
    with pytest.raises(OSError, match="the power went off"):
        estimator.set_params(callbacks=failing).fit(rows, Y)
    restored, whole = (
        clone(estimator).set_params(callbacks=callbacks).fit(rows, Y)
        for callbacks in (backup, None)
    )
    assert_same_arrays(restored.weights_, whole.weights_, 1e-6)
    assert_alike(restored.history_["loss"], whole.history_["loss"][2:])
    falling = {"callbacks": None, "learning_rate_schedule": "exponential"}
    restored, whole = (
        one.set_params(**falling, learning_rate_decay=1.0).partial_fit(rows, Y)
        for one in (restored, whole)
    )
    assert_same_arrays(restored.weights_, whole.weights_, 1e-6)
    assert restored.history_["learning_rate"][-1] == whole.history_["learning_rate"][-1]


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_a_fit_that_is_over_leaves_nothing_to_restore(tmp_path, engine):
    backup = [keras.callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False)]
    fitted(backup, engine)
    with pytest.raises(ValueError, match=r"after epoch 3, and epochs=3 leaves none"):
        fitted(backup, engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_early_stopping_does_not_go_on_without_its_best_epoch(tmp_path, engine):
    options = {"early_stopping": True, "n_iter_no_change": 9}
    backup = [keras.callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False)]
    fitted(backup, engine, epochs=2, **options)
    with pytest.raises(ValueError, match=r"after epoch 2, .*early_stopping.* Delete what .*stored"):
        fitted(backup, engine, **options)


@pytest.mark.parametrize("moment", ["on_epoch_begin", "on_epoch_end"])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_restored_fit_that_diverges_names_the_epoch_as_keras_counts(tmp_path, engine, moment):
    def spoil(epoch, logs):
        kernel = spoilt.model.get_layer("hidden_1").kernel
        if epoch == 3:
            kernel.assign(np.nan * kernel)

    spoilt = keras.callbacks.LambdaCallback(**{moment: spoil})
    backup = [keras.callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False)]
    fitted(backup, engine, epochs=2)
    with pytest.raises(DivergenceError, match=r"in epoch 4\."):
        fitted([*backup, spoilt], engine, epochs=4)
