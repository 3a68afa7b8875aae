"""Tables that are text: their encoding, separator, comments, header and decimal sign."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from skdropout.studies._errors import StudyError
from skdropout.studies.reading._header import looks_like_names, note_on_names
from skdropout.studies.reading._lines import (
    Record,
    encoding_of,
    lines_of,
    records_of,
    separator_of,
)
from skdropout.studies.reading._numbers import decimal_sign, read_numbers
from skdropout.studies.reading._options import Reading
from skdropout.studies.reading._words import count_of, option, quoted

if TYPE_CHECKING:
    import pandas as pd

_AT_ONCE = 1000  # lines that pandas is given
_SAMPLE = 200  # lines that decide on the separator and the header
_CODE = re.compile(r"\s*0\d\d+\s*")  # such as 00501, which would lose its zeros as a number
_AMID = re.compile(rf"\0{_CODE.pattern}\0")
_SWAPPED = str.maketrans(",.", ".,")


def read_text(name: str, content: bytes, reading: Reading) -> tuple["pd.DataFrame", list[str]]:
    """Read a table that is text; its index holds the line of each row."""
    encoding, notes = encoding_of(name, content, reading)
    sample = list(lines_of(content, encoding, _SAMPLE))
    start, separator = separator_of(sample, reading)
    records = [record for record in records_of(sample, separator) if record.line >= start]
    plain = [record for record in records if not record.commented]
    if not plain:
        raise StudyError(f"{name} cannot be read as a table: it is empty.")
    usual = Counter(len(record.fields) for record in plain).most_common(1)[0][0]
    rows = [r for r in records if not r.commented or len(r.fields) == usual > 1]
    first = next((i for i, r in enumerate(rows) if usual == 1 or r.filled > 1), 0)
    while rows[first].commented and _looks_like_header(rows[first + 1 :]):
        first += 1
    if first:
        notes.append(f"Left out as a title: {count_of(first, 'line')} before the table.")
    top, below = rows[first], rows[first + 1 :]
    has_names = reading.header
    if has_names is None:
        has_names = _looks_like_header(rows[first:])
    if not below and reading.header is not False:
        raise StudyError(f"{name} has no rows.")
    columns = []
    if has_names:
        columns = [field.strip() for field in top.fields]
        columns[0] = columns[0].lstrip("#%/ ")
        if reading.header is None:
            notes += note_on_names(columns, f"Line {top.line}")
    else:
        notes.append(
            "The first line looks like data, so columns are numbered from 0 "
            f"({option('header')} takes it for names)."
        )
    body_from = below[0].line if has_names else top.line
    layout = _lay_out(name, content, encoding, separator, body_from, columns, usual)
    frame, more = _parse(name, content, encoding, separator, layout, reading)
    return frame, notes + layout.notes + more


def _looks_like_header(rows: Sequence[Record]) -> bool:
    """Whether the first of the rows holds the names of the columns."""
    return len(rows) > 1 and looks_like_names(rows[0].fields, [row.fields for row in rows[1:]])


@dataclass(frozen=True)
class _Layout:
    """The names of the columns, the line of each row, and which lines of the file are of rows.

    `codes` are the places of the columns in which some cell is digits that begin with 0.
    """

    columns: list[str]
    lines: "np.ndarray"
    kept: bytearray
    codes: set[int]
    notes: list[str]


def _lay_out(
    name: str,
    content: bytes,
    encoding: str,
    separator: str,
    body_from: int,
    columns: list[str],
    usual: int,
) -> _Layout:
    """Go through all lines: find comments, and lines with too few fields or too many."""
    lines, widths, fills, kept = [], [], [], bytearray()
    codes: set[int] = set()
    width, n_comments, n_again, n_empty = len(columns) or usual, 0, 0, 0
    try:
        for record in records_of(lines_of(content, encoding), separator):
            comment = record.commented and len(record.fields) != width
            if comment and record.last > record.line:
                raise StudyError(
                    f"{name} has a comment in line {record.line} that goes on to line "
                    f"{record.last}, since it leaves a quotation mark open; remove that mark."
                )
            if record.line < body_from:
                continue
            again = bool(columns) and [field.strip() for field in record.fields] == columns
            if comment or again or not record.filled:
                n_comments += comment
                n_again += again
                n_empty += not (comment or again)
                continue
            kept += bytes(record.line - 1 - len(kept)) + b"\1" * (record.last - record.line + 1)
            lines.append(record.line)
            widths.append(len(record.fields))
            fills.append(record.filled)
            if _AMID.search("\0".join(["", *record.fields, ""])):  # faster than cell by cell
                codes.update(n for n, cell in enumerate(record.fields) if _CODE.fullmatch(cell))
    except csv.Error as error:
        raise StudyError(
            f"{name} cannot be read as a table: {error}. Is a quotation mark left open?"
        ) from error
    if not lines:
        raise StudyError(f"{name} has no rows.")
    notes = []
    if n_comments:
        notes.append(f"Left out: {count_of(n_comments, 'comment line')}.")
    if n_again:
        notes.append(f"Left out: {count_of(n_again, 'line')} with the header once more.")
    if n_empty:
        notes.append(f"Left out: {count_of(n_empty, 'line')} without a value.")
    if columns and set(widths) == {len(columns) + 1} and min(fills) > len(columns):
        columns = ["row names", *columns]
        notes.append("The first column has no name in the header; it is called 'row names'.")
    width = len(columns) or max(fills)
    if too_long := [line for line, n in zip(lines, fills, strict=True) if n > width]:
        where = "the header has names" if columns else "other lines have"
        raise StudyError(
            f"{name} has more fields than {where} ({width}) in {_say_lines(too_long)}; name every "
            f"column, and put texts that contain {separator!r} into quotation marks."
        )
    if too_short := [line for line, n in zip(lines, widths, strict=True) if n < width]:
        if sum(n < width / 2 for n in widths) > len(lines) / 2:
            raise StudyError(
                f"{name} has fewer fields than the {width} of its header in "
                f"{_say_lines(too_short)}; {option('separator')} says what stands between fields."
            )
        notes.append(
            f"{_say_lines(too_short)[:1].upper()}{_say_lines(too_short)[1:]} "
            f"{'has' if len(too_short) == 1 else 'have'} fewer than {width} fields; what is not "
            "there counts as missing."
        )
    if not columns:
        columns = [str(number) for number in range(width)]
    columns = [own or f"Unnamed: {number}" for number, own in enumerate(columns)]
    columns += [f"Unnamed: {number}" for number in range(len(columns), max(widths))]
    return _Layout(columns, np.array(lines), kept, codes, notes)


class _File:
    """Lines as pandas reads a file, so that no second copy of them all lies in memory."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def read(self, size: int = -1) -> str:
        """Return the next lines, whatever size they are; nothing at the end."""
        return "".join(islice(self._lines, _AT_ONCE))


