"""Keras models as a plan has them, for whatever runs on ``Model.fit`` or its callbacks."""

from typing import Any

import keras
import numpy as np

from skdropout.networks import Network
from skdropout.training._first_weights import first_weights
from skdropout.training._job import TrainingJob
from skdropout.training._layout import Layout
from skdropout.training._plan import TrainingPlan


def compiled_model(job: TrainingJob) -> keras.Model:
    """Build the job's network with its first weights and compile it as its plan says."""
    plan, earlier = job.plan, job.earlier
    weights = earlier.weights if earlier else None
    model = started_model(job.network, plan, job.rescaling, weights)
    optimizer = planned_optimizer(plan, model, job.rows.epoch_size)
    earlier_state = earlier.optimizer_state if earlier else []
    slots = optimizer_slots(optimizer)
    if [value.shape for value in earlier_state] == [tuple(slot.shape) for slot in slots]:
        for slot, value in zip(slots, earlier_state, strict=True):
            slot.assign(value)
    steps_taken(optimizer).assign(plan.first_step)
    model.compile(
        optimizer=optimizer,
        loss=job.objective.keras_loss(),
        metrics=job.objective.metrics,
    )
    return model


def started_model(
    network: Network,
    plan: TrainingPlan,
    rescaling: tuple[np.ndarray, np.ndarray] | None = None,
    earlier: list[np.ndarray] | None = None,
) -> keras.Model:
    """Build a network with the weights and the seeds of its masks that a plan begins with."""
    model = network.build()
    layout = Layout(model)
    model.set_weights(first_weights(network, layout, plan.seeds, rescaling, earlier))
    states = layout.seed_states(model.non_trainable_variables)
    for state, value in zip(states, plan.seeds.states(len(states)), strict=True):
        state.assign(value.astype(state.dtype))
    return model


def planned_optimizer(plan: TrainingPlan, model: keras.Model, n_rows: int) -> Any:
    """Make the Keras optimiser of a plan, for the weights of a model and an epoch of ``n_rows``."""
    optimizer = _optimizer(plan, plan.steps_per_epoch(n_rows))
    variables = model.trainable_variables
    kernels, others = Layout(model).by_role(variables)
    optimizer.exclude_from_weight_decay(var_list=others)
    optimizer.build(variables)
    if plan.alpha:
        _penalise(optimizer, {id(kernel) for kernel in kernels}, plan.penalty(n_rows))
    return optimizer


def seed_states(model: keras.Model) -> list[Any]:
    """Return the variables that say which masks the layers draw next."""
    return Layout(model).seed_states(model.non_trainable_variables)


def inner(optimizer: Any) -> Any:
    """Return the optimiser that changes the weights, where another scales losses for it."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def steps_taken(optimizer: Any) -> Any:
    """Return the variable that counts the batches.

    Where gradients are accumulated, ``iterations`` is worked out from it, and cannot be set.
    """
    return inner(optimizer)._iterations


def optimizer_slots(optimizer: Any) -> list[Any]:
    """Return the optimiser's variables for its weights: all of one kind, then of the next.

    Keras has the kinds of each weight together, and every engine goes on from any other's.
    """
    others = {id(steps_taken(optimizer)), id(optimizer._learning_rate)}
    slots = [variable for variable in optimizer.variables if id(variable) not in others]
    n_kinds = len(slots) // len(optimizer._trainable_variables)
    return [slot for kind in range(n_kinds) for slot in slots[kind::n_kinds]]


def _penalise(optimizer: Any, kernels: set[int], penalty: float) -> None:
    """Have an optimiser add the slope of the L2 penalty to the gradients that it is given.

    A regulariser in the layers would take the same steps, but add itself to each loss reported.
    """
    apply = optimizer.apply

    def apply_with_penalty(grads: list[Any], trainable_variables: list[Any] | None = None) -> Any:
        variables = trainable_variables or optimizer._trainable_variables
        pairs = zip(grads, variables, strict=True)
        strength = optimizer.scale_loss(penalty)  # as these gradients are
        slopes = [g + strength * v if id(v) in kernels else g for g, v in pairs]
        return apply(slopes, trainable_variables)

    optimizer.apply = apply_with_penalty


@keras.saving.register_keras_serializable("skdropout")
class _Later(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that is further on than the steps say, as earlier epochs had fewer of them."""

    def __init__(self, schedule: Any, n_steps: int) -> None:
        self.schedule, self.n_steps = schedule, n_steps

    def __call__(self, step: Any) -> Any:
        return self.schedule(step + self.n_steps)

    def get_config(self) -> dict[str, Any]:
        return {"schedule": self.schedule, "n_steps": self.n_steps}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "_Later":
        return cls(keras.saving.deserialize_keras_object(config["schedule"]), config["n_steps"])


def _copy(optimizer: Any) -> Any:
    """Make an optimiser like one that shall not be built."""
    config = optimizer.get_config()
    if callable(optimizer._learning_rate):  # Keras makes only schedules that it knows anew
        config["learning_rate"] = optimizer._learning_rate
    return type(optimizer).from_config(config)


def _optimizer(plan: TrainingPlan, steps_per_epoch: int) -> Any:
    if not isinstance(plan.optimizer, str):
        return _copy(plan.optimizer)
    schedules = keras.optimizers.schedules
    rate: Any = plan.learning_rate
    missing = plan.first_epoch * steps_per_epoch - plan.first_step
    if plan.schedule == "inverse_time":
        rate = schedules.InverseTimeDecay(rate, steps_per_epoch, plan.decay)
    elif plan.schedule == "exponential":
        rate = schedules.ExponentialDecay(rate, steps_per_epoch, np.exp(-plan.decay))
    elif plan.schedule == "cosine":
        start, end = plan.span
        rate = schedules.CosineDecay(rate, (end - start) * steps_per_epoch)
        missing -= start * steps_per_epoch
    if missing and plan.schedule != "constant":
        rate = _Later(rate, missing)
    options = {
        "learning_rate": rate,
        "weight_decay": plan.weight_decay,
        "global_clipnorm": plan.global_clipnorm,
    }
    if plan.optimizer == "sgd":
        options |= {"momentum": plan.momentum, "nesterov": plan.nesterov}
    return keras.optimizers.get({"class_name": plan.optimizer, "config": options})
