"""A table of random echoes that stands for the Sonar data, so that no test needs the network."""

import dataclasses
import hashlib
from contextlib import contextmanager

import numpy as np
import pytest

from skdropout.datasets import _sonar


@contextmanager
def sonar_stand_in(folder):
    """Have the loader find, in a folder, a table of the real one's size and classes."""
    generator = np.random.default_rng(0)
    labels = ["R"] * 97 + ["M"] * 111
    means = 0.3 + 0.1 * np.array([label == "M" for label in labels])[:, np.newaxis]
    echoes = np.clip(generator.normal(means, 0.2, (208, 60)), 0, 1)
    rows = (
        ",".join([*(f"{value:.4f}" for value in echo), label])
        for echo, label in zip(echoes, labels, strict=True)
    )
    file = folder / "sonar.all-data"
    file.write_text("\n".join(rows), newline="")
    found = {file.name: (hashlib.sha256(file.read_bytes()).hexdigest(),)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKDROPOUT_DATA", str(folder))
        patch.setattr(_sonar, "_SOURCE", dataclasses.replace(_sonar._SOURCE, files=found))
        yield
