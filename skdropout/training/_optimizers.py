"""Optimisers as pure functions, so that a compiled loop can carry their state.

Each has the defaults and the arithmetic of the Keras optimiser of the same name, against which the
tests hold it. An update takes one variable, its gradient, its slots and the step's numbers, and
returns the variable's new value and its new slots.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from keras import ops


class StepNumbers(NamedTuple):
    """The numbers of one step: its learning rate, plain and corrected, and the momentum."""

    rate: Any
    corrected_rate: Any
    momentum: Any
    nesterov: bool


Update = Callable[[Any, Any, list[Any], StepNumbers], tuple[Any, list[Any]]]


def _sgd(weight: Any, gradient: Any, slots: list[Any], step: StepNumbers) -> tuple[Any, list[Any]]:
    velocity = step.momentum * slots[0] - step.rate * gradient
    if step.nesterov:
        return weight + step.momentum * velocity - step.rate * gradient, [velocity]
    return weight + velocity, [velocity]


def _adam(weight: Any, gradient: Any, slots: list[Any], step: StepNumbers) -> tuple[Any, list[Any]]:
    mean = slots[0] + (gradient - slots[0]) * (1 - 0.9)
    square = slots[1] + (ops.square(gradient) - slots[1]) * (1 - 0.999)
    return weight - step.corrected_rate * mean / (ops.sqrt(square) + 1e-7), [mean, square]


def _adam_correction(counts: np.ndarray) -> np.ndarray:
    return np.sqrt(1 - np.float32(0.999) ** counts) / (1 - np.float32(0.9) ** counts)


def _rmsprop(
    weight: Any, gradient: Any, slots: list[Any], step: StepNumbers
) -> tuple[Any, list[Any]]:
    square = 0.9 * slots[0] + (1 - 0.9) * ops.square(gradient)
    return weight - step.rate * gradient * ops.rsqrt(square + 1e-7), [square]


def _adagrad(
    weight: Any, gradient: Any, slots: list[Any], step: StepNumbers
) -> tuple[Any, list[Any]]:
    total = slots[0] + ops.square(gradient)
    return weight - step.rate * gradient / ops.sqrt(total + 1e-7), [total]


def _adamax(
    weight: Any, gradient: Any, slots: list[Any], step: StepNumbers
) -> tuple[Any, list[Any]]:
    mean = slots[0] + (gradient - slots[0]) * (1 - 0.9)
    largest = ops.maximum(0.999 * slots[1], ops.abs(gradient))
    return weight - step.corrected_rate * mean / (largest + 1e-7), [mean, largest]


def _adamax_correction(counts: np.ndarray) -> np.ndarray:
    return 1 / (1 - np.float32(0.9) ** counts)


def _lion(weight: Any, gradient: Any, slots: list[Any], step: StepNumbers) -> tuple[Any, list[Any]]:
    direction = ops.sign(0.9 * slots[0] + (1 - 0.9) * gradient)
    return weight - step.rate * direction, [0.99 * slots[0] + (1 - 0.99) * gradient]


@dataclass(frozen=True)
class Optimizer:
    """An update, the values that its slots start with, and what corrects its learning rates.

    That is a factor for each step, counted from 1: averages that begin with zeros are too small at
    first. It comes as data, since a program would work it out anew for each variable.
    """

    update: Update
    slots: tuple[float, ...]
    correction: Callable[[np.ndarray], np.ndarray] = np.ones_like


OPTIMIZERS = {
    "adagrad": Optimizer(_adagrad, (0.1,)),
    "adam": Optimizer(_adam, (0.0, 0.0), _adam_correction),
    "adamax": Optimizer(_adamax, (0.0, 0.0), _adamax_correction),
    "adamw": Optimizer(_adam, (0.0, 0.0), _adam_correction),
    "lion": Optimizer(_lion, (0.0,)),
    "rmsprop": Optimizer(_rmsprop, (0.0,)),
    "sgd": Optimizer(_sgd, (0.0,)),
}
