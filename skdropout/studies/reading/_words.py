"""How messages name columns, options, rows and counts."""

import csv
import io
import re
import shlex
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def quoted(words: Iterable[Any], most: int = 10) -> str:
    """List words in quotes, and how many more there are."""
    words = list(words)
    shown = ", ".join(repr(str(word)) for word in words[:most])
    return shown if len(words) <= most else f"{shown} and {len(words) - most} more"


def say_counts(counts: Mapping[str, int], most: int = 10) -> str:
    """List classes with their counts, the largest first, and how many more there are."""
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{label!r} {count:,}" for label, count in ordered[:most])
    return shown if len(ordered) <= most else f"{shown} and {len(ordered) - most} more"


def count_of(number: int, noun: str) -> str:
    """Say how many there are of what a noun names: 1 row, 2 rows."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def exactly(number: float) -> str:
    """Write a number so that it reads back as exactly that one, whole ones in full."""
    return f"{number:.0f}" if number % 1 == 0 and abs(number) < 1e16 else repr(float(number))


def option(field: str, *values: str) -> str:
    """Write a field of :class:`Reading` as an option of the command line, with its values."""
    return shlex.join(as_typed(field, values)) if values else f"--{field.replace('_', '-')}"


def as_typed(name: str, value: Any) -> list[str]:
    """Write an argument as words of the command line; several values are a line of CSV.

    So a value in double quotes may hold commas.
    """
    flag = f"--{name.replace('_', '-')}"
    if isinstance(value, bool):
        return [flag if value else f"--no-{flag[2:]}"]
    if isinstance(value, list | tuple):
        line = io.StringIO()
        csv.writer(line).writerow(value)
        value = line.getvalue().removesuffix("\r\n")
    text = str(value)
    return [f"{flag}={text}"] if text.startswith("-") else [flag, text]


def place(index: "pd.Index", position: int) -> str:
    """Name a row as the person finds it: by its line in a file, else by its number from 0."""
    return f"{index.name or 'row'} {index[position]}"


def condensed(notes: Iterable[str], most: int = 4) -> list[str]:
    """Keep the first few of the notes that say the same of columns, and name the other columns."""
    alike: dict[str, list[str]] = {}
    for note in notes:
        alike.setdefault(re.sub(r"'[^']*'|\S*\d\S*", "", note), []).append(note)
    kept = []
    for group in alike.values():
        kept += group[:most]
        if len(group) > most:
            names = [re.split("'(.*?)'", note, maxsplit=1)[1] for note in group[most:]]
            kept.append(
                f"The same holds for {count_of(len(names), 'more column')}: {quoted(names)}."
            )
    return kept
