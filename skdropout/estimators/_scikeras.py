"""The same network as a scikeras estimator; scikeras is imported here and nowhere else.

Importing it patches ``keras.Model``, so nobody should have it imported without asking for it.
"""

from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

import keras
import numpy as np
from scikeras.utils.transformers import RegressorTargetEncoder
from scikeras.wrappers import KerasClassifier, KerasRegressor
from sklearn.base import BaseEstimator, TransformerMixin, clone, is_classifier

from skdropout.estimators._number_targets import Numbers
from skdropout.estimators._parameters import seed_from
from skdropout.estimators._warm_start import given_weights
from skdropout.training import TrainingPlan, TrainingSet
from skdropout.training.models import planned_optimizer, started_model

if TYPE_CHECKING:
    from skdropout.estimators._base import NetworkEstimator


class _Inputs(TransformerMixin, BaseEstimator):
    """Rows as the network takes them, and what its own first layer rescales them by."""

    def __init__(self, network: "NetworkEstimator[Any]") -> None:
        self.network = network

    def fit(self, X: np.ndarray, y: Any = None) -> Self:
        self.checks_ = clone(self.network)
        inputs, no_target = self.checks_._check_X_y(X, np.zeros(len(X)), reset=True)
        self.shape_ = self.checks_._input_shape
        rows = TrainingSet(inputs, no_target, np.arange(len(inputs)))
        self.rescaling_ = self.checks_._rescaling(rows)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        return self.checks_._check_X(X)


class _LearntTargets(RegressorTargetEncoder):
    """Targets as the network learns them, and its outputs as targets again."""

    def __init__(self, rescaled: bool, log_link: bool) -> None:
        super().__init__()
        self.rescaled, self.log_link = rescaled, log_link

    def fit(self, y: np.ndarray) -> Self:
        super().fit(y)
        columns = y.reshape(len(y), -1)
        numbers = Numbers.of(columns, rescaled=self.rescaled, log_link=self.log_link)
        self.numbers_ = numbers.fitted_to(_rows(columns))
        return self

    def transform(self, y: np.ndarray) -> np.ndarray:
        checked = super().transform(y)
        return self.numbers_.rescaled(_rows(checked.reshape(len(y), -1))).y

    def inverse_transform(self, y: np.ndarray) -> np.ndarray:
        return super().inverse_transform(self.numbers_.predictions(y.reshape(len(y), -1)))


def _rows(y: np.ndarray) -> TrainingSet:
    return TrainingSet(np.empty((len(y), 0)), y, np.arange(len(y)))


class _OfNetwork:
    """Takes the network by itself: what comes with ``options``, any ``model`` would be passed."""

    def __init__(self, *, network: "NetworkEstimator[Any]", **options: Any) -> None:
        super().__init__(**options)
        self.network = network

    @property
    def feature_encoder(self) -> _Inputs:
        return _Inputs(self.network)


class _Classifier(_OfNetwork, KerasClassifier):
    pass


class _Regressor(_OfNetwork, KerasRegressor):
    @property
    def target_encoder(self) -> _LearntTargets:
        return _LearntTargets(self.network.rescale_target, self.network._loss().log_link)


def scikeras_estimator(estimator: "NetworkEstimator[Any]") -> KerasClassifier | KerasRegressor:
    """Return an unfitted scikeras estimator of the network that an estimator describes."""
    seed = estimator.random_state
    options: dict[str, Any] = {
        "model": build,
        "network": clone(estimator),
        "random_state": int(seed) if isinstance(seed, Integral) else seed,
        "optimizer": None,
        "batch_size": int(estimator.batch_size),
        "epochs": int(estimator.epochs),
        "shuffle": bool(estimator.shuffle),
        "verbose": int(estimator.verbose),
        "warm_start": estimator.warm_start,
        "callbacks": list(estimator.callbacks or ()),
    }
    if estimator.early_stopping:
        options["validation_split"] = estimator.validation_fraction
        options["callbacks"].append(
            keras.callbacks.EarlyStopping(
                patience=estimator.n_iter_no_change,
                min_delta=estimator.tol,
                restore_best_weights=True,
                monitor="val_accuracy" if estimator.scoring == "accuracy" else "val_loss",
            )
        )
    if is_classifier(estimator):
        return _Classifier(class_weight=estimator.class_weight, **options)
    return _Regressor(**options)


def build(
    params: dict[str, Any], meta: dict[str, Any], compile_kwargs: dict[str, Any]
) -> keras.Model:
    """Build and compile the network for what scikeras has found out about the rows.

    What the wrapper's own ``optimizer``, ``loss`` and ``metrics`` leave open is the estimator's.
    """
    estimator, inputs = params["network"], meta["feature_encoder_"]
    target = estimator._target_of(_like_the_target(meta), None)
    network = estimator._network_for(inputs.shape_, target.n_outputs)
    plan: TrainingPlan = estimator._plan(
        seed_from(params["random_state"]),
        stops=False,
        first_epoch=0,
        first_step=0,
        partial=False,
    )
    given = estimator.initial_weights
    earlier = None if given is None else given_weights(given, network).weights
    core = started_model(network, plan, inputs.rescaling_, earlier)
    outputs, loss = core.output, estimator._objective(target).keras_loss()
    if is_classifier(estimator):
        outputs = target.ending(outputs)
        loss = type(loss).from_config({**loss.get_config(), "from_logits": False})
    model = keras.Model(core.input, outputs, name=core.name)
    own = {
        "optimizer": planned_optimizer(plan, model, meta["X_shape_"][0]),
        "loss": loss,
        "metrics": ["accuracy"] if is_classifier(estimator) else [],
    }
    chosen = {name: value for name, value in compile_kwargs.items() if value is not None}
    model.compile(**{**own, **chosen})
    return model


def _like_the_target(meta: dict[str, Any]) -> np.ndarray:
    """Return a small target of the kind that the wrapper was given."""
    if meta["target_type_"] == "multilabel-indicator":
        return np.tri(meta["n_classes_"], dtype=int)
    if "classes_" in meta:
        return np.asarray(meta["classes_"])
    return np.zeros((2,) if meta["y_ndim_"] == 1 else (2, meta["n_outputs_"]))
