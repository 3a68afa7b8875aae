"""The public names, and what importing them costs."""

import inspect
import subprocess
import sys

import skdropout.datasets


def test_all_lists_the_public_functions():
    public = [name for name, _ in inspect.getmembers(skdropout.datasets, inspect.isfunction)]
    assert skdropout.datasets.__all__ == sorted(public)


def test_import_loads_nothing_heavy():
    heavy = {"keras", "matplotlib", "pandas", "pooch", "requests", "scipy", "sklearn", "tensorflow"}
    script = f"import sys, skdropout.datasets; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
