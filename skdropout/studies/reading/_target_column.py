"""The column to predict: which one it is, classes or a quantity, and which rows have it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skdropout.studies._checks import check_choice, did_you_mean
from skdropout.studies._errors import StudyError
from skdropout.studies.reading._columns import (
    is_of_categories,
    numbers_of,
    plain_texts,
    without_marks,
)
from skdropout.studies.reading._numbers import MARKS_IN_TEXTS, read_numbers
from skdropout.studies.reading._options import Reading
from skdropout.studies.reading._words import count_of, option, quoted, say_counts

if TYPE_CHECKING:
    import pandas as pd

TASKS = CLASSIFICATION, REGRESSION = ("classification", "regression")
_FEW = 20  # whole numbers with no more different values than this are classes


@dataclass(frozen=True)
class Target:
    """What is predicted: `values` for the rows in which `rows` is true, classes by their place."""

    task: str
    reason: str
    values: NDArray[Any]
    classes: tuple[str, ...]
    rows: NDArray[np.bool_]
    notes: tuple[str, ...]


def find_target(name: str, columns: Sequence[str], target: str | int | None) -> str:
    """Return the column that is meant by its name, or by its place from either end."""
    if target is None:
        raise StudyError(
            f"Say with target (--target) which column of {name} to predict, by its name or number; "
            f"its columns: {quoted(columns, most=50)}."
        )
    wanted = str(target).strip()
    if wanted in columns:
        return wanted
    try:
        return columns[int(wanted)]
    except IndexError:
        raise StudyError(
            f"{name} has no column number {wanted}: its {count_of(len(columns), 'column')} have "
            f"the numbers 0 to {len(columns) - 1}, or -{len(columns)} to -1 from the end."
        ) from None
    except ValueError:
        near = did_you_mean(repr(wanted), map(repr, columns), otherwise="its columns")
        raise StudyError(f"{name} has no column {wanted!r}{near}") from None


def read_target(
    name: str, target: str, column: "pd.Series", task_name: str | None, reading: Reading
) -> Target:
    """Read the target of a table, leaving out the rows that have none."""
    import pandas as pd
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if task_name is not None:
        check_choice("task", task_name, TASKS)
    where = f"the target column {target!r} of {name}"
    notes: list[str] = []
    numbers: pd.Series | None = None
    if column.dtype.kind in "mM":
        raise StudyError(f"{where} holds dates, which cannot be predicted; turn them into numbers.")
    declared = is_of_categories(target, column, reading)
    are_classes = task_name == CLASSIFICATION or (declared and task_name is None)
    texts = plain_texts(without_marks(column, reading))
    if is_numeric_dtype(column) and not is_bool_dtype(column):
        numbers = texts.astype(float)
    elif not is_bool_dtype(column) and (not are_classes or _all_numbers(texts)):
        otherwise = "these are classes (--task classification)"
        numbers, notes = numbers_of(where[0].upper() + where[1:], texts, otherwise)
    if numbers is None:
        texts = texts.where(~texts.map(lambda t: str(t).casefold() in MARKS_IN_TEXTS), np.nan)
    else:
        numbers = without_marks(numbers, reading)
    known = texts if numbers is None else numbers
    rows = known.notna().to_numpy(dtype=bool)
    if not rows.any():
        raise StudyError(f"All {count_of(len(column), 'value')} are missing in {where}.")
    task, reason = _choose_task(where, known[rows], numbers is not None, declared, task_name)
    if task == CLASSIFICATION:
        labels = texts if numbers is None else numbers.map("{:.15g}".format, na_action="ignore")
        rows, more = _leave_rare_out(where, labels, rows, reading.min_class_rows)
        order = labels[rows] if numbers is None else numbers[rows]
        codes, values = pd.factorize(order, sort=True)
        classes = tuple(map("{:.15g}".format if numbers is not None else str, values))
        if len(classes) < 2:
            raise StudyError(f"{where} has a single class, {classes[0]}: nothing to tell.")
        encoded: NDArray[Any] = codes.astype(np.int64)
        notes += more + twins(where, classes)
    else:
        if reading.min_class_rows > 1:
            raise StudyError(
                f"{option('min_class_rows')} does not apply to {where}: it belongs to classes, and "
                "this is taken as a quantity (--task)."
            )
        classes, encoded = (), known[rows].to_numpy(dtype=float)
        if not np.isfinite(encoded).all():
            raise StudyError(f"{where} holds infinite values; remove those rows.")
        if encoded.min() == encoded.max():
            raise StudyError(f"{where} has a single value, {encoded[0]:g}: nothing to tell.")
    if n_missing := int(known.isna().sum()):
        few = count_of(n_missing, "row")
        notes.append(
            f"{few} without a value in {where} {'is' if n_missing == 1 else 'are'} left out."
        )
    if "None" in classes:
        notes.append(
            f"'None' is a class of its own in {where}; {option('missing', 'None')} says that it "
            "means a missing value."
        )
    return Target(task, reason, encoded, classes, rows, tuple(notes))


def _all_numbers(texts: "pd.Series") -> bool:
    return not read_numbers(texts.dropna().unique()).odd


def _choose_task(
    where: str, values: "pd.Series", numeric: bool, declared: bool, name: str | None
) -> tuple[str, str]:
    """Return the task that a target column calls for, or the one that was asked for, and why."""
    n_values = values.nunique()
    fractions = False
    if not numeric:
        if name == REGRESSION:
            odd = f"such as {values.iloc[0]!r}"
            raise StudyError(f"{where} holds texts or yes and no, {odd}, which are no quantity.")
        if n_values > max(_FEW, len(values) / 2):
            raise StudyError(
                f"{where} holds {n_values:,} different texts in {count_of(len(values), 'row')}, "
                f"too many to be classes: {quoted(values.unique(), most=3)}. "
                "Is it the right column?"
            )
        found, why = CLASSIFICATION, "holds texts or yes and no"
    elif declared:
        found, why = CLASSIFICATION, "holds categories"
    elif fractions := bool((values % 1 != 0).any()):
        found, why = REGRESSION, f"holds numbers with fractions, {n_values:,} different ones"
    elif n_values > _FEW or 2 * n_values > len(values):
        found, why = REGRESSION, f"holds {n_values:,} different whole numbers: quantities"
    else:
        found, why = CLASSIFICATION, f"holds {n_values} different whole numbers: classes"
    if name == CLASSIFICATION and fractions:
        example = values[values % 1 != 0].iloc[0]
        raise StudyError(f"{where} holds quantities such as {example:g}, not classes.")
    if name is not None:
        return name, f"You asked for {name}."
    other = next(other for other in TASKS if other != found)
    hint = f" --task {other} says otherwise." if numeric and not fractions else ""
    return found, f"Taken as {found}, since {where} {why}.{hint}"


def _leave_rare_out(
    where: str, labels: "pd.Series", rows: NDArray[np.bool_], least: int
) -> tuple[NDArray[np.bool_], list[str]]:
    """Leave out the rows of classes that have fewer than the person wants."""
    counts = labels[rows].value_counts()
    rare = counts[counts < least]
    if rare.empty:
        return rows, []
    if len(counts) - len(rare) < 2:
        raise StudyError(
            f"{option('min_class_rows')} {least} leaves fewer than two classes in {where}: "
            f"{say_counts(dict(counts))}."
        )
    note = (
        f"Classes of fewer than {least} rows are left out, as you asked: {say_counts(dict(rare))}."
    )
    return rows & ~labels.isin(rare.index).to_numpy(), [note]


def twins(where: str, classes: Sequence[str]) -> list[str]:
    """Point at classes that differ in case or punctuation only."""
    seen: dict[str, str] = {}
    notes = []
    for label in classes:
        plain = re.sub(r"[\s_.-]+", " ", label.casefold()).strip(" ,;")
        if plain in seen and any(map(str.isalpha, plain)):
            notes.append(
                f"Look at the classes {seen[plain]!r} and {label!r} of {where}: they differ in "
                "case or punctuation only."
            )
        seen[plain] = label
    return notes
