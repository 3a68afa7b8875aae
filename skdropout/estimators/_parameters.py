"""The parameters that every estimator has: how its network is trained.

The estimators are dataclasses, so a parameter, its type and its default are written down once, and
``__init__`` does what scikit-learn asks of it: store, and nothing else.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
)

from skdropout.estimators._notebook import DrawnEstimator
from skdropout.training import ENGINES, OPTIMIZER_NAMES, EarlyStopping, TrainingPlan

POSITIVE_INTEGER = Interval(Integral, 1, None, closed="left")
POSITIVE = Interval(Real, 0, None, closed="neither")
POSITIVE_OR_INFINITE = Interval(Real, 0, None, closed="right")
NOT_NEGATIVE = Interval(Real, 0, None, closed="left")
RATE = Interval(Real, 0, 1, closed="left")
SCHEDULES = ("constant", "inverse_time", "exponential", "cosine")

ACTIVATIONS = {
    "celu", "elu", "exponential", "gelu", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu",
    "linear", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softplus", "softsign", "swish",
    "tanh",
}  # fmt: skip
INITIALIZERS = {
    "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "lecun_normal",
    "lecun_uniform", "ones", "orthogonal", "random_normal", "random_uniform", "truncated_normal",
    "variance_scaling", "zeros",
}  # fmt: skip


def names(options: Iterable[str]) -> StrOptions:
    """Constrain a parameter to some names, which messages give in alphabetical order."""
    return StrOptions(dict.fromkeys(sorted(options)).keys())


class KerasNames(StrOptions):
    """Constrain a parameter to names of Keras's, written as its functions or as its classes."""

    def is_satisfied_by(self, val: Any) -> bool:
        return isinstance(val, str) and _plain(val) in map(_plain, self.options)


def keras_names(options: Iterable[str]) -> KerasNames:
    """Constrain a parameter to some names of Keras's, which messages give in alphabetical order."""
    return KerasNames(dict.fromkeys(sorted(options)).keys())


def keras_name(name: str, options: Iterable[str]) -> str:
    """Return the one of the names that is meant: ``"relu"`` for ``"ReLU"``."""
    return next(option for option in options if _plain(option) == _plain(name))


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


@dataclass(kw_only=True, eq=False, repr=False)
class TrainingParameters(DrawnEstimator):
    """Parameters of the training, with their defaults and their constraints."""

    rescale: Literal["center", "standardize", "unit"] | None = "standardize"
    kernel_initializer: Any = "glorot_uniform"
    initial_weights: Sequence[np.ndarray] | None = None
    optimizer: Any = "adam"
    learning_rate: float = 0.001
    learning_rate_schedule: str = "constant"
    learning_rate_decay: float = 0.01
    momentum: float = 0.9
    nesterov: bool = False
    alpha: float = 0.0
    weight_decay: float = 0.0
    global_clipnorm: float | None = None
    batch_size: int = 32
    epochs: int = 100
    early_stopping: bool = False
    validation_fraction: float = 0.1
    scoring: str = "loss"
    n_iter_no_change: float = 10
    tol: float = 1e-4
    refit: bool = False
    shuffle: bool = True
    warm_start: bool = False
    engine: Literal["compiled", "keras"] = "compiled"
    callbacks: Sequence[Any] | None = None
    random_state: int | np.random.RandomState | None = None
    verbose: int = 0

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "rescale": [names({"center", "standardize", "unit"}), None],
        "kernel_initializer": [keras_names(INITIALIZERS), HasMethods(["clone", "get_config"])],
        "optimizer": [keras_names(OPTIMIZER_NAMES), HasMethods(["apply", "get_config"])],
        "initial_weights": [list, tuple, None],
        "learning_rate": [POSITIVE],
        "learning_rate_schedule": [names(SCHEDULES)],
        "learning_rate_decay": [NOT_NEGATIVE],
        "momentum": [RATE],
        "nesterov": ["boolean"],
        "alpha": [NOT_NEGATIVE],
        "weight_decay": [NOT_NEGATIVE],
        "global_clipnorm": [POSITIVE_OR_INFINITE, None],
        "batch_size": [POSITIVE_INTEGER],
        "epochs": [POSITIVE_INTEGER],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [POSITIVE_INTEGER, Options(Real, {np.inf})],
        "tol": [NOT_NEGATIVE],
        "refit": ["boolean"],
        "shuffle": ["boolean"],
        "warm_start": ["boolean"],
        "engine": [names(ENGINES)],
        "callbacks": [list, tuple, None],
        "random_state": ["random_state"],
        "verbose": [Interval(Integral, 0, None, closed="left"), "boolean"],
    }

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
        if not isinstance(self.optimizer, str) and self.learning_rate_schedule != "constant":
            raise InvalidParameterError(
                f"learning_rate_schedule={self.learning_rate_schedule!r} schedules an optimiser "
                f"that is named, and the {type(self.optimizer).__name__} object brings a rate of "
                "its own. Give it a schedule of Keras's (learning_rate=keras.optimizers.schedules."
                "...), or pass the name of an optimiser."
            )

    def _suggestion(self) -> str:
        for name, constraints in self._parameter_constraints.items():
            texts = [c for c in constraints if isinstance(c, StrOptions)]
            value = getattr(self, name)
            if (
                isinstance(value, str)
                and texts
                and not any(c.is_satisfied_by(value) for c in texts)
            ):
                known = {option for c in texts for option in c.options}
                near = get_close_matches(value.lower(), known, n=1, cutoff=0.4)
                return f" Did you mean {near[0]!r}?" if near else ""
        return ""

    def _plan(
        self, seed: int, *, stops: bool, first_epoch: int, first_step: int, partial: bool
    ) -> TrainingPlan:
        """Say how to train, from where an earlier fit has left off."""
        optimizer = self.optimizer
        if isinstance(optimizer, str):
            optimizer = keras_name(optimizer, OPTIMIZER_NAMES)
        return TrainingPlan(
            optimizer=optimizer,
            learning_rate=float(self.learning_rate),
            schedule=self.learning_rate_schedule,
            decay=float(self.learning_rate_decay),
            momentum=float(self.momentum),
            nesterov=bool(self.nesterov) and optimizer == "sgd",
            alpha=float(self.alpha),
            weight_decay=float(self.weight_decay),
            global_clipnorm=finite(self.global_clipnorm),
            batch_size=int(self.batch_size),
            epochs=1 if partial else int(self.epochs),
            seed=seed,
            shuffle=bool(self.shuffle),
            first_epoch=first_epoch,
            first_step=first_step,
            period=int(self.epochs) if partial else None,
            early_stopping=(
                EarlyStopping(
                    n_iter_no_change=self.n_iter_no_change,
                    tol=self.tol,
                    by_score=self.scoring != "loss",
                )
                if stops
                else None
            ),
        )


def finite(bound: float | None) -> float | None:
    """Return a bound as a number, or None where it bounds nothing."""
    return None if bound is None or np.isinf(bound) else float(bound)


def seed_from(random_state: int | np.random.RandomState | None) -> int:
    """Return a seed: the one given, one drawn from a generator, or a new one each time."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    generator = check_random_state(random_state)
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(generator.randint(2**31 - 1))


def initializer_name(initializer: Any) -> str:
    """Return a Keras initializer as the text that describes it."""
    if isinstance(initializer, str):
        return keras_name(initializer, INITIALIZERS)
    import keras

    return json.dumps(keras.initializers.serialize(initializer))
