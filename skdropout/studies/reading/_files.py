"""Files of tables, whatever they are packed in: text, Excel, Parquet and what else pandas reads."""

import bz2
import csv
import gzip
import io
import json
import lzma
import re
import sys
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from skdropout.studies._errors import StudyError
from skdropout.studies.reading._arff import read_arff
from skdropout.studies.reading._bounds import most_bytes
from skdropout.studies.reading._header import looks_like_names, note_on_names
from skdropout.studies.reading._options import (
    ARFF_FILE,
    EXCEL_FILE,
    TABLE,
    TEXT_FILE,
    Reading,
    check_applies,
)
from skdropout.studies.reading._svmlight import is_svmlight, read_svmlight
from skdropout.studies.reading._text import read_text
from skdropout.studies.reading._words import option, quoted

if TYPE_CHECKING:
    import pandas as pd

_PACKED: Mapping[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}
_SPLIT = {"columns", "index", "data"}  # the parts of a table in JSON, as pandas may write it
_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
_REFUSED: Mapping[bytes, str] = {
    b"%PDF": "a PDF document; export the table as a CSV file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x80\x04": "a pickle, which could run anything; save it as Parquet or CSV",
    b"\x80\x05": "a pickle, which could run anything; save it as Parquet or CSV",
    b"\xd0\xcf\x11\xe0": "an Excel file of the old kind; save it as .xlsx or CSV",
    b"$FL2": "an SPSS file; save it as CSV or Stata",
    b"RDX": "a file of R; save the table by write.csv",
    b"MATLAB": "a file of MATLAB; save the table as CSV",
    b"\x93NUMPY": "a NumPy array; save it as CSV, or X and y as .npz",
    b"SQLite format 3": "a database; export the table as a CSV file",
    b"\x89HDF": "an HDF5 file; save the table as Parquet or CSV",
    b"<!DO": "a web page; download the file itself",
    b"<htm": "a web page; download the file itself",
    b"version https://git-lfs": "a pointer of Git LFS, not the file; fetch it with git lfs pull",
}


def read_file(path: str | Path, reading: Reading) -> tuple["pd.DataFrame", list[str]]:
    """Read a table from a file, or from standard input where the path is "-"."""
    name = "standard input" if str(path) == "-" else str(path)
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else Path(path).read_bytes()
    except FileNotFoundError:
        if "://" in str(path) or name.startswith(("http:", "https:")):
            raise StudyError(f"{name} is an address; download the file first.") from None
        raise StudyError(
            f"There is no file {name}. Give a table: a CSV, Excel or Parquet file."
        ) from None
    except OSError as error:
        raise StudyError(f"{name} cannot be read: {error.strerror}.") from error
    return _read_content(name, content, reading)


def _read_content(name: str, content: bytes, reading: Reading) -> tuple["pd.DataFrame", list[str]]:
    """Read a table by what its first bytes say that it is, and else by its name."""
    if not content.strip():
        raise StudyError(f"{name} cannot be read as a table: it is empty.")
    for start, unpack in _PACKED.items():
        if content.startswith(start):
            inner = name.removesuffix(Path(name).suffix)
            return _read_content(
                inner, _unpacked(name, unpack(io.BytesIO(content)), len(content)), reading
            )
    if content.startswith(b"PK\x03\x04"):
        return _read_zip(name, content, reading)
    if content[257:262] == b"ustar":
        raise StudyError(f"{name} is an archive; unpack it and give a file with a single table.")
    for start, what in _REFUSED.items():
        if content[:30].lstrip().startswith(start):
            raise StudyError(f"{name} is {what}.")
    return _read_with_pandas(name, content, reading)


def _read_with_pandas(
    name: str, content: bytes, reading: Reading
) -> tuple["pd.DataFrame", list[str]]:
    """Choose among the readers of pandas, text the last."""
    try:
        frame = _read_binary(Path(name).suffix.lower(), content)
    except ImportError as error:
        raise _lacking(name, "pyarrow") from error
    except Exception as error:  # damaged files make these readers raise nearly anything
        raise _unreadable(name, error) from error
    if frame is not None:
        check_applies(reading, name, TABLE)
        return frame, []
    is_arff = name.lower().endswith(".arff")
    check_applies(reading, name, ARFF_FILE if is_arff else TEXT_FILE)
    try:
        return (read_arff if is_arff else read_text)(name, content, reading)
    except StudyError:
        raise
    except (ValueError, IndexError, OSError, csv.Error) as error:
        raise _unreadable(name, error) from error


def _read_binary(suffix: str, content: bytes) -> "pd.DataFrame | None":
    """Read a format that pandas or scikit-learn has a reader for, or return None for text."""
    import pandas as pd

    file = io.BytesIO(content)
    if content.startswith(b"PAR1"):
        return _with_index(pd.read_parquet(file))
    if content.startswith(b"ARROW1"):
        return _with_index(pd.read_feather(file))
    if suffix == ".dta":
        return pd.read_stata(file)
    if suffix in (".json", ".jsonl", ".ndjson"):
        return _read_json(content)
    if is_svmlight(content):
        return read_svmlight(file)
    return None


def _unreadable(name: str, error: Exception) -> StudyError:
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return StudyError(f"{name} cannot be read as a table, it may be damaged or cut off: {first}")


