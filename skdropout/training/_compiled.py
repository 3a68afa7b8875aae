"""The compiled engine: whole chunks of the plan in one call."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf
from tqdm.auto import tqdm

from skdropout.networks import Network
from skdropout.training._callbacks import EpochCallbacks, reject_nothing_left
from skdropout.training._inference import predictor_for, sampler_for
from skdropout.training._job import TrainingJob
from skdropout.training._plan import OPTIMIZER_NAMES
from skdropout.training._program import Program, program_for
from skdropout.training._result import DivergenceError, Ending, TrainingResult, reject_divergence
from skdropout.training._step import Held, Rows, Settings, State, Watched
from skdropout.training._tables import (
    Epochs,
    key_of,
    training_rows,
    validation_rows,
    with_full_batches,
)

_NEVER = np.iinfo(np.int32).max


class CompiledEngine:
    """Trains in compiled loops (XLA where that is faster), predicts with a traced forward pass."""

    def train(self, job: TrainingJob) -> TrainingResult:
        """Train, and return what came of it."""
        if job.plan.optimizer not in OPTIMIZER_NAMES:
            raise ValueError(
                f"engine='compiled' takes an optimiser by its name ({', '.join(OPTIMIZER_NAMES)}), "
                f"got a {type(job.plan.optimizer).__name__} object. Use engine='keras' for objects."
            )
        job = with_full_batches(job)
        return _Run(job, program_for(key_of(job))).result()

    def outputs(self, network: Network, weights: list[np.ndarray], X: np.ndarray) -> np.ndarray:
        """Return the network's outputs, of shape (n_rows, n_outputs)."""
        return predictor_for(network, X.dtype).outputs(weights, X)

    def samples(
        self, network: Network, weights: list[np.ndarray], X: np.ndarray, seeds: np.ndarray
    ) -> Iterator[np.ndarray]:
        """Yield the outputs of thinned networks, one block of rows after another."""
        return sampler_for(network, X.dtype).samples(weights, X, seeds)


