"""Images that a study can run on: the published ones, embedded ones, and the user's own."""

from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from skdropout.studies._errors import StudyError
from skdropout.studies.reading._image_set import ImageSet, split_images
from skdropout.studies.reading._names import IMAGE_NAMES, TABLE_NAMES, as_place
from skdropout.studies.reading._npz import read_npz
from skdropout.studies.reading._options import (
    DEFAULT_READING,
    IMAGE_FOLDER,
    IMAGES,
    Reading,
    check_applies,
)
from skdropout.studies.reading._pictures import read_folder


def is_images(data: Any) -> bool:
    """Whether data are images by their name, place or shape, and so no table."""
    if isinstance(data, str | PathLike):
        if data in TABLE_NAMES:
            return False  # whatever folder has that name
        return data in IMAGE_NAMES or Path(data).suffix == ".npz" or Path(data).is_dir()
    return len(getattr(data, "shape", ())) > 2


def load_images(data: Any, *, y: Any = None, reading: Reading = DEFAULT_READING) -> ImageSet:
    """Load images by name, from a folder of folders, an .npz file, or an array with labels `y`."""
    if not isinstance(data, str | PathLike):
        if y is None:
            raise StudyError("Images as an array need their labels; give them as y.")
        check_applies(reading, "images from Python", IMAGES)
        return split_images("images", np.asarray(data), np.asarray(y), reading, [])
    if y is not None:
        raise StudyError(f"y comes with an array of images, not with {str(data)!r}.")
    path = Path(data)
    if data == "cifar100":
        check_applies(reading, data, ())
        return _cifar100()
    if data == "digits":
        check_applies(reading, data, IMAGES)
        return _digits(reading)
    if path.is_dir():
        check_applies(reading, str(path), IMAGE_FOLDER)
        return replace(read_folder(path, reading), path=as_place(path))
    check_applies(reading, str(path), IMAGES)
    return replace(read_npz(path, reading), path=as_place(path))


def _cifar100() -> ImageSet:
    from skdropout.datasets import fetch_cifar100

    train, test = fetch_cifar100(subset="train"), fetch_cifar100(subset="test")
    names = tuple(map(str, train.target_names))
    parts = (train.data, train.target, test.data, test.target)
    return ImageSet("cifar100", *parts, names, given_split=True)


def _digits(reading: Reading) -> ImageSet:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    # 0..16 becomes 0..255, so that "as published" means the same range as for the photographs.
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)[..., np.newaxis]
    return split_images("digits", images, bunch.target, reading, [])
