"""What every classifier offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import type_of_target, unique_labels

from skdropout.estimators._base import NetworkEstimator
from skdropout.estimators._class_targets import Classes, classes_of
from skdropout.estimators._labels import checked_labels
from skdropout.estimators._monte_carlo import summarised
from skdropout.estimators._parameters import RATE, names
from skdropout.training import Objective

if TYPE_CHECKING:
    import pandas as pd


@dataclass(kw_only=True, eq=False, repr=False)
class NetworkClassifier(ClassifierMixin, NetworkEstimator[Classes]):
    """Predictions, and the class labels."""

    class_weight: Mapping[Any, float] | Literal["balanced"] | None = None
    label_smoothing: float = 0.0
    scoring: Literal["loss", "accuracy"] = "loss"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NetworkEstimator._parameter_constraints,
        "class_weight": [dict, names({"balanced"}), None],
        "label_smoothing": [RATE],
        "scoring": [names({"loss", "accuracy"})],
    }

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train for one epoch on some rows, going on from earlier calls.

        How the inputs are rescaled is learnt from the rows of the first call.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Their labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that any call will bring; needed at the first call, except for a multilabel
            ``y``.
        sample_weight : array-like of shape (n_samples,), default=None
            As in `fit`; real weights are relative to each other within this call.

        Returns
        -------
        self : estimator
            The fitted estimator.
        """
        self._validate_params()
        first = not hasattr(self, "weights_")
        if classes is None and first and type_of_target(y) != "multilabel-indicator":
            raise ValueError(
                "classes must be passed on the first call to partial_fit: all the labels that "
                "this and later calls will bring."
            )
        if not (first or classes is None or np.array_equal(self.classes_, unique_labels(classes))):
            raise ValueError(
                f"classes={classes!r} is not the same as on the last call to partial_fit, which "
                f"was {self.classes_!r}."
            )
        return self._fit(X, y, sample_weight, classes=classes, going_on=not first, partial=True)

    def predict(self, X: Any) -> np.ndarray:
        """Predict class labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to predict.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            The likeliest class of each row, or the labels with a probability above one half.
        """
        outputs = self._outputs(X)
        return self._target.labels(outputs)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to predict.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probability of each class in the order of ``classes_``, or of each label.
        """
        outputs = self._outputs(X)
        return self._target.probabilities(outputs)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Predict logarithms of probabilities, from the logits: they stay finite.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to predict.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Logarithm of each probability of `predict_proba`.
        """
        outputs = self._outputs(X)
        return self._target.log_probabilities(outputs)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the logits, or the logarithms of the probabilities of three classes or more.

        These are the logits less a number of each row, without which the values of one class do not
        compare over rows: `CalibratedClassifierCV` needs that.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to predict.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            With two classes, the logit of the second; with several labels, the logit of each; else
            the logarithm of the probability of each class.
        """
        outputs = self._outputs(X)
        return self._target.decision(outputs)

    def sample_proba(
        self, X: Any, n_samples: int = 100, random_state: int | np.random.RandomState | None = None
    ) -> np.ndarray:
        """Predict probabilities by networks thinned at random: Monte-Carlo dropout [1]_.

        Each sample drops units as a training step does, at the rates of the fit, and the same ones
        for all rows; batch normalisation uses its moving statistics. So a row and a seed give the
        same samples whatever other rows are passed. The mean over the samples is the
        Monte-Carlo prediction.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to predict.
        n_samples : int in [1, inf), default=100
            Number of networks to draw. More of them leave the first ones as they are.
        random_state : int, RandomState instance or None, default=None
            Seed of the networks drawn.

        Returns
        -------
        ndarray of shape (n_samples, n_rows, n_classes)
            Probability of each class, or of each label, by each network.

        Raises
        ------
        ValueError
            If the network was fitted without dropout.

        References
        ----------
        .. [1] Gal and Ghahramani (2016), "Dropout as a Bayesian approximation: representing model
           uncertainty in deep learning", ICML, section 4.
        """
        blocks = self._samples(X, n_samples, random_state)
        return np.concatenate([self._target.probabilities(block) for block in blocks], axis=1)

    def predict_uncertainty(
        self, X: Any, n_samples: int = 100, random_state: int | np.random.RandomState | None = None
    ) -> "pd.DataFrame":
        """Say how unsure the predictions are, from the samples of `sample_proba`.

        The samples are summed up a block of rows at a time, so this takes little memory.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to predict.
        n_samples : int in [1, inf), default=100
            Number of networks to draw.
        random_state : int, RandomState instance or None, default=None
            Seed of the networks drawn.

        Returns
        -------
        DataFrame of shape (n_rows, 3)
            Indexed as ``X`` if that has an index. ``predictive_entropy``: entropy of the mean
            probabilities, in nats, from 0 to ``log(n_classes)``: all that is unsure.
            ``mutual_information``: the part of it that stems from the networks' disagreement [1]_,
            and that more training rows could remove. ``standard_deviation``: spread of the
            probability of the class that the mean finds likeliest. With a multilabel ``y`` the
            first two are sums over the labels, and the last is their mean.

        Raises
        ------
        ValueError
            If the network was fitted without dropout.

        References
        ----------
        .. [1] Houlsby, Huszár, Ghahramani and Lengyel (2011), "Bayesian active learning for
           classification and preference learning", arXiv:1112.5745, section 2.
        """

        def disagreement(block: np.ndarray) -> dict[str, np.ndarray]:
            return self._target.disagreement(self._target.probabilities(block))

        return summarised(self, X, n_samples, random_state, disagreement)

    def _checked_target(self, y: Any) -> np.ndarray:
        return checked_labels(y)

    def _target_of(self, y: np.ndarray, classes: Any) -> Classes:
        return classes_of(y, classes)

    def _take_target(self, target: Classes) -> None:
        super()._take_target(target)
        self.classes_ = target.classes

    def _objective(self, target: Classes) -> Objective:
        return target.objective(float(self.label_smoothing))

    def _loss_weight(self, y: np.ndarray, sample_weight: np.ndarray | None) -> np.ndarray | None:
        return self._target.loss_weight(y, self.class_weight, sample_weight)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
