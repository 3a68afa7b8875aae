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
from skdropout.studies.reading._header import looks_like_names, said_of_names
from skdropout.studies.reading._lines import (
    Record,
    encoding_of,
    lines_of,
    records_of,
    separator_of,
)
from skdropout.studies.reading._numbers import read_numbers, writes_decimal_commas
from skdropout.studies.reading._options import Reading
from skdropout.studies.reading._words import count_of, option, quoted

if TYPE_CHECKING:
    import pandas as pd

_AT_ONCE = 1000  # lines that pandas is given
_SAMPLE = 200  # lines that decide on the separator and the header
_CODE = re.compile(r"(?<![\d.])0\d\d")


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
        notes += said_of_names(columns) if reading.header is None else []
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
    """The names of the columns, the line of each row, and which lines of the file are of rows."""

    columns: list[str]
    lines: "np.ndarray"
    kept: bytearray
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
    return _Layout(columns, np.array(lines), kept, notes)


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

    codes = _places_of_codes(content, encoding, separator, int(layout.lines[0]))
    texts = {
        place: str
        for place, column in enumerate(layout.columns)
        if column in reading.text_columns or place in codes
    }
    frame, notes = read(texts), []
    commas = any(writes_decimal_commas(_different(frame[c])) for c in _of_texts(frame))
    # Where commas separate, few write numbers with them, too: some column lists "4,1" there.
    if commas and not (separator == "," and any(map(_surely_has_points, frame.items()))):
        frame, notes = read(str), ["Numbers are written with decimal commas."]
        for column in frame:
            if column in texts:
                continue
            known = frame[column].dropna()
            numbers = read_numbers(known.unique(), decimal=",")
            if not numbers.odd and not known.empty:
                frame[column] = frame[column].map(numbers.values).astype(float)
    if len(frame) != len(layout.lines):
        raise StudyError(
            f"{name} has {count_of(len(layout.lines), 'row')} or {count_of(len(frame), 'row')}, "
            "depending on how its quotation marks are read; is a quotation mark out of place?"
        )
    frame.columns = layout.columns
    frame.index = pd.Index(layout.lines, name="line")
    return frame, notes


def _surely_has_points(column: tuple[Any, "pd.Series"]) -> bool:
    """Whether a column was read with decimal points that cannot have set off thousands."""
    if column[1].dtype.kind != "f":
        return False
    values = column[1].abs().to_numpy()
    thousands = 1000 * values[np.isfinite(values)]
    fractions = abs(thousands - thousands.round()) > 1e-9 * thousands
    return bool((fractions | ((thousands > 0) & (thousands < 1000))).any())


def _places_of_codes(content: bytes, encoding: str, separator: str, first: int) -> set[int]:
    """Find the columns with texts such as 00501, which would lose their zeros as numbers."""
    if not any(map(_CODE.search, lines_of(content, encoding))):  # as in nearly all files
        return set()
    return {
        place
        for record in records_of(lines_of(content, encoding), separator)
        if record.line >= first
        for place, cell in enumerate(map(str.strip, record.fields))
        if cell.startswith("0") and len(cell) > 2 and cell.isdecimal()
    }


def _different(column: "pd.Series", most: int = 1000) -> list[str]:
    """Return different texts of a column, so many that they show how it is written."""
    return column.dropna().astype(str).drop_duplicates().iloc[:most].tolist()


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
