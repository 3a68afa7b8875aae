"""The compiled engine: whole chunks of the plan in one call."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from tqdm.auto import tqdm

from skdropout.networks import Network
from skdropout.training._callbacks import EpochCallbacks
from skdropout.training._data import TrainingSet
from skdropout.training._inference import Validation, predictor_for
from skdropout.training._job import TrainingJob, Watch
from skdropout.training._objectives import Objective
from skdropout.training._plan import OPTIMIZER_NAMES, TrainingPlan
from skdropout.training._program import (
    Batches,
    Program,
    ProgramKey,
    Rows,
    Settings,
    State,
    program_for,
)
from skdropout.training._result import DivergenceError, Ending, TrainingResult, reject_divergence


class CompiledEngine:
    """Trains in compiled loops (XLA where that is faster), predicts with a traced forward pass."""

    def train(self, job: TrainingJob) -> TrainingResult:
        """Train, and return what came of it."""
        if job.plan.optimizer not in OPTIMIZER_NAMES:
            raise ValueError(
                f"engine='compiled' takes an optimiser by its name ({', '.join(OPTIMIZER_NAMES)}), "
                f"got a {type(job.plan.optimizer).__name__} object. Use engine='keras' for objects."
            )
        program = program_for(_key(job))
        return _Run(job, program).result()

    def outputs(self, network: Network, weights: list[np.ndarray], X: np.ndarray) -> np.ndarray:
        """Return the network's outputs, of shape (n_rows, n_outputs)."""
        return predictor_for(network, X.dtype).outputs(weights, X)


def _key(job: TrainingJob) -> ProgramKey:
    fused = job.network.fuses_at(job.plan.batch_size)
    return ProgramKey(
        structure=job.network.structure,
        objective=job.objective,
        optimizer=job.plan.optimizer,
        nesterov=job.plan.nesterov,
        batch_size=job.plan.batch_size,
        capacity=_capacity(len(job.rows.X)) if fused else None,
        dtype=str(job.rows.X.dtype),
        weighted=job.rows.weights is not None,
    )


