"""What study.json says of a study, and whether a plan may go on with it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from skdropout.studies._errors import StudyError

DESCRIPTION = "study.json"
_SHOWN = 3  # differences that a message names


def read_description(folder: Path) -> dict[str, Any] | None:
    """Read the description of a study; None where there is none yet."""
    path = folder / DESCRIPTION
    if not path.exists():
        return None
    try:
        study = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise StudyError(
            f"{path} cannot be read ({error}). Restore it, or use another folder (--out)."
        ) from error
    if not isinstance(study, dict) or not isinstance(study.get("runs", []), list):
        raise StudyError(f"{path} does not describe a study. Use another folder (--out).")
    return study


def fixed_part(study: Mapping[str, Any], growing: Sequence[str]) -> dict[str, Any]:
    """Flatten what a study's numbers depend on, all but the arguments that may grow.

    Of data that is their content: how they were read only says why that may differ.
    """
    free = ("runs.", "source.", "reading.", *(f"arguments.{name}." for name in growing))
    return {name: v for name, v in _leaves(study).items() if not f"{name}.".startswith(free)}


def check_same_study(
    folder: Path, there: Mapping[str, Any], now: Mapping[str, Any], growing: Sequence[str]
) -> None:
    """Refuse to go on with another study, or with an entry that means something else by now.

    What only the folder's study has counts, too: its cells would all be taken for damaged.
    """
    changed = _differences(fixed_part(there, growing), fixed_part(now, growing))
    ours, theirs = _entries(now, growing), _entries(there, growing)
    both = [name for name in ours if name in theirs]
    changed |= _differences({n: theirs[n] for n in both}, {n: ours[n] for n in both})
    # What else differs may follow from the data, such as the size of a network.
    data = [text for name, text in changed.items() if name.startswith("data.")]
    if data and "study" not in changed:
        read = _differences(part_of(there, "reading"), part_of(now, "reading")).values()
        raise StudyError(
            f"The data changed since the study in {folder}: {_first([*read, *data])}. "
            "Use the same data to go on with it, or another folder (--out)."
        )
    if changed:
        raise StudyError(
            f"{folder} holds a study with other arguments: {_first(list(changed.values()))}. "
            "Use the same arguments to go on with it, or another folder (--out)."
        )


def grown(
    there: Mapping[str, Any], now: Mapping[str, Any], growing: Sequence[str]
) -> dict[str, Any]:
    """Return what is asked now, with the entries that the folder has beside it.

    They stay on record, so that no cell is taken for the result of another definition.
    """
    both = {name: {**_argument(there, name), **_argument(now, name)} for name in growing}
    kept = {name: entries for name, entries in both.items() if entries}
    return {**now, "arguments": {**now.get("arguments", {}), **kept}}


def _entries(study: Mapping[str, Any], growing: Sequence[str]) -> dict[str, Any]:
    """Name the entries of the growing arguments that are mappings."""
    return {
        f"arguments.{name}.{entry}": value
        for name in growing
        for entry, value in _argument(study, name).items()
    }


def part_of(study: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a part of a description, which is empty where somebody has made it another thing."""
    part = study.get(name)
    return part if isinstance(part, dict) else {}


def _argument(study: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return part_of(part_of(study, "arguments"), name)


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flatten nested dictionaries to dotted names."""
    leaves: dict[str, Any] = {}
    for name, value in tree.items():
        nested = isinstance(value, dict)
        leaves |= _leaves(value, f"{prefix}{name}.") if nested else {prefix + name: value}
    return leaves


def _differences(there: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, str]:
    """Say of each name whose value differs what it is there and now."""
    changed = [n for n in {**now, **there} if n not in there or n not in now or there[n] != now[n]]
    return {n: f"{n} is {_said(there, n)} there and {_said(now, n)} now" for n in changed}


def _said(values: Mapping[str, Any], name: str) -> str:
    """Write a value for a message, of a checksum just the beginning."""
    if name not in values:
        return "not given"
    value = values[name]
    return f"{value[:8]}..." if isinstance(value, str) and len(value) == 64 else repr(value)


def _first(differences: Sequence[str]) -> str:
    """Name some differences, and how many more there are."""
    more = len(differences) - _SHOWN
    return "; ".join([*differences[:_SHOWN], *([f"and {more} more"] if more > 0 else [])])
