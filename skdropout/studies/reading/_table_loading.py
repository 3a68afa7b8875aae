"""Tables that a study can run on: the published one, an embedded one, and the user's own."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skdropout.studies._checks import did_you_mean
from skdropout.studies._errors import StudyError
from skdropout.studies.reading._columns import MAX_CATEGORIES, clean_columns
from skdropout.studies.reading._files import read_file
from skdropout.studies.reading._names import IMAGE_NAMES, TABLE_NAMES, as_place
from skdropout.studies.reading._options import DEFAULT_READING, TABLE, Reading, check_applies
from skdropout.studies.reading._suspicions import suspicions
from skdropout.studies.reading._target_column import find_target, read_target
from skdropout.studies.reading._words import condensed, count_of, quoted, say_counts

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Table:
    """Features and targets (encoded classes, or numbers), and how to make features numbers.

    `steps` is what comes before the network in its pipeline, so that nothing of the rows tested on
    leaks into the scaling, filling or encoding; `n_inputs` is how many numbers it makes of a row.
    `reason` says how the task was recognised, `path` where the user's own file is.
    """

    name: str
    features: "pd.DataFrame"
    task: str
    reason: str
    targets: NDArray[Any]
    classes: tuple[str, ...]
    steps: tuple[Any, ...]
    n_inputs: int
    notes: tuple[str, ...] = field(default=())
    path: str = ""

    @property
    def class_counts(self) -> dict[str, int]:
        """How many rows each class has; empty for quantities."""
        counts = map(int, np.bincount(self.targets)) if self.classes else ()
        return dict(zip(self.classes, counts, strict=True))

    def overview(self) -> list[str]:
        """Say what was understood, a sentence or two a line, before anything starts."""
        numbers = self.features.select_dtypes("number")
        texts = self.features.select_dtypes(exclude="number")
        used = []
        if n_numbers := numbers.shape[1]:
            gaps = int(numbers.isna().any().sum())
            filled = f" ({gaps:,} with missing values, filled with the median)" if gaps else ""
            used.append(f"{n_numbers:,} of numbers{filled}")
        if n_texts := texts.shape[1]:
            used.append(f"{n_texts:,} of categories, with {self.n_inputs - n_numbers:,} inputs")
        return [
            f"{self.name}: {count_of(len(self.features), 'row')}. {self.reason}",
            *([f"Classes: {say_counts(self.class_counts)}."] if self.classes else []),
            f"Columns used: {' and '.join(used)}: {quoted(self.features.columns)}.",
            *self.notes,
        ]

    def describe(self) -> dict[str, Any]:
        """Identify the data: shape, task, classes, SHA-256 of the content."""
        classes = np.array(self.classes, dtype=object)
        named = self.features.assign(
            **{"": classes[self.targets] if self.classes else self.targets}
        )
        content = named.to_csv(index=False, lineterminator="\n").encode()
        return {
            "name": self.name,
            "rows": len(self.features),
            "features": self.features.shape[1],
            "task": self.task,
            "classes": list(self.classes),
            "sha256": hashlib.sha256(content).hexdigest(),
        }


def load_table(
    data: Any,
    target: str | int | None = None,
    task: str | None = None,
    *,
    y: Any = None,
    reading: Reading = DEFAULT_READING,
) -> Table:
    """Load a table by its name, from a file, or from a frame or array; `y` is a target apart."""
    if not isinstance(data, str | PathLike):
        check_applies(reading, "rows from Python", TABLE)
        frame, target = _with_target(data, target, y)
        return _from_frame("table", frame, target, task, reading)
    if y is not None:
        raise StudyError(
            f"y comes with a frame or an array, not with {str(data)!r}; name a target."
        )
    if data in TABLE_NAMES:
        if target is not None:
            raise StudyError(f"{data} has its own target; leave --target {target} away.")
        if task is not None:
            raise StudyError(f"{data} has its own task; leave --task {task} away.")
        check_applies(reading, str(data), TABLE)
        table = _from_frame(str(data), *_named(str(data)), None, reading)
        return replace(table, reason=f"Its task is {table.task}.")
    path = Path(data)
    if path.suffix or path.exists() or str(data) == "-":
        frame, notes = read_file(path, reading)
        name = "stdin" if str(data) == "-" else path.name
        table = _from_frame(name, frame, target, task, reading)
        return replace(table, notes=(*notes, *table.notes), path=as_place(path))
    near = did_you_mean(str(data), [*TABLE_NAMES, *IMAGE_NAMES])
    raise StudyError(f"There is no file, folder or data set {str(data)!r}{near}")


def _with_target(data: Any, target: str | int | None, y: Any) -> tuple["pd.DataFrame", Any]:
    """Make a frame of what came from Python, the target in it."""
    import pandas as pd

    if hasattr(data, "toarray"):
        data = data.toarray()
    frame = data.to_pandas() if hasattr(data, "to_pandas") else pd.DataFrame(data)
    frame = frame.reset_index(drop=True)
    if y is None:
        return frame, target
    if target is not None:
        raise StudyError(f"Give either y or target, not both; got target={target!r}.")
    values = y.to_pandas() if hasattr(y, "to_pandas") else y
    shape = np.shape(values)
    if shape not in ((len(frame),), (len(frame), 1)):
        raise StudyError(
            f"y expects one value for each of the {len(frame)} rows, got shape {shape}."
        )
    values = pd.DataFrame(values).iloc[:, 0].reset_index(drop=True)
    frame.columns = _names(frame.columns)
    names = ["y", "target", *(f"target {number}" for number in range(len(frame.columns)))]
    name = next(name for name in names if name not in frame.columns)
    return frame.assign(**{name: values}), name


def _named(name: str) -> tuple["pd.DataFrame", str]:
    """Load one of the tables that have a name."""
    if name == "sonar":
        from skdropout.datasets import fetch_sonar

        bunch = fetch_sonar(as_frame=True)
    else:
        from sklearn.datasets import load_breast_cancer

        bunch = load_breast_cancer(as_frame=True)
    frame = bunch.data.assign(target=np.asarray(bunch.target))
    return frame, "target"


def _from_frame(
    name: str, frame: "pd.DataFrame", target: Any, task_name: str | None, reading: Reading
) -> Table:
    """Split a table into features and target, and each of its columns into what it means."""
    labels = _names(frame.columns)
    frame = frame.set_axis(labels, axis=1)
    target = find_target(name, labels, target)
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise StudyError(f"{name} has several columns named {twice!r}; rename all but one.")
    if frame.empty:
        raise StudyError(f"{name} has no rows.")
    found = read_target(name, target, frame[target], task_name, reading)
    own = tuple(column for column in reading.text_columns if column != target)
    features, notes = clean_columns(
        name, frame.loc[found.rows].drop(columns=target), replace(reading, text_columns=own)
    )
    features = features.reset_index(drop=True)
    steps, n_inputs = _preparation(features)
    notes += suspicions(features, found.values, found.classes)
    notes = [*found.notes, *condensed(notes)]
    return Table(
        name,
        features,
        found.task,
        found.reason,
        found.values,
        found.classes,
        steps,
        n_inputs,
        tuple(notes),
    )


def _names(columns: Iterable[Any]) -> list[str]:
    """Return names as texts without blanks around them; the parts of a tuple are joined."""
    return [
        " ".join(map(str, column)).strip() if isinstance(column, tuple) else str(column).strip()
        for column in columns
    ]


def _preparation(features: "pd.DataFrame") -> tuple[tuple[Any, ...], int]:
    """Choose the steps before the network: fill, encode and scale, as far as the table needs it."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    texts = [column for column in features if features[column].dtype.kind == "O"]
    numbers = [column for column in features if column not in texts]
    if not texts and not features.isna().any(axis=None):
        return (StandardScaler(),), len(numbers)
    fill = SimpleImputer(strategy="median", keep_empty_features=True)
    encode = OneHotEncoder(
        handle_unknown="infrequent_if_exist", max_categories=MAX_CATEGORIES, sparse_output=False
    )
    to_numbers = make_column_transformer((fill, numbers), (encode, texts))
    widths = features[texts].nunique(dropna=False).clip(upper=MAX_CATEGORIES)
    return (to_numbers, StandardScaler()), len(numbers) + int(widths.sum())
