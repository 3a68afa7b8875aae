"""The same network as a scikeras estimator; scikeras is imported here and nowhere else.

Importing it patches ``keras.Model``, so nobody should have it imported without asking for it.
"""

from functools import partial
from typing import TYPE_CHECKING, Any, Self

import keras
import numpy as np
from scikeras.utils.transformers import RegressorTargetEncoder
from scikeras.wrappers import KerasClassifier, KerasRegressor
from sklearn.base import BaseEstimator, TransformerMixin, clone, is_classifier
from sklearn.preprocessing import StandardScaler

from skdropout.estimators._parameters import seed_from
from skdropout.estimators._rescaling import learn_rescaling
from skdropout.training import TrainingPlan, TrainingSet, planned_optimizer, started_model

if TYPE_CHECKING:
    from skdropout.estimators._base import NetworkEstimator


class _InputRescaling(TransformerMixin, BaseEstimator):
    """Learns what the network's own first layer rescales by, and leaves the rows as they are."""

    def __init__(self, how: str | None) -> None:
        self.how = how

    def fit(self, X: np.ndarray, y: Any = None) -> Self:
        rows = TrainingSet(X, np.empty(len(X)), np.arange(len(X)))
        self.rescaling_ = learn_rescaling(self.how, rows)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        return X


class _StandardisedTargets(RegressorTargetEncoder):
    """Targets as the network learns them: with a mean of zero and a deviation of one."""

    def fit(self, y: np.ndarray) -> Self:
        super().fit(y)
        self.scaler_ = StandardScaler().fit(y.reshape(len(y), -1))
        return self

    def transform(self, y: np.ndarray) -> np.ndarray:
        checked = super().transform(y)
        return self.scaler_.transform(checked.reshape(len(y), -1)).astype(np.float32)

    def inverse_transform(self, y: np.ndarray) -> np.ndarray:
        return super().inverse_transform(self.scaler_.inverse_transform(y.reshape(len(y), -1)))


class _Classifier(KerasClassifier):
    @property
    def feature_encoder(self) -> _InputRescaling:
        return _InputRescaling(self.rescale)


class _Regressor(KerasRegressor):
    @property
    def feature_encoder(self) -> _InputRescaling:
        return _InputRescaling(self.rescale)

    @property
    def target_encoder(self) -> RegressorTargetEncoder:
        return _StandardisedTargets() if self.rescale_target else RegressorTargetEncoder()


def scikeras_estimator(estimator: "NetworkEstimator[Any]") -> KerasClassifier | KerasRegressor:
    """Return an unfitted scikeras estimator of the network that an estimator describes."""
    options: dict[str, Any] = {
        "model": partial(build, clone(estimator)),
        "optimizer": None,
        "batch_size": int(estimator.batch_size),
        "epochs": int(estimator.epochs),
        "shuffle": bool(estimator.shuffle),
        "verbose": int(estimator.verbose),
        "warm_start": estimator.warm_start,
        "callbacks": list(estimator.callbacks or ()),
        "rescale": estimator.rescale,
    }
    if estimator.early_stopping:
        options["validation_split"] = estimator.validation_fraction
        options["callbacks"].append(
            keras.callbacks.EarlyStopping(
                patience=estimator.n_iter_no_change,
                min_delta=estimator.tol,
                restore_best_weights=True,
            )
        )
    if is_classifier(estimator):
        return _Classifier(class_weight=estimator.class_weight, **options)
    return _Regressor(rescale_target=estimator.rescale_target, **options)


def build(
    estimator: "NetworkEstimator[Any]",
    meta: dict[str, Any],
    compile_kwargs: dict[str, Any],
    **_: Any,
) -> keras.Model:
    """Build and compile the network for what scikeras has found out about the rows.

    What the wrapper's own ``optimizer``, ``loss`` and ``metrics`` leave open is the estimator's.
    """
    n_rows, *shape = meta["X_shape_"]
    target = estimator._target_of(_like_the_target(meta), None)
    network = estimator._network_for(tuple(shape), target.n_outputs)
    plan: TrainingPlan = estimator._plan(
        seed_from(estimator.random_state),
        epochs=int(estimator.epochs),
        stops=False,
        first_epoch=0,
        first_step=0,
    )
    core = started_model(network, plan, meta["feature_encoder_"].rescaling_)
    outputs, loss = core.output, target.objective.keras_loss()
    if is_classifier(estimator):
        outputs = target.ending(outputs)
        loss = type(loss).from_config({**loss.get_config(), "from_logits": False})
    model = keras.Model(core.input, outputs, name=core.name)
    own = {
        "optimizer": planned_optimizer(plan, model, n_rows),
        "loss": loss,
        "metrics": ["accuracy"] if is_classifier(estimator) else [],
    }
    chosen = {name: value for name, value in compile_kwargs.items() if value is not None}
    model.compile(**{**own, **chosen})
    return model


def _like_the_target(meta: dict[str, Any]) -> np.ndarray:
    """Return a small target of the kind that the wrapper was given."""
    if meta["target_type_"] == "multilabel-indicator":
        return np.eye(meta["n_classes_"], dtype=int)
    if "classes_" in meta:
        return np.asarray(meta["classes_"])
    return np.zeros((2,) if meta["y_ndim_"] == 1 else (2, meta["n_outputs_"]))
