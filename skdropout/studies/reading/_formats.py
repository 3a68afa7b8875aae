"""Formats of tables with a syntax of their own: JSON, LIBSVM and ARFF."""

import csv
import io
import json
import re
from typing import TYPE_CHECKING, NamedTuple

from skdropout.studies._errors import StudyError

if TYPE_CHECKING:
    import pandas as pd

_SVMLIGHT = re.compile(rb"[-+.\deE]+(\s+qid:\d+)?(\s+\d+:[-+.\deE]+)*")
_SVMLIGHT_LINES = 200
_QUOTED = r"""'(?P<single>(?:[^'\\]|\\.)*)'|"(?P<double>(?:[^"\\]|\\.)*)\""""
_CELL = re.compile(rf"\s*(?:{_QUOTED}|(?P<plain>[^,\t]*?))\s*(?:[,\t]|$)")
_ATTRIBUTE = re.compile(rf"@attribute\s+(?:{_QUOTED}|(?P<plain>\S+))\s*(?P<kind>.*)", re.IGNORECASE)


def read_json(content: bytes) -> "pd.DataFrame":
    """Read records, one a line or in a list, or the columns as pandas writes them.

    By pandas itself, texts such as "02139" would be numbers, and names would make dates of numbers.
    """
    import pandas as pd

    if re.match(rb"\s*\{.*\}\s*\n\s*\{", content):
        return pd.DataFrame([json.loads(line) for line in content.splitlines() if line.strip()])
    data = json.loads(content)
    if isinstance(data, dict) and isinstance(data.get("columns"), list) and "data" in data:
        return pd.DataFrame(data["data"], columns=data["columns"])
    return pd.DataFrame(data).reset_index(drop=True)


def is_svmlight(content: bytes) -> bool:
    """Whether the first lines have a label and pairs, but for comments; one may have no pair."""
    lines = [line.split(b"#")[0].strip() for line in content[:100_000].split(b"\n")[:-1]]
    filled = [line for line in lines if line][:_SVMLIGHT_LINES]
    return all(map(_SVMLIGHT.fullmatch, filled)) and any(b":" in line for line in filled)


def read_svmlight(content: bytes) -> "pd.DataFrame":
    """Read lines such as "1 3:0.5 7:2": a target, and the columns that are not 0."""
    import pandas as pd
    from sklearn.datasets import load_svmlight_file

    X, y = load_svmlight_file(io.BytesIO(content))
    frame = pd.DataFrame(X.toarray(), columns=range(1, X.shape[1] + 1))
    frame.insert(0, 0, y)
    return frame


class Arff(NamedTuple):
    """An ARFF file: its table as a CSV file, and the columns that it declares as categories."""

    table: bytes
    categories: list[str]


def read_arff(name: str, text: str) -> Arff:
    """Take an ARFF file apart; `name` is what messages call it."""
    names: list[str] = []
    categories: list[str] = []
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    in_data = False
    for line in text.split("\n"):
        words = line.strip()
        if words.startswith("%") or not words:
            continue
        if in_data:
            rows.writerow(_cells(name, words, len(names)))
        elif found := _ATTRIBUTE.match(words):
            names.append(_plain(found))
            if found["kind"].startswith("{"):
                categories.append(names[-1])
        elif words.lower().startswith("@data"):
            in_data = True
            rows.writerow(names)
    return Arff(table.getvalue().encode(), categories)


def _cells(name: str, row: str, n_columns: int) -> list[str]:
    """Split a row of an ARFF file, in which either quotation mark may hold commas and the other."""
    cells, place = [], 0
    while place < len(row) and (found := _CELL.match(row, place)):
        cells.append(_plain(found))
        place = found.end()
    if row.endswith((",", "\t")):
        cells.append("")
    if row.startswith("{") or (len(cells) > n_columns and row.rstrip().endswith("}")):
        what = "rows written sparsely" if row.startswith("{") else "weights of rows"
        raise StudyError(f"{name} has {what} ({row[:40]!r}), which are not read; save it as CSV.")
    if place < len(row):
        raise StudyError(f"{name} has a row with a quotation mark out of place: {row[:80]!r}.")
    return cells


def _plain(found: "re.Match[str]") -> str:
    """Return a text without its quotation marks, and what is escaped in it as it is meant."""
    if found["plain"] is not None:
        return "" if found["plain"] == "?" else found["plain"]  # which means a missing value
    quoted = found["single"] if found["single"] is not None else found["double"]
    return re.sub(r"\\(.)", r"\1", quoted)
