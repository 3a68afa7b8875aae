"""What the workers of a cluster do; here by name, so that a worker started anew finds it."""

import os
import signal
import time
from pathlib import Path

import studies_toy as toy
from sklearn.base import BaseEstimator, TransformerMixin


class Fatal(TransformerMixin, BaseEstimator):
    """Notes each fit in a folder, and kills its process in the first that runs in a worker."""

    def __init__(self, folder, deadly=False):
        self.folder = folder
        self.deadly = deadly

    def fit(self, X, y=None):
        folder = Path(self.folder)
        with (folder / "fits.txt").open("a") as file:
            file.write(f"{os.getpid()}\n")
        if self.deadly:
            try:
                (folder / "killed").touch(exist_ok=False)
            except FileExistsError:
                return self
            os.kill(os.getpid(), signal.SIGKILL)
        return self

    def transform(self, X):
        return X


class Counted:
    """Data that note each time that they are unpickled."""

    def __init__(self, file):
        self.file = file

    def mean(self):
        return 0.5

    def __reduce__(self):
        return _unpickle, (self.file,)


def _unpickle(file):
    with Path(file).open("a") as notes:
        notes.write(f"{os.getpid()}\n")
    return Counted(file)


def fatal_compute(cell, data, folder, pause):
    deadly = cell == ("a", 2)
    if deadly:
        time.sleep(1)  # what this worker has handed in is fetched by then, however slow the machine
    Fatal(folder, deadly=deadly).fit(None)
    return toy.compute(cell, data, None, pause)