def _capacity(n_rows: int) -> int:
    """Round up, so that tables of about one size share a program: at most twice, or an eighth."""
    octave = max(256, 1 << (n_rows - 1).bit_length())
    if octave <= 1 << 16:
        return octave
    eighth = octave // 16
    return -(-n_rows // eighth) * eighth


@dataclass
class _Group:
    """Some epochs of the plan, as batches."""

    index: np.ndarray
    sizes: np.ndarray
    rates: np.ndarray
    n_epochs: int


def _groups(plan: TrainingPlan, positions: np.ndarray, most_epochs: int) -> Iterator[_Group]:
    steps, batch = plan.steps_per_epoch(len(positions)), plan.batch_size
    sizes = np.full(steps, batch, dtype=np.int32)
    sizes[-1] = len(positions) - (steps - 1) * batch
    orders = plan.orders(positions)
    for start in range(0, plan.epochs, most_epochs):
        n_epochs = min(most_epochs, plan.epochs - start)
        index = np.zeros((n_epochs, steps * batch), dtype=np.int32)
        for epoch in range(n_epochs):
            index[epoch, : len(positions)] = next(orders)
        first = plan.first_step + start * steps
        yield _Group(
            index.reshape(-1, batch),
            np.tile(sizes, n_epochs),
            plan.rates(first + np.arange(n_epochs * steps), steps).astype(np.float32),
            n_epochs,
        )


class _Run:
    """One fit on its way through the compiled loop."""

    def __init__(self, job: TrainingJob, program: Program) -> None:
        self.job, self.program = job, program
        self.plan = job.plan
        self.state = self._first_state()
        self.history: dict[str, list[float]] = {}
        self.n_steps = job.plan.first_step
        self.learning_rate = job.plan.learning_rate
        self.best: list[Any] | None = None
        self.ending = Ending.FINISHED
        self.watch = Watch(job.plan.early_stopping)
        self.validation = (
            Validation(job.network, job.objective, job.validation) if job.validation else None
        )

    def result(self) -> TrainingResult:
        """Carry the plan out."""
        job, plan = self.job, self.plan
        positions = job.rows.positions
        table = _rows_on_device(job.rows, self.program.key)
        settings = Settings(
            *(
                tf.constant(value, tf.float32)
                for value in (plan.momentum, plan.weight_decay, job.network.max_norm or np.inf)
            )
        )
        callbacks = EpochCallbacks(job, self)
        singly = self.validation is not None or bool(job.callbacks)
        per_group = self.program.steps_per_call // plan.steps_per_epoch(len(positions))
        bar = tqdm(total=plan.epochs, unit="epoch", desc="fit", disable=not job.verbose)
        with bar, callbacks:
            for group in _groups(plan, positions, 1 if singly else max(1, per_group)):
                callbacks.begin_epoch(len(self.history.get("loss", [])))
                self._train(group, table, settings)
                bar.set_postfix(loss=self.history["loss"][-1], refresh=False)
                bar.update(group.n_epochs)
                if singly and self._ends(callbacks):
                    break
        return self._finish()

    @property
    def weights(self) -> list[Any]:
        """The values of the model's weights now, in Keras's order."""
        model = self.program.model
        known = {
            id(variable): value
            for variables, values in (
                (model.trainable_variables, self.state.trainable),
                (model.non_trainable_variables, self.state.frozen),
            )
            for variable, value in zip(variables, values, strict=True)
        }
        return [known[id(variable)] for variable in model.weights]

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
        tensors = [tf.convert_to_tensor(value) for value in fresh]
        width = len(trainable)
        return [tensors[start : start + width] for start in range(0, len(tensors), width)]

    def _train(self, group: _Group, table: Rows, settings: Settings) -> None:
        call, n_steps = self.program.steps_per_call, len(group.sizes)
        logs = []
        for start in range(0, n_steps, call):
            chunk = slice(start, start + call)
            batches = Batches(
                _padded(group.index[chunk], call),
                _padded(group.sizes[chunk], call),
                _padded(group.rates[chunk] * np.float32(self.learning_rate), call),
                tf.constant(min(call, n_steps - start)),
                tf.constant(self.n_steps),
            )
            self.state, log = self.program.train(self.state, table, batches, settings)
            taken = min(call, n_steps - start)
            logs.append(log.numpy()[:taken].astype(np.float64))
            self.n_steps += taken
        self._record(np.concatenate(logs), group)

    def _record(self, logs: np.ndarray, group: _Group) -> None:
        logs = logs.reshape(group.n_epochs, -1, 2)
        sizes = group.sizes.reshape(group.n_epochs, -1)
        losses = (logs[:, :, 0] * sizes).sum(axis=1) / sizes.sum(axis=1)
        if not np.isfinite(losses).all():
            worst = int(np.argmin(np.isfinite(losses)))
            epoch = len(self.history.get("loss", [])) + worst
            raise DivergenceError(epoch, self.learning_rate, losses[worst])
        self.history.setdefault("loss", []).extend(losses.tolist())
        if self.job.objective.has_accuracy:
            hits = logs[:, :, 1].sum(axis=1) / sizes.sum(axis=1)
            self.history.setdefault("accuracy", []).extend(hits.tolist())

    def _ends(self, callbacks: EpochCallbacks) -> bool:
        epoch = len(self.history["loss"]) - 1
        if self.validation is not None:
            found = self.validation.evaluate(self.weights)
            self.history.setdefault("val_loss", []).append(found.loss)
            if self.job.objective.has_accuracy:
                self.history.setdefault("val_accuracy", []).append(found.accuracy)
            if self.watch.improves(epoch, found.loss):
                self.best = self.weights
        if callbacks.end_epoch(epoch):
            self.ending = Ending.CALLBACK
            return True
        if self.watch.gives_up:
            self.ending = Ending.EARLY
            return True
        return False

    def _finish(self) -> TrainingResult:
        weights = [value.numpy() for value in (self.best or self.weights)]
        reject_divergence(weights, self.history, self.learning_rate)
        return TrainingResult(
            weights=weights,
            optimizer_state=[value.numpy() for slot in self.state.slots for value in slot],
            history=self.history,
            n_steps=self.n_steps,
            best_epoch=self.watch.best_epoch,
            ending=self.ending,
        )


def _padded(values: np.ndarray, length: int) -> Any:
    if len(values) < length:
        values = np.concatenate(
            [values, np.zeros((length - len(values), *values.shape[1:]), values.dtype)]
        )
    return tf.convert_to_tensor(values)


def _rows_on_device(rows: TrainingSet, key: ProgramKey) -> Rows:
    length = key.capacity or len(rows.X)
    y_type = np.int32 if key.objective is Objective.MULTICLASS else np.float32
    weights = np.ones(1, np.float32) if rows.weights is None else _padded(rows.weights, length)
    return Rows(
        _padded(rows.X, length),
        _padded(rows.y.astype(y_type, copy=False), length),
        tf.convert_to_tensor(weights),
    )
