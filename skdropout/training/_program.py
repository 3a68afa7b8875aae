"""The compiled loop: many training steps of one network structure in a single call.

The loop carries weights, optimiser slots and the layers' own state as tensors, or is handed the
variables of a fit, so a program holds nothing of any fit and may serve several threads at once. All
that a search varies comes in as data: dropout rates are weights of their layers, and learning
rates, momentum, max-norm, the L2 penalty and weight decay are arguments. Only an architecture, a
batch size or a much larger table needs another one.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skdropout.training._cost import n_blocks, rows_per_call, steps_per_call
from skdropout.training._engine_layers import fused_model, unfused_model
from skdropout.training._garbage import collected_later
from skdropout.training._layout import Value
from skdropout.training._optimizers import OPTIMIZERS, Optimizer
from skdropout.training._program_key import ProgramKey
from skdropout.training._sparse_rows import SparseRows
from skdropout.training._step import (
    Batches,
    Rows,
    Settings,
    State,
    StepFunctions,
    ValidationRows,
)
from skdropout.training._stopping import EarlyStopping, Progress


class Program:
    """A network structure with its training loop, traced and compiled once."""

    def __init__(self, key: ProgramKey) -> None:
        self.key = key
        self.optimizer = OPTIMIZERS[key.optimizer]
        self._steps = _step_functions(key, self.optimizer)
        self.model, self.layout, self.masks, _ = self._steps.built
        self.steps_per_call = steps_per_call(self.model, key.batch_size)
        self._run = tf.function(
            self._loop_in_place if key.in_place else self._loop,
            jit_compile=key.fused,
            autograph=False,
            input_signature=self._signature(),
        ).get_concrete_function()

    def run(
        self,
        state: State,
        progress: Progress,
        rows: Rows,
        validation: ValidationRows,
        batches: Batches,
        settings: Settings,
    ) -> tuple[State, Progress, Any, Any, Any]:
        """Take the steps of a chunk, or fewer where the stopping rule says so.

        Returns the new state, the rule's, the number of steps taken, and two tables with a row for
        each step: loss and correct answers of the batch and, where an epoch ends, validation loss
        and score.
        """
        if not self.key.in_place:
            return self._run(state, progress, rows, validation, batches, settings)
        handles = _each(lambda variable: variable.handle, state)
        new, *others = self._run(handles, progress, rows, validation, batches, settings)
        return (state._replace(frozen=new.frozen), *others)

    def held(self, state: State) -> State:
        """Return a state as `run` takes it: with variables where it changes them in place."""
        return _each(tf.Variable, state) if self.key.in_place else state

    def _loop_in_place(self, handles: State, *others: Any) -> tuple[State, Progress, Any, Any, Any]:
        """Take the steps of a chunk, given the handles of the variables that they change."""

        def read(handle: Any, known: Value) -> Any:
            value = tf.raw_ops.ReadVariableOp(resource=handle, dtype=known.dtype)
            return tf.ensure_shape(value, known.shape)

        def assign(handle: Any, value: Any) -> None:
            tf.raw_ops.AssignVariableOp(resource=handle, value=value)

        known = self.layout.carried
        state = _each(read, handles, State(known, [], [known for _ in handles.slots]))
        state, *found = self._loop(state, *others)
        _each(assign, handles, state)
        return (State([], state.frozen, []), *found)

    def _loop(
        self,
        state: State,
        progress: Progress,
        rows: Rows,
        validation: ValidationRows,
        batches: Batches,
        settings: Settings,
    ) -> tuple[State, Progress, Any, Any, Any]:
        step = self._steps.train
        if not self.key.fused:
            # TensorFlow looks for faster kernels in the order of the nodes, and finds all of them
            # only in a graph without cycles: the step must not be copied into the loop.
            step = tf.function(step, autograph=False, experimental_attributes={"_noinline": True})

        def train(number: Any, _: Any, state: State, logs: Any) -> Any:
            state, log = step(state, rows, batches, settings, number)
            return number + 1, tf.gather(batches.ends, number), state, logs.write(number, log)

        logs = self._logs()
        if not self.key.validated:
            taken, _, state, logs = tf.while_loop(
                lambda number, *_: number < batches.n_steps,
                train,
                (tf.constant(0), tf.constant(False), state, logs),
                parallel_iterations=1,
            )
            return state, progress, taken, logs.stack(), tf.zeros([0, 2])

        def train_epoch(
            number: Any, state: State, progress: Progress, logs: Any, validation_logs: Any
        ) -> Any:
            number, ended, state, logs = tf.while_loop(
                lambda number, ended, *_: tf.logical_and(number < batches.n_steps, ~ended),
                train,
                (number, tf.constant(False), state, logs),
                parallel_iterations=1,
            )
            progress, *log = self._steps.validate(ended, state, validation, progress, settings)
            return number, state, progress, logs, validation_logs.write(number - 1, log)

        taken, state, progress, logs, validation_logs = tf.while_loop(
            lambda number, state, progress, *_: tf.logical_and(
                number < batches.n_steps, ~progress.gives_up(settings.stopping)
            ),
            train_epoch,
            (tf.constant(0), state, progress, logs, self._logs()),
            parallel_iterations=1,
        )
        return state, progress, taken, logs.stack(), validation_logs.stack()

    def _logs(self) -> tf.TensorArray:
        """Make a table for two numbers of each step."""
        return tf.TensorArray(tf.float32, self.steps_per_call, element_shape=[2])

    def _signature(self) -> tuple[Any, ...]:
        key, steps = self.key, self.steps_per_call
        y_shape = key.objective.target_shape(key.structure.n_outputs)

        def spec(shape: tuple[int | None, ...], dtype: Any = tf.float32) -> tf.TensorSpec:
            return tf.TensorSpec(shape, dtype)

        def like(values: list[Value]) -> list[tf.TensorSpec]:
            return [spec(value.shape, value.dtype) for value in values]

        def features(capacity: int | None, dtype: str) -> Any:
            return spec((capacity, *key.structure.input_shape), tf.as_dtype(dtype))

        def targets(capacity: int | None) -> tf.TensorSpec:
            return spec((capacity, *y_shape), tf.as_dtype(key.objective.target_type))

        trainable = like(self.layout.carried)
        if key.in_place:
            trainable = [spec((), tf.resource) for _ in trainable]
        capacity = key.validation_capacity if key.validated else 0
        no_rates = [0.0 for _ in self.layout.rates(self.layout.frozen)]
        no_masks = self.masks.settings(no_rates, np.zeros(2, np.uint32))
        return (
            State(trainable, like(self.layout.frozen), [trainable for _ in self.optimizer.slots]),
            Progress(spec((3,)), spec((self.layout.size if key.validated else 0,))),
            Rows(
                () if key.sparse else features(key.capacity, key.dtype),
                targets(key.capacity),
                spec((key.capacity if key.weighted else 0,)),
            ),
            ValidationRows(
                SparseRows.spec(
                    key.validation_dtype,
                    key.validation_room,
                    n_blocks(capacity or 0, rows_per_call(self.model)),
                )
                if key.sparse and key.validated
                else features(capacity, key.validation_dtype),
                targets(capacity),
                spec((capacity,)),
                spec((capacity,)),
            ),
            Batches(
                X=SparseRows.spec(key.dtype, key.room, steps) if key.sparse else (),
                index=spec((steps, key.batch_size), tf.int32),
                sizes=spec((steps,), tf.int32),
                shares_and_rates=spec((steps, 3)),
                ends=spec((steps,), tf.bool),
                n_steps=spec((), tf.int32),
                first_step=spec((), tf.int32),
            ),
            Settings(
                momentum=spec(()),
                penalty=spec(()),
                weight_decay=spec(()),
                clipnorm=spec(()),
                max_norm=spec(()),
                stopping=EarlyStopping(spec(()), spec(()), spec((), tf.bool)),
                masks=tf.nest.map_structure(tf.TensorSpec.from_tensor, no_masks),
                always=spec((), tf.bool),
            ),
        )


def _step_functions(key: ProgramKey, optimizer: Optimizer) -> StepFunctions:
    if key.fused:
        return StepFunctions(fused_model(key.structure, key.batch_size, key.room), optimizer, key)
    sparse = key.sparse and key.structure.takes_sparse
    return StepFunctions(unfused_model(key.structure, sparse=sparse), optimizer, key)


def _each(function: Callable[..., Any], state: State, *others: State) -> State:
    """Apply a function to all weights and slots, with those of other states beside them."""
    trainable, slots = (
        tf.nest.map_structure(function, *parts)
        for parts in zip(*((one.trainable, one.slots) for one in (state, *others)), strict=True)
    )
    return State(trainable, state.frozen, slots)


_lock = threading.RLock()


def check_tensorflow() -> None:
    """Raise unless Keras runs on TensorFlow, and that as it does by default."""
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            f"engine='compiled' needs Keras on TensorFlow, and Keras runs on "
            f"{keras.backend.backend()!r} here. Use engine='keras', or start Python with "
            "KERAS_BACKEND=tensorflow."
        )
    if not tf.executing_eagerly():
        raise RuntimeError(
            "engine='compiled' needs TensorFlow's eager mode, which is switched off here (by "
            "tf.compat.v1.disable_eager_execution, or inside a tf.Graph). Leave it on, or fit in "
            "a process of its own."
        )


@contextmanager
def tracing() -> Iterator[None]:
    """Let one thread at a time trace, where Keras runs on TensorFlow."""
    check_tensorflow()
    with _lock, collected_later():
        yield


@lru_cache(maxsize=64)
def _compile(key: ProgramKey) -> Program:
    return Program(key)


def program_for(key: ProgramKey) -> Program:
    """Return the program for a key, compiled at the first call for it."""
    with tracing():
        return _compile(key)


def compile_cache_info() -> dict[str, int]:
    """Say how often training found its program compiled.

    Returns
    -------
    dict
        ``hits``, ``misses`` (programs compiled in this process), ``size`` (programs kept now) and
        ``limit`` (programs kept at most; the one unused for longest goes first).
    """
    info = _compile.cache_info()
    return {
        "hits": info.hits,
        "misses": info.misses,
        "size": info.currsize,
        "limit": info.maxsize or 0,
    }
