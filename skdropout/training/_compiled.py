"""The compiled engine: whole chunks of the plan in one call."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from tqdm.auto import tqdm

from skdropout.networks import Network
from skdropout.training._callbacks import (
    KerasListeners,
    Listeners,
    check_callbacks,
    check_restored,
    losses_of,
    reject_batch_level,
)
from skdropout.training._checkpoint import Snapshot, checkpoint_of
from skdropout.training._cost import n_blocks, rows_per_call
from skdropout.training._divergence import diverged, reject_divergence, reject_no_best
from skdropout.training._first_weights import first_weights
from skdropout.training._inference import predictor_for, sampler_for
from skdropout.training._job import TrainingJob
from skdropout.training._plan import OPTIMIZER_NAMES
from skdropout.training._program import Program, check_tensorflow, program_for
from skdropout.training._result import TrainingResult
from skdropout.training._sparse_rows import reject_filling
from skdropout.training._step import Rows, Settings, State, ValidationRows
from skdropout.training._stopping import EarlyStopping, Progress
from skdropout.training._tables import (
    Epochs,
    key_of,
    training_rows,
    validation_rows,
    with_full_batches,
)

_NEVER = float(np.finfo(np.float32).max)


class CompiledEngine:
    """Trains in compiled loops (XLA where that is faster), predicts with a traced forward pass."""

    def check(self, job: TrainingJob) -> None:
        """Raise for what only `Model.fit` can do, and for Keras on another backend."""
        if job.plan.optimizer not in OPTIMIZER_NAMES:
            raise ValueError(
                f"engine='compiled' takes an optimiser by its name ({', '.join(OPTIMIZER_NAMES)}), "
                f"got a {type(job.plan.optimizer).__name__} object. Use engine='keras' for objects."
            )
        check_callbacks(job.callbacks, job.plan)
        reject_batch_level(job.callbacks)
        if job.earlier is not None:
            reject_filling(job.network, job.earlier.weights, job.rows.X)
        check_tensorflow()

    def train(self, job: TrainingJob) -> TrainingResult:
        """Train, and return what came of it."""
        self.check(job)
        job = with_full_batches(job)
        return CompiledFit(job, program_for(key_of(job))).result()

    def outputs(self, network: Network, weights: list[np.ndarray], X: np.ndarray) -> np.ndarray:
        """Return the network's outputs, of shape (n_rows, n_outputs)."""
        return predictor_for(network, weights, X).outputs(weights, X)

    def samples(
        self, network: Network, weights: list[np.ndarray], X: np.ndarray, seeds: np.ndarray
    ) -> Iterator[np.ndarray]:
        """Yield the outputs of thinned networks, one block of rows after another."""
        return sampler_for(network, X.dtype).samples(weights, X, seeds)


