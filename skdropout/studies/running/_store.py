"""The folder of a study: what was asked, what is finished, and never a half-written row."""

import csv
import hashlib
import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from skdropout.studies._errors import StudyError, writing
from skdropout.studies.running._cells import Cell, Plan, Row, Schema, Tables
from skdropout.studies.running._description import (
    DESCRIPTION,
    check_same_study,
    fixed_part,
    grown,
    read_description,
)

if TYPE_CHECKING:
    import pandas as pd


_CHECKSUMS = "checksums"


class Store:
    """Tables that grow cell by cell, under a lock, in a folder that belongs to one study.

    A cell's line in ``checksums.csv`` is written last, and sums up all of its rows in all tables
    and the study's identity. Rows that do not give the sum of their cell, be it cut short or
    changed, are dropped when the folder is opened again.
    """

    def __init__(self, folder: Path, plan: Plan, run: Mapping[str, Any]) -> None:
        self.folder = folder
        self._plan = plan
        self._run = run
        self._order = {cell: place for place, cell in enumerate(plan.cells)}
        self._identity = json.loads(json.dumps(plan.identity))
        self._fixed = fixed_part(self._identity, plan.growing)
        key = {name: next(iter(plan.schemas.values()))[name] for name in plan.key}
        self._schemas: dict[str, Schema] = {**plan.schemas, _CHECKSUMS: {**key, "sha256": str}}
        self._rows: dict[str, list[Row]] = {}
        self._whole: set[Cell] = set()
        self.n_dropped = 0

    @property
    def finished(self) -> set[Cell]:
        """The cells of the plan that are whole; the folder may hold more, of a larger plan."""
        return self._whole & self._order.keys()

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self.folder / ".lock").open("a")
        except OSError as error:
            raise StudyError(
                f"{self.folder} cannot be a folder to write to ({error.strerror}). "
                "Use another one (--out)."
            ) from error
        try:
            _hold(self._lock, self.folder)
            self._claim()
            self.recover()
            computes = len(self.finished) < len(self._order)
            self._describe([*self._runs, dict(self._run)] if computes else self._runs)
        except BaseException:
            self._lock.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._lock.close()  # closing gives the lock back, and so does the end of the process

    def add(self, cell: Cell, tables: Tables) -> None:
        """Append the rows of a finished cell; they are on the disk when this returns."""
        key = dict(zip(self._plan.key, cell, strict=True))
        sealed = {**tables, _CHECKSUMS: [{**key, "sha256": self._checksum(tables)}]}
        for name, schema in self._schemas.items():
            rows = sealed.get(name, [])
            path = self._path(name)
            with writing(path), path.open("ab") as file:
                file.write(_encode(rows, schema))
                file.flush()
                os.fsync(file.fileno())
            self._rows[name].extend(rows)
        self._whole.add(cell)

    def frames(self) -> dict[str, "pd.DataFrame"]:
        """Put the tables into the order of the plan, on the disk too, and return its part."""
        import pandas as pd

        for name in self._schemas:
            self._rewrite(name)
        return {
            name: pd.DataFrame(
                [row for row in self._rows[name] if self._cell_of(row) in self._order],
                columns=list(schema),
            )
            for name, schema in self._plan.schemas.items()
        }

    def _checksum(self, tables: Tables) -> str:
        """Sum up a cell's rows, and what they are the results of."""
        digest = hashlib.sha256(json.dumps(self._fixed, sort_keys=True).encode())
        for name, schema in self._plan.schemas.items():
            lines = _encode(tables.get(name, []), schema)
            digest.update(f"\n{name} {len(lines)}\n".encode() + lines)
        return digest.hexdigest()

    def _path(self, table: str) -> Path:
        return self.folder / f"{table}.csv"

    def _claim(self) -> None:
        """Make the folder this study's, or refuse one that is another's."""
        there = read_description(self.folder)
        if there is None:
            ours = [*(f"{name}.csv" for name in self._schemas), *self._plan.files]
            strays = sorted(path.name for name in ours for path in self.folder.glob(name))
            if strays:
                raise StudyError(
                    f"{self.folder} has {', '.join(strays[:3])} but no study.json that says what "
                    "study they belong to, and would lose them. Use another folder (--out)."
                )
            there = self._identity
            self._describe([])
        check_same_study(self.folder, there, self._identity, self._plan.growing)
        self._identity = grown(there, self._identity, self._plan.growing)
        self._runs = there.get("runs", [])

    def _describe(self, runs: Sequence[Any]) -> None:
        source = {"source": self._plan.source} if self._plan.source else {}
        study = {**self._identity, **source, "runs": runs}
        text = json.dumps(study, indent=2, ensure_ascii=False) + "\n"
        # Names of files need not be text; JSON reads back what this writes of them.
        _replace(self.folder / DESCRIPTION, text.encode(errors="backslashreplace"))

    def recover(self) -> None:
        """Read the tables, keeping the rows of whole cells and nothing else."""
        n_lines = 0
        cells: dict[Cell, dict[str, list[Row]]] = {}
        for name, schema in self._schemas.items():
            rows, n_broken = _decode(self._path(name), schema)
            n_lines += len(rows) + n_broken
            for row in rows:
                cells.setdefault(self._cell_of(row), {}).setdefault(name, []).append(row)
        whole = {cell: tables for cell, tables in cells.items() if self._is_whole(tables)}
        self._whole = set(whole)
        for name in self._schemas:
            self._rows[name] = [row for tables in whole.values() for row in tables.get(name, [])]
            self._rewrite(name)
        self.n_dropped = n_lines - sum(map(len, self._rows.values()))

    def _is_whole(self, tables: Tables) -> bool:
        sums = [row["sha256"] for row in tables.get(_CHECKSUMS, [])]
        return sums == [self._checksum(tables)]

    def _rewrite(self, table: str) -> None:
        """Write a table anew, in the order of the plan, by one atomic replacement."""
        rows, schema = self._rows[table], self._schemas[table]
        beyond = len(self._order)  # cells of a larger plan come after those of this one
        rows.sort(key=lambda row: self._order.get(self._cell_of(row), beyond))
        _replace(self._path(table), (",".join(schema) + "\n").encode() + _encode(rows, schema))

    def _cell_of(self, row: Row) -> Cell:
        return tuple(row[column] for column in self._plan.key)


