"""Class labels to numbers and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from skdropout.training import Objective


@dataclass(frozen=True)
class ClassEncoding:
    """The classes of a target, and what the network's outputs say of them.

    Parameters
    ----------
    objective : Objective
        Binary, multiclass or multilabel. A single class is a softmax over one: always right.
    classes : ndarray of shape (n_classes,)
        The labels, sorted; the numbers of the columns for a multilabel target.
    """

    objective: Objective
    classes: np.ndarray

    @classmethod
    def of(cls, y: np.ndarray, classes: Any = None) -> "ClassEncoding":
        """Work out the encoding of a target, or of the classes that are yet to come."""
        if type_of_target(y) == "multilabel-indicator":
            return cls(Objective.MULTILABEL, np.arange(y.shape[1]))
        labels = np.unique(y if classes is None else np.asarray(classes))
        objective = Objective.BINARY if len(labels) == 2 else Objective.MULTICLASS
        return cls(objective, labels)

    @property
    def n_outputs(self) -> int:
        """Number of logits."""
        return 1 if self.objective is Objective.BINARY else len(self.classes)

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Return the target as the network's loss takes it."""
        if self.objective is Objective.MULTILABEL:
            return y.astype(np.float32)
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
        weight that stands for them agree.
        """
        if class_weight is None:
            return None
        if self.objective is Objective.MULTILABEL:
            raise ValueError(
                "class_weight weighs whole rows by their class, and the rows of a multilabel y "
                "have several. Pass sample_weight to fit instead."
            )
        codes = np.searchsorted(self.classes, y)
        if isinstance(class_weight, str):  # "balanced"
            shares = np.bincount(codes, sample_weight, minlength=len(self.classes))
            present = np.count_nonzero(shares)
            factors = shares.sum() / (present * np.where(shares > 0, shares, np.inf))
            return factors[codes]
        unknown = [label for label in class_weight if label not in self.classes]
        if unknown:
            raise ValueError(
                f"class_weight names the classes {unknown}, which are not in y; y has "
                f"{self.classes.tolist()}."
            )
        return np.array([class_weight.get(label, 1.0) for label in self.classes])[codes]

    def decision(self, outputs: np.ndarray) -> np.ndarray:
        """Return the logits in scikit-learn's shape."""
        return outputs.ravel() if self.objective is Objective.BINARY else outputs

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Return the probability of each class, or of each label."""
        logits = outputs.astype(np.float64)
        if self.objective is Objective.BINARY:
            return np.hstack([expit(-logits), expit(logits)])
        if self.objective is Objective.MULTILABEL:
            return expit(logits)
        return softmax(logits, axis=1)

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


def checked_target(y: Any) -> np.ndarray:
    """Return a classification target as an array, or say why it is none."""
    if hasattr(y, "toarray"):
        y = y.toarray()
    check_classification_targets(y)
    kind = type_of_target(y)
    if kind == "multiclass-multioutput":
        raise ValueError(
            "y has several columns with more than two classes each, which is not supported: fit "
            "one classifier for each column (sklearn.multioutput.MultiOutputClassifier)."
        )
    if kind == "multilabel-indicator":
        return np.asarray(y)
    return column_or_1d(y, warn=True)
