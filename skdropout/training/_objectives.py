"""What training minimises: one object for each loss, with its link and its score."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Objective(ABC):
    """A loss, what it asks of the encoded targets, and the score that goes with it.

    Networks end in logits, or in values for a regression. Equal objectives share compiled programs.
    """

    target_type: ClassVar[type[np.generic]] = np.float32
    score_name: ClassVar[str]
    scored_in_training: ClassVar[bool]  # over the batches as they go by

    def target_shape(self, n_outputs: int) -> tuple[int, ...]:
        """Return the shape of the target of one row."""
        return (n_outputs,)

    @abstractmethod
    def keras_loss(self) -> "keras.losses.Loss":
        """Make the Keras loss, which also defines what every engine minimises."""

    def losses(self, y: Any, outputs: Any) -> Any:
        """Return the loss of each row, of shape (n_rows,)."""
        return self.keras_loss().call(y, outputs)

    @property
    @abstractmethod
    def metrics(self) -> "list[keras.metrics.Metric]":
        """The Keras metrics for the score, where it can be had over batches as they go by."""

    @abstractmethod
    def row_scores(self, y: Any, outputs: Any) -> Any:
        """Return each row's part in the score, of shape (n_rows,)."""

    @abstractmethod
    def score_weights(self, counts: Any, scale: Any) -> Any:
        """Return the weights of rows in the score: their counts, or what multiplies their loss."""

    def score(self, mean: Any, y: Any, weights: Any) -> Any:
        """Return the score of rows with these targets, from the mean of their parts in it."""
        return mean


@dataclass(frozen=True)
class Classification(Objective):
    """A cross-entropy of logits; the score is the accuracy.

    Parameters
    ----------
    label_smoothing : float in [0, 1)
        Fraction of each target that is spread over all classes.
    """

    label_smoothing: float = 0.0

    score_name: ClassVar[str] = "accuracy"
    scored_in_training: ClassVar[bool] = True

    def score_weights(self, counts: Any, scale: Any) -> Any:
        return counts  # as Keras's metrics do


@dataclass(frozen=True)
class BinaryCrossentropy(Classification):
    """One sigmoid for each output; here of the second of two classes."""

    def keras_loss(self) -> "keras.losses.Loss":
        import keras

        return keras.losses.BinaryCrossentropy(
            from_logits=True, label_smoothing=self.label_smoothing, dtype="float32"
        )

    def losses(self, y: Any, outputs: Any) -> Any:
        """Return the loss of each row, it and its gradient in as few operations as will do.

        The formula is TensorFlow's, but half of the operations there take milliseconds to compile.
        """
        from keras import ops

        smoothed = y * (1 - self.label_smoothing) + self.label_smoothing / 2

        @ops.custom_gradient
        def of_logits(logits: Any) -> Any:
            odds = ops.exp(-ops.maximum(logits, -logits))  # of what is less likely

            def gradient(upstream: Any) -> Any:
                likely = ops.cast(logits > 0, "float32")
                slopes = (likely - smoothed) + odds / (1 + odds) * (1 - 2 * likely)
                return ops.expand_dims(upstream, -1) * slopes / logits.shape[-1]

            losses = ops.maximum(logits, 0) - logits * smoothed + ops.log1p(odds)
            return ops.mean(losses, axis=-1), gradient

        return of_logits(outputs)

    @property
    def metrics(self) -> "list[keras.metrics.Metric]":
        import keras

        return [keras.metrics.BinaryAccuracy("accuracy", threshold=0, dtype="float32")]

    def row_scores(self, y: Any, outputs: Any) -> Any:
        from keras import ops

        correct = ops.equal(outputs > 0, y > 0.5)
        return ops.mean(ops.cast(correct, "float32"), axis=-1)


@dataclass(frozen=True)
class MultilabelCrossentropy(BinaryCrossentropy):
    """A sigmoid for each of several labels; a row is right where all of them are."""

    @property
    def metrics(self) -> "list[keras.metrics.Metric]":
        from skdropout.training._keras_metrics import RowAccuracy

        return [RowAccuracy(name="accuracy", dtype="float32")]

    def row_scores(self, y: Any, outputs: Any) -> Any:
        from skdropout.training._keras_metrics import rows_all_right

        return rows_all_right(y, outputs)


@dataclass(frozen=True)
class MulticlassCrossentropy(Classification):
    """A softmax over the outputs; the targets are the numbers of the classes."""

    target_type: ClassVar[type[np.generic]] = np.int32

    def target_shape(self, n_outputs: int) -> tuple[int, ...]:
        return ()

    def keras_loss(self) -> "keras.losses.Loss":
        import keras

        from skdropout.training._keras_losses import SmoothedCrossentropy

        if self.label_smoothing:
            return SmoothedCrossentropy(self.label_smoothing, dtype="float32")
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float32")

    @property
    def metrics(self) -> "list[keras.metrics.Metric]":
        import keras

        return [keras.metrics.SparseCategoricalAccuracy("accuracy", dtype="float32")]

    def row_scores(self, y: Any, outputs: Any) -> Any:
        from keras import ops

        correct = ops.equal(ops.cast(ops.argmax(outputs, axis=-1), y.dtype), y)
        return ops.cast(correct, "float32")
