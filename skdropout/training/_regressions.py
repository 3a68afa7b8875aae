"""The losses of numbers, each with its link."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from skdropout.training._objectives import Objective

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Regression(Objective):
    """A loss of numbers, averaged over the outputs; the score is R^2.

    With a logarithmic link the network's outputs are the logarithms of predictions.
    """

    score_name: ClassVar[str] = "r2"
    scored_in_training: ClassVar[bool] = False
    log_link: ClassVar[bool] = False
    domain: ClassVar[str] = "of any size"

    def accepts(self, y: np.ndarray) -> np.ndarray:
        """Say which numbers may be targets."""
        return np.ones(y.shape, bool)

    @property
    def metrics(self) -> "list[keras.metrics.Metric]":
        return []

    def row_scores(self, y: Any, outputs: Any) -> Any:
        from keras import ops

        predicted = ops.exp(outputs) if self.log_link else outputs
        return ops.mean(ops.square(y - predicted), axis=-1)

    def score_weights(self, counts: Any, scale: Any) -> Any:
        return scale

    def score(self, mean: Any, y: Any, weights: Any) -> Any:
        """Return R^2 from the mean squared error: nan for targets that are all the same."""
        from keras import ops

        weights = ops.reshape(weights / ops.sum(weights), (-1, 1))
        center = ops.sum(weights * y, axis=0)
        spread = ops.mean(ops.sum(weights * ops.square(y - center), axis=0))
        return ops.where(spread > 0, 1 - mean / spread, np.nan)


@dataclass(frozen=True)
class SquaredError(Regression):
    """The squared error, minimised by the mean."""

    def keras_loss(self) -> "keras.losses.Loss":
        import keras

        return keras.losses.MeanSquaredError(dtype="float32")


@dataclass(frozen=True)
class AbsoluteError(Regression):
    """The absolute error, minimised by the median."""

    def keras_loss(self) -> "keras.losses.Loss":
        import keras

        return keras.losses.MeanAbsoluteError(dtype="float32")


@dataclass(frozen=True)
class Huber(Regression):
    """Half the squared error up to an error of one, and linear from there."""

    def keras_loss(self) -> "keras.losses.Loss":
        import keras

        return keras.losses.Huber(dtype="float32")


@dataclass(frozen=True)
class LogRegression(Regression):
    """A loss of positive predictions."""

    log_link: ClassVar[bool] = True

    @abstractmethod
    def accepts(self, y: np.ndarray) -> np.ndarray:
        """Say which numbers may be targets."""


@dataclass(frozen=True)
class Poisson(LogRegression):
    """Half the Poisson deviance, for counts and rates."""

    domain: ClassVar[str] = "of 0 or more"

    def accepts(self, y: np.ndarray) -> np.ndarray:
        return y >= 0

    def keras_loss(self) -> "keras.losses.Loss":
        from skdropout.training._keras_losses import PoissonOfLog

        return PoissonOfLog(dtype="float32")


@dataclass(frozen=True)
class Gamma(LogRegression):
    """Half the gamma deviance, for amounts whose spread grows with them."""

    domain: ClassVar[str] = "above 0"

    def accepts(self, y: np.ndarray) -> np.ndarray:
        return y > 0

    def keras_loss(self) -> "keras.losses.Loss":
        from skdropout.training._keras_losses import GammaOfLog

        return GammaOfLog(dtype="float32")


@dataclass(frozen=True)
class Quantile(Regression):
    """The pinball loss, minimised by a quantile."""

    quantile: float

    def keras_loss(self) -> "keras.losses.Loss":
        from skdropout.training._keras_losses import Pinball

        return Pinball(self.quantile, dtype="float32")


REGRESSIONS: dict[str, type[Regression]] = {
    "absolute_error": AbsoluteError,
    "gamma": Gamma,
    "huber": Huber,
    "poisson": Poisson,
    "quantile": Quantile,
    "squared_error": SquaredError,
}
