"""What every regressor offers."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import Tags

from skdropout.estimators._base import Target
from skdropout.estimators._monte_carlo import SamplingEstimator
from skdropout.estimators._rescaling import learn_rescaling
from skdropout.training import Objective, TrainingJob, TrainingSet

if TYPE_CHECKING:
    import keras
    import pandas as pd


@dataclass(kw_only=True, eq=False, repr=False)
class NetworkRegressor(RegressorMixin, SamplingEstimator):
    """Predictions in the unit of the targets, whatever the network learns them in."""

    rescale_target: bool = True

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "rescale_target": ["boolean"],
        **SamplingEstimator._parameter_constraints,
    }

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch on some rows, going on from earlier calls.

        How inputs and targets are rescaled is learnt from the rows of the first call.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.
        sample_weight : array-like of shape (n_samples,), default=None
            As in `fit`; real weights are relative to each other within this call.

        Returns
        -------
        self : estimator
            The fitted estimator.
        """
        self._validate_params()
        return self._fit(X, y, sample_weight, going_on=hasattr(self, "weights_"), partial=True)

    def predict(self, X: Any) -> np.ndarray:
        """Predict targets.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to predict.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            A number for each row, or one for each output where the ``y`` of `fit` had columns.
        """
        return self._in_unit(self._outputs(X))

    def sample_predict(
        self, X: Any, n_samples: int = 100, random_state: int | np.random.RandomState | None = None
    ) -> np.ndarray:
        """Predict by networks thinned at random: Monte-Carlo dropout [1]_.

        Each sample drops units as a training step does, at the rates of the fit, and the same ones
        for all rows; batch normalisation uses its moving statistics. So a row and a seed give the
        same samples whatever other rows are passed.

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
        ndarray of shape (n_samples, n_rows) or (n_samples, n_rows, n_outputs)
            Prediction of each row by each network.

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
        return np.concatenate([self._in_unit(block) for block in blocks], axis=1)

    def predict_uncertainty(
        self, X: Any, n_samples: int = 100, random_state: int | np.random.RandomState | None = None
    ) -> "pd.DataFrame":
        """Say how far the samples of `sample_predict` lie apart.

        This is how unsure the network is of the mean; the noise of the targets is no part of it.

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
        DataFrame of shape (n_rows, n_outputs)
            Indexed as ``X`` if that is a frame. ``standard_deviation``, in the unit of the
            targets; with several outputs ``standard_deviation_0`` and so on.

        Raises
        ------
        ValueError
            If the network was fitted without dropout.
        """

        def spread(block: np.ndarray) -> dict[str, np.ndarray]:
            deviations = (block.std(axis=0, dtype=np.float64) * self.target_scale_).T
            if len(deviations) == 1:
                return {"standard_deviation": deviations[0]}
            return {f"standard_deviation_{i}": values for i, values in enumerate(deviations)}

        return self._summarised(X, self._samples(X, n_samples, random_state), spread)

    def _in_unit(self, outputs: np.ndarray) -> np.ndarray:
        """Return outputs of the network, with the outputs in the last axis, as targets."""
        values = outputs * self.target_scale_ + self.target_mean_
        return values[..., 0] if self._one_dimensional else values

    def _encode(
        self, y: Any, sample_weight: np.ndarray | None, *, reset: bool, classes: Any = None
    ) -> Target:
        values = _numbers(y)
        columns = values.reshape(len(values), -1)
        if reset:
            self._one_dimensional = values.ndim == 1
            self.n_outputs_ = columns.shape[1]
        if columns.shape[1] != self.n_outputs_:
            raise ValueError(
                f"y has {columns.shape[1]} outputs, and this estimator was first given "
                f"{self.n_outputs_}."
            )
        return Target(columns, Objective.REGRESSION, self.n_outputs_)

    def _scaled(self, rows: TrainingSet, *, reset: bool) -> TrainingSet:
        if reset:
            option = "standardize" if self.rescale_target else None
            learnt = learn_rescaling(option, replace(rows, X=rows.y))
            mean, factor = learnt or (np.zeros(self.n_outputs_), np.ones(self.n_outputs_))
            if not (np.isfinite(mean).all() and factor.all()):
                raise ValueError("y holds numbers too large to be squared. Change their unit.")
            self.target_mean_, self.target_scale_ = mean, 1 / factor
        values = (rows.y - self.target_mean_) / self.target_scale_
        return replace(rows, y=values.astype(np.float32))

    def _best_score(self, job: TrainingJob) -> float:
        """Return R^2, from the mean squared error that is the validation loss."""
        held = job.validation
        assert held is not None
        counts = np.ones(len(held.rows)) if held.counts is None else held.counts
        weights = counts if held.weights is None else counts * held.weights[held.rows]
        y = held.y[held.rows].astype(np.float64)
        squares = weights @ (y - np.average(y, axis=0, weights=weights)) ** 2
        spread = float(squares.mean() / counts.sum())
        return 1 - vars(self)["best_loss_"] / spread if spread else np.nan

    def _ending(self) -> "keras.layers.Layer":
        import keras

        # `Rescaling` holds single numbers, which share their seven digits where targets are dates.
        layer = keras.layers.Dense(
            self.n_outputs_, trainable=False, dtype="float64", name="outputs"
        )
        layer.build((None, self.n_outputs_))
        layer.set_weights([np.diag(self.target_scale_), self.target_mean_])
        return layer

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.single_output = True
        tags.target_tags.multi_output = True
        return tags


def _numbers(y: Any) -> np.ndarray:
    """Return a target as float64, or say why it holds no numbers."""
    if hasattr(y, "toarray"):
        y = y.toarray()
    try:
        values = y.astype(np.float64) if y.dtype.kind in "biufO" else None
    except (TypeError, ValueError):
        values = None
    if values is None:
        raise ValueError(
            f"y expects numbers, got the type {y.dtype} with {y.flat[0]!r}. For classes use a "
            "classifier; convert numbers that are written as text with y.astype(float)."
        )
    if not np.isfinite(values).all():
        raise ValueError(
            "y has missing values (None or nan) or numbers too large. Leave those rows out."
        )
    return values
