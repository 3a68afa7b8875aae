"""Columns as a person would read them: numbers, categories, dates, or nothing to learn from."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skdropout.studies._errors import StudyError
from skdropout.studies.reading._dates import dates_to_numbers, read_dates, whole_number_dates
from skdropout.studies.reading._numbers import FEW, MARKS_IN_TEXTS, read_numbers
from skdropout.studies.reading._options import Reading
from skdropout.studies.reading._words import count_of, option, place, quoted

if TYPE_CHECKING:
    import pandas as pd

MAX_CATEGORIES = 20
_MOSTLY = 0.8  # a column with this share of numbers is one of numbers, with odd cells in it
_LOOK = 500  # texts that show quickly that a column is none of numbers
_ROW_NAMES = re.compile(
    r"unnamed: \d+|row[ _.]?(names?|num(ber)?|n[or]?|ids?|index)|index|level_\d"
    r"|(s|sr|serial)?[ _.]?no\.?|#",
    re.IGNORECASE,
)
_ID_NAME = re.compile(r"(.*[^a-zA-Z])?(id|guid|uuid|ID|Id)|.*[a-z](ID|Id)")
_TIME_NAME = re.compile(r"year|yr|jahr|date|time|day|week|month|hour|quarter", re.IGNORECASE)


def clean_columns(
    name: str, frame: "pd.DataFrame", reading: Reading
) -> tuple["pd.DataFrame", list[str]]:
    """Make each column numbers or texts, or leave it out; say what was not plain to see."""
    import pandas as pd

    kept: dict[str, pd.Series] = {}
    row_numbers: dict[str, pd.Series] = {}
    notes: list[str] = []
    made: set[str] = set()
    for column in frame.columns:
        if column in reading.drop_columns:
            notes.append(f"Column {column!r} is left out, as you asked.")
            continue
        parts, remarks = _read_column(name, column, frame[column], reading)
        made |= set(parts)
        reason = ", as you asked" if parts else ": its cells are lists or other objects"
        parts = {part: v for part, v in parts.items() if part not in reading.drop_columns}
        may_go = column not in reading.keep_columns
        if may_go and column in parts and _numbers_rows(column, parts[column]):
            row_numbers |= parts
        elif not parts:
            notes.append(f"Column {column!r} is left out{reason}.")
        elif may_go and (why := _tells_nothing(column, parts)) is not None:
            notes.append(f"Column {column!r} is left out: {why}.")
        else:
            if taken := [c for c in parts if c != column and c in frame.columns]:
                raise StudyError(
                    f"{name} has a column {taken[0]!r}, as the dates in column {column!r} would "
                    f"be called: rename one, or leave one out ({option('drop_columns', column)})."
                )
            kept |= parts
            notes += remarks
    for field in ("drop_columns", "keep_columns", "text_columns"):
        if strange := [c for c in getattr(reading, field) if c not in made | set(frame.columns)]:
            raise StudyError(
                f"{name} has no column {quoted(strange)} for {option(field)}; "
                f"its columns: {quoted(frame.columns, most=30)}."
            )
    if kept:
        notes += [
            f"Column {c!r} is left out: it numbers the rows ({option('keep_columns', c)} keeps it)."
            for c in row_numbers
        ]
    else:  # a table of nothing but 1, 2, 3, ...: that is what there is to learn from
        kept = row_numbers
    if not kept:
        raise StudyError(f"{name} has no feature column to learn from. {' '.join(notes)}".rstrip())
    return pd.DataFrame(kept, index=frame.index), notes


def is_of_categories(column: str, values: "pd.Series", reading: Reading) -> bool:
    """Whether a column is declared as one of categories: by the person, or by its type."""
    import pandas as pd

    if column in reading.text_columns:
        return True
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return False
    # Stata's labels on some numbers of a column leave texts among numbers.
    return not values.cat.categories.inferred_type.startswith("mixed")


def plain_texts(values: "pd.Series") -> "pd.Series":
    """Return texts without blanks around them, as objects; blank and missing ones are nan."""
    known = values.astype(object).where(values.notna(), np.nan)
    texts = known.map(_as_text, na_action="ignore").astype(object)
    return texts.where(texts != "", np.nan)


def without_marks(values: "pd.Series", reading: Reading) -> "pd.Series":
    """Make missing what the person marks as such; in numbers, however the mark is written."""
    if not reading.missing:
        return values
    if values.dtype.kind in "uif":
        marks = [number for mark in reading.missing if (number := _as_number(mark)) is not None]
        return values.where(~values.isin(marks))
    return values.where(~values.map(_as_text, na_action="ignore").isin(reading.missing))


def numbers_of(
    what: str, texts: "pd.Series", otherwise: str
) -> tuple["pd.Series | None", list[str]]:
    """Read a column of texts as numbers, or return None where it is none of numbers.

    `what` names the column in messages, and `otherwise` what can be done beside correcting cells.
    Those that fit nothing become missing with a note where they are few, and stop it where they
    are not and the column is clearly one of numbers.
    """
    counts = texts.value_counts()
    few = counts.index[:: max(len(counts) // _LOOK, 1)]
    if len(read_numbers(few).odd) > 0.9 * len(few):
        return None, []
    read = read_numbers(counts.index)
    n_marked = int(counts.reindex(list(read.marks)).sum())
    n_odd = int(counts.reindex(list(read.odd)).sum())
    n_numbers = int(counts.sum()) - n_marked - n_odd
    share = n_numbers / max(n_numbers + n_odd, 1)
    one_stranger = len(read.odd) <= 3 and len(counts) > MAX_CATEGORIES
    if share < (0.5 if one_stranger else _MOSTLY):
        return None, []
    notes = []
    if n_odd > max(FEW * (n_numbers + n_odd), 1 if n_numbers >= 100 else 0):
        if len(counts) <= MAX_CATEGORIES and n_odd >= 2 * len(read.odd):
            return None, [f"{what} is taken as categories, since {quoted(read.odd)} is no number."]
        raise StudyError(
            f"{what} is one of numbers, but {count_of(n_odd, 'cell')} of it "
            f"{'is' if n_odd == 1 else 'are'} none: {_whereabouts(texts, read.odd)}. Correct "
            f"{'it' if n_odd == 1 else 'them'}, or say that such texts mean missing values "
            f"({option('missing', *read.odd[:5])}), or that {otherwise}."
        )
    if read.odd:
        notes.append(
            f"{what} is one of numbers; what is none counts as missing: "
            f"{_whereabouts(texts, read.odd)}."
        )
    if n_marked:
        marks = sorted(read.marks)
        n = count_of(n_marked, "missing value")
        notes.append(f"{what} has {n} written as {quoted(marks)}.")
    if read.how:
        notes.append(f"{what} holds numbers such as {read.how}.")
    return texts.map(read.values).astype(float), notes


def _whereabouts(texts: "pd.Series", odd: Sequence[str], most: int = 5) -> str:
    """Say where texts stand first, and how often."""
    shown = []
    for text in odd[:most]:
        places = np.flatnonzero(texts == text)
        times = f" and {count_of(len(places) - 1, 'more time')}" if len(places) > 1 else ""
        shown.append(f"{text!r} in {place(texts.index, places[0])}{times}")
    more = f" and {count_of(len(odd) - most, 'other text')}" if len(odd) > most else ""
    return f"{', '.join(shown)}{more}"


def _read_column(
    name: str, column: str, values: "pd.Series", reading: Reading
) -> tuple[dict[str, "pd.Series"], list[str]]:
    """Return what a column becomes: one column of numbers or texts, several for dates, or none."""
    import pandas as pd
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    what = f"Column {column!r}"
    if is_of_categories(column, values, reading):
        return _categories(column, plain_texts(without_marks(values, reading)))
    if values.dtype.kind in "Mm" or getattr(values.dtype, "tz", None) is not None:
        return _dates(column, values, "dates", reading)
    if values.dtype.kind == "c":
        raise StudyError(f"{what} of {name} holds complex numbers; give their parts as columns.")
    if is_bool_dtype(values) or (is_numeric_dtype(values) and values.dtype.kind in "uif"):
        plain = values.to_numpy(dtype=float, na_value=np.nan)
        series = without_marks(pd.Series(plain, index=values.index), reading)
        _check_finite(name, what, series)
        if (dates := whole_number_dates(series)) is not None:
            example = f"{series.dropna().iloc[0]:.0f}"
            return _dates(column, dates, f"dates, such as {example}", reading)
        return {column: series}, []
    if values.map(lambda cell: isinstance(cell, list | dict | set | bytes | np.ndarray)).any():
        return {}, []
    texts = plain_texts(without_marks(values, reading))
    otherwise = "the column holds categories (--text-columns) or is to be left out (--drop-columns)"
    numbers, notes = numbers_of(what, texts, otherwise)
    if numbers is not None:
        numbers = without_marks(numbers, reading)
        _check_finite(name, what, numbers)
        return {column: numbers}, notes
    known = texts.where(~texts.map(lambda t: str(t).casefold() in MARKS_IN_TEXTS), np.nan)
    different = known.dropna().drop_duplicates().reset_index(drop=True)
    if (dated := read_dates(different)) is not None:
        dates, how = dated
        mapping = dict(zip(different, dates, strict=True))
        parts, notes = _dates(column, known.map(mapping), how, reading)
        if odd := different[dates.isna()].tolist():
            notes[-1] += f" What is none counts as missing: {_whereabouts(known, odd)}."
        return parts, notes
    parts, more = _categories(column, known)
    return parts, notes + more


def _tells_nothing(column: str, parts: dict[str, "pd.Series"]) -> str | None:
    """Say why a column is no feature, or return None where it is one."""
    values = next(iter(parts.values()))
    n_values, n_known = values.nunique(), values.count()
    if not n_known:
        return "it is empty"
    if n_values == 1 and n_known == len(values) > 1:
        return f"it has a single value, {_short(values.iloc[0])}"
    if column not in parts:  # a date
        return None
    keep = f"({option('keep_columns', column)} keeps it)"
    is_text = values.dtype == object
    names_rows = is_text or _are_whole(values)
    if names_rows and n_values > n_known / 2 and _ROW_NAMES.fullmatch(column):
        return f"its name and its values say that it numbers or names the rows {keep}"
    if names_rows and n_values > MAX_CATEGORIES and _ID_NAME.fullmatch(column):
        shared = "" if n_values == n_known else "; rows that share one are trained and tested on"
        return f"it is an identifier by its name, with {n_values:,} different values{shared} {keep}"
    if is_text and MAX_CATEGORIES < n_values == n_known:
        return f"every text in it is different {keep}"
    if is_text and n_values > max(MAX_CATEGORIES, n_known / 2):
        return f"it is free text: {n_values:,} different texts in {n_known:,} rows {keep}"
    return None


def _numbers_rows(column: str, values: "pd.Series") -> bool:
    """Whether different whole numbers go up or down in file order, or are 1, 2, 3, ... shuffled."""
    if len(values) < 10 or not _are_whole(values) or not values.is_unique:
        return False
    shuffled = values.max() - values.min() == len(values) - 1
    in_order = values.is_monotonic_increasing or values.is_monotonic_decreasing
    return bool(shuffled or in_order) and not _TIME_NAME.search(column)


def _are_whole(values: "pd.Series") -> bool:
    return values.dtype != object and bool((values.to_numpy() % 1 == 0).all())  # nan is none


def _categories(column: str, texts: "pd.Series") -> tuple[dict[str, "pd.Series"], list[str]]:
    n_texts = texts.nunique()
    notes = []
    if n_texts > MAX_CATEGORIES and n_texts <= len(texts) / 2:
        notes.append(
            f"Column {column!r} has {n_texts} different texts; the {MAX_CATEGORIES - 1} most "
            "frequent get an input each, the others share one."
        )
    return {column: texts}, notes


def _dates(
    column: str, dates: "pd.Series", how: str, reading: Reading
) -> tuple[dict[str, "pd.Series"], list[str]]:
    parts = dates_to_numbers(column, dates, reading.missing)
    return parts, [f"Column {column!r} holds {how}; it becomes {quoted(parts)}."]


def _check_finite(name: str, what: str, numbers: "pd.Series") -> None:
    infinite = np.flatnonzero(np.isinf(numbers.to_numpy(dtype=float)))
    if len(infinite):
        places = ", ".join(place(numbers.index, p) for p in infinite[:5])
        raise StudyError(
            f"{what} of {name} holds infinite values ({places}); correct or remove them, or leave "
            "the column out (--drop-columns)."
        )


def _as_number(mark: str) -> float | None:
    try:
        return float(mark)
    except ValueError:
        return None


def _as_text(cell: Any) -> str:
    """Write a cell as a person would: whole numbers without a fraction, no blanks around."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _short(cell: Any) -> str:
    return f"{cell:.12g}" if isinstance(cell, float) else repr(cell)
