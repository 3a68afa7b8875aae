"""Tables that a study can run on: the published one, an embedded one, and the user's own."""

import hashlib
import warnings
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skdropout.studies._checks import did_you_mean
from skdropout.studies._errors import StudyError
from skdropout.studies.reading._options import DEFAULT_READING, Reading, say_counts
from skdropout.studies.reading._tasks import CLASSIFICATION, Task, choose_task

if TYPE_CHECKING:
    import pandas as pd

NAMES = ("breast_cancer", "sonar")
MAX_CATEGORIES = 20


@dataclass(frozen=True)
class Table:
    """Features and targets (encoded classes, or numbers), and how to make features numbers.

    `steps` is what comes before the network in its pipeline, so that nothing of the rows tested on
    leaks into the scaling, filling or encoding; `n_inputs` is how many numbers it makes of a row.
    `reason` says how the task was recognised, `path` where the user's own file is.
    """

    name: str
    features: "pd.DataFrame"
    task: Task
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
        return [
            f"{self.name}: {len(self.features):,} rows, {self.features.shape[1]} columns.",
            self.reason,
            *([f"Classes: {say_counts(self.class_counts)}."] if self.classes else []),
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
            "task": self.task.name,
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
        frame, target = _with_target(data, target, y)
        return _from_frame("table", frame, target, task)
    if y is not None:
        raise StudyError(
            f"y comes with a frame or an array, not with {str(data)!r}; name a target."
        )
    if data in NAMES:
        if target is not None:
            raise StudyError(f"{data} has its own target; leave --target {target} away.")
        if task is not None:
            raise StudyError(f"{data} has its own task; leave --task {task} away.")
        return _from_frame(str(data), *_named(str(data)), None)
    path = Path(data)
    if path.suffix or path.exists():
        return replace(_from_frame(path.name, _read_csv(path), target, task), path=str(path))
    raise StudyError(f"There is no study {str(data)!r}{did_you_mean(str(data), NAMES)}")


def _with_target(data: Any, target: str | int | None, y: Any) -> tuple["pd.DataFrame", Any]:
    """Make a frame of what came from Python, the target in it."""
    import pandas as pd

    frame = data.to_pandas() if hasattr(data, "to_pandas") else pd.DataFrame(data)
    if y is None:
        return frame, target
    if target is not None:
        raise StudyError(f"Give either y or target, not both; got target={target!r}.")
    values = np.asarray(y)
    if values.shape != (len(frame),):
        raise StudyError(
            f"y expects one value for each of the {len(frame)} rows, got shape {values.shape}."
        )
    name = "y" if "y" not in frame.columns else "target"
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


def _read_csv(path: Path) -> "pd.DataFrame":
    """Read a CSV file whose fields are separated by commas, semicolons or tabs."""
    import pandas as pd

    try:
        with path.open(encoding="utf-8-sig") as file:
            header = file.readline()
        separator = max(",;\t", key=header.count)
        options: dict[str, Any] = {"sep": separator, "encoding": "utf-8-sig", "index_col": False}
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(path, **options)
        if separator != "," and any(_has_decimal_commas(table[column]) for column in table):
            table = pd.read_csv(path, decimal=",", **options)
        options |= {"header": None, "nrows": 1, "dtype": str, "keep_default_na": False}
        names = pd.read_csv(path, **options).iloc[0]
        # pandas tells columns of one name apart by numbers, which would make a target a feature.
        return table.set_axis(
            [own or made for own, made in zip(names, table.columns, strict=True)], axis=1
        )
    except FileNotFoundError:
        raise StudyError(
            f"There is no file {path}. Give a CSV file, or one of {', '.join(NAMES)}."
        ) from None
    except UnicodeDecodeError as error:
        raise StudyError(f"{path} is not UTF-8 text; save it as such ({error}).") from error
    except pd.errors.ParserWarning:
        raise StudyError(
            f"{path} has rows with more fields than its header has names; name every column."
        ) from None
    except (OSError, pd.errors.EmptyDataError, pd.errors.ParserError) as error:
        raise StudyError(f"{path} cannot be read as a CSV table: {str(error).strip()}") from error


def _has_decimal_commas(column: "pd.Series") -> bool:
    """Whether a column of texts is one of numbers that are written as in 0,5."""
    texts = column.dropna()
    if column.dtype.kind in "biufc" or texts.empty:
        return False
    return bool(texts.astype(str).str.fullmatch(r"\s*[+-]?\d+(,\d+)?([eE][+-]?\d+)?\s*").all())


def _from_frame(name: str, frame: "pd.DataFrame", target: Any, task_name: str | None) -> Table:
    """Check a table and split it into features and target."""
    frame = frame.rename(columns=str).reset_index(drop=True)
    if target is None:
        raise StudyError(
            f"Say with target (--target) which column of {name} to predict; "
            f"its columns: {', '.join(frame.columns)}."
        )
    if target not in frame.columns:
        raise StudyError(
            f"{name} has no column {target!r}"
            f"{did_you_mean(target, frame.columns, otherwise='its columns')}"
        )
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise StudyError(f"{name} has several columns named {twice!r}; rename all but one.")
    if frame.empty:
        raise StudyError(f"{name} has no rows.")
    where = f"the target column {target!r} of {name}"
    if frame[target].isna().any():
        n_missing = int(frame[target].isna().sum())
        raise StudyError(
            f"{n_missing} values are missing in {where} (texts such as NA and None count as "
            "missing): remove those rows, or call that class something else."
        )
    task, why = choose_task(where, frame[target], task_name)
    targets, classes = (_encode if task is CLASSIFICATION else _numbers)(where, frame[target])
    features, notes = _clean(name, frame.drop(columns=target))
    steps, n_inputs = _preparation(features)
    return Table(name, features, task, why, targets, classes, steps, n_inputs, notes)


def _numbers(where: str, column: "pd.Series") -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Check that there is something to learn in numbers."""
    values = column.to_numpy(dtype=float)
    if not np.isfinite(values).all():
        raise StudyError(f"{where} holds infinite values; remove those rows.")
    if values.min() == values.max():
        raise StudyError(f"{where} has a single value, {values[0]:g}: nothing to tell.")
    return values, ()


def _encode(where: str, column: "pd.Series") -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Replace the classes by their place in sorted order."""
    from sklearn.preprocessing import LabelEncoder

    values = column.to_numpy()
    if values.dtype == object or not np.issubdtype(values.dtype, np.number):
        values = column.astype(str).to_numpy(dtype=object)
    encoder = LabelEncoder().fit(values)
    if len(encoder.classes_) < 2:
        raise StudyError(f"{where} has a single class, {encoder.classes_[0]}: nothing to tell.")
    return encoder.transform(values), tuple(str(label) for label in encoder.classes_)


def _clean(name: str, features: "pd.DataFrame") -> tuple["pd.DataFrame", tuple[str, ...]]:
    """Make every column numbers or texts, and leave out those that tell nothing."""
    import pandas as pd
    from pandas.api.types import is_numeric_dtype

    kept: dict[str, pd.Series] = {}
    notes = []
    for column in features.columns:
        values = features[column]
        if values.isna().all():
            notes.append(f"Column {column!r} is left out: it is empty.")
        elif is_numeric_dtype(values):
            kept[column] = values.astype(float)
            if np.isinf(kept[column]).any():
                raise StudyError(f"Column {column!r} of {name} holds infinite values; remove them.")
        elif values.nunique() == values.count() > MAX_CATEGORIES:
            notes.append(f"Column {column!r} is left out: every text in it is different.")
        else:
            kept[column] = values.map(str, na_action="ignore").astype(object)
    if not kept:
        raise StudyError(f"{name} has no feature column to learn from. {' '.join(notes)}".rstrip())
    return pd.DataFrame(kept), tuple(notes)


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
