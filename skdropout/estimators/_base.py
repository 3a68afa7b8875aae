"""From checked data to fitted attributes: what every estimator does in the same way."""

from abc import abstractmethod
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import InvalidParameterError, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

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

_STRATIFIED = 2  # rows that each class needs on both sides of a stratified split


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

    def _check_rows(self, X: Any, y: Any = "no_validation", *, reset: bool) -> Any:
        """Check the features as scikit-learn does, and ``y`` with them where it is given."""
        options = {"reset": reset, "dtype": np.float32, "order": "C"}
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
        return keras.Model(core.inputs, ending(core.output), name=core.name)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("model_", None)  # Keras objects do not travel; the model is built again on use
        return state

    def _validate_params(self) -> None:
        try:
            super()._validate_params()
        except InvalidParameterError as error:
            raise InvalidParameterError(f"{error}{self._suggestion()}") from None

    def _suggestion(self) -> str:
        for name, constraints in self._parameter_constraints.items():
            known = {s for c in constraints if isinstance(c, StrOptions) for s in c.options}
            value = getattr(self, name)
            if isinstance(value, str) and known and value not in known:
                near = get_close_matches(value, known, n=1, cutoff=0.4)
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
        X, y = self._check_rows(X, y, reset=not going_on)
        sample_weight = _checked_weight(sample_weight, X)
        target = self._encode(y, sample_weight, reset=not going_on, classes=classes)
        rows = self._training_set(X, target, sample_weight)
        network = self._describe_network(X.shape[1:], target.n_outputs)
        seed = self._seed()
        rows, held = self._set_aside(rows, target, seed, validation, partial)
        job = TrainingJob(
            network=replace(network, rescaled=self.rescale is not None),
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
            result = self._refit(job, result, self._training_set(X, target, sample_weight))
        return self._keep(job, result)

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
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val belong together: pass both, or neither.")
        if X_val is not None:
            X_val, y_val = self._check_rows(X_val, y_val, reset=False)
            sample_weight_val = _checked_weight(sample_weight_val, X_val)
            held = self._encode(y_val, sample_weight_val, reset=False)
            return rows, self._training_set(X_val, held, sample_weight_val)
        if partial or not self.early_stopping:
            return rows, None
        if not self.shuffle:
            split = rows.split_tail(self.validation_fraction)
        else:
            strata = target.strata
            if strata is not None and not self._can_stratify(strata[rows.rows]):
                strata = None
            split = rows.split(self.validation_fraction, seed, strata)
        if len(split[0].rows) == 0:
            raise ValueError(
                f"validation_fraction={self.validation_fraction} of {len(rows.rows)} distinct rows "
                "leaves none to train on. Lower it, or set early_stopping=False."
            )
        return split

    def _can_stratify(self, strata: np.ndarray) -> bool:
        _, counts = np.unique(strata, return_counts=True)
        held = int(np.ceil(self.validation_fraction * len(strata)))
        return counts.min() >= _STRATIFIED and min(held, len(strata) - held) >= len(counts)

    def _refit(
        self, job: TrainingJob, chosen: TrainingResult, everything: TrainingSet
    ) -> TrainingResult:
        """Train on all rows for the epochs that early stopping chose."""
        assert chosen.best_epoch is not None
        plan = replace(job.plan, epochs=chosen.best_epoch + 1, early_stopping=None)
        result = engine_named(self.engine).train(
            replace(job, plan=plan, rows=everything, validation=None, callbacks=())
        )
        watched = {k: v for k, v in chosen.history.items() if k.startswith("val_")}
        n_epochs = chosen.best_epoch + 1
        history = {**result.history, **{k: v[:n_epochs] for k, v in watched.items()}}
        return replace(result, history=history, best_epoch=chosen.best_epoch)

    def _keep(self, job: TrainingJob, result: TrainingResult) -> Self:
        """Turn what training left behind into fitted attributes."""
        self.__dict__.pop("model_", None)
        history = result.history
        if job.earlier is not None:
            before = vars(self)["history_"]
            names = {**before, **history}
            history = {name: before.get(name, []) + history.get(name, []) for name in names}
        self._result = result
        self._objective = job.objective
        self.network_ = job.network
        self.weights_ = result.weights
        self.history_ = history
        self.n_iter_ = len(history["loss"])
        self.loss_ = history["loss"][-1]
        self.best_epoch_ = self.best_loss_ = self.best_score_ = None
        if result.best_epoch is not None:
            self.best_epoch_ = result.best_epoch
            self.best_loss_ = result.history["val_loss"][result.best_epoch]
            if "val_accuracy" in result.history:
                self.best_score_ = result.history["val_accuracy"][result.best_epoch]
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
