"""What every regressor offers."""

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval

from skdropout.estimators._base import NetworkEstimator
from skdropout.estimators._monte_carlo import summarised
from skdropout.estimators._number_targets import Numbers, checked_numbers
from skdropout.estimators._parameters import names
from skdropout.training import REGRESSIONS, Quantile, Regression

if TYPE_CHECKING:
    import pandas as pd


Loss = Literal["absolute_error", "gamma", "huber", "poisson", "quantile", "squared_error"]


@dataclass(kw_only=True, eq=False, repr=False)
class NetworkRegressor(RegressorMixin, NetworkEstimator[Numbers]):
    """Predictions in the unit of the targets, whatever the network learns them in."""

    loss: Loss = "squared_error"
    quantile: float | None = None
    rescale_target: bool = True
    scoring: Literal["loss", "r2"] = "loss"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NetworkEstimator._parameter_constraints,
        "loss": [names(REGRESSIONS)],
        "quantile": [Interval(Real, 0, 1, closed="neither"), None],
        "rescale_target": ["boolean"],
        "scoring": [names({"loss", "r2"})],
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
        outputs = self._outputs(X)
        return self._target.predictions(outputs)

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
        return np.concatenate([self._target.predictions(block) for block in blocks], axis=1)

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
            Indexed as ``X`` if that has an index. ``standard_deviation``, in the unit of the
            targets; with several outputs ``standard_deviation_0`` and so on.

        Raises
        ------
        ValueError
            If the network was fitted without dropout.
        """

        def spread(block: np.ndarray) -> dict[str, np.ndarray]:
            deviations = self._target.deviations(block).T
            if len(deviations) == 1:
                return {"standard_deviation": deviations[0]}
            return {f"standard_deviation_{i}": values for i, values in enumerate(deviations)}

        return summarised(self, X, n_samples, random_state, spread)

    def _checked_target(self, y: Any) -> np.ndarray:
        values = checked_numbers(y)
        loss = self._loss()
        unfit = values[~loss.accepts(values)]
        if unfit.size:
            raise ValueError(f"loss={self.loss!r} expects targets {loss.domain}, got {unfit[0]}.")
        return values

    def _target_of(self, y: np.ndarray, classes: Any) -> Numbers:
        return Numbers.of(y, rescaled=self.rescale_target, log_link=self._loss().log_link)

    def _loss(self) -> Regression:
        """Return the loss that the parameters name."""
        if self.loss != "quantile":
            return REGRESSIONS[self.loss]()
        if self.quantile is None:
            raise ValueError(
                "loss='quantile' needs the quantile, above 0 and below 1, such as quantile=0.5 "
                "for the median; got quantile=None."
            )
        return Quantile(float(self.quantile))

    def _objective(self, target: Numbers) -> Regression:
        loss = self._loss()
        if loss.log_link != target.log_link:
            raise ValueError(
                f"loss={self.loss!r} makes other predictions of the network's outputs than the "
                "loss of the last fit, so its weights cannot be trained on. Set the loss back, or "
                "start anew: clone the estimator."
            )
        if self.rescale_target != target.is_rescaled:
            raise ValueError(
                f"rescale_target={self.rescale_target} is not that of the last fit, whose targets "
                "the weights belong to. Set it back, or start anew: clone the estimator."
            )
        return loss

    def _take_target(self, target: Numbers) -> None:
        super()._take_target(target)
        self.n_outputs_ = target.n_outputs
        self.target_mean_, self.target_scale_ = target.mean, target.scale

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.single_output = True
        tags.target_tags.multi_output = True
        tags.target_tags.positive_only = self.loss in ("gamma", "poisson")
        return tags
