"""Labels as they come: whether they are classes that can be told apart."""

from numbers import Number
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from skdropout.training import warn

_KINDS = ("binary", "multiclass", "multilabel-indicator", "multiclass-multioutput")


def checked_labels(y: np.ndarray) -> np.ndarray:
    """Return a classification target as an array, or say why it is none."""
    if hasattr(y, "toarray"):
        y = y.toarray()
    if y.dtype == object:
        _check_objects(y)
        _refuse_numbers(y)
    kind = type_of_target(y, input_name="y")
    if kind not in _KINDS:
        check_classification_targets(y)  # says what is wrong
    if kind == "multiclass-multioutput":
        raise ValueError(
            "y has several columns with more than two classes each, which is not supported: fit "
            "one classifier for each column (sklearn.multioutput.MultiOutputClassifier)."
        )
    if kind == "multilabel-indicator":
        if not np.isin(y, (0, 1)).all():
            raise ValueError(
                "a multilabel y expects 1 where a row has a label and 0 where it has not, got "
                f"the values {np.unique(y).tolist()}."
            )
        return y
    return column_or_1d(y, warn=True)


def warn_of_one_hot(y: np.ndarray) -> None:
    """Warn where an indicator matrix has one label in each row, and so may mean classes."""
    if len(y) > 1 and y.shape[1] > 1 and (np.count_nonzero(y, axis=1) == 1).all():
        warn(
            "y has exactly one 1 in each row, and is learnt as several labels that are independent "
            "of each other, so a row may be given none or two. If it is one-hot, pass the classes "
            "themselves: y.argmax(axis=1), or y.idxmax(axis=1) of a frame.",
        )


def checked_classes(classes: Any) -> np.ndarray:
    """Return the classes to come as an array, or say why they are none."""
    labels = np.asarray(classes)
    if labels.ndim != 1 or not len(labels):
        raise ValueError(f"classes expects a list of all labels that y will have, got {classes!r}.")
    _check_objects(np.array([*classes], dtype=object), "classes")
    return labels


def _check_objects(labels: np.ndarray, name: str = "y") -> None:
    """Reject missing labels, and labels that have no order among each other."""
    missing = int(pd.isna(labels).sum())
    if missing:
        raise ValueError(
            f"{name} has {missing} missing labels (None or nan). Leave those rows out, or give "
            "them a label of their own."
        )
    kinds = {"str" if isinstance(label, str) else "number" for label in labels.flat}
    if len(kinds) > 1:
        raise ValueError(
            f"{name} mixes text and numbers, which cannot be told apart as classes. Convert all "
            f"labels to one type, as in {name}.astype(str)."
        )


def _refuse_numbers(y: np.ndarray) -> None:
    """Reject numbers kept as objects, which no score and no stratified split of scikit-learn takes.

    A column of a mixed table is such, also when its missing labels have been left out.
    """
    if y.size and isinstance(y.flat[0], Number | np.bool_):
        kind = {"b": "bool", "i": "int"}.get(np.array(y.tolist()).dtype.kind, "float")
        raise ValueError(
            "Unknown label type: y holds numbers as an array of objects, which scores and splits "
            f"of scikit-learn do not take for classes. Convert it: y.astype({kind})."
        )
