"""How the tests are run."""

import gc
import os
import platform
import sys
from collections import Counter
from contextlib import suppress
from importlib.metadata import version
from itertools import count
from zlib import crc32

import hypothesis
import pytest

os.environ["KERAS_BACKEND"] = "tensorflow"  # whatever the user's keras.json names
# All cores would mean as many processes, each of which starts TensorFlow and compiles.
os.environ.setdefault("LOKY_MAX_CPU_COUNT", "2")
# An example that compiles, or that waits for a core, takes longer than Hypothesis expects.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

_MOST_KEPT = 500_000_000  # bytes, of 260 million for all that the tests compile


def pytest_xdist_auto_num_workers(config):
    """Two processes for the whole suite, none beside this one for what is named by hand.

    Each process starts TensorFlow and compiles for itself, so more would gain little.
    """
    return 0 if config.option.file_or_dir else 2


class Examples:
    """What the examples in docstrings find, which stand outside this folder."""

    @pytest.fixture(autouse=True)
    def sonar(self, request):
        if not isinstance(request.node, pytest.DoctestItem):
            yield
            return
        from sonar_toy import sonar_stand_in

        with sonar_stand_in(request.getfixturevalue("tmp_path")):
            yield


def pytest_configure(config):
    config.pluginmanager.register(Examples())
    if config.pluginmanager.hasplugin("cacheprovider") and not hasattr(config, "workerinput"):
        with suppress(OSError):  # a folder that is only to be read keeps nothing
            keep_compiled(config.cache)


def keep_compiled(cache):
    """Have XLA load what an earlier run, or another process of this one, has compiled.

    `pytest --cache-clear` forgets it.
    """
    # What it keeps says neither which TensorFlow compiled it, nor for which processor.
    folder = cache.mkdir(f"xla-{version('tensorflow')}-{platform.node()}")
    if " " in str(folder):  # XLA's flags end there
        return
    size = 0
    for file in sorted(folder.iterdir(), key=lambda file: -file.stat().st_mtime):
        size += file.stat().st_size
        if size > _MOST_KEPT:
            file.unlink()
    os.environ.setdefault("TF_XLA_FLAGS", f"--tf_xla_persistent_cache_directory={folder}")


def pytest_collection_finish():
    """Look for no garbage among the million objects of what is imported, which all stay."""
    gc.freeze()


@pytest.fixture
def engines_predict(monkeypatch):
    """Leave small networks to the engines, too: NumPy predicts for them, whichever is asked."""
    monkeypatch.setattr("skdropout.training._engines.small_network", lambda network: None)


@pytest.fixture(autouse=True, scope="session")
def _names_by_key():
    """Name what a program consists of by its key, for XLA knows a program again by these names.

    TensorFlow numbers the functions of a process in the order in which it meets them, and tests
    do not meet their programs in the same order twice.
    """
    if "skdropout.training._program" not in sys.modules:
        yield
        return
    from tensorflow.python.framework import ops

    from skdropout.training._program import Program

    trace, times = Program.__init__, Counter()

    def named(program, key):
        times[key] += 1
        numbers = count(crc32(f"{times[key]} {key}".encode()) << 20)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ops, "uid", numbers.__next__)
            trace(program, key)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Program, "__init__", named)
        yield
