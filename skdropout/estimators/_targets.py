"""Class labels to numbers and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from skdropout.training import Objective


@dataclass(frozen=True)
class ClassEncoding:
    """The classes of a target, and what the network's outputs say of them.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The labels, sorted; the numbers of the columns for a multilabel target.
    multilabel : bool
        Whether a row may have several labels.
    """

    classes: np.ndarray
    multilabel: bool = False

    @classmethod
    def of(cls, y: np.ndarray, classes: Any = None) -> "ClassEncoding":
        """Work out the encoding of a target, or of the classes that are yet to come."""
        if type_of_target(y) == "multilabel-indicator":
            labels = np.arange(y.shape[1])
            if classes is not None and not np.array_equal(labels, np.unique(classes)):
                raise ValueError(
                    f"y is an indicator matrix with {len(labels)} labels, whose classes are their "
                    f"numbers from 0 to {len(labels) - 1}; got classes={classes!r}."
                )
            return cls(labels, multilabel=True)
        return cls(np.unique(y if classes is None else _checked_classes(classes)))

    @property
    def objective(self) -> Objective:
        """Binary, multilabel or multiclass. A single class is a softmax over one: always right."""
        if self.multilabel:
            return Objective.MULTILABEL
        return Objective.BINARY if len(self.classes) == 2 else Objective.MULTICLASS

    @property
    def n_outputs(self) -> int:
        """Number of logits."""
        return 1 if self.objective is Objective.BINARY else len(self.classes)

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Return the target as the network's loss takes it."""
        if self.objective is Objective.MULTILABEL:
            if y.shape[1:] != self.classes.shape:
                raise ValueError(
                    f"y expects an indicator matrix with {len(self.classes)} labels, which this "
                    f"estimator was first given; got the shape {y.shape}."
                )
            return y.astype(np.float32)
        if y.ndim != 1:
            raise ValueError(
                "y expects one label for each row, which this estimator was first given; got a "
                f"multilabel indicator matrix of shape {y.shape}."
            )
        codes = np.searchsorted(self.classes, y).clip(max=len(self.classes) - 1)
        unknown = self.classes[codes] != y
        if unknown.any():
            raise ValueError(
                f"y has the classes {np.unique(y[unknown]).tolist()}, which are not among the "
                f"classes {self.classes.tolist()} that this estimator was first given."
            )
        if self.objective is Objective.BINARY:
            return codes.astype(np.float32)[:, np.newaxis]
        return codes.astype(np.int32)

    def loss_weight(
        self,
        y: np.ndarray,
        class_weight: Mapping[Any, float] | str | None,
        sample_weight: np.ndarray | None,
    ) -> np.ndarray | None:
        """Return the factor that its class puts on each row's loss.

        ``"balanced"`` counts the rows by their sample weights, so that copies of a row and a
        weight that stands for them agree. A row with several labels has the product of their
        factors, as elsewhere in scikit-learn.
        """
        if class_weight is None:
            return None
        if self.objective is not Objective.MULTILABEL:
            codes = np.searchsorted(self.classes, y)
            if isinstance(class_weight, str):
                return _balanced(codes, len(self.classes), sample_weight)
            return _factors(class_weight, self.classes.tolist())[codes]
        if isinstance(class_weight, str):
            return np.prod(
                [_balanced(label, 2, sample_weight) for label in y.T.astype(int)], axis=0
            )
        raise ValueError(
            "class_weight as a dict weighs rows by their one class, and y is a multilabel "
            'indicator matrix. Use class_weight="balanced", or pass sample_weight to fit.'
        )

    def decision(self, outputs: np.ndarray) -> np.ndarray:
        """Return the logits in scikit-learn's shape."""
        return outputs.ravel() if self.objective is Objective.BINARY else outputs

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Return the probability of each class, or of each label."""
        logits = outputs.astype(np.float64)
        if self.objective is Objective.BINARY:
            return np.concatenate([expit(-logits), expit(logits)], axis=-1)
        if self.objective is Objective.MULTILABEL:
            return expit(logits)
        return softmax(logits, axis=-1)

    def log_probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Return the logarithms, finite also where the probability is not above zero."""
        logits = outputs.astype(np.float64)
        if self.objective is Objective.BINARY:
            return np.hstack([log_expit(-logits), log_expit(logits)])
        if self.objective is Objective.MULTILABEL:
            return log_expit(logits)
        return log_softmax(logits, axis=1)

    def labels(self, outputs: np.ndarray) -> np.ndarray:
        """Return the predicted labels, or the predicted indicator matrix."""
        if self.objective is Objective.MULTILABEL:
            return (outputs > 0).astype(int)
        if self.objective is Objective.BINARY:
            return self.classes[(outputs.ravel() > 0).astype(int)]
        return self.classes[outputs.argmax(axis=1)]


def _balanced(codes: np.ndarray, n_classes: int, sample_weight: np.ndarray | None) -> np.ndarray:
    """Return for each row the factor that makes the classes that are there count the same."""
    shares = np.bincount(codes, sample_weight, minlength=n_classes)
    present = np.count_nonzero(shares)
    factors = shares.sum() / (present * np.where(shares > 0, shares, np.inf))
    return factors[codes]


def _factors(class_weight: Mapping[Any, float], classes: list[Any]) -> np.ndarray:
    """Return the factor of each class; those that are not named have the factor one."""
    if not all(isinstance(v, Real) and 0 <= v < np.inf for v in class_weight.values()):
        raise ValueError(
            f"class_weight expects a number from 0 upwards for each class, got {class_weight!r}."
        )
    unknown = [label for label in class_weight if label not in classes]
    if unknown and any(label not in class_weight for label in classes):
        raise ValueError(
            f"class_weight names the classes {unknown}, which are not in y; y has {classes}."
        )
    return np.array([float(class_weight.get(label, 1)) for label in classes])


def checked_target(y: np.ndarray) -> np.ndarray:
    """Return a classification target as an array, or say why it is none."""
    if hasattr(y, "toarray"):
        y = y.toarray()
    if y.dtype == object:
        _check_objects(y)
    check_classification_targets(y)
    kind = type_of_target(y)
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


def _checked_classes(classes: Any) -> np.ndarray:
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
