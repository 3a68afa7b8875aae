"""The parameters that every estimator has: how its network is trained.

The estimators are dataclasses, so a parameter, its type and its default are written down once, and
``__init__`` does what scikit-learn asks of it: store, and nothing else.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from skdropout.training import ENGINES, OPTIMIZER_NAMES

POSITIVE_INTEGER = Interval(Integral, 1, None, closed="left")
POSITIVE = Interval(Real, 0, None, closed="neither")
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


@dataclass(kw_only=True, eq=False, repr=False)
class TrainingParameters(BaseEstimator):
    """Parameters of the training, with their defaults and their constraints."""

    rescale: Literal["center", "standardize", "unit"] | None = "standardize"
    kernel_initializer: Any = "glorot_uniform"
    optimizer: Any = "adam"
    learning_rate: float = 0.001
    learning_rate_schedule: str = "constant"
    learning_rate_decay: float = 0.01
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 0.0
    batch_size: int = 32
    epochs: int = 100
    early_stopping: bool = False
    validation_fraction: float = 0.1
    n_iter_no_change: int = 10
    tol: float = 1e-4
    refit: bool = False
    class_weight: Mapping[Any, float] | Literal["balanced"] | None = None
    shuffle: bool = True
    warm_start: bool = False
    engine: Literal["compiled", "keras"] = "compiled"
    callbacks: Sequence[Any] | None = None
    random_state: int | np.random.RandomState | None = None
    verbose: int = 0

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "rescale": [names({"center", "standardize", "unit"}), None],
        "kernel_initializer": [names(INITIALIZERS), HasMethods(["clone", "get_config"])],
        "optimizer": [names(OPTIMIZER_NAMES), HasMethods(["apply", "get_config"])],
        "learning_rate": [POSITIVE],
        "learning_rate_schedule": [names(SCHEDULES)],
        "learning_rate_decay": [NOT_NEGATIVE],
        "momentum": [RATE],
        "nesterov": ["boolean"],
        "weight_decay": [NOT_NEGATIVE],
        "batch_size": [POSITIVE_INTEGER],
        "epochs": [POSITIVE_INTEGER],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [POSITIVE_INTEGER],
        "tol": [NOT_NEGATIVE],
        "refit": ["boolean"],
        "class_weight": [dict, names({"balanced"}), None],
        "shuffle": ["boolean"],
        "warm_start": ["boolean"],
        "engine": [names(ENGINES)],
        "callbacks": [list, tuple, None],
        "random_state": ["random_state"],
        "verbose": [Interval(Integral, 0, None, closed="left"), "boolean"],
    }


_TRAINING_DOC = """\
rescale : {"standardize", "center", "unit"} or None, default="standardize"
    What the network does to its inputs first, learnt from the training rows: give each feature
    (each channel of images) mean 0 and standard deviation 1, mean 0 (images: one mean over all
    channels), or the range 0 to 1.
kernel_initializer : str or keras.initializers.Initializer, default="glorot_uniform"
    Distribution that the kernels are drawn from; biases start at 0. ``"random_normal"`` is
    N(0, 0.05).
optimizer : {"adagrad", "adam", "adamax", "adamw", "lion", "rmsprop", "sgd"} or \
keras.optimizers.Optimizer, default="adam"
    The optimiser, with Keras's defaults for what is no parameter here. An object brings its own
    learning rate, momentum and decay, and needs ``engine="keras"``.
learning_rate : float in (0, inf), default=0.001
    Learning rate of the first step.
learning_rate_schedule : {"constant", "inverse_time", "exponential", "cosine"}, default="constant"
    How the rate falls over ``t`` epochs: not at all, by ``1 / (1 + decay * t)``, by
    ``exp(-decay * t)``, or along half a cosine to 0 at the last epoch.
learning_rate_decay : float in [0, inf), default=0.01
    ``decay`` of the inverse-time and exponential schedules, per epoch.
momentum : float in [0, 1), default=0.9
    Momentum of ``optimizer="sgd"``.
nesterov : bool, default=False
    Whether the momentum of ``optimizer="sgd"`` is Nesterov's.
weight_decay : float in [0, inf), default=0.0
    Fraction of each kernel that a step takes off, times the learning rate (decoupled weight
    decay). Biases and batch normalisation are left alone.
batch_size : int in [1, inf), default=32
    Rows of one step. The last batch of an epoch has the rows that are left.
epochs : int in [1, inf), default={epochs}
    Passes over the training rows.
early_stopping : bool, default=False
    Whether to set validation rows aside, stop when their loss no longer falls, and keep the
    weights of the best epoch. ``X_val`` and ``y_val`` of ``fit`` take the place of these rows.
validation_fraction : float in (0, 1), default=0.1
    Fraction of the distinct rows to set aside, stratified by class; the last ones with
    ``shuffle=False``.
n_iter_no_change : int in [1, inf), default=10
    Epochs without an improvement after which to stop.
tol : float in [0, inf), default=1e-4
    Smallest fall of the validation loss that counts as an improvement.
refit : bool, default=False
    Whether to train once more on all rows, for as many epochs as early stopping found best.
class_weight : dict, "balanced" or None, default=None
    Factor on the loss of the rows of each class; ``"balanced"`` makes the classes count the same
    (with a multilabel ``y`` each label's, multiplied).
shuffle : bool, default=True
    Whether the rows of each epoch come in an order of their own. If so, a fit does not depend on
    the order in which they are passed.
warm_start : bool, default=False
    Whether ``fit`` goes on from the weights and the optimiser's state of the last fit. The
    network must stay the same; what is no part of it, as rates and dropout, may change.
engine : {"compiled", "keras"}, default="compiled"
    What trains: compiled loops, or Keras's ``Model.fit`` by way of scikeras, which is many times
    slower and runs anything that Keras runs.
callbacks : list of keras.callbacks.Callback or None, default=None
    Keras callbacks; they see the network as it is trained, ending in logits, and let go of it
    after the fit. Those that act on single batches need ``engine="keras"``.
random_state : int, RandomState instance or None, default=None
    Seed of the initial weights, the order of the rows, the dropout masks and the validation split.
verbose : int in [0, inf), default=0
    1 shows a progress bar over the epochs."""


T = TypeVar("T", bound=TrainingParameters)


def documented(cls: type[T]) -> type[T]:
    """Fill the description of the training parameters into a class's docstring."""
    lines = _TRAINING_DOC.replace("{epochs}", str(cls.epochs)).splitlines()
    indented = "\n".join([lines[0], *("    " + line if line else "" for line in lines[1:])])
    cls.__doc__ = (cls.__doc__ or "").replace("{training_parameters}", indented)
    return cls


def initializer_name(initializer: Any) -> str:
    """Return a Keras initializer as the text that describes it."""
    if isinstance(initializer, str):
        return initializer
    import keras

    return json.dumps(keras.initializers.serialize(initializer))
