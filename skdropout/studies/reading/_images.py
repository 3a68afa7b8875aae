"""Images that a study can run on: the published ones, embedded ones, and the user's own."""

import hashlib
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skdropout.studies._checks import did_you_mean
from skdropout.studies._errors import StudyError
from skdropout.studies.reading._options import DEFAULT_READING, Reading
from skdropout.studies.reading._words import say_counts

IMAGE_NAMES = ("cifar100", "digits")
VALIDATION_FRACTION = 0.2
_LARGEST, _COMMON = 64, 32  # pixels an image may have a side, and what larger ones are reduced to

Images = NDArray[Any]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class ImageSet:
    """Images to train on and to validate on, of shape (n, height, width, channels).

    `path` says where the user's own are; `given_split` whether they came with their own split into
    images to train on and to validate on, instead of the fifth that is set aside otherwise.
    """

    name: str
    X: Images
    y: Labels
    X_val: Images
    y_val: Labels
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()
    path: str = ""
    given_split: bool = False

    @property
    def class_counts(self) -> dict[str, int]:
        """How many images each class has, those to validate on included."""
        counts = np.bincount(np.concatenate([self.y, self.y_val]))
        return dict(zip(self.classes, map(int, counts), strict=True))

    def overview(self) -> list[str]:
        """Say what was understood, a sentence or two a line, before anything starts."""
        height, width, channels = self.X.shape[1:]
        split = "as they were split" if self.given_split else "drawn by class"
        return [
            f"{self.name}: {len(self.y) + len(self.y_val):,} images of {height} x {width} pixels, "
            f"{channels} channel{'' if channels == 1 else 's'}; {len(self.y_val):,} of them to "
            f"validate on, {split}.",
            f"Classes: {say_counts(self.class_counts)}.",
            *self.notes,
        ]

    def describe(self) -> dict[str, Any]:
        """Identify the data: shape, classes, SHA-256 of the content."""
        digest = hashlib.sha256()
        for array in (self.X, self.y, self.X_val, self.y_val):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return {
            "name": self.name,
            "train": len(self.X),
            "validation": len(self.X_val),
            "image": list(self.X.shape[1:]),
            "classes": len(self.classes),
            "sha256": digest.hexdigest(),
        }

    def validated_on(self, size: int | None) -> "ImageSet":
        """Keep so many of the validation images, drawn by class, the same on every call."""
        from sklearn.model_selection import train_test_split

        least, n_images = len(self.classes), len(self.y_val)
        if size is None or size == n_images:
            return self
        if not least <= size <= n_images - least:
            raise StudyError(
                f"validation_size must lie between {least} and {n_images - least}, or be all of "
                f"the {n_images} validation images of {self.name}; got {size}."
            )
        rows, _ = train_test_split(
            np.arange(n_images), train_size=size, stratify=self.y_val, random_state=0
        )
        return replace(self, X_val=self.X_val[rows], y_val=self.y_val[rows])


def is_images(data: Any) -> bool:
    """Whether data are images by their name, place or shape, and so no table."""
    if isinstance(data, str | PathLike):
        return data in IMAGE_NAMES or Path(data).suffix == ".npz" or Path(data).is_dir()
    return len(getattr(data, "shape", ())) > 2


def load_images(data: Any, *, y: Any = None, reading: Reading = DEFAULT_READING) -> ImageSet:
    """Load images by name, from a folder of folders, an .npz file, or an array with labels `y`."""
    if not isinstance(data, str | PathLike):
        if y is None:
            raise StudyError("Images as an array need their labels; give them as y.")
        return _split("images", np.asarray(data), np.asarray(y))
    if y is not None:
        raise StudyError(f"y comes with an array of images, not with {str(data)!r}.")
    if data == "cifar100":
        return _cifar100()
    if data == "digits":
        return _digits()
    path = Path(data)
    if path.is_dir():
        return replace(_from_folder(path), path=str(path))
    if path.suffix == ".npz":
        return replace(_from_npz(path), path=str(path))
    if path.exists() or path.suffix:
        raise StudyError(f"{path} is neither a folder of images nor an .npz file.")
    raise StudyError(f"There is no study {str(data)!r}{did_you_mean(str(data), IMAGE_NAMES)}")


def _cifar100() -> ImageSet:
    from skdropout.datasets import fetch_cifar100

    train, test = fetch_cifar100(subset="train"), fetch_cifar100(subset="test")
    names = tuple(map(str, train.target_names))
    parts = (train.data, train.target, test.data, test.target)
    return ImageSet("cifar100", *parts, names, given_split=True)


