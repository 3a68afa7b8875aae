"""The losses that Keras does not have, as Keras losses."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("skdropout")
class SmoothedCrossentropy(keras.losses.Loss):
    """The cross-entropy with smoothed labels, given as the numbers of the classes."""

    def __init__(self, label_smoothing: float, from_logits: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.label_smoothing, self.from_logits = label_smoothing, from_logits

    def call(self, y_true: Any, y_pred: Any) -> Any:
        classes, n_classes = ops.cast(ops.reshape(y_true, (-1,)), "int32"), y_pred.shape[-1]
        targets = ops.one_hot(classes, n_classes, dtype=y_pred.dtype)
        smoothed = targets * (1 - self.label_smoothing) + self.label_smoothing / n_classes
        return ops.categorical_crossentropy(smoothed, y_pred, from_logits=self.from_logits)

    def get_config(self) -> dict[str, Any]:
        own = {"label_smoothing": self.label_smoothing, "from_logits": self.from_logits}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("skdropout")
class PoissonOfLog(keras.losses.Loss):
    """Half the Poisson deviance of the exponential of the outputs, up to a constant."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return ops.mean(ops.exp(y_pred) - y_true * y_pred, axis=-1)


@keras.saving.register_keras_serializable("skdropout")
class GammaOfLog(keras.losses.Loss):
    """Half the gamma deviance of the exponential of the outputs, up to a constant."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return ops.mean(y_pred + y_true * ops.exp(-y_pred), axis=-1)


@keras.saving.register_keras_serializable("skdropout")
class Pinball(keras.losses.Loss):
    """The loss that a quantile minimises."""

    def __init__(self, quantile: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.quantile = quantile

    def call(self, y_true: Any, y_pred: Any) -> Any:
        above = y_true - y_pred
        return ops.mean(ops.maximum(self.quantile * above, (self.quantile - 1) * above), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "quantile": self.quantile}
