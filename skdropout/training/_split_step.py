"""The training step of wide sparse rows.

Their product with the first kernel, and its gradient, are TensorFlow's. XLA compiles the two things
between one product and the next: all that comes behind it, to the gradient of its units, and the
update. Op by op the one waits for TensorFlow and the other for memory, and so does an update that
writes its results elsewhere: weights and slots are variables here, which it changes in place.
"""

from dataclasses import dataclass, replace
from typing import Any

import tensorflow as tf

from skdropout.training._engine_layers import Part
from skdropout.training._optimizers import StepNumbers
from skdropout.training._step import Batch, Found, Settings, State, StepFunctions


@dataclass(frozen=True)
class SplitStepFunctions(StepFunctions):
    """Trains and evaluates a network in two parts; of its variables it is given the handles.

    Parameters
    ----------
    whole, optimizer, key
        As for any network.
    product : Part
        What ends with the product of the rows.
    behind : Part
        What comes behind it.
    handles : tuple
        The handles of the trainable variables, and those of their slots.
    """

    product: Part
    behind: Part
    handles: tuple[list[Any], list[list[Any]]] = ([], [])

    def holding(self, state: State) -> tuple[StepFunctions, State]:
        handles = state.trainable, state.slots
        return replace(self, handles=handles), State([], state.frozen, [])

    def _found(self, state: State, batch: Batch) -> Found:
        trainable, frozen, _ = self._values(state)
        n_trainable, n_frozen = (
            len(values) for values in (self.product.layout.trainable, self.product.layout.frozen)
        )
        first, others = trainable[:n_trainable], trainable[n_trainable:]
        fixed, frozen = frozen[:n_frozen], frozen[n_frozen:]
        drawn = self.product.masks.drawn(
            self.product.layout.rates(fixed), batch.mask_key, batch.mask_count
        )
        with drawn, tf.GradientTape() as tape:
            tape.watch(first)
            units, _ = self.product.model.stateless_call(first, fixed, batch.X, training=True)
            units = tf.ensure_shape(units, (self.key.batch_size, None))
        behind = tf.function(self._found_behind, jit_compile=True, autograph=False)
        found, to_units = behind(others, frozen, batch._replace(X=units))
        slopes = [*tape.gradient(units, first, to_units), *found.slopes]
        return found._replace(frozen=[*fixed, *found.frozen], slopes=slopes)

    def _found_behind(
        self, trainable: list[Any], frozen: list[Any], batch: Batch
    ) -> tuple[Found, Any]:
        with tf.GradientTape() as tape:
            tape.watch([batch.X, *trainable])
            found = self._answers(self.behind, trainable, frozen, batch)
        to_units, *slopes = tape.gradient(found.loss, [batch.X, *trainable])
        return found._replace(slopes=slopes), to_units

    def _updated(
        self, state: State, slopes: list[Any], step: StepNumbers, settings: Settings
    ) -> State:
        update = tf.function(self._update, jit_compile=True, autograph=False)
        update(self.handles, slopes, step, settings)
        return state

    def _update(self, handles: Any, slopes: list[Any], step: StepNumbers, settings: Any) -> None:
        trainable, slots = handles
        before = State(self._read(trainable), [], [self._read(slot) for slot in slots])
        after = super()._updated(before, slopes, step, settings)
        values = tf.nest.flatten((after.trainable, after.slots))
        for handle, value in zip(tf.nest.flatten(handles), values, strict=True):
            tf.raw_ops.AssignVariableOp(resource=handle, value=value)

    def _values(self, state: State) -> State:
        return state._replace(trainable=self._read(self.handles[0]))

    def _read(self, handles: list[Any]) -> list[Any]:
        """Return the values of the trainable variables, or of some slot of each."""
        known = zip(handles, self.whole.layout.trainable, strict=True)
        return [
            tf.ensure_shape(
                tf.raw_ops.ReadVariableOp(resource=handle, dtype=value.dtype), value.shape
            )
            for handle, value in known
        ]
