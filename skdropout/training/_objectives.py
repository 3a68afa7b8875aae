"""What training minimises, for each kind of target."""

from enum import StrEnum
from typing import Any


class Objective(StrEnum):
    """The kind of target; the network ends in logits (or in values, for a regression).

    ``BINARY`` is one sigmoid unit, ``MULTILABEL`` one for each label, ``MULTICLASS`` a softmax.
    """

    BINARY = "binary"
    MULTICLASS = "multiclass"
    MULTILABEL = "multilabel"
    REGRESSION = "regression"

    @property
    def has_accuracy(self) -> bool:
        """Whether a fraction of right answers can be counted."""
        return self is not Objective.REGRESSION

    def losses(self, y: Any, outputs: Any) -> Any:
        """Return the loss of each row, of shape (n_rows,)."""
        import keras

        if self is Objective.MULTICLASS:
            return keras.losses.sparse_categorical_crossentropy(y, outputs, from_logits=True)
        if self is Objective.REGRESSION:
            return keras.losses.mean_squared_error(y, outputs)
        return keras.losses.binary_crossentropy(y, outputs, from_logits=True)

    def hits(self, y: Any, outputs: Any) -> Any:
        """Return the fraction of right answers in each row, of shape (n_rows,)."""
        from keras import ops

        if self is Objective.REGRESSION:
            return ops.zeros_like(outputs[:, 0])
        if self is Objective.MULTICLASS:
            right = ops.equal(ops.cast(ops.argmax(outputs, axis=-1), y.dtype), y)
            return ops.cast(right, "float32")
        right = ops.equal(outputs > 0, y > 0.5)
        return ops.mean(ops.cast(right, "float32"), axis=-1)
