"""Processes made by fork: an answer at once, never a child that waits for ever."""

import json
import os
import signal
import subprocess
import sys
import warnings

import pytest
from engine_toy import table, tiny

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

SCRIPT = """
import json, os, signal, threading, warnings
warnings.simplefilter("ignore")  # Python 3.12 warns of every fork beside threads

import keras, tensorflow
from engine_toy import table, tiny
from skdropout.training._program import tracing

X, y = table()
found = {}

def answer(action):
    try:
        action()
        return "done"
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def in_child(action):
    read, write = os.pipe()
    if os.fork() == 0:
        signal.alarm(30)
        os.write(write, answer(action).encode())
        os._exit(0)
    os.close(write)
    os.wait()
    with os.fdopen(read) as pipe:
        return pipe.read() or "no answer"

fit = lambda: tiny(epochs=1).fit(X, y)
keras_fit = lambda: tiny(epochs=1, engine="keras").fit(X, y)

found["before anything has run"] = in_child(fit)
keras.ops.ones(3) + 1
found["after the user's own tensors"] = in_child(fit)
fitted = fit()
found["after a fit"] = in_child(fit)
found["predict with a small network"] = in_child(lambda: fitted.predict(X))
large = tiny(epochs=1, hidden_layer_sizes=(200, 200)).fit(X, y)
found["predict with a large network"] = in_child(lambda: large.predict(X))
found["keras engine"] = in_child(keras_fit)
entered, leave = threading.Event(), threading.Event()

def compile_for_long():
    with tracing():
        entered.set()
        leave.wait()

thread = threading.Thread(target=compile_for_long)
thread.start()
entered.wait()
found["while a thread compiles"] = in_child(fit)
leave.set()
thread.join()
found["the parent itself"] = answer(fit)
print(json.dumps(found))
"""

WAYS_OUT = ("loky", "spawn", "threads")


def test_after_a_fit_a_child_says_what_to_do():
    X, y = table()
    tiny().fit(X, y)
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 warns of every fork beside threads
        child = os.fork()
    if child == 0:
        signal.alarm(30)
        try:
            tiny().fit(X, y)
        except RuntimeError as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as pipe:
        said = pipe.read()
    assert said.startswith("this process was forked")
    assert all(way_out in said for way_out in WAYS_OUT)


@pytest.fixture(scope="module")
def found():
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize(
    "where",
    ["before anything has run", "predict with a small network", "the parent itself"],
)
def test_processes_in_which_networks_work(found, where):
    assert found[where] == "done"


@pytest.mark.slow
@pytest.mark.parametrize(
    "where",
    [
        "after the user's own tensors",
        "after a fit",
        "predict with a large network",
        "keras engine",
        "while a thread compiles",
    ],
)
def test_after_tensorflow_has_run_a_child_says_what_to_do(found, where):
    assert found[where].startswith("RuntimeError: this process was forked")
    assert all(way_out in found[where] for way_out in WAYS_OUT)
