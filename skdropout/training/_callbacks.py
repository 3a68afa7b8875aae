"""Callbacks at the ends of epochs, around the compiled loop."""

from types import TracebackType
from typing import Any, Protocol, Self

from skdropout.training._job import TrainingJob
from skdropout.training._plan import TrainingPlan
from skdropout.training._result import TrainingResult

_BATCH_HOOKS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)


class Run(Protocol):
    """What callbacks see and may change of a fit."""

    weights: list[Any]
    history: dict[str, list[float]]
    learning_rate: float

    def so_far(self) -> TrainingResult:
        """Return what ending the fit now would bring."""


class EpochCallbacks:
    """Shows a running fit to Keras callbacks as a Keras model, and takes their changes back.

    The job's observer, who changes nothing, needs no such model.
    """

    def __init__(self, job: TrainingJob, run: Run) -> None:
        self._run = run
        self._callbacks = job.callbacks
        self._observer = job.observer
        self._list: Any = None
        if not job.callbacks:
            return
        import keras

        from skdropout.training._keras_model import compiled_model

        prepare(job.callbacks, job.plan)
        for callback in job.callbacks:
            _reject_batch_level(callback)
        self._model = compiled_model(job)
        self._list = keras.callbacks.CallbackList(
            list(job.callbacks), model=self._model, epochs=job.plan.epochs, verbose=0
        )

    def __enter__(self) -> Self:
        if self._list is not None:
            self._model.stop_training = False
            self._list.on_train_begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._list is not None and kind is None:
            self._list.on_train_end()
            self._run.weights = self._model.get_weights()
        let_go(self._callbacks)

    def begin_epoch(self, epoch: int) -> None:
        """Tell the callbacks that an epoch begins; they may change weights and learning rate."""
        if self._list is not None:
            self._list.on_epoch_begin(epoch)
            self._take_changes()
        if self._observer is not None:
            self._observer.begin_epoch()
        self._first = epoch

    def end_epoch(self, epoch: int) -> bool:
        """Tell the callbacks what the epoch brought; say whether one wants to stop."""
        stops = False
        if self._list is not None:
            self._model.set_weights(self._run.weights)
            self._list.on_epoch_end(
                epoch, {name: values[-1] for name, values in self._run.history.items()}
            )
            self._take_changes()
            stops = bool(self._model.stop_training)
        if self._observer is not None:
            stops |= self._observer.end_epochs(epoch + 1 - self._first, self._run.so_far)
        return stops

    def _take_changes(self) -> None:
        """Take over what a callback has done to the model."""
        self._run.weights = self._model.get_weights()
        rate = self._model.optimizer._learning_rate
        if hasattr(rate, "assign"):  # not a schedule, which the plan has worked out already
            self._run.learning_rate = float(rate.numpy())


def prepare(callbacks: tuple[Any, ...], plan: TrainingPlan) -> None:
    """Raise unless all are Keras callbacks that fit the plan, and have them forget earlier fits."""
    import keras

    setters = keras.callbacks.LearningRateScheduler, keras.callbacks.ReduceLROnPlateau
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                f"callbacks expects keras.callbacks.Callback objects, got {callback!r}."
            )
        if isinstance(callback, keras.callbacks.EarlyStopping):
            # Before Keras 3.15 it holds a fit, or that of a clone, against the best of the last.
            callback.best = None
        if isinstance(callback, setters) and plan.schedule != "constant":
            raise ValueError(
                f"the callback {type(callback).__name__} sets the learning rate, and so does "
                f"learning_rate_schedule={plan.schedule!r}. Use one of them: leave the callback "
                "away, or set learning_rate_schedule='constant'."
            )


def let_go(callbacks: tuple[Any, ...]) -> None:
    """Take models and open files off callbacks, so that the estimator that has them can be copied.

    Where a fit fails, Keras would leave the files open.
    """
    import keras

    for callback in callbacks:
        callback._model = None
        if isinstance(callback, keras.callbacks.CSVLogger):
            if callback.csv_file:
                callback.csv_file.close()
            callback.csv_file = callback.writer = None


def _reject_batch_level(callback: Any) -> None:
    import keras

    harmless: tuple[type, ...] = (keras.callbacks.TerminateOnNaN,)
    if getattr(callback, "save_freq", None) == "epoch":
        harmless += (keras.callbacks.ModelCheckpoint,)
    if isinstance(callback, harmless):
        return
    for hook in _BATCH_HOOKS:
        own = getattr(callback, hook)
        if getattr(own, "__func__", own) is not getattr(keras.callbacks.Callback, hook):
            raise ValueError(
                f"the callback {type(callback).__name__} acts on single batches ({hook}), and "
                "engine='compiled' reports whole epochs. Use engine='keras' for it."
            )
