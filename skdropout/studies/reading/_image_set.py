"""Images with their classes, split into those to train on and those to validate on."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skdropout.studies._errors import StudyError
from skdropout.studies.reading._options import Reading
from skdropout.studies.reading._words import count_of, option, say_counts

VALIDATION_FRACTION = 0.2
_LEAST = 5  # images of a class, so that one of them is validated on

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
        split = ""
        if self.given_split:
            split = f"; {len(self.y_val):,} that come set apart join the others, to be drawn anew"
        return [
            f"{self.name}: {len(self.y) + len(self.y_val):,} images of {height} x {width} pixels, "
            f"{count_of(channels, 'channel')}{split}.",
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


def split_images(
    name: str, X: Images, labels: NDArray[Any], reading: Reading, notes: list[str]
) -> ImageSet:
    """Set a stratified fifth of the images aside for validation, the same on every call."""
    from sklearn.model_selection import train_test_split

    X, labels, notes = _checked(name, X, labels, notes)
    common, more = _without_rare(name, labels, reading.min_class_rows)
    if more:
        X, labels = X[common], labels[common]
    classes, y = _numbered(name, labels)
    counts = np.bincount(y)
    if counts.min() < _LEAST:
        rarest = counts.argmin()
        raise StudyError(
            f"Class {classes[rarest]!r} of {name} has {count_of(int(counts[rarest]), 'image')}, "
            f"fewer than the {_LEAST} that training and validation need; "
            f"{option('min_class_rows')} {_LEAST} leaves such classes out."
        )
    parts = train_test_split(X, y, test_size=VALIDATION_FRACTION, stratify=y, random_state=0)
    X_train, X_val, y_train, y_val = parts
    return ImageSet(name, X_train, y_train, X_val, y_val, classes, (*notes, *more))


def join_split(
    name: str,
    trained: tuple[Images, NDArray[Any]],
    validated: tuple[Images, NDArray[Any]],
    reading: Reading,
    notes: list[str],
) -> ImageSet:
    """Take over a split that is there already."""
    X, labels, more = _checked(name, *trained, notes)
    X_val, labels_val, _ = _checked(name, *validated, [])
    if X.shape[1:] != X_val.shape[1:]:
        raise StudyError(
            f"The images of {name} differ in shape: {X.shape[1:]} to train on and "
            f"{X_val.shape[1:]} to validate on."
        )
    if strange := sorted(set(map(str, labels_val)) - set(map(str, labels))):
        raise StudyError(f"{name} validates on classes that it does not train on: {strange}.")
    common, rare = _without_rare(name, labels, reading.min_class_rows)
    if rare:
        also = np.isin(labels_val, np.unique(labels[common]))
        X, labels, X_val, labels_val = X[common], labels[common], X_val[also], labels_val[also]
    classes, y = _numbered(name, np.concatenate([labels, labels_val]))
    n = len(labels)
    return ImageSet(name, X, y[:n], X_val, y[n:], classes, (*more, *rare), given_split=True)


def _checked(
    name: str, X: Images, labels: NDArray[Any], notes: list[str]
) -> tuple[Images, NDArray[Any], list[str]]:
    """Give images their four axes, the channels last, and each a label."""
    import pandas as pd

    notes = list(notes)
    if X.ndim == 3:
        X = X[..., np.newaxis]
    if X.ndim == 4 and X.shape[1] in (1, 3, 4) and X.shape[3] not in (1, 3, 4):
        X = np.moveaxis(X, 1, 3)
        notes.append(f"Images come with the channels first; they are put last: {X.shape[1:]}.")
    if X.ndim != 4 or 0 in X.shape:
        raise StudyError(
            f"{name} must hold images of shape (n, height, width) or (n, height, width, channels), "
            f"got shape {X.shape}; reshape rows of pixels, or give them as a table."
        )
    if X.dtype.kind == "b":
        X = X.astype(np.uint8)
    if X.dtype.kind not in "uif" or (X.dtype.kind == "f" and not np.isfinite(X).all()):
        raise StudyError(f"{name} must hold finite numbers, got {X.dtype} with others among them.")
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2 and labels.dtype.kind in "uifb":
        if not (np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all()):
            raise StudyError(
                f"{name} has labels of shape {labels.shape}, which are not one-hot: give one label "
                "for each image."
            )
        labels = labels.argmax(axis=1)
        notes.append("Labels are one-hot; each image has the class of its 1.")
    if labels.shape != (len(X),):
        raise StudyError(
            f"{name} must hold one label per image, got {len(X)} images and labels of shape "
            f"{labels.shape}."
        )
    if n_missing := int(pd.isna(labels).sum()):
        raise StudyError(
            f"{name} has {count_of(n_missing, 'image')} without a label (None or nan); leave "
            f"{'it' if n_missing == 1 else 'them'} out."
        )
    if labels.dtype.kind == "f":
        if not (labels % 1 == 0).all():
            raise StudyError(
                f"{name} has labels with fractions, such as {labels[labels % 1 != 0][0]}."
            )
        labels = labels.astype(np.int64)
    return X, labels, notes


def _without_rare(
    name: str, labels: NDArray[Any], least: int
) -> tuple[NDArray[np.bool_], list[str]]:
    """Find the images of classes that are not too rare for the person."""
    found, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if counts.min() >= least:
        return np.ones(len(labels), dtype=bool), []
    rare = {str(label): int(n) for label, n in zip(found, counts, strict=True) if n < least}
    if len(found) - len(rare) < 2:
        raise StudyError(
            f"{option('min_class_rows')} {least} leaves fewer than two classes in {name}."
        )
    note = f"Classes of fewer than {least} images are left out, as you asked: {say_counts(rare)}."
    return counts[places] >= least, [note]


def _numbered(name: str, labels: NDArray[Any]) -> tuple[tuple[str, ...], Labels]:
    """Replace labels by their place in sorted order."""
    classes, y = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise StudyError(f"{name} has a single class; there is nothing to tell apart.")
    return tuple(map(str, classes)), y.astype(np.int64)
