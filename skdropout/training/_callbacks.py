"""Callbacks at the ends of epochs, around the compiled loop."""

from typing import Any, Protocol, Self

import keras
import numpy as np

from skdropout.training._job import TrainingJob
from skdropout.training._plan import TrainingPlan
from skdropout.training._result import TrainingResult
from skdropout.training.models import compiled_model, inner, optimizer_slots

_BATCH_HOOKS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)


class RunningFit(Protocol):
    """What callbacks see and may change of a fit."""

    weights: list[Any]
    optimizer_state: list[Any]
    history: dict[str, list[float]]
    learning_rate: float
    n_steps: int

    def so_far(self) -> TrainingResult:
        """Return what ending the fit now would bring."""


class Listeners:
    """Who hears of the epochs of a running fit: here the job's observer, who changes nothing."""

    first_epoch = 0  # a callback may have restored a fit that was interrupted

    def __init__(self, job: TrainingJob, run: RunningFit) -> None:
        self._run, self._observer = run, job.observer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """Nothing is to be put away."""

    def begin_epoch(self, epoch: int) -> None:
        """Tell them that an epoch begins."""
        if self._observer is not None:
            self._observer.begin_epoch()
        self._first = epoch

    def end_epoch(self, epoch: int) -> bool:
        """Tell them what the epoch brought; say whether one wants to stop."""
        if self._observer is None:
            return False
        return self._observer.end_epochs(epoch + 1 - self._first, self._run.so_far)


class KerasListeners(Listeners):
    """Shows a running fit to Keras callbacks as a Keras model, and takes their changes back."""

    def __init__(self, job: TrainingJob, run: RunningFit) -> None:
        super().__init__(job, run)
        self._callbacks = job.callbacks
        forget_earlier_fits(job.callbacks)
        self._model = compiled_model(job)
        # Callbacks look for the metrics, which are there once they have been computed.
        some = self._model(np.zeros((1, *job.network.input_shape), job.rows.X.dtype))
        self._model.compute_metrics(None, job.rows.y[:1], some)
        self._model.reset_metrics()
        self._logs: dict[str, float] = {}
        self._n_trainable = len(self._model.trainable_variables)
        self._slots = optimizer_slots(self._model.optimizer)
        last = keras.callbacks.LambdaCallback(on_epoch_end=lambda _, logs: self._keep(logs))
        self._list = keras.callbacks.CallbackList(
            [*job.callbacks, last],
            add_history=True,
            epochs=job.plan.epochs,
            steps=job.plan.steps_per_epoch(job.rows.epoch_size),
            verbose=0,
        )

    def __enter__(self) -> Self:
        try:
            self._list.set_model(self._model)
            self._model.stop_training = False
            self._tell("on_train_begin")
        except BaseException:  # after which nobody calls `__exit__`
            let_go(self._callbacks)
            raise
        self.first_epoch = self._model._initial_epoch or 0
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        try:
            if kind is None:
                self._tell("on_train_end", self._logs)
        finally:
            let_go(self._callbacks)

    def begin_epoch(self, epoch: int) -> None:
        """Tell the callbacks that an epoch begins; they may change weights and learning rate."""
        self._tell("on_epoch_begin", epoch)
        super().begin_epoch(epoch)

    def end_epoch(self, epoch: int) -> bool:
        """Tell the callbacks what the epoch brought; say whether one wants to stop."""
        self._show()
        self._logs = self._last_values()
        if "val_loss" in self._logs:
            self._tell_of_validation()
        self._tell("on_epoch_end", epoch, self._logs)
        stops = super().end_epoch(epoch)
        return stops or bool(self._model.stop_training)

    def _tell(self, hook: str, *given: Any) -> None:
        getattr(self._list, hook)(*given)
        if len(self._model.trainable_variables) != self._n_trainable:
            raise ValueError(
                f"a callback has changed which layers are trainable ({hook}), and "
                "engine='compiled' trains all of them. Use engine='keras' for it, and change "
                "them in on_train_begin."
            )
        self._take_changes()

    def _tell_of_validation(self) -> None:
        """Tell the callbacks of the look at the validation rows, which is over already."""
        before = self._model.get_weights()
        self._tell("on_test_begin")
        pairs = zip(before, self._model.get_weights(), strict=True)
        if not all(np.array_equal(old, new) for old, new in pairs):
            raise ValueError(
                "a callback changes the weights for the validation (on_test_begin), which "
                "engine='compiled' has done by then. Use engine='keras' for it."
            )
        found = {k[4:]: value for k, value in self._logs.items() if k.startswith("val_")}
        self._tell("on_test_end", found)

    def _last_values(self) -> dict[str, float]:
        """Return what the engine found in this epoch, not what callbacks wrote after the last."""
        history = self._run.history
        n_epochs = len(history["loss"])
        return {name: values[-1] for name, values in history.items() if len(values) == n_epochs}

    def _keep(self, logs: dict[str, float]) -> None:
        """Add to the history what callbacks have written into the logs of an epoch."""
        new = {name: value for name, value in logs.items() if name not in self._logs}
        add_to_history(self._run.history, new)

    def _show(self) -> None:
        """Bring the model into the state of the fit."""
        self._model.set_weights(self._run.weights)
        for slot, value in zip(self._slots, self._run.optimizer_state, strict=False):
            slot.assign(value)  # Keras's gradient descent without momentum has none
        self._model.optimizer.iterations.assign(self._run.n_steps)

    def _take_changes(self) -> None:
        """Take over what a callback has done to the model."""
        self._run.weights = self._model.get_weights()
        if self._slots:
            self._run.optimizer_state = [slot.numpy() for slot in self._slots]
        self._run.n_steps = int(self._model.optimizer.iterations.numpy())
        rate = self._model.optimizer._learning_rate
        if hasattr(rate, "assign"):  # not a schedule, which the plan has worked out already
            self._run.learning_rate = float(rate.numpy())


