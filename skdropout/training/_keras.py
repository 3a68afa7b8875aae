"""The reference engine: ``Model.fit`` on the batches of the plan."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import keras
import numpy as np
from scipy import sparse
from tqdm.auto import tqdm

from skdropout.networks import Network
from skdropout.networks.layers import Thinning
from skdropout.training._callbacks import (
    add_to_history,
    check_callbacks,
    check_restored,
    forget_earlier_fits,
    let_go,
    losses_of,
    reject_late_averages,
)
from skdropout.training._checkpoint import Snapshot, checkpoint_of
from skdropout.training._cost import (
    MOST_ROWS,
    dozens_of,
    rows_of_samples,
    rows_per_call,
    written_out,
)
from skdropout.training._data import TrainingSet
from skdropout.training._divergence import diverged, reject_divergence, reject_no_best
from skdropout.training._job import TrainingJob
from skdropout.training._objectives import Objective
from skdropout.training._result import TrainingResult
from skdropout.training._stopping import Progress
from skdropout.training.models import compiled_model, optimizer_slots, seed_states, steps_taken

_SOME_ROWS = 32  # of a validation batch, as in Keras


class KerasEngine:
    """Trains anything that ``Model.fit`` trains, on any Keras backend."""

    def check(self, job: TrainingJob) -> None:
        """Raise for callbacks and averages of weights that do not go with the plan."""
        check_callbacks(job.callbacks, job.plan)
        reject_late_averages(job.callbacks, job.plan)

    def train(self, job: TrainingJob) -> TrainingResult:
        """Train, and return what came of it."""
        self.check(job)
        forget_earlier_fits(job.callbacks)
        model = compiled_model(job)
        batches = _Batches(job)
        guard = _Guard(job, batches)
        done = guard.take_up(model)
        try:
            if done < job.plan.epochs and not guard.gives_up:
                model.fit(
                    batches,
                    validation_data=job.validation and _all_of(job.validation, job.network),
                    epochs=job.plan.epochs,
                    initial_epoch=done,
                    callbacks=[_MoreLogs(job), *job.callbacks, guard],
                    shuffle=False,
                    verbose=0,
                )
        finally:
            let_go(job.callbacks)
        return guard.so_far(model)

    def outputs(self, network: Network, weights: list[np.ndarray], X: np.ndarray) -> np.ndarray:
        """Return the network's outputs, of shape (n_rows, n_outputs)."""
        model = network.build()
        model.set_weights(weights)
        return _outputs(model, X)

    def samples(
        self, network: Network, weights: list[np.ndarray], X: np.ndarray, seeds: np.ndarray
    ) -> Iterator[np.ndarray]:
        """Yield the outputs of thinned networks, one block of rows after another."""
        model = network.build(makers={"Dropout": Thinning})
        model.set_weights(weights)
        thinning = [layer for layer in model.layers if isinstance(layer, Thinning)]
        states = [layer.seed_generator.state for layer in thinning]
        n_rows = min(rows_per_call(model), rows_of_samples(len(seeds), network.n_outputs))
        for start, block in dozens_of(X, n_rows):
            inputs, samples = written_out(block, network.input_shape), []
            for own in seeds:
                for state, seed in zip(states, own, strict=True):
                    state.assign(np.array([seed, 0]).astype(state.dtype))
                samples.append(keras.ops.convert_to_numpy(model(inputs, training=False)))
            yield np.stack(samples)[:, : X.shape[0] - start]