def _parse(
    name: str,
    content: bytes,
    encoding: str,
    separator: str,
    layout: _Layout,
    reading: Reading,
) -> tuple["pd.DataFrame", list[str]]:
    """Let pandas read the rows; a second time as texts where decimals are set off by commas."""
    import pandas as pd

    def read(dtype: Any) -> pd.DataFrame:
        return pd.read_csv(
            _File(compress(lines_of(content, encoding), layout.kept)),
            sep=r"\s+" if separator == " " else separator,
            skipinitialspace=True,
            header=None,
            names=range(len(layout.columns)),
            index_col=False,
            keep_default_na=False,
            na_values=[""],
            dtype=dtype,
            low_memory=False,
        )

    asked = [place for place, name in enumerate(layout.columns) if name in reading.text_columns]
    frame, notes = read(dict.fromkeys({*asked, *layout.codes}, str)), []
    if "," in _decimal_signs(frame[_of_texts(frame)].drop(columns=asked, errors="ignore")):
        texts = read(str)
        # Where a semicolon sets fields off, a comma does so for decimals, points elsewhere or not.
        if separator == ";" or "." not in _decimal_signs(texts.drop(columns=asked)):
            frame, notes = texts, ["Numbers are written with decimal commas."]
            for column in frame.columns.difference(asked):
                frame[column] = _without_decimal_commas(frame[column])
    if len(frame) != len(layout.lines):
        raise StudyError(
            f"{name} has {count_of(len(layout.lines), 'row')} or {count_of(len(frame), 'row')}, "
            "depending on how its quotation marks are read; is a quotation mark out of place?"
        )
    frame.columns = layout.columns
    frame.index = pd.Index(layout.lines, name="line")
    return frame, notes


def _decimal_signs(frame: "pd.DataFrame", most: int = 1000) -> set[str | None]:
    """Return what sets decimals off in columns of texts, so many as show how each is written."""
    return {
        decimal_sign(frame[column].dropna().astype(str).drop_duplicates().iloc[:most])
        for column in frame
    }


def _without_decimal_commas(texts: "pd.Series") -> "pd.Series":
    """Read a column as numbers, or put points for the commas of its numbers beside odd cells.

    Both are left as they are in a column that is not mostly numbers, and where an odd cell has a
    decimal point: then it is the column as a whole that tells how it is written.
    """
    read = read_numbers(texts.dropna().unique(), decimal=",")
    if not read.odd:
        return texts.map(read.values).astype(float)
    pointed = {text: text.translate(_SWAPPED) for text in read.values if text not in read.marks}
    if texts.isin(pointed).mean() < 0.5 or read_numbers(read.odd, decimal=".").values:
        return texts
    return texts.map(lambda text: pointed.get(text, text), na_action="ignore")


def _of_texts(frame: "pd.DataFrame") -> list[Any]:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return [
        column
        for column in frame
        if not is_numeric_dtype(frame[column]) and not is_bool_dtype(frame[column])
    ]


def _say_lines(lines: Sequence[int]) -> str:
    if len(lines) == 1:
        return f"line {lines[0]}"
    return f"lines {quoted(lines, most=5)}".replace("'", "")
