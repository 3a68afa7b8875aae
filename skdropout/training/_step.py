"""One training step and one validation step, as pure functions of tensors."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from skdropout.training._cost import rows_per_call
from skdropout.training._layout import Layout, packed
from skdropout.training._masks import Masks
from skdropout.training._objectives import Objective
from skdropout.training._optimizers import Optimizer, StepNumbers
from skdropout.training._program_key import ProgramKey
from skdropout.training._sparse_rows import SparseRows
from skdropout.training._stopping import EarlyStopping, Progress
from skdropout.training._sums import channel_sums

_WORTH_COMPILING = 1 << 16  # weights, for half a second of compiling


class State(NamedTuple):
    """What a step changes: trainable weights, the layers' other variables, optimiser slots."""

    trainable: list[Any]
    frozen: list[Any]
    slots: list[list[Any]]


class Rows(NamedTuple):
    """The training rows; the weights are empty unless some rows weigh more than others.

    Of sparse rows there are no features here: each chunk of the plan brings its own.
    """

    X: Any
    y: Any
    weights: Any


class ValidationRows(NamedTuple):
    """The validation rows: how often each one counts, and what multiplies its loss."""

    X: Any
    y: Any
    counts: Any
    scale: Any


class Batches(NamedTuple):
    """A chunk of the plan: each step's rows, their number, its rate, whether an epoch ends.

    ``X`` are the rows themselves, a block for each step, where they are sparse.
    """

    X: Any
    index: Any
    sizes: Any
    rates: Any
    ends: Any
    n_steps: Any
    first_step: Any


class Settings(NamedTuple):
    """The hyperparameters that are data."""

    momentum: Any
    penalty: Any
    weight_decay: Any
    clipnorm: Any
    max_norm: Any
    stopping: EarlyStopping
    mask_key: Any