class _Batches(keras.utils.PyDataset):
    """The batches of the plan, in the plan's order, one epoch after another."""

    def __init__(self, job: TrainingJob) -> None:
        super().__init__()
        self._job = job
        self._positions = job.rows.positions
        self._orders = job.plan.orders(self._positions)
        self._bounds = np.append(0, np.cumsum(job.batch_sizes()))
        self._order = self._positions  # for Keras's look at the first batches before any epoch

    @property
    def num_batches(self) -> int:
        return len(self._bounds) - 1

    def __getitem__(self, number: int) -> tuple[np.ndarray, ...]:
        rows = self._order[self._bounds[number] : self._bounds[number + 1]]
        return _take(self._job.rows, rows, self._job.network)

    def on_epoch_begin(self) -> None:
        self._order = next(self._orders)

    def skip(self, n_epochs: int) -> None:
        """Begin with a later epoch."""
        self._orders = islice(self._orders, n_epochs, None)


class _MoreLogs(keras.callbacks.Callback):
    """Adds to the logs of each epoch what Keras does not report."""

    def __init__(self, job: TrainingJob) -> None:
        super().__init__()
        self._job = job

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._rate = float(self.model.optimizer.learning_rate)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        assert logs is not None
        objective, validation = self._job.objective, self._job.validation
        schedule = self.model.optimizer._learning_rate
        if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
            logs["learning_rate"] = self._rate
        if validation is not None and not objective.scored_in_training:
            logs[f"val_{objective.score_name}"] = _score(self.model, objective, validation)


