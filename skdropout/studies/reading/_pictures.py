"""Folders of pictures, one for each class, read so that they never lie in memory at full size."""

import os
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skdropout.studies._errors import StudyError
from skdropout.studies.reading._image_set import Images, ImageSet, join_split, split_images
from skdropout.studies.reading._options import Reading
from skdropout.studies.reading._target_column import twins
from skdropout.studies.reading._words import count_of, option

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_LARGEST, _COMMON = 64, 32  # pixels a side that pictures may have, and that larger ones are given
_TRAIN = ("train", "training")
_VALIDATE = ("val", "valid", "validation", "dev", "test", "testing")
_NO_PICTURES = frozenset({"BUFR", "EPS", "FITS", "GRIB", "HDF5", "MPEG", "PDF", "WMF"})
_STRANGERS = frozenset(
    {".heic", ".heif", ".avif", ".jxl", ".svg", ".dng", ".cr2", ".nef", ".arw", ".raw", ".webp"}
)
_ORIENTATION = 0x0112  # the number of the tag in EXIF
_DEEP = ("whole", "float")  # pictures of more than 8 bits


@dataclass(frozen=True)
class _File:
    """A file of a picture, with its class and what its header says."""

    path: Path
    label: str
    size: tuple[int, int] = (0, 0)
    mode: str = ""
    moves: bool = False
    error: str = ""


def read_folder(path: Path, reading: Reading) -> ImageSet:
    """Read a folder that has a folder of pictures for each class, or such folders for a split."""
    notes: list[str] = []
    name = os.path.basename(os.path.abspath(path))  # "." has none
    path_of_classes, validation = _find_split(path, notes)
    parts = [_list_files(folder, notes) for folder in (path_of_classes, validation) if folder]
    X, files = _read_all([file for part in parts for file in part], reading, notes)
    labels = np.array([file.label for file in files])
    notes += twins(name, sorted(set(labels.tolist())))
    if copies := len(X) - len({hash(picture.tobytes()) for picture in X}):
        notes.append(
            f"{count_of(copies, 'image')} of {len(X):,} are exact copies of others: where copies "
            "are both trained and tested on, scores are too good."
        )
    if validation is None:
        return split_images(name, X, labels, reading, notes)
    trained = np.array([path_of_classes in file.path.parents for file in files])
    return join_split(
        name, (X[trained], labels[trained]), (X[~trained], labels[~trained]), reading, notes
    )


def _folders(path: Path) -> list[Path]:
    """List the folders that may be classes: no hidden ones, and none that a study has written."""
    return [
        folder
        for folder in sorted(path.iterdir())
        if folder.is_dir()
        and not folder.name.startswith((".", "__MACOSX"))
        and not (folder / "study.json").exists()
    ]


def _names_in(path: Path) -> set[str]:
    """Name the folders that may be classes, in whatever case."""
    return {folder.name.casefold() for folder in _folders(path)}


def _find_split(path: Path, notes: list[str]) -> tuple[Path, Path | None]:
    """Find the folder that holds the classes, and the one that holds them to validate on."""
    folders = {folder.name.casefold(): folder for folder in _folders(path)}
    train = next((folders[name] for name in _TRAIN if name in folders), None)
    if train is None:
        if len(folders) == 1:
            (only,) = folders.values()
            if len(_folders(only)) > 1:
                return _find_split(only, notes)
        return path, None
    classes = _names_in(train)
    alike = [f for f in folders.values() if f != train and classes & _names_in(f)]
    split = next((folders[name] for name in _VALIDATE if folders.get(name) in alike), None)
    known = {train, *(folders[name] for name in _VALIDATE if name in folders)}
    # What has such a name by chance, beside other classes, shares no folders with another.
    if not classes or (split is None and set(folders.values()) - known):
        return path, None
    for folder in folders.values():
        if folder not in (train, split):
            why = "" if folder in alike else ", since it has no folder for each class"
            notes.append(f"Folder {folder.name!r} is left aside{why}.")
    if split is not None:
        notes.append(f"{train.name!r} and {split.name!r} are taken for a split, not for classes.")
    return train, split


def _list_files(path: Path, notes: list[str]) -> list[_File]:
    """List the pictures of each class, and say which files and folders are none."""
    from PIL import Image

    Image.init()
    known = {
        suffix
        for suffix, form in Image.registered_extensions().items()
        if form in Image.OPEN and form not in _NO_PICTURES
    }
    files: list[_File] = []
    for folder in _folders(path):
        inside = [
            file
            for file in sorted(folder.rglob("*"))
            if file.is_file() and not any(p[0] == "." for p in file.relative_to(path).parts)
        ]
        pictures = [file for file in inside if file.suffix.lower() in known]
        strange = Counter(
            file.suffix.lower() for file in inside if file.suffix.lower() in _STRANGERS - known
        )
        kinds = ", ".join(f"{count_of(n, f'{suffix} file')}" for suffix, n in strange.items())
        if not pictures:
            notes.append(
                f"Folder {folder.name!r} is no class, since it has no pictures that can be read"
                f"{f' ({kinds}: convert them to JPEG or PNG)' if kinds else ''}."
            )
        elif kinds:
            notes.append(f"{kinds} of class {folder.name!r} left out: convert them to JPEG or PNG.")
        files += [_File(file, folder.name) for file in pictures]
    if not files:
        if any(path.glob("*.csv")):
            notes.append("If you meant a table in it, give that file.")
        raise StudyError(
            f"{path} has no images in folders, one for each class; put those of each class into a "
            f"folder of its own. {' '.join(notes)}".rstrip()
        )
    return files