@dataclass(frozen=True)
class StepFunctions:
    """Trains and evaluates one Keras model by passing tensors through it.

    Parameters
    ----------
    model : keras.Model
        The network, ending in logits; its own variables are neither read nor changed.
    layout : Layout
        Which of its values is which.
    masks : Masks
        What its dropout layers take their masks from.
    optimizer : Optimizer
        How to change the weights.
    key : ProgramKey
        What the program is for.
    """

    model: keras.Model
    layout: Layout
    masks: Masks
    optimizer: Optimizer
    key: ProgramKey

    @property
    def objective(self) -> Objective:
        """What to minimise."""
        return self.key.objective

    def train(
        self, state: State, rows: Rows, batches: Batches, settings: Settings, number: Any
    ) -> tuple[State, Any, Any]:
        """Take one step; return the new state, the batch's mean loss and its correct answers."""
        size = batches.sizes[number]
        index = batches.index[number] if self.key.fused else batches.index[number][:size]
        present = tf.range(self.key.batch_size) < size if self.key.fused else None
        if self.key.sparse:
            X = batches.X.block(number, size, self.key.structure)
        else:
            X = tf.gather(rows.X, index)
        y = tf.gather(rows.y, index)
        step_number = batches.first_step + number
        rates, count = self.layout.rates(state.frozen), tf.cast(step_number, tf.uint32)
        drawn = self.masks.drawn(rates, settings.mask_key, count)
        with drawn, tf.GradientTape() as tape:
            tape.watch(state.trainable)
            outputs, frozen = self.model.stateless_call(
                state.trainable,
                state.frozen,
                X,
                training=True,
                **({"mask": present} if self.key.masked else {}),
            )
            losses = self.objective.losses(y, outputs)
            if rows.weights.shape[0] != 0:
                losses *= tf.gather(rows.weights, index)
            loss = _total(losses, present) / tf.cast(size, tf.float32)
        gradients = tape.gradient(loss, state.trainable)
        count = tf.cast(step_number + 1, tf.float32)
        step = StepNumbers(batches.rates[number], count, settings.momentum, self.key.nesterov)
        update = self._update
        if self._compiles_update:
            update = tf.function(update, jit_compile=True, autograph=False)
        trainable, slots = update(state.trainable, state.slots, gradients, step, settings)
        frozen = [tf.convert_to_tensor(value) for value in frozen]
        correct = tf.constant(0.0)
        if self.objective.scored_in_training:
            correct = _total(self.objective.row_scores(y, outputs), present)
        return State(trainable, frozen, slots), loss, correct

    def _update(
        self,
        trainable: list[Any],
        before: list[list[Any]],
        slopes: list[Any],
        step: StepNumbers,
        settings: Settings,
    ) -> tuple[list[Any], list[list[Any]]]:
        """Return new weights and new slots."""
        weights, slots = [], []
        gradients = self._gradients(trainable, slopes, settings)
        for number, value in enumerate(self.layout.trainable):
            weight, gradient = trainable[number], gradients[number]
            if value.is_kernel:
                weight -= weight * (settings.weight_decay * step.rate)
            weight, own = self.optimizer.update(
                weight, gradient, [slot[number] for slot in before], step
            )
            if value.constrained:
                squares = self._sums_by_unit(tf.square(weight))
                weight *= tf.minimum(1.0, settings.max_norm * tf.math.rsqrt(squares))
            weights.append(weight)
            slots.append(own)
        return weights, [list(slot) for slot in zip(*slots, strict=True)]

    @property
    def _compiles_update(self) -> bool:
        """Whether XLA compiles the update alone.

        Of sparse rows it is most of the work, and op by op it waits for memory.
        """
        n_weights = sum(math.prod(value.shape) for value in self.layout.trainable)
        return self.key.sparse and n_weights >= _WORTH_COMPILING

    def _gradients(self, trainable: list[Any], slopes: list[Any], settings: Settings) -> list[Any]:
        """Return the gradients of the loss with the penalty, clipped."""
        values = zip(self.layout.trainable, slopes, trainable, strict=True)
        gradients = [
            slope + weight * settings.penalty if value.is_kernel else slope
            for value, slope, weight in values
        ]
        if not self.key.clips:
            return gradients
        squares = [channel_sums(tf.reshape(tf.square(g), [-1, 1])) for g in gradients]
        factor = tf.minimum(1.0, settings.clipnorm * tf.math.rsqrt(tf.add_n(squares)))
        return [gradient * factor for gradient in gradients]

    def _sums_by_unit(self, values: Any) -> Any:
        """Sum over all axes but the last, in the way that is fastest for what runs the step."""
        if self.key.fused or self._compiles_update:
            return channel_sums(values)
        rows = tf.reshape(values, [-1, values.shape[-1]])
        return tf.matmul(tf.ones([1, rows.shape[0]]), rows)[0]

    def validate(
        self,
        ended: Any,
        state: State,
        validation: ValidationRows,
        progress: Progress,
        settings: Settings,
    ) -> tuple[Progress, Any, Any]:
        """Evaluate the validation rows where an epoch has ended.

        Returns what that means for early stopping, and the rows' mean loss and score. Only these
        two numbers depend on a branch: a branch copies all that it may return. The best weights are
        one flat vector, since a loop pays for each value that it carries, not for its length.
        """
        loss, score = tf.cond(
            ended,
            lambda: self._evaluate(state, validation),
            lambda: (tf.constant(np.inf, tf.float32), tf.constant(-np.inf, tf.float32)),
        )
        now = packed(self.layout.join(state.trainable, state.frozen))
        n_epochs = tf.cast(ended, tf.int32)
        following = progress.after(
            loss, score, now, settings.stopping, n_epochs=n_epochs, where=tf.where
        )
        return following, loss, score

    def _evaluate(self, state: State, validation: ValidationRows) -> tuple[Any, Any]:
        n_rows = tf.shape(validation.counts)[0]
        block = rows_per_call(self.model)
        if self.key.fused:
            block = min(block, validation.counts.shape[0])

        def rows_from(values: Any, start: Any) -> Any:
            size = block if self.key.fused else tf.minimum(block, n_rows - start)
            if isinstance(values, SparseRows):
                return values.block(start // block, size, self.key.structure)
            others = len(values.shape) - 1
            return tf.slice(values, [start, *[0] * others], [size, *[-1] * others])

        def add(start: Any, loss: Any, score: Any) -> tuple[Any, Any, Any]:
            part = ValidationRows(*(rows_from(values, start) for values in validation))
            outputs, _ = self.model.stateless_call(
                state.trainable, state.frozen, part.X, training=False
            )
            loss += tf.reduce_sum(self.objective.losses(part.y, outputs) * part.scale)
            weights = self.objective.score_weights(part.counts, part.scale)
            score += tf.reduce_sum(self.objective.row_scores(part.y, outputs) * weights)
            return start + block, loss, score

        first = add(tf.constant(0), tf.constant(0.0), tf.constant(0.0))
        _, loss, score = first
        if not self.key.fused or block < validation.counts.shape[0]:
            _, loss, score = tf.while_loop(
                lambda start, *_: start < n_rows, add, first, parallel_iterations=1
            )
        weights = self.objective.score_weights(validation.counts, validation.scale)
        score = self.objective.score(score / tf.reduce_sum(weights), validation.y, weights)
        return loss / tf.reduce_sum(validation.counts), score


def _total(values: Any, present: Any) -> Any:
    return tf.reduce_sum(values if present is None else tf.where(present, values, 0.0))
