"""The arithmetic of each optimiser, step by step, against Keras's optimiser of the same name."""

import keras
import numpy as np
import pytest

from skdropout.training._optimizers import OPTIMIZERS, StepNumbers

RATE = 0.01
SETTINGS = {"adamw": {"weight_decay": 0.0}, "sgd": {"momentum": 0.9}}  # decay is no part of ours
CASES = [*((name, False) for name in OPTIMIZERS), ("sgd", True)]


@pytest.mark.parametrize(("name", "nesterov"), CASES)
def test_six_steps_are_those_of_keras(name, nesterov):
    gradients = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)
    settings = {**SETTINGS.get(name, {}), **({"nesterov": True} if nesterov else {})}
    theirs = keras.optimizers.get(
        {"class_name": name, "config": {"learning_rate": RATE, **settings}}
    )
    start = np.linspace(-1, 1, 5, dtype=np.float32)
    variable = keras.Variable(start)
    ours = OPTIMIZERS[name]
    weight, slots = start, [np.full_like(start, value) for value in ours.slots]
    for count, gradient in enumerate(gradients, 1):
        corrected = RATE * ours.correction(np.float32([count]))[0]
        step = StepNumbers(RATE, corrected, 0.9, nesterov)
        weight, slots = ours.update(weight, gradient, slots, step)
        theirs.apply([gradient], [variable])
        np.testing.assert_allclose(weight, variable.numpy(), rtol=1e-5, atol=1e-6)
    assert abs(np.asarray(weight) - start).max() > RATE / 2
