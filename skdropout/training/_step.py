"""One training step and one validation step, as pure functions of tensors."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from skdropout.training._cost import rows_per_call
from skdropout.training._engine_layers import Built
from skdropout.training._masks import MaskSettings
from skdropout.training._objectives import Objective
from skdropout.training._optimizers import Optimizer, StepNumbers
from skdropout.training._program_key import ProgramKey
from skdropout.training._sparse_rows import SparseRows
from skdropout.training._stopping import EarlyStopping, Progress
from skdropout.training._sums import channel_sums

#: Bytes of a table from which on XLA shares out the fetching of a batch, and numbers of a batch up
#: to which that takes longer than by one thread.
_SHARED, _MOST_FOR_ONE_THREAD = 1 << 19, 1 << 14


class State(NamedTuple):
    """What a step changes: trainable weights, the layers' other variables, optimiser slots.

    Trainable weights and slots come as the layout carries them.
    """

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
    """A chunk of the plan: each step's rows, and its numbers.

    Those are the number of rows, its inverse, the learning rate, plain and as the optimiser
    corrects it, and whether an epoch ends. The three that are no whole numbers lie side by side.
    ``X`` are the rows themselves, a block for each step, where they are sparse.
    """

    X: Any
    index: Any
    sizes: Any
    shares_and_rates: Any
    ends: Any
    n_steps: Any
    first_step: Any


class Batch(NamedTuple):
    """The rows of a step, how many and which of them count, and what part of the loss each is."""

    X: Any
    y: Any
    weights: Any
    n_rows: Any
    share: Any
    present: Any

    def only_present(self, values: Any) -> Any:
        """Put zeros in the place of those of rows that only fill the batch up."""
        return values if self.present is None else tf.where(self.present, values, 0.0)


class Found(NamedTuple):
    """What a step finds with its rows.

    Their mean loss and correct answers, the new values of the frozen variables, and the gradients
    of the loss with respect to the trainable ones.
    """

    log: Any
    frozen: list[Any]
    slopes: list[Any]


class Settings(NamedTuple):
    """The hyperparameters that are data, and what is always true, which XLA must not know."""

    momentum: Any
    penalty: Any
    weight_decay: Any
    clipnorm: Any
    max_norm: Any
    stopping: EarlyStopping
    masks: MaskSettings
    always: Any


@dataclass(frozen=True)
class StepFunctions:
    """Trains and evaluates one Keras model by passing tensors through it.

    Parameters
    ----------
    built : Built
        The network, ending in logits; its own variables are neither read nor changed.
    optimizer : Optimizer
        How to change the weights.
    key : ProgramKey
        What the program is for.
    """

    built: Built
    optimizer: Optimizer
    key: ProgramKey

    @property
    def objective(self) -> Objective:
        """What to minimise."""
        return self.key.objective

    def train(
        self, state: State, rows: Rows, batches: Batches, settings: Settings, number: Any
    ) -> tuple[State, Any]:
        """Take one step; return the new state, and the batch's mean loss and correct answers."""
        size, index = tf.gather(batches.sizes, number), tf.gather(batches.index, number)
        share, rate, corrected = tf.unstack(tf.gather(batches.shares_and_rates, number))
        if not self.key.fused:
            index = index[:size]
        masks = self.built.masks.drawn(settings.masks, batches.first_step, number)
        with masks, self.built.barrier.standing(settings.always if self.key.fused else None):
            batch = Batch(
                batches.X.block(number, tf.size(index), self.key.structure, self.key.room)
                if self.key.sparse
                else self._fetched(rows.X, index),
                tf.gather(rows.y, index),
                tf.gather(rows.weights, index) if self.key.weighted else 1.0,
                tf.cast(size, tf.float32),
                share,
                tf.range(self.key.batch_size) < size if self.key.fused else None,
            )
            found = self._found(state, batch)
        step = StepNumbers(rate, corrected, settings.momentum, self.key.nesterov)
        state = self._updated(state, found.slopes, step, settings)
        return state._replace(frozen=found.frozen), found.log

    def _fetched(self, X: Any, index: Any) -> Any:
        """Return the features of a batch."""
        if not self.key.fused:
            return tf.gather(X, index)
        shape = [self.key.batch_size, *X.shape[1:]]
        if math.prod(shape) > _MOST_FOR_ONE_THREAD or math.prod(X.shape) * X.dtype.size < _SHARED:
            return tf.gather(X, index)
        return self.built.barrier.by_one_thread(
            lambda: tf.gather(X, index), lambda: tf.zeros(shape, X.dtype)
        )

    def _found(self, state: State, batch: Batch) -> Found:
        trainable = self.built.layout.spread(state.trainable)
        with tf.GradientTape() as tape:
            tape.watch(trainable)
            outputs, frozen = self.built.model.stateless_call(
                trainable,
                state.frozen,
                batch.X,
                training=True,
                **({"mask": batch.only_present(batch.n_rows)} if self.key.masked else {}),
            )
            losses = self.objective.losses(batch.y, outputs)
        shares = batch.only_present(tf.ones_like(losses) * batch.share * batch.weights)
        columns = [batch.only_present(losses * shares)]
        if self.objective.scored_in_training:
            columns.append(batch.only_present(self.objective.row_scores(batch.y, outputs)))
        log = channel_sums(tf.stack(columns, 1))
        return Found(
            tf.pad(log, [[0, 2 - len(columns)]]),
            [tf.convert_to_tensor(value) for value in frozen],
            self.built.layout.carry(tape.gradient(losses, trainable, output_gradients=shares)),
        )

    def _updated(
        self, state: State, slopes: list[Any], step: StepNumbers, settings: Settings
    ) -> State:
        """Return the state with new weights and new slots."""
        weights, slots = [], []
        gradients = self._gradients(state.trainable, slopes, settings)
        for number, value in enumerate(self.built.layout.carried):
            weight, gradient = state.trainable[number], gradients[number]
            if value.is_kernel:
                weight -= weight * (settings.weight_decay * step.rate)
            weight, own = self.optimizer.update(
                weight, gradient, [slot[number] for slot in state.slots], step
            )
            if value.constrained and self.key.constrained:
                squares = self._sums_by_unit(tf.square(weight))
                weight *= tf.minimum(1.0, settings.max_norm * tf.math.rsqrt(squares))
            weights.append(weight)
            slots.append(own)
        return State(weights, state.frozen, [list(slot) for slot in zip(*slots, strict=True)])

    def _gradients(self, trainable: list[Any], slopes: list[Any], settings: Settings) -> list[Any]:
        """Return the gradients of the loss with the penalty, clipped."""
        values = zip(self.built.layout.carried, slopes, trainable, strict=True)
        gradients = [
            slope + weight * settings.penalty if value.is_kernel else slope
            for value, slope, weight in values
        ]
        if not self.key.clips:
            return gradients
        total = tf.add_n([channel_sums(tf.reshape(tf.square(g), [-1, 1])) for g in gradients])
        # Where the squares overflow it would be 0, and a fit that has diverged would stand still.
        factor = tf.minimum(1.0, settings.clipnorm * tf.math.rsqrt(total)) + (total - total)
        return [gradient * factor for gradient in gradients]

    def _sums_by_unit(self, values: Any) -> Any:
        """Sum over all axes but the last, in the way that is fastest for what runs the step."""
        if self.key.fused:
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
        layout = self.built.layout
        following = progress.after(
            loss,
            score,
            layout.keep(state.trainable, state.frozen),
            settings.stopping,
            n_epochs=tf.cast(ended, tf.float32),
            where=tf.where,
            together=tf.stack,
        )
        return following, loss, score

    def _evaluate(self, state: State, validation: ValidationRows) -> tuple[Any, Any]:
        n_rows = tf.shape(validation.counts)[0]
        block = rows_per_call(self.built.model)
        if self.key.fused:
            block = min(block, validation.counts.shape[0])

        def rows_from(values: Any, start: Any) -> Any:
            size = block if self.key.fused else tf.minimum(block, n_rows - start)
            if isinstance(values, SparseRows):
                key = self.key
                return values.block(start // block, size, key.structure, key.validation_room)
            others = len(values.shape) - 1
            return tf.slice(values, [start, *[0] * others], [size, *[-1] * others])

        def add(start: Any, loss: Any, score: Any) -> tuple[Any, Any, Any]:
            part = ValidationRows(*(rows_from(values, start) for values in validation))
            outputs, _ = self.built.model.stateless_call(
                self.built.layout.spread(state.trainable), state.frozen, part.X, training=False
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
