"""Images in .npz files, whatever their arrays are called, and nothing read before it is weighed."""

import math
import re
import zipfile
import zlib
from pathlib import Path

import numpy as np

from skdropout.studies._errors import StudyError
from skdropout.studies.reading._bounds import most_bytes
from skdropout.studies.reading._image_set import ImageSet, join_split, split_images
from skdropout.studies.reading._options import Reading
from skdropout.studies.reading._words import quoted

_IMAGES = ("x", "images", "image", "imgs", "img", "data", "pixels", "features", "arr0")
_LABELS = ("y", "labels", "label", "targets", "target", "classes", "class", "arr1")
_PARTS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
# Longest first, or "validation" would be "valid" and an unknown word.
_PART = re.compile("|".join(sorted((w for own in _PARTS.values() for w in own), key=len)[::-1]))


def read_npz(path: Path, reading: Reading) -> ImageSet:
    """Read images with labels, or such with a split, as X and y or under other common names."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {
                info.filename.removesuffix(".npy"): info
                for info in archive.infolist()
                if info.filename.endswith(".npy")
            }
            names = _find_arrays(path, list(members))
            for name in names.values():
                _weigh(path, name, archive, members[name])
        with np.load(path, allow_pickle=False) as file:
            arrays = {role: file[name] for role, name in names.items()}
    except FileNotFoundError:
        raise StudyError(f"There is no file {path}.") from None
    except MemoryError:
        raise StudyError(
            f"{path} does not fit into memory; give fewer or smaller images."
        ) from None
    except StudyError:  # a ValueError that knows better
        raise
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, KeyError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StudyError(
            f"{path} cannot be read as an .npz file of numbers, it is damaged or cut off, or of "
            f"another kind: {first}"
        ) from error
    notes: list[str] = []
    if ("", "X") in arrays:
        return split_images(path.name, arrays["", "X"], arrays["", "y"], reading, notes)
    other = "val" if ("val", "X") in arrays else "test"
    if ("val", "X") in arrays and ("test", "X") in arrays:
        notes.append(f"{names['test', 'X']!r} is left aside, {names['val', 'X']!r} validated on.")
    train, validate = ((arrays[part, "X"], arrays[part, "y"]) for part in ("train", other))
    return join_split(path.name, train, validate, reading, notes)


def _find_arrays(path: Path, names: list[str]) -> dict[tuple[str, str], str]:
    """Find which arrays are images and labels, of everything or of the parts of a split."""
    roles: dict[tuple[str, str], str] = {}
    for name in names:
        words = [word for word in re.split(r"[^a-z0-9]+", _spaced(name)) if word]
        part = next((p for p, own in _PARTS.items() if set(own) & set(words)), "")
        rest = "".join(word for word in words if word not in _PARTS.get(part, ()))
        role = "X" if rest in _IMAGES else "y" if rest in _LABELS else None
        if role is not None:
            roles.setdefault((part, role), name)
    whole = {("", "X"), ("", "y")}
    train = {("train", "X"), ("train", "y")}
    for wanted in (
        whole,
        *(train | {(part, "X"), (part, "y")} for part in ("val", "test")),
    ):
        if wanted <= set(roles):
            also = {("test", "X")} & set(roles) if ("val", "X") in wanted else set()
            return {role: roles[role] for role in sorted(wanted | also)}
    raise StudyError(
        f"{path} must hold arrays X and y, or x_train, y_train, x_test and y_test (or with images "
        f"and labels for x and y); it holds {quoted(names) or 'none'}."
    )


def _spaced(name: str) -> str:
    """Set the words of a name apart: xTrain, trainX and X_train all have the words train and x."""
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()
    return _PART.sub(r" \g<0> ", apart)


def _weigh(path: Path, name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Refuse an array whose header does not say what its file holds, before it is allocated."""
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read is None:
            raise StudyError(f"{path} holds {name!r} in an unknown version of the format.")
        shape, _, dtype = read(file)
        said, there = math.prod(shape) * dtype.itemsize, member.file_size - file.tell()
    if dtype.hasobject:
        raise StudyError(
            f"{path} holds {name!r} as Python objects, which are not read since they could run "
            "anything; save numbers or texts."
        )
    if said != there:
        raise StudyError(
            f"{path} is damaged: {name!r} should take {said:,} bytes, of shape {shape}, and takes "
            f"{there:,}."
        )
    if member.file_size > most_bytes(member.compress_size):
        raise StudyError(
            f"{path} unpacks {name!r} to {member.file_size:,} bytes from {member.compress_size:,}, "
            "which looks like a decompression bomb; save it with numpy.savez if it is none."
        )