class _Run:
    """One fit on its way through the compiled loop."""

    def __init__(self, job: TrainingJob, program: Program) -> None:
        self.job, self.program = job, program
        self.history: dict[str, list[float]] = {}
        self.n_steps = job.plan.first_step
        self.learning_rate = job.plan.learning_rate
        self.ending = Ending.FINISHED
        self.state = self._first_state()
        best = [*self.state.trainable, *self.state.frozen] if job.validation else []
        infinity = tf.constant(np.inf, tf.float32)
        self.watched = Watched(infinity, tf.constant(0), infinity, best)

    def result(self) -> TrainingResult:
        """Carry the plan out."""
        job, plan, program = self.job, self.job.plan, self.program
        positions = job.rows.positions
        rows = training_rows(job.rows, program.key)
        held = validation_rows(job.validation, program.key)
        settings = self._settings()
        at_once = max(1, program.steps_per_call // plan.steps_per_epoch(len(positions)))
        bar = tqdm(total=plan.epochs, unit="epoch", desc="fit", disable=not job.verbose)
        callbacks = EpochCallbacks(job, self)
        with bar, callbacks:
            first = self._resume(callbacks.first_epoch)
            chunks = Epochs.of(plan, positions, 1 if job.by_epoch else at_once)
            for epochs in islice(chunks, first, None):
                done = first + len(self.history.get("loss", []))
                callbacks.begin_epoch(done)
                self._train(epochs, rows, held, settings)
                bar.set_postfix(loss=self.history["loss"][-1], refresh=False)
                bar.update(first + len(self.history["loss"]) - done)
                if self._ends(callbacks, settings, first):
                    break
        return self.so_far()

    @property
    def weights(self) -> list[Any]:
        """The values of the model's weights now, in Keras's order."""
        return self._in_order([*self.state.trainable, *self.state.frozen])

    @weights.setter
    def weights(self, values: list[Any]) -> None:
        model = self.program.model
        known = {id(v): value for v, value in zip(model.weights, values, strict=True)}

        def merged(variables: list[Any], old: list[Any]) -> list[Any]:
            pairs = zip(variables, old, strict=True)
            return [tf.convert_to_tensor(known.get(id(v), value)) for v, value in pairs]

        self.state = self.state._replace(
            trainable=merged(model.trainable_variables, self.state.trainable),
            frozen=merged(model.non_trainable_variables, self.state.frozen),
        )

    @property
    def optimizer_state(self) -> list[Any]:
        """The values of the optimiser's variables now."""
        return [value for slot in self.state.slots for value in slot]

    @optimizer_state.setter
    def optimizer_state(self, values: list[Any]) -> None:
        self.state = self.state._replace(slots=self._by_kind(values))

    def _by_kind(self, values: list[Any]) -> list[list[Any]]:
        tensors = [tf.convert_to_tensor(value) for value in values]
        width = len(self.program.model.trainable_variables)
        return [tensors[start : start + width] for start in range(0, len(tensors), width)]

    def _in_order(self, values: list[Any]) -> list[Any]:
        """Sort values of the trainable and then of the other variables as Keras does."""
        model = self.program.model
        variables = [*model.trainable_variables, *model.non_trainable_variables]
        known = {id(v): value for v, value in zip(variables, values, strict=True)}
        return [known[id(variable)] for variable in model.weights]

    def _first_state(self) -> State:
        job, model = self.job, self.program.model
        weight_seed, mask_seed = job.seeds
        earlier = None if job.earlier is None else job.earlier.weights
        masks = iter(mask_seed.generate_state(len(model.non_trainable_variables)).tolist())
        self.state = State(
            [None] * len(model.trainable_variables),
            [
                np.array([next(masks), 0], v.dtype) if v.name == "seed_generator_state" else None
                for v in model.non_trainable_variables
            ],
            self._first_slots(),
        )
        self.weights = job.network.initial_weights(model, weight_seed, job.rescaling, earlier)
        return self.state

    def _first_slots(self) -> list[list[Any]]:
        trainable = self.program.model.trainable_variables
        fresh = [
            np.full(v.shape, value, np.float32)
            for value in self.program.optimizer.slots
            for v in trainable
        ]
        earlier = self.job.earlier.optimizer_state if self.job.earlier else []
        if [value.shape for value in earlier] == [value.shape for value in fresh]:
            fresh = earlier
        return self._by_kind(fresh)

    def _resume(self, first_epoch: int) -> int:
        """Draw the masks that come after those of the epochs that a callback has restored."""
        reject_nothing_left(first_epoch, self.job.plan)
        steps = first_epoch * self.job.plan.steps_per_epoch(self.job.rows.epoch_size)
        variables = self.program.model.non_trainable_variables
        self.state = self.state._replace(
            frozen=[
                value + tf.cast([0, steps], value.dtype)
                if v.name == "seed_generator_state"
                else value
                for v, value in zip(variables, self.state.frozen, strict=True)
            ]
        )
        return first_epoch

    def _settings(self) -> Settings:
        plan, rule = self.job.plan, self.job.plan.early_stopping
        return Settings(
            momentum=tf.constant(plan.momentum, tf.float32),
            penalty=tf.constant(plan.penalty(self.job.rows.epoch_size), tf.float32),
            weight_decay=tf.constant(plan.weight_decay, tf.float32),
            max_norm=tf.constant(self.job.network.max_norm or np.inf, tf.float32),
            tol=tf.constant(rule.tol if rule else 0.0, tf.float32),
            patience=tf.constant(rule.n_iter_no_change if rule else _NEVER),
        )

    def _train(self, epochs: Epochs, rows: Rows, held: Held, settings: Settings) -> None:
        logs: list[np.ndarray] = []
        length = self.program.steps_per_call
        for batches in epochs.chunks(length, self.n_steps, self.learning_rate):
            self.state, self.watched, taken, log = self.program.run(
                self.state, self.watched, rows, held, batches, settings
            )
            logs.append(log.numpy()[: int(taken)].astype(np.float64))
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
        columns = {"loss": np.add.reduceat(logs[:, 0] * sizes, starts) / n_rows}
        if self.job.objective.has_accuracy:
            columns["accuracy"] = np.add.reduceat(logs[:, 1], starts) / n_rows
        if self.job.validation is not None:
            columns["val_loss"] = logs[ends, 2]
            if self.job.objective.has_accuracy:
                columns["val_accuracy"] = logs[ends, 3]
        done = len(self.history.get("loss", []))
        for name, values in columns.items():
            if not np.isfinite(values).all():
                worst = int(np.argmin(np.isfinite(values)))
                raise DivergenceError(done + worst, self.learning_rate, values[worst])
            self.history.setdefault(name, []).extend(values.tolist())

    def _ends(self, callbacks: EpochCallbacks, settings: Settings, first: int) -> bool:
        if callbacks.end_epoch(first + len(self.history["loss"]) - 1):
            self.ending = Ending.CALLBACK
            return True
        if self.watched.waited >= settings.patience:
            self.ending = Ending.EARLY
            return True
        return False

    def so_far(self) -> TrainingResult:
        """Return what has come of it until now."""
        stops = self.job.plan.early_stopping is not None and self.job.validation is not None
        weights = self._in_order(self.watched.best) if stops else self.weights
        weights = [np.array(value) for value in weights]
        reject_divergence(weights, self.history, self.learning_rate)
        return TrainingResult(
            weights=weights,
            optimizer_state=[value.numpy() for value in self.optimizer_state],
            history={name: list(values) for name, values in self.history.items()},
            n_steps=self.n_steps,
            best_epoch=int(np.argmin(self.history["val_loss"])) if stops else None,
            ending=self.ending,
        )
