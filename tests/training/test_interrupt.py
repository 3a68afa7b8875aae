"""Ctrl-C during a long fit, and the progress bar."""

import os
import signal
import subprocess
import sys
import time
from threading import Timer

import numpy as np
import pytest
from engine_toy import assert_same_fit, table, tiny

from skdropout.networks import MLPNetwork
from skdropout.training import SquaredError, TrainingJob, TrainingPlan, TrainingSet, engine_named

SCRIPT = """
import signal
from engine_toy import table, tiny

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored
X, y = table(n_rows=2000, n_features=40)
for stopping in (False, True):
    slow = tiny(
        hidden_layer_sizes=(200, 200),
        dropout=0.5,
        batch_size=64,
        early_stopping=stopping,
        n_iter_no_change=10**8,
    )
    slow.set_params(epochs=1).fit(X, y)
    print("compiled", flush=True)
    try:
        slow.set_params(epochs=10**6).fit(X, y)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    slow.set_params(epochs=1).fit(X, y)
    print("fits again", flush=True)
"""


POSIX = pytest.mark.skipif(os.name != "posix", reason="sends SIGINT as a terminal does")


@POSIX
def test_ctrl_c_ends_a_fit_and_the_next_one_is_as_ever():
    X, y = table()
    expected = tiny().fit(X, y)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    try:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            tiny(epochs=10**7).fit(X, y)
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)
    assert_same_fit(tiny().fit(X, y), expected, tolerance=0)


@pytest.mark.slow
@POSIX
def test_ctrl_c_ends_a_long_fit_at_once():
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            for _ in ("plain", "early stopping"):
                assert process.stdout.readline() == "compiled\n"
                time.sleep(1)
                start = time.perf_counter()
                process.send_signal(signal.SIGINT)
                assert process.stdout.readline() == "interrupted\n"
                assert time.perf_counter() - start < 10
                assert process.stdout.readline() == "fits again\n"
        finally:
            process.kill()


class Counting:
    """Writes down how many epochs it hears of at once."""

    def __init__(self, *, sees_each_epoch):
        self.sees_each_epoch, self.heard = sees_each_epoch, []

    def begin_epoch(self):
        pass

    def end_epochs(self, n_epochs, so_far):
        self.heard.append(n_epochs)
        return False


def test_many_validation_rows_count_as_work_between_two_looks_at_the_outside():
    X, y = (values.astype(np.float32) for values in table(n_rows=20_000))
    rows = [TrainingSet.from_arrays(X[s], y[s, np.newaxis]) for s in (slice(40), slice(None))]
    at_once, each = Counting(sees_each_epoch=False), Counting(sees_each_epoch=True)
    network = MLPNetwork(input_shape=(4,), n_outputs=1, hidden_layer_sizes=(8,), dropout=(0.0,))
    plan = TrainingPlan(optimizer="sgd", learning_rate=0.05, batch_size=8, epochs=8)
    histories = [
        engine_named("compiled")
        .train(
            TrainingJob(
                network=network,
                objective=SquaredError(),
                plan=plan,
                rows=rows[0],
                validation=rows[1],
                rescaling=(np.zeros(4, np.float32), np.ones(4, np.float32)),
                observer=observer,
            )
        )
        .history
        for observer in (at_once, each)
    ]
    assert sum(at_once.heard) == 8
    assert 1 < max(at_once.heard) < 8
    assert histories[0] == histories[1]


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_the_progress_bar_goes_to_stderr_and_only_when_asked_for(engine, capsys):
    X, y = table()
    tiny(engine=engine, verbose=0).fit(X, y)
    silent = capsys.readouterr()
    assert (silent.out, silent.err) == ("", "")
    tiny(engine=engine, verbose=1).fit(X, y)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "3/3" in shown.err
    assert "loss=" in shown.err
