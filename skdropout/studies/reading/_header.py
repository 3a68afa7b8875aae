"""Where a table begins, and whether its first line holds names or data."""

from collections.abc import Sequence
from itertools import pairwise

from skdropout.studies.reading._numbers import MARKS, read_numbers
from skdropout.studies.reading._words import quoted

_FEW = 30  # rows that show whether a column is one of numbers


def looks_like_names(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Whether the first line of a table holds the names of its columns.

    It does not where its cells are numbers (unless they only count up), or occur again in their
    own columns.
    """
    cells = [cell.strip() for cell in first]
    if not rest:
        return True
    above_numbers = sum(
        bool(cell) and not _is_number(cell) and _are_numbers(_column(rest[:_FEW], place))
        for place, cell in enumerate(cells)
    )
    numbers = [cell for cell in cells if _is_number(cell)]
    if numbers and not _count_up(numbers):
        return above_numbers > len(numbers)
    if above_numbers:
        return True
    again = sum(cell in _column(rest, place) for place, cell in enumerate(cells) if cell)
    return again <= (0 if not numbers else len(cells) // 10)


def note_on_names(first: Sequence[str], place: str) -> list[str]:
    """Say that the first line is taken for names where it could be data, since it is of numbers."""
    cells = [cell.strip() for cell in first if cell.strip()]
    numbered = [*map(str, range(len(cells)))]  # as pandas does it
    if not cells or cells == numbered or not all(map(_is_number, cells)):
        return []
    return [f"{place} is taken for names: {quoted(cells)} (--no-header takes it for data)."]


def _column(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    return [row[place].strip() for row in rows if place < len(row)]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return bool(text) and text.casefold() not in MARKS and not read_numbers([text]).odd
    return text.casefold() not in MARKS


def _are_numbers(texts: Sequence[str]) -> bool:
    known = {text for text in texts if text and text.casefold() not in MARKS}
    return bool(known) and sum(not _is_number(text) for text in known) <= len(known) // 10


def _count_up(texts: Sequence[str]) -> bool:
    """Whether texts are names such as 0, 1, 2 or 1990, 1995, 2000."""
    if not all(text.isdecimal() for text in texts):
        return False
    numbers = [int(text) for text in texts]
    steps = {after - before for before, after in pairwise(numbers)}
    return len(steps) == 1 and min(steps) > 0
