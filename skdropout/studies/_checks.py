"""Arguments checked before anything runs, in words that say what to change."""

from collections.abc import Iterable
from difflib import get_close_matches
from math import inf, isfinite
from operator import index
from typing import TypeVar

from skdropout.studies._errors import StudyError

ENGINES = ("compiled", "keras")
PRECISIONS = ("float32", "mixed_bfloat16")

_Whole = TypeVar("_Whole", int, int | None)


def did_you_mean(name: str, known: Iterable[str], *, otherwise: str = "known") -> str:
    """Name the nearest of the known names, or all of them."""
    known = list(known)
    near = get_close_matches(name.lower(), known, n=2, cutoff=0.5)
    if near:
        return f"; did you mean {' or '.join(near)}?"
    return f"; {otherwise}: {', '.join(known)}."


def check_choice(name: str, value: str | None, known: Iterable[str]) -> None:
    """Refuse a value that is not one of those known; None stands for a default."""
    known = list(known)
    if value is not None and value not in known:
        raise StudyError(f"{name} has no {value!r}{did_you_mean(value, known)}")


def check_at_least(name: str, value: float | None, least: float) -> None:
    """Refuse a number that is too small, or none; None stands for a default."""
    if value is None or least <= value < inf:
        return
    wanted = f"at least {least}" if isfinite(value) else "a finite number"
    raise StudyError(f"{name} must be {wanted}, got {value}.")


def whole(name: str, value: _Whole, least: int) -> _Whole:
    """Return a number as Python's own whole one, refusing another or one that is too small."""
    if value is None:
        return value
    number = _index(name, value)
    check_at_least(name, number, least)
    return number


def whole_jobs(jobs: int) -> int:
    """Return the number of jobs as Python's own, refusing none at all."""
    if not (number := _index("jobs", jobs)):
        raise StudyError("jobs must be a positive number, or -1 for every core.")
    return number


def _index(name: str, value: int) -> int:
    try:
        return index(value)
    except TypeError as error:
        raise StudyError(f"{name} must be a whole number, got {value}.") from error


def check_seeds(seed: int, repeats: int) -> None:
    """Refuse a first seed after which there are not enough of those that NumPy takes."""
    if seed + repeats > 1 << 32:
        raise StudyError(f"seed must be at most {(1 << 32) - repeats}, got {seed}.")
