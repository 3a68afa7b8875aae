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
        What was asked for, as JSON can hold it: arguments, protocol, hash of the data. All that
        the numbers of a cell depend on is here. Two plans with the same identity, but for the
        `growing` arguments and the ``"reading"`` that led to the same data, are the same study.
    cells : sequence of tuple
        The cells in canonical order.
    key : tuple of str
        The columns that name a cell; every table has them.
    schemas : dict of str to dict
        Columns of each table. A cell may have any number of rows in each.
    compute : callable
        ``compute(cell, *data)`` returns the rows of one cell by table name. It can be pickled and
        depends on nothing but its arguments.
    data : tuple
        What every cell needs; passed by itself so that workers share one copy of large arrays.
    source : str
        The file or folder that the data came from, if any: studies of two of these do not share a
        default folder.
    growing : tuple of str
        Those of ``identity["arguments"]`` that only say which cells there are, such as the number
        of repeats: with other values of these a folder's study goes on, and keeps the cells that
        it has. One that is a mapping defines what its keys name in the cells: entries may come and
        go, but a name keeps its meaning.
    files : tuple of str
        What is written beside the tables once they are whole, as glob patterns: a new study leaves
        alone a folder that has such files already.
    unit : str
        What a cell is called in messages, such as "fit".
    fits : callable
        ``fits(cell)`` returns how many networks are trained in a cell, by which the share of it
        that long fits have done is told.
    cores : int or None
        Cores that each process of this machine computes on; None for its share of all. Convolutions
        add up in another order on another number of cores, so their results depend on the number of
        processes unless this is fixed.
    announce : callable or None
        ``announce(missing)`` returns a line to show before cells are computed. ``missing`` gives
        these cells, each with the share of it that is left, below 1 where a fit was cut short.
    """

    name: str
    identity: Mapping[str, Any]
    cells: Sequence[Cell]
    key: tuple[str, ...]
    schemas: Mapping[str, Schema]
    compute: Callable[..., Tables]
    data: tuple[Any, ...] = ()
    source: str = ""
    growing: tuple[str, ...] = ()
    files: tuple[str, ...] = ("report.html", "summary.csv", "comparisons.csv", "*.png")
    unit: str = "fit"
    fits: Callable[[Cell], int] = lambda cell: 1
    cores: int | None = None
    announce: Callable[[Mapping[Cell, float]], str] | None = None
