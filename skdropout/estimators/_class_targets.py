"""Class labels to numbers and back."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from scipy.special import entr, expit, log_expit, log_softmax, softmax

from skdropout.estimators._labels import checked_classes, warn_of_one_hot
from skdropout.estimators._targets import Target
from skdropout.training import (
    BinaryCrossentropy,
    MulticlassCrossentropy,
    MultilabelCrossentropy,
    Objective,
)

ClassWeight = Mapping[Any, float] | str | None


@dataclass(frozen=True)
class Classes(Target):
    """The classes of a target, and what the network's logits say of them.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The labels, sorted; the numbers of the columns for a multilabel target.
    """

    classes: np.ndarray

    @abstractmethod
    def objective(self, label_smoothing: float) -> Objective:
        """Return the cross-entropy that training minimises."""

    @abstractmethod
    def loss_weight(
        self, y: np.ndarray, class_weight: ClassWeight, sample_weight: np.ndarray | None
    ) -> np.ndarray | None:
        """Return the factor that its class puts on each row's loss.

        ``"balanced"`` counts the rows by their sample weights, so that copies of a row and a
        weight that stands for them agree.
        """

    def decision(self, outputs: np.ndarray) -> np.ndarray:
        """Return the logits in scikit-learn's shape."""
        return outputs

    @abstractmethod
    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Return the probability of each class, or of each label."""

    @abstractmethod
    def log_probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Return the logarithms, finite also where the probability is not above zero."""

    @abstractmethod
    def labels(self, outputs: np.ndarray) -> np.ndarray:
        """Return the predicted labels, or the predicted indicator matrix."""

    def disagreement(self, probabilities: np.ndarray) -> dict[str, np.ndarray]:
        """Measure how unsure samples of probabilities are, in nats.

        The entropy of the mean is how unsure the prediction is; what remains of it after taking
        the mean entropy of the samples off is their mutual information with the network.
        """
        mean = probabilities.mean(axis=0)
        entropy = self._entropy(mean)
        expected = self._entropy(probabilities).mean(axis=0)
        return {
            "predictive_entropy": entropy,
            "mutual_information": np.clip(entropy - expected, 0, None),
            "standard_deviation": self._spread(probabilities.std(axis=0), mean),
        }

    def _entropy(self, probabilities: np.ndarray) -> np.ndarray:
        return entr(probabilities).sum(axis=-1)

    def _spread(self, deviation: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Return the deviation of the class that is likeliest."""
        return np.take_along_axis(deviation, mean.argmax(axis=1)[:, np.newaxis], axis=1)[:, 0]

    def ending(self, outputs: Any) -> Any:
        import keras

        kind = self._activation
        return keras.layers.Activation(kind, dtype="float32", name="outputs")(outputs)

    @property
    @abstractmethod
    def _activation(self) -> str:
        """Name of the Keras activation that makes probabilities of logits."""


class OneClass(Classes):
    """Each row has one of the classes."""

    def encode(self, y: np.ndarray) -> np.ndarray:
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
        return self._as_targets(codes)

    @abstractmethod
    def _as_targets(self, codes: np.ndarray) -> np.ndarray:
        """Return the numbers of the classes as the loss takes them."""

    def strata(self, encoded: np.ndarray) -> np.ndarray | None:
        return encoded.ravel()

    def loss_weight(
        self, y: np.ndarray, class_weight: ClassWeight, sample_weight: np.ndarray | None
    ) -> np.ndarray | None:
        if class_weight is None:
            return None
        codes = np.searchsorted(self.classes, y)
        if isinstance(class_weight, str):
            return _balanced(codes, len(self.classes), sample_weight)
        return _factors(class_weight, self.classes.tolist())[codes]


class Binary(OneClass):
    """Two classes: one logit, of the second."""

    n_outputs = 1
    _activation = "sigmoid"

    def objective(self, label_smoothing: float) -> Objective:
        return BinaryCrossentropy(label_smoothing)

    def _as_targets(self, codes: np.ndarray) -> np.ndarray:
        return codes.astype(np.float32)[:, np.newaxis]

    def decision(self, outputs: np.ndarray) -> np.ndarray:
        return outputs.ravel()

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        logits = outputs.astype(np.float64)
        return np.concatenate([expit(-logits), expit(logits)], axis=-1)

    def log_probabilities(self, outputs: np.ndarray) -> np.ndarray:
        logits = outputs.astype(np.float64)
        return np.hstack([log_expit(-logits), log_expit(logits)])

    def labels(self, outputs: np.ndarray) -> np.ndarray:
        return self.classes[(outputs.ravel() > 0).astype(int)]


class Multiclass(OneClass):
    """Three classes or more, a logit each; of a single class the softmax is always right."""

    _activation = "softmax"

    def objective(self, label_smoothing: float) -> Objective:
        return MulticlassCrossentropy(label_smoothing)

    @property
    def n_outputs(self) -> int:
        return len(self.classes)

    def _as_targets(self, codes: np.ndarray) -> np.ndarray:
        return codes.astype(np.int32)

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        return softmax(outputs.astype(np.float64), axis=-1)

    def decision(self, outputs: np.ndarray) -> np.ndarray:
        """Return logarithms of probabilities, for a logit says nothing without the row's others."""
        return self.log_probabilities(outputs)

    def log_probabilities(self, outputs: np.ndarray) -> np.ndarray:
        return log_softmax(outputs.astype(np.float64), axis=1)

    def labels(self, outputs: np.ndarray) -> np.ndarray:
        return self.classes[outputs.argmax(axis=1)]


class Multilabel(Classes):
    """Each row has any of the labels, with a logit each."""

    _activation = "sigmoid"

    def objective(self, label_smoothing: float) -> Objective:
        return MultilabelCrossentropy(label_smoothing)

    @property
    def n_outputs(self) -> int:
        return len(self.classes)

    def encode(self, y: np.ndarray) -> np.ndarray:
        if y.shape[1:] != self.classes.shape:
            raise ValueError(
                f"y expects an indicator matrix with {len(self.classes)} labels, which this "
                f"estimator was first given; got the shape {y.shape}."
            )
        return y.astype(np.float32)

    def loss_weight(
        self, y: np.ndarray, class_weight: ClassWeight, sample_weight: np.ndarray | None
    ) -> np.ndarray | None:
        """Return the product of the factors of a row's labels, as elsewhere in scikit-learn."""
        if class_weight is None:
            return None
        if isinstance(class_weight, str):
            return np.prod(
                [_balanced(label, 2, sample_weight) for label in y.T.astype(int)], axis=0
            )
        raise ValueError(
            "class_weight as a dict weighs rows by their one class, and y is a multilabel "
            'indicator matrix. Use class_weight="balanced", or pass sample_weight to fit.'
        )

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        return expit(outputs.astype(np.float64))

    def log_probabilities(self, outputs: np.ndarray) -> np.ndarray:
        return log_expit(outputs.astype(np.float64))

    def labels(self, outputs: np.ndarray) -> np.ndarray:
        return (outputs > 0).astype(int)

    def _entropy(self, probabilities: np.ndarray) -> np.ndarray:
        return (entr(probabilities) + entr(1 - probabilities)).sum(axis=-1)

    def _spread(self, deviation: np.ndarray, mean: np.ndarray) -> np.ndarray:
        return deviation.mean(axis=1)


def classes_of(y: np.ndarray, classes: Any = None) -> Classes:
    """Work out what kind of target this is, from it or from the classes that are yet to come."""
    if y.ndim == 2:
        labels = np.arange(y.shape[1])
        if classes is not None and not np.array_equal(labels, np.unique(classes)):
            raise ValueError(
                f"y is an indicator matrix with {len(labels)} labels, whose classes are their "
                f"numbers from 0 to {len(labels) - 1}; got classes={classes!r}."
            )
        warn_of_one_hot(y)
        return Multilabel(labels)
    labels = np.unique(y if classes is None else checked_classes(classes))
    return Binary(labels) if len(labels) == 2 else Multiclass(labels)


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