def _digits() -> ImageSet:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    # 0..16 becomes 0..255, so that "as published" means the same range as for the photographs.
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)[..., np.newaxis]
    return _split("digits", images, bunch.target)


def _split(name: str, X: Images, labels: NDArray[Any], notes: tuple[str, ...] = ()) -> ImageSet:
    """Set a stratified fifth of the images aside for validation, the same on every call."""
    from sklearn.model_selection import train_test_split

    X, y, classes = _check(name, X, labels)
    rarest = np.bincount(y).argmin()
    if (count := int(np.sum(y == rarest))) < 5:
        raise StudyError(f"Class {classes[rarest]} of {name} has {count} images; give at least 5.")
    parts = train_test_split(X, y, test_size=VALIDATION_FRACTION, stratify=y, random_state=0)
    X_train, X_val, y_train, y_val = parts
    return ImageSet(name, X_train, y_train, X_val, y_val, classes, notes)


def _check(name: str, X: Images, labels: NDArray[Any]) -> tuple[Images, Labels, tuple[str, ...]]:
    """Give images their four axes and the labels their numbers."""
    if X.ndim == 3:
        X = X[..., np.newaxis]
    if X.ndim != 4 or 0 in X.shape:
        raise StudyError(
            f"{name} must hold images of shape (n, height, width) or (n, height, width, channels), "
            f"got shape {X.shape}."
        )
    if X.dtype.kind not in "uif" or (X.dtype.kind == "f" and not np.isfinite(X).all()):
        raise StudyError(f"{name} must hold finite numbers, got {X.dtype} with others among them.")
    if labels.shape != (len(X),):
        raise StudyError(
            f"{name} must hold one label per image, got {len(X)} images and labels of shape "
            f"{labels.shape}."
        )
    classes, y = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise StudyError(f"{name} has a single class; there is nothing to tell apart.")
    return X, y.astype(np.int64), tuple(map(str, classes))


def _from_npz(path: Path) -> ImageSet:
    """Read an .npz file with arrays X and y, or x_train, y_train, x_test and y_test."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name.lower(): file[name] for name in file.files}
    except (OSError, ValueError) as error:
        raise StudyError(f"{path} cannot be read as an .npz file of numbers: {error}") from error
    if {"x", "y"} <= set(arrays):
        return _split(path.name, arrays["x"], np.squeeze(arrays["y"]))
    wanted = ("x_train", "y_train", "x_test", "y_test")
    if not set(wanted) <= set(arrays):
        raise StudyError(
            f"{path} must hold arrays X and y, or {', '.join(wanted)}; "
            f"it holds {', '.join(arrays) or 'none'}."
        )
    X, X_val = arrays["x_train"], arrays["x_test"]
    labels = np.concatenate([np.squeeze(arrays["y_train"]), np.squeeze(arrays["y_test"])])
    if X.shape[1:] != X_val.shape[1:]:
        raise StudyError(
            f"The images of {path} differ in shape: {X.shape[1:]} to train on and "
            f"{X_val.shape[1:]} to test on."
        )
    both, y, classes = _check(path.name, np.concatenate([X, X_val]), labels)
    n = len(X)
    if len(np.unique(y[:n])) < len(classes):
        raise StudyError(f"{path} tests on classes that it does not train on.")
    return ImageSet(path.name, both[:n], y[:n], both[n:], y[n:], classes, given_split=True)


def _from_folder(path: Path) -> ImageSet:
    """Read a folder that has a folder of image files for each class."""
    from PIL import Image, UnidentifiedImageError

    known = Image.registered_extensions()
    files = [
        (file, folder.name)
        for folder in sorted(path.iterdir())
        if folder.is_dir() and not folder.name.startswith(".")
        for file in sorted(folder.rglob("*"))
        if file.suffix.lower() in known and not file.name.startswith(".")
    ]
    if not files:
        raise StudyError(f"{path} has no images; put those of each class into a folder of its own.")
    pictures = []
    for file, _ in files:
        try:
            with Image.open(file) as picture:
                pictures.append(picture.convert("RGB"))
        except (OSError, UnidentifiedImageError) as error:
            raise StudyError(f"{file} cannot be read as an image: {error}") from error
    sizes = {picture.size for picture in pictures}
    notes: tuple[str, ...] = ()
    if len(sizes) > 1 or max(max(sizes)) > _LARGEST:
        pictures = [p.resize((_COMMON, _COMMON), Image.Resampling.BOX) for p in pictures]
        notes = (f"Images are resized to {_COMMON} x {_COMMON} pixels.",)
    X = np.stack([np.asarray(picture) for picture in pictures])
    return _split(path.name, X, np.array([label for _, label in files]), notes)
