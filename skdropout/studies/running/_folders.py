"""Where a study is written."""

from itertools import count
from os import PathLike
from pathlib import Path

from skdropout.studies._errors import StudyError
from skdropout.studies.running._description import read_description


def folder_of(out: str | PathLike[str] | None, command: str, name: str, source: str = "") -> Path:
    """Choose the folder of a study: as asked, or by its name, but never that of another file."""
    if out is not None:
        if not str(out).strip():
            raise StudyError("out is empty. Name a folder to write to (--out), or leave it away.")
        return Path(out)
    first = Path(f"skdropout-{command}-{Path(name).stem}")
    numbered = (first.with_name(f"{first.name}-{number}") for number in count(2))
    folder = first
    while source and _source_of(folder) not in ("", source):
        folder = next(numbered)
    return folder


def _source_of(folder: Path) -> str:
    return str((read_description(folder) or {}).get("source", ""))
