"""From checked data to fitted attributes: what every estimator does in the same way."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import InvalidParameterError, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from skdropout.estimators._holdout import hold_out
from skdropout.estimators._parameters import TrainingParameters
from skdropout.estimators._rescaling import learn_rescaling
from skdropout.networks import Network
from skdropout.training import (
    EarlyStopping,
    Objective,
    TrainingJob,
    TrainingPlan,
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
class NetworkEstimator(TrainingParameters):
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
        """A Keras model with the fitted weights, whose outputs are probabilities (or values)."""
        check_is_fitted(self)
        import keras

        core = self.network_.build(fused=False)
        core.set_weights(self.weights_)
        activation = {Objective.MULTICLASS: "softmax", Objective.REGRESSION: "linear"}.get(
            self._objective, "sigmoid"
        )
        ending = keras.layers.Activation(activation, dtype="float32", name="outputs")
        return keras.Model(core.input, ending(core.output), name=core.name)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("model_", None)  # Keras objects do not travel; the model is built again on use
        return state

    def _validate_params(self) -> None:
        try:
            super()._validate_params()
        except InvalidParameterError as error:
            raise InvalidParameterError(f"{error}{self._suggestion()}") from None
        for name, value in self.get_params(deep=False).items():
            if isinstance(value, type):
                raise InvalidParameterError(
                    f"The {name!r} parameter of {type(self).__name__} expects an object, got the "
                    f"class {value.__name__}. Pass {name}={value.__name__}()."
                )

    def _suggestion(self) -> str:
        for name, constraints in self._parameter_constraints.items():
            known = {s for c in constraints if isinstance(c, StrOptions) for s in c.options}
            value = getattr(self, name)
            if isinstance(value, str) and known and value not in known:
                near = get_close_matches(value.lower(), known, n=1, cutoff=0.4)
                return f" Did you mean {near[0]!r}?" if near else ""
        return ""

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
                _reject_another_network(network, self.network_)
            seed = self._seed()
            rows, held = self._set_aside(everything, target, seed, validation, partial)
            job = TrainingJob(
                network=network,
                objective=target.objective,
                plan=self._plan(seed, going_on, partial, watched=held is not None),
                rows=rows,
                validation=held,
                rescaling=None if going_on else learn_rescaling(self.rescale, rows),
                earlier=self._result if going_on else None,
                callbacks=tuple(self.callbacks or ()),
                verbose=bool(self.verbose),
            )
            result = engine_named(self.engine).train(job)
            if self.refit and result.best_epoch is not None:
                result = self._refit(job, result, everything)
            return self._keep(job, result)

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

    def _seed(self) -> int:
        if self.random_state is None:
            return int(np.random.SeedSequence().generate_state(1)[0])
        if isinstance(self.random_state, np.random.RandomState):
            return int(check_random_state(self.random_state).randint(2**31 - 1))
        return int(self.random_state)

    def _plan(self, seed: int, going_on: bool, partial: bool, *, watched: bool) -> TrainingPlan:
        stops = watched and self.early_stopping and not partial
        return TrainingPlan(
            optimizer=self.optimizer,
            learning_rate=float(self.learning_rate),
            schedule=self.learning_rate_schedule,
            decay=float(self.learning_rate_decay),
            momentum=float(self.momentum),
            nesterov=bool(self.nesterov) and self.optimizer == "sgd",
            weight_decay=float(self.weight_decay),
            batch_size=int(self.batch_size),
            epochs=1 if partial else int(self.epochs),
            seed=seed,
            shuffle=bool(self.shuffle),
            first_epoch=self.n_iter_ if going_on else 0,
            first_step=self._result.n_steps if going_on else 0,
            early_stopping=(
                EarlyStopping(n_iter_no_change=self.n_iter_no_change, tol=self.tol)
                if stops
                else None
            ),
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

    def _refit(
        self, job: TrainingJob, chosen: TrainingResult, everything: TrainingSet
    ) -> TrainingResult:
        """Train on all rows for the epochs that early stopping chose."""
        assert chosen.best_epoch is not None
        plan = replace(job.plan, epochs=chosen.best_epoch + 1, early_stopping=None)
        rescaling = None if job.earlier else learn_rescaling(self.rescale, everything)
        job = replace(job, plan=plan, rows=everything, rescaling=rescaling)
        result = engine_named(self.engine).train(replace(job, validation=None, callbacks=()))
        watched = {k: v for k, v in chosen.history.items() if k.startswith("val_")}
        n_epochs = chosen.best_epoch + 1
        history = {**result.history, **{k: v[:n_epochs] for k, v in watched.items()}}
        return replace(result, history=history, best_epoch=chosen.best_epoch)

    def _keep(self, job: TrainingJob, result: TrainingResult) -> Self:
        """Turn what training left behind into fitted attributes."""
        self.__dict__.pop("model_", None)
        self._result = result
        self._objective = job.objective
        self.network_ = job.network
        self.weights_ = result.weights
        n_before = job.plan.first_epoch
        self.history_ = (
            _joined(vars(self)["history_"], result.history) if n_before else (result.history)
        )
        self.n_iter_ = len(self.history_["loss"])
        self.loss_ = self.history_["loss"][-1]
        self.best_epoch_ = self.best_loss_ = self.best_score_ = None
        if result.best_epoch is not None:
            self.best_epoch_ = n_before + result.best_epoch
            self.best_loss_ = self.history_["val_loss"][self.best_epoch_]
            if "val_accuracy" in self.history_:
                self.best_score_ = self.history_["val_accuracy"][self.best_epoch_]
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


def _reject_another_network(network: Network, earlier: Network) -> None:
    now, before = network.structure, earlier.structure
    if now != before:
        changed = [f.name for f in fields(now) if getattr(now, f.name) != getattr(before, f.name)]
        raise ValueError(
            f"the network is not the one of the last fit (other {', '.join(changed)}), so its "
            "weights cannot be trained on. Set the parameters back, or start anew: clone the "
            "estimator, or call fit with warm_start=False."
        )


def _joined(
    before: dict[str, list[float]], history: dict[str, list[float]]
) -> dict[str, list[float]]:
    """Append a history to an earlier one, with nan for what one of them did not measure."""
    blank, blank_before = ([np.nan] * len(part["loss"]) for part in (history, before))
    return {
        name: before.get(name, blank_before) + history.get(name, blank)
        for name in {**before, **history}
    }