class CompiledFit:
    """One fit on its way through the compiled loop."""

    def __init__(self, job: TrainingJob, program: Program) -> None:
        self.job, self.program = job, program
        self.history: dict[str, list[float]] = {}
        self.n_steps, self.n_restored = job.plan.first_step, 0
        self.learning_rate = job.plan.learning_rate
        self.state = first_state(job, program)
        start = Progress.start(tf.zeros(program.layout.size if job.validation else 0))
        self.progress = start._replace(numbers=tf.constant(start.numbers, tf.float32))
        rule = job.plan.early_stopping or EarlyStopping(n_iter_no_change=_NEVER, tol=0.0)
        self.stopping = EarlyStopping(
            tf.constant(min(rule.n_iter_no_change, _NEVER), tf.float32),
            tf.constant(rule.tol, tf.float32),
            tf.constant(rule.by_score),
        )

    def result(self) -> TrainingResult:
        """Carry the plan out."""
        job, plan, program = self.job, self.job.plan, self.program
        rows = training_rows(job.rows, program.key)
        validation = validation_rows(job.validation, program.key, rows_per_call(program.model))
        bar = tqdm(total=plan.epochs, unit="epoch", desc="fit", disable=not job.verbose)
        listeners = (KerasListeners if job.callbacks else Listeners)(job, self)
        checkpoint = checkpoint_of(job, "compiled")
        with bar, listeners:
            first = self.n_restored = self._resume(listeners.first_epoch)
            done = first + self._take_up(checkpoint.load())
            bar.update(done - first)
            for epochs in Epochs.of(job, 1 if job.by_epoch else self._at_once(), done):
                if self.progress.gives_up(self.stopping):
                    break
                done = first + len(self.history.get("loss", []))
                listeners.begin_epoch(done)
                self._train(epochs, rows, validation)
                bar.set_postfix(losses_of(self.history), refresh=False)
                bar.update(first + len(self.history["loss"]) - done)
                checkpoint.save(self._snapshot)
                if listeners.end_epoch(first + len(self.history["loss"]) - 1):
                    break
        return self.so_far()

    def _at_once(self) -> int:
        """Return how many epochs a call takes; a look at a row costs a third of training on it."""
        n_rows = 0 if self.job.validation is None else len(self.job.validation.rows)
        looking = n_blocks(n_rows, 3 * self.job.plan.batch_size)
        return max(1, self.program.steps_per_call // (len(self.job.batch_sizes()) + looking))

    def _snapshot(self) -> Snapshot:
        arrays = [value.numpy() for value in tf.nest.flatten((self.state, self.progress))]
        return Snapshot(arrays, self.history)

    def _take_up(self, saved: Snapshot | None) -> int:
        """Go on from where a fit was; return the epochs that it had done."""
        if saved is None:
            return 0
        tree = self.state, self.progress
        tensors = map(tf.convert_to_tensor, saved.arrays)
        state, self.progress = tf.nest.pack_sequence_as(tree, list(tensors))
        self.state = self.program.held(state)
        self.history = saved.history
        n_epochs = len(saved.history["loss"])
        self.n_steps += n_epochs * len(self.job.batch_sizes())
        return n_epochs

    @property
    def weights(self) -> list[Any]:
        """The values of the model's weights now, in Keras's order."""
        layout, state = self.program.layout, self.state
        return layout.join(layout.spread(_arrays(state.trainable)), _arrays(state.frozen))

    @weights.setter
    def weights(self, values: list[Any]) -> None:
        self._put(values, self.program.layout.seed_states(self.state.frozen))

    def _put(self, weights: list[Any], seed_states: list[Any]) -> None:
        layout = self.program.layout
        trainable, frozen = layout.split(weights, seed_states)
        state = self.state._replace(
            trainable=_tensors(layout.carry(trainable)), frozen=_tensors(frozen)
        )
        self.state = self.program.held(state)

    @property
    def optimizer_state(self) -> list[Any]:
        """The values of the optimiser's variables now."""
        spread = self.program.layout.spread
        return [value for slot in self.state.slots for value in spread(_arrays(slot))]

    @optimizer_state.setter
    def optimizer_state(self, values: list[Any]) -> None:
        self.state = self.program.held(self.state._replace(slots=_slots(values, self.program)))

    def _resume(self, first_epoch: int) -> int:
        """Draw the masks that come after those of the epochs that a callback has restored."""
        check_restored(first_epoch, self.job.plan)
        if first_epoch == 0:
            return 0
        steps = first_epoch * self.job.plan.steps_per_epoch(self.job.rows.epoch_size)
        seed_states = self.program.layout.seed_states(self.state.frozen)
        self._put(self.weights, [s + tf.cast([0, steps], s.dtype) for s in seed_states])
        return first_epoch

    def _settings(self) -> Settings:
        plan, layout, masks = self.job.plan, self.program.layout, self.program.masks
        rates = [float(rate) for rate in layout.rates(self.state.frozen)]  # callbacks may set some
        return Settings(
            momentum=tf.constant(plan.momentum, tf.float32),
            penalty=tf.constant(plan.penalty(self.job.rows.epoch_size), tf.float32),
            weight_decay=tf.constant(plan.weight_decay, tf.float32),
            clipnorm=tf.constant(plan.global_clipnorm or np.inf, tf.float32),
            max_norm=tf.constant(self.job.network.max_norm or np.inf, tf.float32),
            stopping=self.stopping,
            masks=masks.settings(rates, plan.seeds.masks()),
            always=tf.constant(True),
        )

    def _train(self, epochs: Epochs, rows: Rows, validation: ValidationRows) -> None:
        logs: list[np.ndarray] = []
        settings = self._settings()
        length = self.program.steps_per_call
        correction, room = self.program.optimizer.correction, self.program.key.room
        for batches in epochs.chunks(length, self.n_steps, self.learning_rate, correction, room):
            self.state, self.progress, taken, *tables = self.program.run(
                self.state, self.progress, rows, validation, batches, settings
            )
            log = [table.numpy()[: int(taken)] for table in tables if table.shape[0]]
            logs.append(np.concatenate(log, axis=1, dtype=np.float64))
            if taken < batches.n_steps:
                break
        self._record(np.concatenate(logs), epochs)

    def _record(self, logs: np.ndarray, epochs: Epochs) -> None:
        """Sum up the steps of each epoch; a stopped chunk ends with an epoch, too."""
        self.n_steps += len(logs)
        ends = np.flatnonzero(epochs.ends[: len(logs)])
        starts = np.append(0, ends[:-1] + 1)
        sizes = epochs.sizes[: len(logs)]
        n_rows = np.add.reduceat(sizes, starts)
        score = self.job.objective.score_name
        columns = {"loss": np.add.reduceat(logs[:, 0] * sizes, starts) / n_rows}
        if self.job.objective.scored_in_training:
            columns[score] = np.add.reduceat(logs[:, 1], starts) / n_rows
        if self.job.plan.schedule != "constant":
            columns["learning_rate"] = self.learning_rate * epochs.rates[starts].astype(float)
        if self.job.validation is not None:
            columns["val_loss"] = logs[ends, 2]
            columns[f"val_{score}"] = logs[ends, 3]
        done = self.n_restored + len(self.history.get("loss", []))
        finite = np.isfinite(columns["loss"])
        if not finite.all():
            worst = int(np.argmin(finite))
            raise diverged(self.job, done + worst, columns["loss"][worst], self.learning_rate)
        for name, values in columns.items():
            self.history.setdefault(name, []).extend(values.tolist())

    def so_far(self) -> TrainingResult:
        """Return what has come of it until now: the memory of tensors, of which no copy is made."""
        stops = self.job.plan.early_stopping is not None and self.job.validation is not None
        kept = np.asarray(self.progress.kept)
        weights = self.program.layout.kept(kept) if stops else self.weights
        n_epochs = self.n_restored + len(self.history["loss"])
        reject_divergence(self.job, weights, n_epochs, self.learning_rate)
        reject_no_best(self.job, self.history, self.learning_rate)
        return TrainingResult(
            weights=weights,
            optimizer_state=self.optimizer_state,
            history={name: list(values) for name, values in self.history.items()},
            n_steps=self.n_steps,
            best_epoch=self._best_epoch() if stops else None,
            optimizer=self.job.plan.optimizer_name,
            n_epochs=self.job.plan.first_epoch + n_epochs,
        )

    def _best_epoch(self) -> int:
        rule, score = self.job.plan.early_stopping, self.job.objective.score_name
        if rule is not None and rule.by_score:
            return int(np.nanargmax(self.history[f"val_{score}"]))
        return int(np.nanargmin(self.history["val_loss"]))


def first_state(job: TrainingJob, program: Program) -> State:
    """Return what a fit starts from."""
    layout = program.layout
    earlier = None if job.earlier is None else job.earlier.weights
    seeds = job.plan.seeds
    weights = first_weights(job.network, layout, seeds, job.rescaling, earlier)
    trainable, frozen = layout.split(weights, seeds.states(layout.n_seed_states))
    state = State(
        _tensors(layout.carry(trainable)),
        [
            tf.convert_to_tensor(given, value.dtype)
            for value, given in zip(layout.frozen, frozen, strict=True)
        ],
        _first_slots(job, program),
    )
    return program.held(state)


def _first_slots(job: TrainingJob, program: Program) -> list[list[Any]]:
    trainable = program.layout.trainable
    fresh = [
        np.full(value.shape, first, np.float32)
        for first in program.optimizer.slots
        for value in trainable
    ]
    earlier = job.earlier.optimizer_state if job.earlier else []
    if [value.shape for value in earlier] == [value.shape for value in fresh]:
        fresh = earlier
    return _slots(fresh, program)


def _slots(values: list[Any], program: Program) -> list[list[Any]]:
    width = len(program.layout.trainable)
    starts = range(0, len(values), width)
    return [_tensors(program.layout.carry(values[s : s + width])) for s in starts]


def _arrays(values: list[Any]) -> list[np.ndarray]:
    """Return arrays in the memory of tensors."""
    return [np.asarray(tf.convert_to_tensor(value)) for value in values]


def _tensors(values: list[Any]) -> list[Any]:
    return [tf.convert_to_tensor(value) for value in values]
