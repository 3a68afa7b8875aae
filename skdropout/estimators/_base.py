"""From checked data to fitted attributes: what every estimator does in the same way."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdropout.estimators._fitted import FittedNetwork
from skdropout.estimators._holdout import hold_out
from skdropout.estimators._kind import T
from skdropout.estimators._monte_carlo import mask_seeds
from skdropout.estimators._parameters import seed_from
from skdropout.estimators._rescaling import learn_rescaling
from skdropout.estimators._sparse_tables import as_sparse_as
from skdropout.estimators._tasks import CallbackSupportMixin, epoch_tasks, with_callbacks
from skdropout.estimators._warm_start import (
    given_weights,
    joined,
    kept_for,
    reject_another_start,
)
from skdropout.training import TrainingJob, TrainingResult, TrainingSet, engine_named, outputs

if TYPE_CHECKING:
    from scikeras.wrappers import BaseWrapper


@dataclass(kw_only=True, eq=False, repr=False)
class NetworkEstimator(CallbackSupportMixin, FittedNetwork[T]):
    """An estimator whose fitted state is a description of a network and its weights in NumPy."""

    history_: dict[str, list[float]] = field(init=False)
    n_iter_: int = field(init=False)
    loss_: float = field(init=False)
    best_epoch_: int | None = field(init=False)
    best_loss_: float | None = field(init=False)
    best_score_: float | None = field(init=False)

    def to_scikeras(self) -> "BaseWrapper":
        """Return the same network as an unfitted scikeras estimator, to go on from in Keras.

        It builds, compiles and trains the network on its own, as its parameter ``network``, a copy
        of this estimator, says: what ``optimizer``, ``loss`` and ``metrics`` leave open is taken
        from there. Its ``model`` may be replaced by any other function that returns a Keras model,
        for inputs of the shape ``meta["feature_encoder_"].shape_``. Fitted weights do not go with
        it. With ``early_stopping`` its validation rows are the last ones, ``scoring="r2"`` goes by
        the loss, ``"accuracy"`` by each label, and there is no ``refit``. With a ``random_state``,
        scikeras seeds Python, NumPy and TensorFlow while it builds and trains, and sets them back.

        Returns
        -------
        scikeras.wrappers.KerasClassifier or scikeras.wrappers.KerasRegressor
            An estimator with parameters of its own.

        Raises
        ------
        ImportError
            If scikeras cannot be imported. Importing it changes ``keras.Model`` for the process.

        Examples
        --------
        >>> from skdropout import DropoutMLPClassifier
        >>> wrapper = DropoutMLPClassifier(dropout=0.2, epochs=5).to_scikeras()
        >>> wrapper.set_params(loss="hinge").epochs
        5
        """
        self._validate_params()
        try:
            from skdropout.estimators._scikeras import scikeras_estimator
        except Exception as error:
            raise ImportError(
                f"to_scikeras needs scikeras >= 0.13, which cannot be imported: {error}. Install "
                "it (pip install 'scikeras>=0.13')."
            ) from error
        return scikeras_estimator(self)

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
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Training rows, without missing or infinite values. Here and wherever rows are passed,
            they may be SciPy's sparse matrices and arrays, whose rows may hold flattened images.
            The whole table is never written out.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            What to predict: for a classifier, class labels of any type or a multilabel indicator
            matrix; for a regressor, numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Whole numbers count copies: 3 is exactly three copies of the row, and 0 leaves it out.
            Other numbers are scaled to a mean of one and multiply the row's loss (unless
            ``shuffle=False``, equal rows share the mean of theirs).
        X_val : array-like of shape (n_samples_val, n_features), default=None
            Validation rows; early stopping uses these instead of setting training rows aside. In a
            pipeline, ``network__X_val=X_val`` reaches the network as it is, past the steps before
            it: scale and encode these rows yourself, or turn metadata routing on and have
            ``Pipeline(transform_input=["X_val"])`` put them through these steps.
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
            X, y = self._check_X_y(X, y, reset=not going_on)
            sample_weight = self._check_weight(sample_weight, X)
            y = self._checked_target(y)
            if not going_on:
                self._take_target(self._target_of(y, classes))
            everything = self._training_set(X, y, sample_weight)
            network = self._network_for(self._input_shape, self._target.n_outputs)
            earlier = None
            if going_on:
                reject_another_start(network, self)
                earlier = kept_for(self.optimizer, self._result)
            elif self.initial_weights is not None:
                engine_named(self.engine)  # before TensorFlow starts, for which it prepares
                earlier = given_weights(self.initial_weights, network)
            seed = seed_from(self.random_state)
            rows, validation_set = self._set_aside(everything, seed, validation, partial)
            if not going_on:
                self._take_target(self._target.fitted_to(rows))
            rows = self._target.rescaled(rows)
            if validation_set is not None:
                validation_set = self._target.rescaled(validation_set)
                if self.scoring != "loss" and not self._target.can_be_scored(validation_set):
                    raise ValueError(
                        f"scoring={self.scoring!r} needs validation rows with different targets, "
                        "and all of them have the same. Use more rows, or scoring='loss'."
                    )
            job = TrainingJob(
                network=network,
                objective=self._objective(self._target),
                plan=self._plan(
                    seed,
                    stops=validation_set is not None and self.early_stopping and not partial,
                    first_epoch=self._result.n_epochs if going_on else 0,
                    first_step=earlier.n_steps if earlier else 0,
                    partial=partial,
                ),
                rows=rows,
                validation=validation_set,
                rescaling=None if earlier else self._rescaling(rows),
                earlier=earlier,
                callbacks=tuple(self.callbacks or ()),
                verbose=bool(self.verbose),
            )
            return self._train(job, everything, (X, y, sample_weight))

    def _rescaling(self, rows: TrainingSet) -> tuple[np.ndarray, np.ndarray] | None:
        return learn_rescaling(self.rescale, rows, n_channels=self._input_shape[-1])

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
        self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> TrainingSet:
        encoded = self._target.encode(y)
        return TrainingSet.from_arrays(
            X,
            encoded,
            sample_weight,
            loss_weight=self._loss_weight(y, sample_weight),
            keep_order=not self.shuffle,
        )

    def _set_aside(
        self,
        rows: TrainingSet,
        seed: int,
        validation: tuple[Any, Any, Any],
        partial: bool,
    ) -> tuple[TrainingSet, TrainingSet | None]:
        X_val, y_val, sample_weight_val = validation
        if X_val is not None and y_val is not None:
            try:
                X_val, y_val = self._check_X_y(X_val, y_val, reset=False)
                X_val = as_sparse_as(rows.X, X_val, self._input_shape)
                sample_weight_val = self._check_weight(sample_weight_val, X_val)
                validation_set = self._training_set(
                    X_val, self._checked_target(y_val), sample_weight_val
                )
            except ValueError as error:
                raise ValueError(f"X_val, y_val or sample_weight_val: {error}") from error
            return rows, validation_set
        if any(given is not None for given in validation):
            raise ValueError(
                "X_val and y_val belong together, and sample_weight_val to both: pass X_val and "
                "y_val, or none of them."
            )
        if partial or not self.early_stopping:
            return rows, None
        strata = self._target.strata(rows.y)
        return hold_out(
            rows, self.validation_fraction, seed=seed, strata=strata, shuffle=self.shuffle
        )

    @with_callbacks
    def _train(self, job: TrainingJob, everything: TrainingSet, given: tuple[Any, ...]) -> Self:
        with epoch_tasks(self, job, *given) as observed:
            result = engine_named(self.engine).train(observed)
            if self.refit and result.best_epoch is not None:
                result = self._refit(job, result, everything)
            return self._keep(job, result)

    def _refit(
        self, job: TrainingJob, chosen: TrainingResult, everything: TrainingSet
    ) -> TrainingResult:
        """Train on all rows for the epochs that early stopping chose."""
        assert chosen.best_epoch is not None
        plan = replace(job.plan, epochs=chosen.best_epoch + 1, early_stopping=None)
        rescaling = None if job.earlier else self._rescaling(everything)
        if not job.plan.first_epoch:
            self._take_target(self._target.fitted_to(everything))
        job = replace(job, plan=plan, rows=self._target.rescaled(everything), rescaling=rescaling)
        result = engine_named(self.engine).train(replace(job, validation=None, callbacks=()))
        validated = {k: v for k, v in chosen.history.items() if k.startswith("val_")}
        n_epochs = chosen.best_epoch + 1
        history = {**result.history, **{k: v[:n_epochs] for k, v in validated.items()}}
        return replace(result, history=history, best_epoch=chosen.best_epoch)

    def _keep(self, job: TrainingJob, result: TrainingResult) -> Self:
        """Turn what training left behind into fitted attributes."""
        n_before = len(self.history_["loss"]) if job.plan.first_epoch else 0
        history = joined(self.history_, result.history) if n_before else result.history
        self.__dict__.pop("model_", None)
        self._result = result
        self.network_, self._rescaled_by = job.network, self.rescale
        self.history_ = history
        self.n_iter_ = len(history["loss"])
        self.loss_ = history["loss"][-1]
        self.best_epoch_ = self.best_loss_ = self.best_score_ = None
        if result.best_epoch is not None:
            best = {name: values[result.best_epoch] for name, values in result.history.items()}
            self.best_epoch_ = n_before + result.best_epoch
            self.best_loss_ = best["val_loss"]
            self.best_score_ = best[f"val_{job.objective.score_name}"]
        return self

    def _outputs(self, X: Any) -> np.ndarray:
        """Return what the network says of the rows."""
        check_is_fitted(self)
        return outputs(self.network_, self._result.weights, self._check_X(X), self.engine)

    def _samples(self, X: Any, n_samples: Any, random_state: Any) -> Iterator[np.ndarray]:
        """Yield outputs of shape (n_samples, n_rows, n_outputs), one block of rows after another.

        The first samples are the same however many are drawn, and whatever the other rows are.
        """
        check_is_fitted(self)
        X = self._check_X(X)
        seeds = mask_seeds(self, n_samples, random_state)
        return engine_named(self.engine).samples(self.network_, self._result.weights, X, seeds)