class _Guard(keras.callbacks.Callback):
    """Keeps the history and the best weights, shows progress, stops in time or on divergence."""

    def __init__(self, job: TrainingJob, batches: _Batches) -> None:
        super().__init__()
        self._job, self._plan, self._batches = job, job.plan, batches
        self._score_name = f"val_{job.objective.score_name}"
        self._observer = job.observer
        self._bar = tqdm(total=job.plan.epochs, unit="epoch", desc="fit", disable=not job.verbose)
        self._rule = job.plan.early_stopping if job.validation is not None else None
        self._progress = Progress.start(None)
        self.history: dict[str, list[float]] = {}
        self.best_weights: list[np.ndarray] | None = None
        self._n_restored = 0
        self._checkpoint = checkpoint_of(job, f"keras on {keras.backend.backend()}")

    def take_up(self, model: keras.Model) -> int:
        """Go on from where a fit was; return the epochs that it had done."""
        saved = self._checkpoint.load()
        if saved is None:
            return 0
        variables = [*model.variables, *model.optimizer.variables]
        for variable, value in zip(variables, saved.arrays, strict=False):
            variable.assign(value)
        self.best_weights = saved.arrays[len(variables) :] or None
        self.history = saved.history
        columns = (self.history.get(name, []) for name in ("val_loss", self._score_name))
        for epoch, values in enumerate(zip(*columns, strict=True)):
            self._improves(epoch, *values)
        n_epochs = len(self.history["loss"])
        self._batches.skip(n_epochs)
        self._bar.update(n_epochs)
        return n_epochs

    def _snapshot(self) -> Snapshot:
        variables = [*self.model.variables, *self.model.optimizer.variables]
        arrays = [keras.ops.convert_to_numpy(variable) for variable in variables]
        return Snapshot([*arrays, *(self.best_weights or [])], self.history)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Have the batches and the masks follow those of the epochs that a callback restored."""
        self._n_restored = first_epoch = self.model._initial_epoch or 0
        check_restored(first_epoch, self._plan)
        self._n_trainable = len(self.model.trainable_variables)
        if first_epoch:
            self._batches.skip(first_epoch)
            steps = np.array([0, first_epoch * self._batches.num_batches])
            for state in seed_states(self.model):
                state.assign_add(steps.astype(state.dtype))

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if len(self.model.trainable_variables) != self._n_trainable:
            raise ValueError(
                "a callback has changed which layers are trainable, which Keras does not heed once "
                "it trains. Change them in on_train_begin."
            )
        if self._observer is not None:
            self._observer.begin_epoch()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        assert logs is not None
        loss = float(logs["loss"])
        self.history.setdefault("loss", []).append(loss)
        add_to_history(self.history, logs)
        if not np.isfinite(loss):
            raise diverged(self._job, epoch, loss, float(self.model.optimizer.learning_rate))
        if "val_loss" in self.history:
            validation = (self.history[name][-1] for name in ("val_loss", self._score_name))
            if self._improves(epoch, *validation):
                self.best_weights = self.model.get_weights()
        if self.gives_up:
            self.model.stop_training = True
        self._bar.set_postfix(losses_of(self.history), refresh=False)
        self._bar.update()
        self._checkpoint.save(self._snapshot)
        if self._observer is not None:
            stops = self._observer.end_epochs(1, lambda: self.so_far(self.model))
            self.model.stop_training |= stops

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self._bar.close()

    def so_far(self, model: keras.Model) -> TrainingResult:
        """Return what has come of it until now."""
        weights = self.best_weights or model.get_weights()
        n_epochs, rate = len(self.history["loss"]), float(model.optimizer.learning_rate)
        n_epochs += self._n_restored
        reject_divergence(self._job, weights, n_epochs, rate)
        reject_no_best(self._job, self.history, rate)
        return TrainingResult(
            weights=weights,
            optimizer_state=[np.asarray(slot).copy() for slot in optimizer_slots(model.optimizer)],
            history={name: list(values) for name, values in self.history.items()},
            n_steps=int(steps_taken(model.optimizer)),
            best_epoch=self._progress.kept,
            optimizer=self._job.plan.optimizer_name,
            n_epochs=self._plan.first_epoch + n_epochs,
        )

    def _improves(self, epoch: int, loss: float, score: float) -> bool:
        """Take in what an epoch brought to the validation rows; say whether it is the best."""
        if self._rule is None:
            return False
        self._progress = self._progress.after(loss, score, epoch, self._rule)
        return self._progress.kept == epoch

    @property
    def gives_up(self) -> bool:
        """Whether it is time to stop."""
        return self._rule is not None and self._progress.gives_up(self._rule)


def _outputs(model: keras.Model, X: np.ndarray) -> np.ndarray:
    shape = model.input_shape[1:]
    blocks = [
        keras.ops.convert_to_numpy(model(written_out(block, shape), training=False))
        for _, block in dozens_of(X, min(MOST_ROWS, rows_per_call(model)))
    ]
    return np.concatenate(blocks)[: X.shape[0]]


class _Whole(keras.utils.PyDataset):
    """Sparse rows in their own order, some at a time."""

    def __init__(self, data: TrainingSet, network: Network) -> None:
        super().__init__()
        self._data, self._positions, self._network = data, data.positions, network

    @property
    def num_batches(self) -> int:
        return -(-len(self._positions) // _SOME_ROWS)

    def __getitem__(self, number: int) -> tuple[np.ndarray, ...]:
        rows = self._positions[number * _SOME_ROWS : (number + 1) * _SOME_ROWS]
        return _take(self._data, rows, self._network)


def _all_of(data: TrainingSet, network: Network) -> Any:
    if sparse.issparse(data.X):
        return _Whole(data, network)
    return _take(data, data.positions, network)


def _score(model: keras.Model, objective: Objective, rows: TrainingSet) -> float:
    """Return the score of rows, where it is no metric of Keras's."""
    taken = rows.rows
    counts = np.ones(len(taken)) if rows.counts is None else rows.counts
    scale = counts if rows.weights is None else counts * rows.weights[taken]
    weights, y = objective.score_weights(counts, scale).astype(np.float32), rows.y[taken]
    parts = objective.row_scores(y, _outputs(model, rows.X[taken]))
    mean = keras.ops.sum(weights * parts) / weights.sum()
    return float(keras.ops.convert_to_numpy(objective.score(mean, y, weights)))


def _take(data: TrainingSet, rows: np.ndarray, network: Network) -> tuple[np.ndarray, ...]:
    taken = (written_out(data.X[rows], network.input_shape), data.y[rows])
    return taken if data.weights is None else (*taken, data.weights[rows])