def _look_at(file: _File) -> _File:
    """Find out from its header what a file holds."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file.path) as picture:
                # That of PNG files would decode all of it.
                turned = Image.Image.getexif(picture).get(_ORIENTATION, 1) >= 5
                size = picture.size[::-1] if turned else picture.size
                moves = getattr(picture, "is_animated", False) and picture.format != "MPO"
                return replace(file, size=size, mode=_mode_of(picture), moves=moves)
    except Exception as error:  # damaged files make Pillow raise nearly anything
        return replace(file, error=_say(error))


def _mode_of(picture: "Picture") -> str:
    """Say what a picture holds: grey or colours of 8 bits, or deeper whole numbers or floats."""
    if picture.mode[0] in "IF":
        return "whole" if picture.mode[0] == "I" else "float"
    return "grey" if picture.mode in ("1", "L", "LA", "La") else "colour"


def _say(error: Exception) -> str:
    text = (str(error) or type(error).__name__).splitlines()[0]
    return "it is no picture" if text.startswith("cannot identify") else text


def _whole(files: Sequence[_File], reading: Reading, notes: list[str]) -> list[_File]:
    """Stop at files that cannot be read, all at once, or go on without them."""
    torn = [file for file in files if file.error]
    if not torn:
        return list(files)
    shown = "; ".join(f"{file.path} ({file.error})" for file in torn[:10])
    shown += f"; and {len(torn) - 10} more" if len(torn) > 10 else ""
    if not reading.skip_unreadable:
        raise StudyError(
            f"{count_of(len(torn), 'file')} cannot be read as an image: {shown}. Repair or remove "
            f"{'it' if len(torn) == 1 else 'them'}, or go on without ({option('skip_unreadable')})."
        )
    note = f"Left out, as you asked, since they cannot be read: {shown}."
    notes.append(note)
    whole = [file for file in files if not file.error]
    if not whole:
        raise StudyError(f"No image can be read. {note}")
    return whole


def _read_all(
    files: Sequence[_File], reading: Reading, notes: list[str]
) -> tuple[Images, list[_File]]:
    """Read pictures into one array, shrinking each as it comes; return those that could be read."""
    seen = [_look_at(file) for file in files]
    sizes = {file.size for file in seen if not file.error} or {(1, 1)}
    side = reading.image_size
    if side is None and (len(sizes) > 1 or max(max(sizes)) > _LARGEST):
        side = _COMMON
    width, height = (side, side) if side is not None else min(sizes)
    if side is not None and sizes != {(side, side)}:
        smallest, largest = (f"{w} x {h}" for w, h in (min(sizes), max(sizes)))
        span = smallest if len(sizes) == 1 else f"{smallest} to {largest}"
        notes.append(
            f"Images of {span} pixels are resized to {side} x {side} pixels "
            f"({option('image_size')} says otherwise)."
        )
    if n_moving := sum(file.moves for file in seen):
        notes.append(
            f"{count_of(n_moving, 'file')} with several pictures: the first of each is read."
        )
    channels = 3 if any(file.mode == "colour" for file in seen) else 1
    kind = np.float32 if any(file.mode in _DEEP for file in seen) else np.uint8
    X = np.zeros((len(seen), height, width, channels), dtype=kind)
    for place, file in enumerate(seen):
        try:
            if not file.error:
                X[place] = _read_one(file, (width, height), channels)
        except Exception as error:  # damaged files make Pillow raise nearly anything
            seen[place] = replace(file, error=_say(error))
    whole = _whole(seen, reading, notes)
    if len(whole) < len(seen):
        X = X[[not file.error for file in seen]]
    for mode in _DEEP:
        if (these := np.array([file.mode == mode for file in whole])).any():
            X[these] = _scaled(X[these], mode, notes)
    if channels == 3 and (X[..., :1] == X).all():
        X = np.ascontiguousarray(X[..., :1])
        notes.append("Images are grey, though their files have three channels; one is kept.")
    return X, whole


def _read_one(file: _File, size: tuple[int, int], channels: int) -> Any:
    """Read one picture upright, without transparency, at its final size."""
    from PIL import Image, ImageOps

    target = "L" if channels == 1 else "RGB"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a palette with bytes for transparency, and such
        with Image.open(file.path) as picture:
            # JPEG files can be decoded at 1/2, 1/4 or 1/8 of their size.
            picture.draft(None, (2 * max(size), 2 * max(size)))
            upright: Any = picture
            if picture.getexif().get(_ORIENTATION, 1) != 1:
                upright = ImageOps.exif_transpose(picture)
            if file.mode in _DEEP:
                upright = upright if file.mode == "float" else upright.convert("I")
                plain = upright.convert("F")
            elif upright.mode[-1] in "Aa" or "transparency" in upright.info:
                layers = upright.convert("RGBA")
                white = Image.new("RGBA", layers.size, "white")
                plain = Image.alpha_composite(white, layers).convert(target)
            else:
                plain = upright.convert(target)
            if plain.size != size:
                plain = plain.resize(size, Image.Resampling.BOX)
            return np.asarray(plain).reshape(size[1], size[0], -1)


def _scaled(values: Images, mode: str, notes: list[str]) -> Images:
    """Bring pictures of more than 8 bits to 0 to 255, all by the same rule."""
    low, high = 0.0, 1.0
    least, most = float(values.min()), float(values.max())
    if least < 0 or most >= 2**16 or (mode == "float" and most > 255):
        low, high = least, most
    elif mode == "whole":
        high = next(2.0**bits - 1 for bits in (8, 10, 12, 14, 16) if most < 2**bits)
    elif most > 1:
        high = 255.0
    notes.append(f"Images of more than 8 bits are scaled from {low:g} to {high:g} to 0 to 255.")
    return (values - low) * (255 / (high - low if high > low else 1.0))
