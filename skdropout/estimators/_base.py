"""From checked data to fitted attributes: what every estimator does in the same way."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from skdropout.estimators._holdout import hold_out
from skdropout.estimators._notebook import DrawnNetwork
from skdropout.estimators._parameters import TrainingParameters, seed_from
from skdropout.estimators._rescaling import learn_rescaling
from skdropout.estimators._tasks import CallbackSupportMixin, epoch_tasks, with_callbacks
from skdropout.estimators._warm_start import joined, reject_another_network
from skdropout.networks import Network
from skdropout.training import (
    Objective,
    TrainingJob,
    TrainingResult,
    TrainingSet,
    engine_named,
)

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Target:
    """An encoded target and all that training has to know of it."""

    y: np.ndarray
    objective: Objective
    n_outputs: int
    loss_weight: np.ndarray | None = None
    strata: np.ndarray | None = None


@dataclass(kw_only=True, eq=False, repr=False)
class NetworkEstimator(CallbackSupportMixin, DrawnNetwork, TrainingParameters):
    """An estimator whose fitted state is a description of a network and its weights in NumPy."""

    @abstractmethod
    def _describe_network(self, input_shape: tuple[int, ...], n_outputs: int) -> Network:
        """Describe the network that the parameters ask for."""

    @abstractmethod
    def _encode(
        self, y: Any, sample_weight: np.ndarray | None, *, reset: bool, classes: Any = None
    ) -> Target:
        """Check a target and encode it; with ``reset``, learn the encoding from it."""

    def _check_rows(self, X: Any, y: Any = "no_validation", *, reset: bool, **options: Any) -> Any:
        """Check the features as scikit-learn does, and ``y`` with them where it is given."""
        options = {"reset": reset, "dtype": np.float32, "order": "C", **options}
        if isinstance(y, str):
            return validate_data(self, X, **options)
        return validate_data(self, X, y, multi_output=True, **options)

    @cached_property
    def model_(self) -> "keras.Model":
        """A Keras model with the fitted weights that ends in predictions, or in probabilities."""
        check_is_fitted(self)
        import keras

        core = self.network_.build(fused=False)
        core.set_weights(self.weights_)
        model = keras.Model(core.input, self._ending()(core.output), name=core.name)
        model(core.input)  # it exports to ONNX only what has been called
        return model

    @abstractmethod
    def _ending(self) -> "keras.layers.Layer":
        """Make the layer that turns the network's outputs into predictions."""

    @abstractmethod
    def _best_score(self, job: TrainingJob) -> float:
        """Return the score of the validation rows after the best epoch."""

    def _scaled(self, rows: TrainingSet, *, reset: bool) -> TrainingSet:
        """Turn the targets into what the network learns; with ``reset``, learn how."""
        return rows

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("model_", None)  # Keras objects do not travel; the model is built again on use
        return state

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Train the network; a fit that fails leaves the estimator as it was.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows, without missing or infinite values.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            What to predict: for a classifier, class labels of any type or a multilabel indicator
            matrix; for a regressor, numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Whole numbers count copies: 3 is exactly three copies of the row, and 0 leaves it out.
            Other numbers are scaled to a mean of one and multiply the row's loss (unless
            ``shuffle=False``, equal rows share the mean of theirs).
        X_val : array-like of shape (n_samples_val, n_features), default=None
            Rows to watch; early stopping uses these instead of setting training rows aside. With
            metadata routing, ``Pipeline(transform_input=["X_val"])`` puts them through the steps
            before the network.
        y_val : array-like of shape (n_samples_val,) or (n_samples_val, n_outputs), default=None
            What to predict of them.
        sample_weight_val : array-like of shape (n_samples_val,), default=None
            Their weights.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError
            If the data or a parameter are not as described.
        DivergenceError
            If the loss becomes infinite or not a number.
        """
        self._validate_params()
        going_on = self.warm_start and hasattr(self, "weights_")
        return self._fit(X, y, sample_weight, (X_val, y_val, sample_weight_val), going_on=going_on)

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        validation: tuple[Any, Any, Any] = (None, None, None),
        *,
        classes: Any = None,
        going_on: bool,
        partial: bool = False,
    ) -> Self:
        """Train, from new weights or going on from those of the last fit."""
        with self._all_or_nothing():
            X, y = self._check_rows(X, y, reset=not going_on)
            sample_weight = _checked_weight(sample_weight, X)
            target = self._encode(y, sample_weight, reset=not going_on, classes=classes)
            everything = self._training_set(X, target, sample_weight)
            network = replace(
                self._describe_network(X.shape[1:], target.n_outputs),
                rescaled=self.rescale is not None,
            )
            if going_on:
                reject_another_network(network, self.network_)
            seed = seed_from(self.random_state)
            rows, held = self._set_aside(everything, target, seed, validation, partial)
            rows = self._scaled(rows, reset=not going_on)
            if held is not None:
                held = self._scaled(held, reset=False)
            job = TrainingJob(
                network=network,
                objective=target.objective,
                plan=self._plan(
                    seed,
                    epochs=1 if partial else int(self.epochs),
                    stops=held is not None and self.early_stopping and not partial,
                    first_epoch=self.n_iter_ if going_on else 0,
                    first_step=self._result.n_steps if going_on else 0,
                ),
                rows=rows,
                validation=held,
                rescaling=None if going_on else learn_rescaling(self.rescale, rows),
                earlier=self._result if going_on else None,
                callbacks=tuple(self.callbacks or ()),
                verbose=bool(self.verbose),
            )
            return self._train(job, everything, (X, y, sample_weight))

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """Leave the estimator as it was, unfitted or fitted, where a fit fails or is stopped."""
        before = self.__dict__.copy()
        try:
            yield
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    def _training_set(
        self, X: np.ndarray, target: Target, sample_weight: np.ndarray | None
    ) -> TrainingSet:
        return TrainingSet.from_arrays(
            X,
            target.y,
            sample_weight,
            loss_weight=target.loss_weight,
            keep_order=not self.shuffle,
        )

    def _set_aside(
        self,
        rows: TrainingSet,
        target: Target,
        seed: int,
        validation: tuple[Any, Any, Any],
        partial: bool,
    ) -> tuple[TrainingSet, TrainingSet | None]:
        X_val, y_val, sample_weight_val = validation
        if X_val is not None and y_val is not None:
            try:
                X_val, y_val = self._check_rows(X_val, y_val, reset=False)
                sample_weight_val = _checked_weight(sample_weight_val, X_val)
                held = self._encode(y_val, sample_weight_val, reset=False)
            except ValueError as error:
                raise ValueError(f"X_val, y_val or sample_weight_val: {error}") from error
            return rows, self._training_set(X_val, held, sample_weight_val)
        if any(given is not None for given in validation):
            raise ValueError(
                "X_val and y_val belong together, and sample_weight_val to both: pass X_val and "
                "y_val, or none of them."
            )
        if partial or not self.early_stopping:
            return rows, None
        return hold_out(
            rows, self.validation_fraction, seed=seed, strata=target.strata, shuffle=self.shuffle
        )

    @with_callbacks
    def _train(self, job: TrainingJob, everything: TrainingSet, given: tuple[Any, ...]) -> Self:
        with epoch_tasks(self, job, *given) as watched:
            result = engine_named(self.engine).train(watched)
            if self.refit and result.best_epoch is not None:
                result = self._refit(job, result, everything)
            return self._keep(job, result)

    def _refit(
        self, job: TrainingJob, chosen: TrainingResult, everything: TrainingSet
    ) -> TrainingResult:
        """Train on all rows for the epochs that early stopping chose."""
        assert chosen.best_epoch is not None
        plan = replace(job.plan, epochs=chosen.best_epoch + 1, early_stopping=None)
        rescaling = None if job.earlier else learn_rescaling(self.rescale, everything)
        rows = self._scaled(everything, reset=job.earlier is None)
        job = replace(job, plan=plan, rows=rows, rescaling=rescaling)
        result = engine_named(self.engine).train(replace(job, validation=None, callbacks=()))
        watched = {k: v for k, v in chosen.history.items() if k.startswith("val_")}
        n_epochs = chosen.best_epoch + 1
        history = {**result.history, **{k: v[:n_epochs] for k, v in watched.items()}}
        return replace(result, history=history, best_epoch=chosen.best_epoch)

    def _keep(self, job: TrainingJob, result: TrainingResult) -> Self:
        """Turn what training left behind into fitted attributes."""
        self.__dict__.pop("model_", None)
        self._result = result
        self.network_ = job.network
        self.weights_ = result.weights
        n_before = job.plan.first_epoch
        self.history_ = (
            joined(vars(self)["history_"], result.history) if n_before else (result.history)
        )
        self.n_iter_ = len(self.history_["loss"])
        self.loss_ = self.history_["loss"][-1]
        self.best_epoch_ = self.best_loss_ = self.best_score_ = None
        if result.best_epoch is not None:
            self.best_epoch_ = n_before + result.best_epoch
            self.best_loss_ = self.history_["val_loss"][self.best_epoch_]
            self.best_score_ = self._best_score(job)
        return self

    def _outputs(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        X = self._check_rows(X, reset=False)
        return engine_named(self.engine).outputs(self.network_, self.weights_, X)


def _checked_weight(sample_weight: Any, X: np.ndarray) -> np.ndarray | None:
    if sample_weight is None:
        return None
    checked = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
    if not checked.any():
        raise ValueError("all sample weights are zero, which leaves no row to train on.")
    return checked
