"""A long fit that is killed goes on after the last finished epoch, to the bit."""

import errno

import keras
import numpy as np
import pytest
from engine_toy import assert_same_arrays, table, tiny

from skdropout import BNConvClassifier
from skdropout.training import _checkpoint, kept_epochs, seconds_taken_up, share_done

EPOCHS = 6


def network(kind, engine, **parameters):
    if kind == "conv":
        parameters = {"image_shape": (2, 2), "filters": (4,), "dense_units": 8, **parameters}
        return BNConvClassifier(
            batch_norm=True, conv_dropout=0.1, optimizer="rmsprop", batch_size=7, epochs=EPOCHS,
            engine=engine, random_state=0, **parameters,
        )  # fmt: skip
    defaults = {"dropout": 0.2, "momentum": 0.9, "learning_rate_schedule": "cosine"}
    return tiny(**{**defaults, "engine": engine, "epochs": EPOCHS, "batch_size": 7, **parameters})


class Killed(BaseException):
    """Stands for the end of the process."""


def stop_after(monkeypatch, epochs):
    """Have every epoch saved, and the fit end as soon as so many are."""
    monkeypatch.setattr(_checkpoint, "SECONDS", 0.0)
    monkeypatch.setattr(_checkpoint, "TIMES", 0.0)
    save = _checkpoint.Checkpoint.save

    def dying(self, snapshot):
        save(self, snapshot)
        if self.kept is not None and share_done(self.kept.folder) >= epochs / EPOCHS - 1e-9:
            raise Killed

    monkeypatch.setattr(_checkpoint.Checkpoint, "save", dying)


def assert_identical(left, right):
    assert_same_arrays(left.weights_, right.weights_)
    assert_same_arrays(left._result.optimizer_state, right._result.optimizer_state)
    assert left.history_ == right.history_
    assert left._result.n_steps == right._result.n_steps
    assert left.best_epoch_ == right.best_epoch_


STOPPING = {
    "early_stopping": True, "n_iter_no_change": 2, "refit": True, "learning_rate": 0.5,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _epoch_by_epoch(monkeypatch):
    """Have a call into TensorFlow take one epoch, as the long ones do."""
    monkeypatch.setattr("skdropout.training._program.steps_per_call", lambda *_: 8)


@pytest.mark.parametrize(
    ("kind", "engine", "parameters"),
    [
        ("mlp", "compiled", {}),
        ("mlp", "compiled", STOPPING),
        ("conv", "compiled", {}),
        ("mlp", "keras", STOPPING),
    ],
)
def test_a_stopped_fit_goes_on_to_the_same_bits(kind, engine, parameters, tmp_path, monkeypatch):
    X, y = table()
    model = network(kind, engine, **parameters)
    expected = network(kind, engine, **parameters).fit(X, y)
    for epochs in (1, 3):
        with monkeypatch.context() as patch, kept_epochs(tmp_path):
            stop_after(patch, epochs)
            with pytest.raises(Killed):
                model.fit(X, y)
    assert share_done(tmp_path) >= 0.5
    with kept_epochs(tmp_path):
        assert_identical(model.fit(X, y), expected)
        assert seconds_taken_up() > 0


def saved(model, X, y, folder, monkeypatch):
    """Fit, and return how many epochs were trained for it."""
    epochs = []
    with monkeypatch.context() as patch, kept_epochs(folder):
        patch.setattr(_checkpoint, "SECONDS", 0.0)
        patch.setattr(_checkpoint, "TIMES", 0.0)
        save = _checkpoint.Checkpoint.save
        patch.setattr(
            _checkpoint.Checkpoint, "save", lambda *given: (epochs.append(1), save(*given))
        )
        model.fit(X, y)
    return len(epochs)


def test_a_finished_fit_is_taken_up_as_it_is_and_by_no_other(tmp_path, monkeypatch):
    X, y = table()

    def n_trained(X=X, y=y, **parameters):
        return saved(network("mlp", "compiled", **parameters), X, y, tmp_path, monkeypatch)

    assert n_trained() == EPOCHS
    assert n_trained() == 0
    assert n_trained(random_state=1) == EPOCHS
    assert n_trained(dropout=0.1) == EPOCHS
    assert n_trained(learning_rate=0.06) == EPOCHS
    assert n_trained(X=X + 1) == EPOCHS
    assert n_trained(y=1 - y) == EPOCHS


def test_a_damaged_file_is_not_taken_up(tmp_path, monkeypatch):
    X, y = table()
    expected = network("mlp", "compiled").fit(X, y)
    saved(network("mlp", "compiled"), X, y, tmp_path, monkeypatch)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for cut in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        model = network("mlp", "compiled")
        assert saved(model, X, y, tmp_path, monkeypatch) == EPOCHS
        assert_identical(model, expected)
    for place in rng.integers(len(whole), size=30):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        with kept_epochs(tmp_path):
            assert_identical(network("mlp", "compiled").fit(X, y), expected)


def test_short_fits_leave_no_file(tmp_path):
    X, y = table()
    network("mlp", "compiled").fit(X, y)  # what compiling takes is no epoch's time
    with kept_epochs(tmp_path):
        network("mlp", "compiled").fit(X, y)
    assert not list(tmp_path.iterdir())
    assert seconds_taken_up() == 0


def test_a_fit_that_others_watch_is_not_saved(tmp_path, monkeypatch):
    X, y = table()
    callbacks = [keras.callbacks.TerminateOnNaN()]
    saved(network("mlp", "compiled", callbacks=callbacks), X, y, tmp_path, monkeypatch)
    assert not list(tmp_path.iterdir())


def test_a_disk_that_is_full_is_named(tmp_path, monkeypatch):
    X, y = table()

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match=rf"No space left on device.*{tmp_path.name}"):
        saved(network("mlp", "compiled"), X, y, tmp_path, monkeypatch)
