"""What a study computes, described before anything runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, type]  # column name -> int, float or str, in the order of the file
Row = Mapping[str, Any]
Cell = tuple[Any, ...]
Tables = Mapping[str, Sequence[Row]]


@dataclass(frozen=True)
class Plan:
    """A study as a list of independent cells, each of which gives rows of one or more tables.

    Attributes
    ----------
    name : str
        The study's name.
    identity : dict
        Everything that the results depend on, as JSON can hold it: arguments, protocol, hash of
        the data. Two plans with the same identity are the same study.
    cells : sequence of tuple
        The cells in canonical order.
    key : tuple of str
        The columns that name a cell; every table has them.
    schemas : dict of str to dict
        Columns of each table. The last table says which cells are finished.
    rows_per_cell : int
        Rows of a finished cell in the last table.
    compute : callable
        ``compute(cell, *data)`` returns the rows of one cell by table name. It can be pickled and
        depends on nothing but its arguments.
    data : tuple
        What every cell needs; passed by itself so that workers share one copy of large arrays.
    unit : str
        What a cell is called in messages, such as "fit".
    announce : callable or None
        ``announce(missing)`` returns a line to show before these cells are computed.
    """

    name: str
    identity: Mapping[str, Any]
    cells: Sequence[Cell]
    key: tuple[str, ...]
    schemas: Mapping[str, Schema]
    rows_per_cell: int
    compute: Callable[..., Tables]
    data: tuple[Any, ...] = ()
    unit: str = "fit"
    announce: Callable[[Sequence[Cell]], str] | None = None
