"""What training minimises: one object for each loss."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Objective(ABC):
    """A loss, and what it asks of the encoded targets.

    Networks end in logits, or in values for a regression. Equal objectives share compiled programs.
    """

    target_type: ClassVar[type[np.generic]] = np.float32
    has_accuracy: ClassVar[bool] = True

    def target_shape(self, n_outputs: int) -> tuple[int, ...]:
        """Return the shape of the target of one row."""
        return (n_outputs,)

    @abstractmethod
    def keras_loss(self) -> "keras.losses.Loss":
        """Make the Keras loss, which also defines what every engine minimises."""

    @abstractmethod
    def keras_metrics(self) -> list["keras.metrics.Metric"]:
        """Make the Keras metrics that are reported beside the loss."""

    @abstractmethod
    def correct(self, y: Any, outputs: Any) -> Any:
        """Return the fraction of correct answers in each row, of shape (n_rows,)."""

    def losses(self, y: Any, outputs: Any) -> Any:
        """Return the loss of each row, of shape (n_rows,)."""
        return self.keras_loss().call(y, outputs)


class BinaryCrossentropy(Objective):
    """One sigmoid for each output: of two classes, or of several labels."""

    def keras_loss(self) -> "keras.losses.Loss":
        import keras

        return keras.losses.BinaryCrossentropy(from_logits=True)

    def keras_metrics(self) -> list["keras.metrics.Metric"]:
        import keras

        return [keras.metrics.BinaryAccuracy("accuracy", threshold=0)]

    def correct(self, y: Any, outputs: Any) -> Any:
        from keras import ops

        right = ops.equal(outputs > 0, y > 0.5)
        return ops.mean(ops.cast(right, "float32"), axis=-1)


class MulticlassCrossentropy(Objective):
    """A softmax over the outputs; the targets are the numbers of the classes."""

    target_type: ClassVar[type[np.generic]] = np.int32

    def target_shape(self, n_outputs: int) -> tuple[int, ...]:
        return ()

    def keras_loss(self) -> "keras.losses.Loss":
        import keras

        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def keras_metrics(self) -> list["keras.metrics.Metric"]:
        import keras

        return [keras.metrics.SparseCategoricalAccuracy("accuracy")]

    def correct(self, y: Any, outputs: Any) -> Any:
        from keras import ops

        right = ops.equal(ops.cast(ops.argmax(outputs, axis=-1), y.dtype), y)
        return ops.cast(right, "float32")


class SquaredError(Objective):
    """The squared error, averaged over the outputs."""

    has_accuracy: ClassVar[bool] = False

    def keras_loss(self) -> "keras.losses.Loss":
        import keras

        return keras.losses.MeanSquaredError()

    def keras_metrics(self) -> list["keras.metrics.Metric"]:
        return []

    def correct(self, y: Any, outputs: Any) -> Any:
        from keras import ops

        return ops.zeros_like(outputs[:, 0])