def add_to_history(history: dict[str, list[float]], logs: dict[str, float]) -> None:
    """Add what was found in the last epoch; what some epochs lack is nan there."""
    n_epochs = len(history["loss"])
    for name in {**history, **logs}:
        column = history.setdefault(name, [])
        column += [np.nan] * (n_epochs - len(column))
        if name in logs:
            column[-1] = float(logs[name])


def losses_of(history: dict[str, list[float]]) -> dict[str, float]:
    """Return what a progress bar shows of the last epoch."""
    return {name: values[-1] for name, values in history.items() if name in ("loss", "val_loss")}


def check_callbacks(callbacks: tuple[Any, ...], plan: TrainingPlan) -> None:
    """Raise unless all are Keras callbacks that fit the plan."""
    setters = keras.callbacks.LearningRateScheduler, keras.callbacks.ReduceLROnPlateau
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                f"callbacks expects keras.callbacks.Callback objects, got {callback!r}."
            )
        if isinstance(callback, setters) and plan.schedule != "constant":
            raise ValueError(
                f"the callback {type(callback).__name__} sets the learning rate, and so does "
                f"learning_rate_schedule={plan.schedule!r}. Use one of them: leave the callback "
                "away, or set learning_rate_schedule='constant'."
            )


def reject_late_averages(callbacks: tuple[Any, ...], plan: TrainingPlan) -> None:
    """Raise where early stopping never sees the weights that an optimiser averages."""
    optimizer, swaps = inner(plan.optimizer), keras.callbacks.SwapEMAWeights
    if not plan.early_stopping or not getattr(optimizer, "use_ema", False):
        return
    in_time = any(isinstance(one, swaps) and one.swap_on_epoch for one in callbacks)
    if not in_time and optimizer.ema_overwrite_frequency is None:
        raise ValueError(
            "use_ema=True has the optimiser put averaged weights in place when training is over, "
            "and early_stopping=True keeps those of the best epoch, which are not averaged. Leave "
            "one of the two off, or add keras.callbacks.SwapEMAWeights(swap_on_epoch=True)."
        )


def forget_earlier_fits(callbacks: tuple[Any, ...]) -> None:
    """Have callbacks forget what they remember of another fit."""
    for callback in callbacks:
        if isinstance(callback, keras.callbacks.EarlyStopping):
            # Before Keras 3.15 it holds a fit, or that of a clone, against the best of the last.
            callback.best = None


def check_restored(first_epoch: int, plan: TrainingPlan) -> None:
    """Raise where a callback has restored a fit that cannot go on."""
    if first_epoch >= plan.epochs:
        raise ValueError(
            f"a callback has restored a fit after epoch {first_epoch}, and epochs={plan.epochs} "
            "leaves none to train. Delete what it has stored, or raise epochs."
        )
    if first_epoch and plan.early_stopping:
        raise ValueError(
            f"a callback has restored a fit after epoch {first_epoch}, but not what early_stopping "
            "had kept of its best epoch. Delete what it has stored, and the fit begins anew. For "
            "fits that may be interrupted, leave early_stopping off, and have "
            "keras.callbacks.ModelCheckpoint store the weights of each epoch."
        )


def let_go(callbacks: tuple[Any, ...]) -> None:
    """Take models and open files off callbacks, so that the estimator that has them can be copied.

    Where a fit fails, Keras would leave the files open.
    """
    for callback in callbacks:
        callback._model = None
        if isinstance(callback, keras.callbacks.CSVLogger):
            if callback.csv_file:
                callback.csv_file.close()
            callback.csv_file = callback.writer = None
        if isinstance(callback, keras.callbacks.TensorBoard):
            callback._close_writers()
            callback._writers, callback._summary_module = {}, None


def reject_batch_level(callbacks: tuple[Any, ...]) -> None:
    """Raise where a callback acts on single batches."""
    for callback in callbacks:
        if _keeps_to_epochs(callback):
            continue
        for hook in _BATCH_HOOKS:
            own = getattr(callback, hook)
            if getattr(own, "__func__", own) is not getattr(keras.callbacks.Callback, hook):
                raise ValueError(
                    f"the callback {type(callback).__name__} acts on single batches ({hook}), and "
                    "engine='compiled' reports whole epochs. Use engine='keras' for it."
                )


def _keeps_to_epochs(callback: Any) -> bool:
    """Say whether one of Keras's callbacks has hooks for batches that do nothing of weight."""
    known = keras.callbacks
    if isinstance(callback, known.TensorBoard):
        return callback.update_freq == "epoch" and not callback._should_trace
    if isinstance(callback, known.ModelCheckpoint | known.BackupAndRestore):
        return callback.save_freq == "epoch"
    return isinstance(callback, known.TerminateOnNaN | known.ProgbarLogger)
