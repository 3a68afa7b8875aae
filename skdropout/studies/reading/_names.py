"""The names of the data that come with a name."""

import os
from pathlib import Path

TABLE_NAMES = ("breast_cancer", "sonar")
IMAGE_NAMES = ("cifar100", "digits")


def as_place(path: Path) -> str:
    """Write a path so that it is not read as one of the names."""
    named = str(path) in (*TABLE_NAMES, *IMAGE_NAMES)
    return os.path.join(".", path) if named else str(path)
