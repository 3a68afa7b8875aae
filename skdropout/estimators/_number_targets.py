"""Numbers to what a network learns, and back to their unit."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from skdropout.estimators._rescaling import learn_rescaling
from skdropout.estimators._targets import Target
from skdropout.training import TrainingSet


@dataclass(frozen=True)
class Numbers(Target):
    """One number for each row, or several.

    Parameters
    ----------
    one_dimensional : bool
        Whether targets and predictions have no axis of outputs.
    is_rescaled : bool
        Whether the network learns targets of another scale.
    log_link : bool
        Whether the network's outputs are the logarithms of what it predicts. Such targets must
        stay positive, so that they are divided by their mean, and not shifted.
    mean, scale : ndarray of shape (n_outputs,)
        What the network learns is ``(y - mean) / scale``.
    """

    one_dimensional: bool
    is_rescaled: bool
    log_link: bool
    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, y: np.ndarray, *, rescaled: bool, log_link: bool) -> Self:
        """Take the shape from a first target."""
        n_outputs = 1 if y.ndim == 1 else y.shape[1]
        return cls(y.ndim == 1, rescaled, log_link, np.zeros(n_outputs), np.ones(n_outputs))

    @property
    def n_outputs(self) -> int:
        return len(self.mean)

    def encode(self, y: np.ndarray) -> np.ndarray:
        columns = y.reshape(len(y), -1)
        if columns.shape[1] != self.n_outputs:
            raise ValueError(
                f"y has {columns.shape[1]} outputs, and this estimator was first given "
                f"{self.n_outputs}."
            )
        return columns

    def fitted_to(self, rows: TrainingSet) -> Self:
        learnt = learn_rescaling("standardize", replace(rows, X=rows.y), rows.y.shape[-1])
        assert learnt is not None
        mean, factor = learnt
        if not (np.isfinite(mean).all() and factor.all()):
            raise ValueError("y holds numbers too large to be squared. Change their unit.")
        if self.log_link and not mean.all():
            raise ValueError(
                "y is 0 in all training rows, of which a loss with a logarithmic link can learn "
                "nothing. Pass other rows, or another loss."
            )
        if not self.is_rescaled:
            return self
        if self.log_link:
            return replace(self, scale=mean)
        return replace(self, mean=mean, scale=1 / factor)

    def rescaled(self, rows: TrainingSet) -> TrainingSet:
        return replace(rows, y=((rows.y - self.mean) / self.scale).astype(np.float32))

    def predictions(self, outputs: np.ndarray) -> np.ndarray:
        """Return outputs of the network, with the outputs in the last axis, as targets."""
        values = self._values(outputs) * self.scale + self.mean
        return values[..., 0] if self.one_dimensional else values

    def deviations(self, samples: np.ndarray) -> np.ndarray:
        """Return the standard deviation of each row's outputs over the samples, in their unit."""
        return self._values(samples).std(axis=0, dtype=np.float64) * self.scale

    def _values(self, outputs: np.ndarray) -> np.ndarray:
        return np.exp(outputs.astype(np.float64)) if self.log_link else outputs

    def ending(self, outputs: Any) -> Any:
        import keras

        # `Rescaling` holds single numbers, which share their seven digits where targets are dates.
        layer = keras.layers.Dense(self.n_outputs, trainable=False, dtype="float64", name="outputs")
        layer.build((None, self.n_outputs))
        layer.set_weights([np.diag(self.scale), self.mean])
        if self.log_link:
            exponential = keras.layers.Activation("exponential", dtype="float64", name="link")
            outputs = exponential(outputs)
        return layer(outputs)

    def can_be_scored(self, rows: TrainingSet) -> bool:
        y = rows.y[rows.rows]
        return bool((y != y[0]).any())


def checked_numbers(y: Any) -> np.ndarray:
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
