"""Where a study is written."""

from collections.abc import Mapping
from itertools import count
from os import PathLike
from pathlib import Path
from typing import Any

from skdropout.studies._errors import StudyError
from skdropout.studies.running._description import part_of, read_description


def folder_of(
    out: str | PathLike[str] | None,
    command: str,
    name: str,
    source: str = "",
    data: Mapping[str, Any] | None = None,
) -> Path:
    """Choose the folder of a study: as asked, or by its name, but never that of another file.

    A file is the same by its place, or by its name and content if both were moved together.
    """
    if out is not None:
        if not str(out).strip():
            raise StudyError("out is empty. Name a folder to write to (--out), or leave it away.")
        return Path(out)
    first = Path(f"skdropout-{command}-{Path(name).stem}")
    numbered = (first.with_name(f"{first.name}-{number}") for number in count(2))
    folder = first
    while not _belongs_to(folder, source, data or {}):
        folder = next(numbered)
    return folder


def _belongs_to(folder: Path, source: str, data: Mapping[str, Any]) -> bool:
    there = read_description(folder) or {}
    known = {**data, **part_of(there, "data")}
    if known.get("name") != data.get("name"):
        return False
    moved = "sha256" in data and known["sha256"] == data["sha256"]
    return moved or there.get("source", "") in ("", source)
