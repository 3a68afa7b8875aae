"""The metric that Keras does not have, as a Keras metric."""

from typing import Any

import keras
from keras import ops


def rows_all_right(y_true: Any, logits: Any) -> Any:
    """Return 1 for each row whose labels are all predicted, and 0 for the others."""
    return ops.cast(ops.all(ops.equal(logits > 0, y_true > 0.5), axis=-1), "float32")


@keras.saving.register_keras_serializable("skdropout")
class RowAccuracy(keras.metrics.Mean):
    """The share of the rows whose labels are all predicted."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        return super().update_state(rows_all_right(y_true, y_pred), sample_weight)
