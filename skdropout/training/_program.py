"""The compiled loop: many training steps of one network structure in a single call.

The loop carries weights, optimiser slots and the layers' own state as tensors, so a program holds
nothing of any fit and may serve several threads at once. All that a search varies comes in as
data: dropout rates are weights of their layers, and learning rates, momentum, max-norm and weight
decay are arguments. Only an architecture, a batch size or a much larger table needs another one.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from skdropout.networks import Network
from skdropout.training._objectives import Objective
from skdropout.training._optimizers import OPTIMIZERS, Step

_MOST_STEPS = 4096
_OPERATIONS_PER_CALL = 2.5e9  # about 0.1 to 0.3 seconds, after which Ctrl-C is heard


@dataclass(frozen=True)
class ProgramKey:
    """All that a program depends on: two fits with the same key share one program."""

    structure: Network
    objective: Objective
    optimizer: str
    nesterov: bool
    batch_size: int
    capacity: int | None
    dtype: str
    weighted: bool

    @property
    def fused(self) -> bool:
        """Whether XLA compiles the loop; it then needs a fixed number of rows."""
        return self.capacity is not None


class State(NamedTuple):
    """What a step changes: trainable weights, the layers' other variables, optimiser slots."""

    trainable: list[Any]
    frozen: list[Any]
    slots: list[list[Any]]


class Rows(NamedTuple):
    """The table on the device, padded to the program's capacity."""

    X: Any
    y: Any
    weights: Any


class Batches(NamedTuple):
    """A chunk of the plan: the rows, the size and the learning rate of each step."""

    index: Any
    sizes: Any
    rates: Any
    n_steps: Any
    first_step: Any


class Settings(NamedTuple):
    """The hyperparameters that are data."""

    momentum: Any
    weight_decay: Any
    max_norm: Any


class Program:
    """A network structure with its training loop, traced and compiled once."""

    def __init__(self, key: ProgramKey) -> None:
        self.key = key
        self.model = key.structure.build(fused=key.fused)
        self.optimizer = OPTIMIZERS[key.optimizer]
        self.steps_per_call = steps_per_call(self.model, key.batch_size)
        self._train = tf.function(
            self._loop, jit_compile=key.fused, autograph=False, input_signature=self._signature()
        ).get_concrete_function()

    def train(self, state: State, rows: Rows, batches: Batches, settings: Settings) -> Any:
        """Take the steps of a chunk; return the new state and each step's loss and hits."""
        return self._train(state, rows, batches, settings)

    def _signature(self) -> tuple[Any, ...]:
        key, steps = self.key, self.steps_per_call

        def spec(shape: tuple[int | None, ...], dtype: Any = tf.float32) -> tf.TensorSpec:
            return tf.TensorSpec(shape, dtype)

        def like(variables: list[Any]) -> list[tf.TensorSpec]:
            return [spec(tuple(v.shape), v.dtype) for v in variables]

        trainable = self.model.trainable_variables
        multiclass = key.objective is Objective.MULTICLASS
        y_shape = () if multiclass else (key.structure.n_outputs,)
        return (
            State(
                like(trainable),
                like(self.model.non_trainable_variables),
                [like(trainable) for _ in self.optimizer.slots],
            ),
            Rows(
                spec((key.capacity, *key.structure.input_shape), tf.as_dtype(key.dtype)),
                spec((key.capacity, *y_shape), tf.int32 if multiclass else tf.float32),
                spec((key.capacity if key.weighted else 1,)),
            ),
            Batches(
                spec((steps, key.batch_size), tf.int32),
                spec((steps,), tf.int32),
                spec((steps,)),
                spec((), tf.int32),
                spec((), tf.int32),
            ),
            Settings(spec(()), spec(()), spec(())),
        )

    def _loop(self, state: State, rows: Rows, batches: Batches, settings: Settings) -> Any:
        def body(number: Any, state: State, logs: Any) -> Any:
            state, log = self._step(state, rows, batches, settings, number)
            return number + 1, state, tf.tensor_scatter_nd_update(logs, [[number]], [log])

        logs = tf.zeros([self.steps_per_call, 2])
        _, state, logs = tf.while_loop(
            lambda number, *_: number < batches.n_steps,
            body,
            (tf.constant(0), state, logs),
            parallel_iterations=1,
        )
        return state, logs

    def _step(
        self, state: State, rows: Rows, batches: Batches, settings: Settings, number: Any
    ) -> tuple[State, Any]:
        size = batches.sizes[number]
        index = batches.index[number]
        present = None
        if self.key.fused:  # the shapes are fixed: a short batch is padded with weightless rows
            present = tf.range(self.key.batch_size) < size
        else:
            index = index[:size]
        X, y = tf.gather(rows.X, index), tf.gather(rows.y, index)
        options = {"mask": present} if self.key.fused and self._batch_normalised else {}
        with tf.GradientTape() as tape:
            tape.watch(state.trainable)
            outputs, frozen = self.model.stateless_call(
                state.trainable, state.frozen, X, training=True, **options
            )
            losses = self.key.objective.losses(y, outputs)
            if self.key.weighted:
                losses *= tf.gather(rows.weights, index)
            if present is not None:
                losses = tf.where(present, losses, 0.0)
            loss = tf.reduce_sum(losses) / tf.cast(size, tf.float32)
        gradients = tape.gradient(loss, state.trainable)
        trainable, slots = self._update(
            state, gradients, batches.rates[number], batches.first_step + number + 1, settings
        )
        hits = self.key.objective.hits(y, outputs)
        if present is not None:
            hits = tf.where(present, hits, 0.0)
        frozen = [tf.convert_to_tensor(value) for value in frozen]
        return State(trainable, frozen, slots), tf.stack([loss, tf.reduce_sum(hits)])

    @property
    def _batch_normalised(self) -> bool:
        return self.key.structure.batch_normalised

    def _update(
        self, state: State, gradients: list[Any], rate: Any, count: Any, settings: Settings
    ) -> tuple[list[Any], list[list[Any]]]:
        step = Step(rate, tf.cast(count, tf.float32), settings.momentum, self.key.nesterov)
        weights, slots = [], []
        for number, variable in enumerate(self.model.trainable_variables):
            weight = state.trainable[number]
            if variable.name == "kernel":
                weight -= weight * (settings.weight_decay * rate)
            weight, own = self.optimizer.update(
                weight, gradients[number], [slot[number] for slot in state.slots], step
            )
            if variable.constraint is not None:
                weight = _project(weight, settings.max_norm)
            weights.append(weight)
            slots.append(own)
        return weights, [list(slot) for slot in zip(*slots, strict=True)]