def _read_zip(name: str, content: bytes, reading: Reading) -> tuple["pd.DataFrame", list[str]]:
    """Read an Excel file, or the only table in an archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [
                info
                for info in archive.infolist()
                if not info.is_dir() and not any(p[:1] in "._" for p in Path(info.filename).parts)
            ]
            inside = [info.filename for info in archive.infolist()]
            if "xl/workbook.xml" in inside:
                _check_size(name, sum(info.file_size for info in members), len(content))
                return _read_excel(name, content, reading)
            if "mimetype" in inside or "xl/workbook.bin" in inside:
                raise StudyError(f"{name} is a spreadsheet; save it as .xlsx or CSV.")
            if members and all(info.filename.lower().endswith(_PICTURES) for info in members):
                raise StudyError(f"{name} holds pictures; unpack it and give the folder.")
            if len(members) != 1:
                raise StudyError(
                    f"{name} holds {quoted(m.filename for m in members) or 'no file'}; give a file "
                    "with a single table."
                )
            if members[0].flag_bits & 1:
                raise StudyError(f"{name} is locked by a password; unpack it first.")
            with archive.open(members[0]) as file:
                inner = _unpacked(name, file, members[0].compress_size)
            return _read_content(f"{name}/{members[0].filename}", inner, reading)
    except StudyError:
        raise
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise StudyError(f"{name} cannot be unpacked: {error}") from error


def _unpacked(name: str, file: IO[bytes], packed: int) -> bytes:
    """Unpack a file, as far as a table may go."""
    try:
        with file:
            content = file.read(most_bytes(packed) + 1)
    except (OSError, EOFError, lzma.LZMAError, zipfile.BadZipFile, zlib.error) as error:
        raise StudyError(f"{name} cannot be unpacked, it is damaged or cut off: {error}") from error
    _check_size(name, len(content), packed)
    return content


def _check_size(name: str, size: int, packed: int) -> None:
    """Refuse what is likelier a decompression bomb than a table."""
    if size > most_bytes(packed):
        raise StudyError(
            f"{name} unpacks to more than {most_bytes(packed):,} bytes from {packed:,}, which "
            "looks like a decompression bomb; if it is a table, unpack it first."
        )


def _read_excel(name: str, content: bytes, reading: Reading) -> tuple["pd.DataFrame", list[str]]:
    """Read a sheet: the one that was asked for, or the first that is not empty."""
    import pandas as pd

    check_applies(reading, name, EXCEL_FILE)
    try:
        sheets = pd.read_excel(
            io.BytesIO(content),
            sheet_name=None,
            header=None,
            dtype=object,
            keep_default_na=False,  # words such as None and NA mean here what they do in text files
            na_values=[""],
        )
    except ImportError as error:
        raise _lacking(name, "openpyxl") from error
    except Exception as error:  # damaged files make this reader raise nearly anything
        raise _unreadable(name, error) from error
    filled = [sheet for sheet, cells in sheets.items() if not cells.dropna(how="all").empty]
    notes = []
    if reading.sheet is not None:
        if reading.sheet not in sheets:
            raise StudyError(
                f"{name} has no sheet {reading.sheet!r}; its sheets: {quoted(sheets)}."
            )
        sheet = reading.sheet
    elif not filled:
        raise StudyError(f"{name} has no rows.")
    else:
        sheet = filled[0]
        if len(filled) > 1:
            notes.append(
                f"Sheet {sheet!r} is read, the first of {quoted(filled)} ({option('sheet')} names "
                "another)."
            )
    cells = sheets[sheet]
    cells.index += 1  # as Excel numbers its rows
    cells = cells.dropna(how="all").dropna(how="all", axis=1)
    several = cells.notna().sum(axis=1) > 1
    if cells.shape[1] > 1 and several.any():
        n_title = int(several.to_numpy().argmax())
        if n_title:
            notes.append(f"Left out as a title: {n_title} rows above the table.")
        cells = cells.iloc[n_title:].dropna(how="all", axis=1)
    texts = (
        cells.iloc[:200].map(lambda cell: "" if pd.isna(cell) else str(cell)).to_numpy().tolist()
    )
    has_names = looks_like_names(texts[0], texts[1:]) if reading.header is None else reading.header
    if not has_names:
        notes.append(
            "The first row looks like data, so columns are numbered from 0 "
            f"({option('header')} takes it for names)."
        )
        names = [str(number) for number in range(cells.shape[1])]
    else:
        if reading.header is None:
            notes += note_on_names(texts[0], f"Row {cells.index[0]}")
        names = [text or f"Unnamed: {number}" for number, text in enumerate(texts[0])]
        cells = cells.iloc[1:]
    frame = cells.set_axis(names, axis=1).infer_objects()
    frame.index.name = "row"
    return frame, notes


def _with_index(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Make columns of an index that has names: nobody may have meant to lose them."""
    return frame.reset_index() if any(name is not None for name in frame.index.names) else frame


def _read_json(content: bytes) -> "pd.DataFrame":
    """Read records, one a line or in a list, or the columns as pandas writes them.

    The reader of pandas would make numbers of texts, and dates of numbers by the column's name.
    """
    import pandas as pd

    if re.match(rb"\s*\{.*\}\s*\n\s*\{", content):
        return pd.DataFrame([json.loads(line) for line in content.splitlines() if line.strip()])
    cells = json.loads(content)
    if isinstance(cells, dict) and {"columns", "data"} <= cells.keys() <= _SPLIT:
        return pd.DataFrame(**cells)
    return pd.DataFrame(cells)


def _lacking(name: str, package: str) -> StudyError:
    return StudyError(f"{name} needs the package {package}: pip install {package}")
