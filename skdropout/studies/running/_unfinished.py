"""What the cells in progress have done so far: the epochs of their long fits."""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

from skdropout.studies.running._cells import Cell
from skdropout.training import seconds_taken_up, share_done


class Unfinished:
    """A folder in that of the study, with a folder for each cell whose fits take long."""

    def __init__(self, folder: Path) -> None:
        # Workers stay for the next study, and where they were started may be another folder.
        self._folder = folder.absolute() / "unfinished"

    def of(self, cell: Cell) -> Path:
        """Return where the fits of a cell are kept."""
        name = hashlib.sha256(json.dumps(cell, default=str).encode()).hexdigest()[:16]
        return self._folder / name

    def shares_left(self, cells: Iterable[Cell], fits: Callable[[Cell], int]) -> dict[Cell, float]:
        """Return how much of each cell is still to be computed, from 0 to 1."""
        return {cell: max(0.0, 1 - share_done(self.of(cell)) / fits(cell)) for cell in cells}

    def forget(self, cells: Iterable[Cell]) -> None:
        """Delete what was kept of cells that are finished."""
        if self._folder.exists():
            for cell in cells:
                shutil.rmtree(self.of(cell), ignore_errors=True)

    def tidy(self) -> None:
        """Delete the folder, when nobody computes, unless something is still in it."""
        with suppress(OSError):
            self._folder.rmdir()


class Stopwatch:
    """Times what is done under it, with the time that earlier processes spent on its fits."""

    seconds: float

    def __enter__(self) -> Self:
        self._began = time.perf_counter() + seconds_taken_up()
        return self

    def __exit__(self, *error: object) -> None:
        self.seconds = time.perf_counter() + seconds_taken_up() - self._began