def _project(kernel: Any, max_norm: Any) -> Any:
    """Scale the weights into each unit down to the norm where they exceed it.

    The squares are summed by a product with ones: XLA's own sums over rows cost several times more.
    """
    squares = tf.reshape(tf.square(kernel), [-1, kernel.shape[-1]])
    norms = tf.matmul(tf.ones([1, squares.shape[0]]), squares)[0]
    return kernel * tf.minimum(1.0, max_norm * tf.math.rsqrt(norms))


def steps_per_call(model: keras.Model, batch_size: int) -> int:
    """Return how many steps a call may take to answer within a fraction of a second."""
    operations = 6 * batch_size * multiplications(model)
    return int(
        2 ** np.clip(np.log2(_OPERATIONS_PER_CALL / operations) // 1, 0, np.log2(_MOST_STEPS))
    )


def multiplications(model: keras.Model) -> int:
    """Count the multiplications that one row costs on its way through the network."""
    return sum(
        int(np.prod(layer.kernel.shape)) * int(np.prod(layer.output.shape[1:-1], initial=1))
        for layer in model.layers
        if hasattr(layer, "kernel")
    )


_lock = threading.RLock()
_first_process: list[int] = []


@contextmanager
def tracing() -> Iterator[None]:
    """Let one thread at a time trace, in a process in which TensorFlow can work."""
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            f"engine='compiled' needs Keras on TensorFlow, and Keras runs on "
            f"{keras.backend.backend()!r} here. Use engine='keras', or start Python with "
            "KERAS_BACKEND=tensorflow."
        )
    with _lock:
        if not _first_process:
            _first_process.append(os.getpid())
        if _first_process[0] != os.getpid():
            raise RuntimeError(
                "this process was forked from one in which TensorFlow had already run, and "
                "TensorFlow's threads do not survive a fork. Start workers with joblib's loky "
                "backend, with multiprocessing's 'spawn' method, or use threads."
            )
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