def _encode(rows: Sequence[Row], schema: Schema) -> bytes:
    """Write rows as CSV; floats in the shortest form that reads back as the same number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow([repr(float(row[c])) if t is float else row[c] for c, t in schema.items()])
    lines = text.getvalue()
    if lines.count("\n") != len(rows):  # each line must be readable by itself
        raise StudyError(f"a text has a line break, which no table may hold: {lines!r}.")
    return lines.encode()


def _decode(path: Path, schema: Schema) -> tuple[list[Row], int]:
    """Read the whole rows of a CSV file, and count the broken ones."""
    if not path.exists():
        return [], 0
    whole, _, torn = path.read_bytes().decode(errors="replace").rpartition("\n")
    rows: list[Row] = []
    n_broken = int(bool(torn))
    for line in whole.split("\n")[1:]:
        try:
            fields = next(csv.reader([line]))
            rows.append({c: t(v) for (c, t), v in zip(schema.items(), fields, strict=True)})
        except (ValueError, csv.Error, StopIteration):
            n_broken += 1
    return rows, n_broken


def _replace(path: Path, content: bytes) -> None:
    """Write a file, if it changes, so that a reader or a crash sees the old content or the new."""
    if path.exists() and path.read_bytes() == content:
        return
    partial = path.with_name(path.name + ".partial")
    with writing(path):
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)


def _hold(file: IO[str], folder: Path) -> None:
    """Lock a file so that no other process can, until it is closed or this process ends."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        raise StudyError(
            f"Another process is computing the study in {folder}. "
            "Wait for it, stop it, or use another folder (--out)."
        ) from error
    except OSError as error:  # no process has the lock, and waiting would not help
        raise StudyError(
            f"{folder} cannot be locked ({error.strerror}), and two processes in it could lose "
            "rows. Use a folder on another file system (--out)."
        ) from error
