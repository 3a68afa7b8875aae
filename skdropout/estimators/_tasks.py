"""scikit-learn's callbacks, which it has since 1.9: every epoch of a fit is a task of theirs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from inspect import signature
from typing import Any, TypeVar

import numpy as np

from skdropout.training import TrainingJob, TrainingResult

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:
    F = TypeVar("F", bound=Callable[..., Any])

    class CallbackSupportMixin:  # type: ignore[no-redef]  # in place of the import
        """Offers nothing: this scikit-learn has no callbacks."""

    def with_callbacks(method: F) -> F:
        """Return the method as it is."""
        return method


__all__ = ["CallbackSupportMixin", "epoch_tasks", "with_callbacks"]


@contextmanager
def epoch_tasks(
    estimator: Any, job: TrainingJob, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None
) -> Iterator[TrainingJob]:
    """Have the callbacks of an estimator, where it has any, watch the epochs of a job."""
    if not getattr(estimator, "_skl_callbacks", None):
        yield job
        return
    metadata = None if sample_weight is None else {"sample_weight": sample_weight}
    given = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
    fit = estimator._init_callback_context(max_subtasks=job.plan.epochs)
    fit.call_on_fit_task_begin(**given)
    yield replace(job, observer=_EpochTasks(job, fit, given))
    fit.call_on_fit_task_end(**given, reconstruction_attributes={})


class _EpochTasks:
    """Opens a task at the beginning of each epoch and closes it at the end.

    Callbacks that ask for no fitted estimator, such as progress bars, hear of the epochs of some
    tenths of a second at once: a fit of many short epochs would else take many times as long.
    """

    def __init__(self, job: TrainingJob, fit: Any, given: dict[str, Any]) -> None:
        self._job, self._fit, self._given = job, fit, given

    @property
    def sees_each_epoch(self) -> bool:
        return any(
            "fitted_estimator" in signature(callback.on_fit_task_end).parameters
            for callback in self._given["estimator"]._skl_callbacks
        )

    def begin_epoch(self) -> None:
        self._epoch = self._fit.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._given)

    def end_epochs(self, n_epochs: int, so_far: Callable[[], TrainingResult]) -> bool:
        stops = self._end_epoch(so_far)
        for _ in range(n_epochs - 1):
            self.begin_epoch()
            stops |= self._end_epoch(so_far)
        return stops

    def _end_epoch(self, so_far: Callable[[], TrainingResult]) -> bool:
        def attributes() -> dict[str, Any]:
            return vars(copy(self._given["estimator"])._keep(self._job, so_far()))

        return bool(
            self._epoch.call_on_fit_task_end(**self._given, reconstruction_attributes=attributes)
        )
