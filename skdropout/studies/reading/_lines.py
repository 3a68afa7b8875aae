"""Lines of text and their fields: the encoding, and what stands between fields."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from skdropout.studies._errors import StudyError
from skdropout.studies.reading._options import Reading
from skdropout.studies.reading._words import option

_SEPARATORS = "\t;|,"  # the first of those that fit: within fields, a comma is most likely
_COMMENTS = ("#", "%", "//")
_CHUNK = 1 << 20  # bytes
_BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}


class Record(NamedTuple):  # which is made in half the time of a dataclass, once a line
    """A line of the table with its number, and the lines to `last` where fields go on there."""

    line: int
    last: int
    fields: list[str]

    @property
    def commented(self) -> bool:
        """Whether it begins as comments do."""
        return self.fields[0].startswith(_COMMENTS)

    @property
    def filled(self) -> int:
        """Number of fields without empty ones at the end."""
        n = len(self.fields)
        while n and not self.fields[n - 1].strip():
            n -= 1
        return n


def encoding_of(name: str, content: bytes, reading: Reading) -> tuple[str, list[str]]:
    """Return the encoding of a text, with a note where it had to be guessed."""
    if reading.encoding is not None:
        encodings = [reading.encoding]
    elif mark := next((m for m in _BYTE_ORDER_MARKS if content.startswith(m)), None):
        encodings = [_BYTE_ORDER_MARKS[mark]]
    elif b"\0" in content[:1000]:
        halves = content[:1000:2].count(0), content[1:1000:2].count(0)
        if max(halves) < 100 and max(halves) < len(content[:1000]) // 4:
            raise StudyError(f"{name} is no text, nor any other kind of table that is known here.")
        encodings = ["utf-16-be" if halves[0] > halves[1] else "utf-16-le"]
    else:
        encodings = ["utf-8", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            decoder = codecs.getincrementaldecoder(encoding)()
            for start in range(0, len(content), _CHUNK):
                decoder.decode(content[start : start + _CHUNK])
            decoder.decode(b"", final=True)
        except LookupError:
            raise StudyError(f"There is no encoding {encoding!r} ({option('encoding')}).") from None
        except UnicodeError:
            continue
        if encoding in ("cp1252", "latin-1") and encoding != reading.encoding:
            return encoding, [
                f"The file is not UTF-8; it is read as Windows-1252 ({option('encoding')} says "
                "otherwise)."
            ]
        return encoding, []
    raise StudyError(f"{name} is no {encodings[0]} text; {option('encoding')} says what it is.")


def lines_of(content: bytes, encoding: str, most: int | None = None) -> Iterator[str]:
    """Yield lines, decoded."""
    with io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="") as file:
        for number, line in enumerate(file):
            if number == most:
                return
            yield line


def separator_of(lines: Sequence[str], reading: Reading) -> tuple[int, str]:
    """Return the line that the table may begin at, and what stands between its fields."""
    asked = reading.separator and reading.separator.replace("\\t", "\t").replace("tab", "\t")
    if asked is not None and len(asked) != 1:
        raise StudyError(f"separator must be one character, got {reading.separator!r}.")
    first = lines[0].strip().strip('"') if lines else ""
    if told := re.fullmatch(r"sep=(.|\\t)", first, re.IGNORECASE):
        return 2, asked or told[1].replace("\\t", "\t")
    if asked is not None:
        return 1, asked
    fits = {}
    for separator in (*_SEPARATORS, " "):
        widths = [len(r.fields) for r in records_of(lines, separator) if not r.commented]
        usual, often = Counter(widths).most_common(1)[0] if widths else (1, 0)
        if usual > 1:
            fits[separator] = often / len(widths), usual
    in_runs = all("  " in line for line in lines if line.strip())
    if in_runs and fits.get(" ", (0, 0)) > fits.get("\t", (1, 0)):
        return 1, " "  # among blanks, tabs are blanks too
    sure = (separator for separator, (share, _) in fits.items() if share > 0.98)
    return 1, next(sure, max(fits, key=fits.__getitem__, default=","))


def records_of(lines: "Sequence[str] | Iterator[str]", separator: str) -> Iterator[Record]:
    """Split lines into fields; blank lines stay out."""
    if separator == " ":
        lines = (re.sub(r"\s+", " ", line.strip()) + "\n" for line in lines)
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    before = 0
    for fields in reader:
        line, before = before + 1, reader.line_num
        if fields:
            yield Record(line, before, fields)
