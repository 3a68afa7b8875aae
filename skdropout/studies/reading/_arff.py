"""ARFF files: the attributes of a table, then its rows, with quotation marks of their own."""

import csv
import io
import re
from dataclasses import replace
from math import nan
from typing import TYPE_CHECKING

from skdropout.studies._errors import StudyError
from skdropout.studies.reading._lines import encoding_of, lines_of
from skdropout.studies.reading._options import Reading
from skdropout.studies.reading._text import read_text

if TYPE_CHECKING:
    import pandas as pd

_QUOTED = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_NAME = re.compile(rf"@attribute\s+({_QUOTED}|[^\s{{]+)\s*({{?)", re.IGNORECASE)
_CELL = re.compile(rf"\s*({_QUOTED}|[^'\"{{,][^,]*|)\s*(,|$)")
_SPECIAL = re.compile(r"['\"\\{]")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}  # after a backslash; all else means itself there


def read_arff(name: str, content: bytes, reading: Reading) -> tuple["pd.DataFrame", list[str]]:
    """Read the table as the CSV file that says the same; listed values are categories."""
    encoding, notes = encoding_of(name, content, reading)
    table, categories = _as_csv(name, content, encoding)
    as_csv = replace(reading, encoding="utf-8", separator=",", header=True)
    frame, more = read_text(name, table.encode(), as_csv)
    listed = frame.columns[categories]
    frame[listed] = frame[listed].replace("?", nan).astype("category")
    return frame, notes + more


def _as_csv(name: str, content: bytes, encoding: str) -> tuple[str, list[int]]:
    """Return the table as CSV, and the places of its columns of categories."""
    names, categories, rows, in_data = [], [], [], False
    for number, line in enumerate(lines_of(content, encoding), 1):
        words = line.strip()
        if not words or words.startswith("%"):
            continue
        if in_data:
            rows.append(_row_as_csv(name, number, words))
        elif found := _NAME.match(words):
            names.append(_meant(found[1]))
            categories += [len(names) - 1] if found[2] else []
        elif words.lower().startswith("@data"):
            in_data = True
    return "".join([_csv_line(names), *rows]), categories


def _row_as_csv(name: str, number: int, row: str) -> str:
    if not _SPECIAL.search(row):
        return f"{row}\n"
    cells: list[str] = []
    at, more = 0, True
    while more:
        cell = _CELL.match(row, at)
        if cell is None:
            raise StudyError(f"{name} has {_trouble(row[at:].lstrip(), not cells, number)}.")
        cells.append(_meant(cell[1]))
        at, more = cell.end(), bool(cell[2])
    return _csv_line(cells)


def _trouble(rest: str, from_start: bool, number: int) -> str:
    """Say why a row cannot be read from here on, and what to do."""
    if rest.startswith("{") and from_start:
        return f"a sparse row in line {number}; write its zeros, too, or save it as a CSV file"
    if rest.startswith("{"):
        return f"a row with a weight in line {number}; remove the weights, which mean nothing here"
    where = "amid a cell" if re.match(_QUOTED, rest) else "that is left open"
    return (
        f"a quotation mark {where} in line {number}; put a backslash before those that belong to "
        "a text"
    )


def _meant(cell: str) -> str:
    """Return a cell or a name without its quotation marks and backslashes."""
    if not cell.startswith(("'", '"')):
        return cell.strip()
    return re.sub(r"\\(.)", lambda found: _ESCAPED.get(found[1], found[1]), cell[1:-1])


def _csv_line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
