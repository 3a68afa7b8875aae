"""The compiled engine against gradient descent written out in NumPy, for tables of any shape."""

from itertools import pairwise

import numpy as np
import pytest
from engine_toy import assert_same_arrays
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skdropout.networks import MLPNetwork
from skdropout.training import (
    BinaryCrossentropy,
    MulticlassCrossentropy,
    TrainingJob,
    TrainingPlan,
    TrainingResult,
    TrainingSet,
    engine_named,
)

# Features, units of the hidden layer (0: none), classes, batch size, Nesterov: each a program, and
# another where rows have weights.
SHAPES = [
    (5, 3, 2, 7, True),
    (1, 0, 2, 1, False),
    (3, 3, 1, 7, False),
    (2, 0, 3, 64, False),
    (1, 3, 4, 7, False),
    (4, 2, 3, 1, False),
]


def first_weights(n_features, n_hidden, n_outputs, generator):
    sizes = [n_features, *([n_hidden] if n_hidden else []), n_outputs]
    return [
        array.astype(np.float32)
        for n_in, n_out in pairwise(sizes)
        for array in (generator.normal(size=(n_in, n_out)), generator.normal(size=n_out))
    ]


def gradients(weights, X, y, scale):
    """Of the mean loss of a batch: sigmoid or softmax cross-entropy after at most one tanh."""
    activations = [X, np.tanh(X @ weights[0] + weights[1])][: len(weights) // 2]
    logits = activations[-1] @ weights[-2] + weights[-1]
    if logits.shape[1] == 1 and y.ndim == 2:
        loss = np.logaddexp(0, logits) - y * logits
        error = 1 / (1 + np.exp(-logits)) - y
    else:
        logits = logits - logits.max(axis=1, keepdims=True)
        shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        loss = -np.log(shares[np.arange(len(y)), y])[:, np.newaxis]
        error = shares - np.eye(logits.shape[1])[y]
    error = error * scale[:, np.newaxis] / len(X)
    found = [activations[-1].T @ error, error.sum(axis=0)]
    if len(activations) == 2:
        back = error @ weights[-2].T * (1 - activations[1] ** 2)
        found = [X.T @ back, back.sum(axis=0), *found]
    return found, (loss[:, 0] * scale).mean()


def descend(weights, X, y, scale, plan, max_norm):
    """One epoch in the order of the rows, in float64; the weights and the mean loss after it."""
    weights = [weight.astype(float) for weight in weights]
    velocities = [np.zeros_like(weight) for weight in weights]
    total = 0.0
    for start in range(0, len(X), plan.batch_size):
        batch = slice(start, start + plan.batch_size)
        slopes, loss = gradients(weights, X[batch], y[batch], scale[batch])
        total += loss * len(X[batch])
        for number, slope in enumerate(slopes):
            if weights[number].ndim == 2:
                slope += plan.alpha / len(X) * weights[number]
                weights[number] *= 1 - plan.learning_rate * plan.weight_decay
            step = velocities[number] = (
                plan.momentum * velocities[number] - plan.learning_rate * slope
            )
            if plan.nesterov:
                step = plan.momentum * step - plan.learning_rate * slope
            weights[number] = weights[number] + step
        if max_norm is not None and len(weights) == 4:
            norms = np.linalg.norm(weights[0], axis=0)
            weights[0] = weights[0] * np.minimum(1, max_norm / norms)
    return weights, total / len(X)


def sample_weights(kind, n_rows, generator):
    if kind == "none":
        return None
    weight = generator.integers(0, 4, n_rows) if kind == "counts" else generator.random(n_rows) * 3
    weight[generator.integers(n_rows)] = 2 if kind == "counts" else 2.5  # not all are zero
    return weight.astype(float)


EPOCHS = st.tuples(
    st.integers(1, 50),  # rows
    st.sampled_from(["none", "counts", "real"]),  # weights
    st.floats(1e-4, 0.1),  # learning rate
    st.sampled_from([0.0, 0.5, 0.9]),  # momentum
    st.sampled_from([0.0, 2.0]),  # alpha
    st.sampled_from([0.0, 0.3]),  # weight decay
    st.sampled_from([None, 0.5, 2.0]),  # max-norm
    st.integers(0, 2**31),  # seed
)


@given(EPOCHS)
@example((50, "counts", 0.1, 0.9, 2.0, 0.3, 0.5, 2))
@settings(max_examples=30)
def test_one_epoch(epoch):
    assert_same_epoch(SHAPES[0], *epoch)


@pytest.mark.slow
@given(st.sampled_from(SHAPES), EPOCHS)
@example(SHAPES[1], (1, "none", 0.1, 0.9, 0.0, 0.0, None, 0))
@example(SHAPES[3], (50, "real", 0.1, 0.9, 2.0, 0.3, None, 1))
@settings(max_examples=60)
def test_one_epoch_of_any_shape(shape, epoch):
    assert_same_epoch(shape, *epoch)


def assert_same_epoch(shape, n_rows, kind, rate, momentum, alpha, weight_decay, max_norm, seed):
    n_features, n_hidden, n_classes, batch_size, nesterov = shape
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n_rows, n_features)).astype(np.float32)
    y = generator.integers(0, n_classes, n_rows).astype(np.int32)
    objective = MulticlassCrossentropy()
    if n_classes == 2:
        objective, y = BinaryCrossentropy(), y[:, np.newaxis].astype(np.float32)
    n_outputs = 1 if n_classes == 2 else n_classes
    weight = sample_weights(kind, n_rows, generator)
    start = first_weights(n_features, n_hidden, n_outputs, generator)
    network = MLPNetwork(
        input_shape=(n_features,),
        n_outputs=n_outputs,
        hidden_layer_sizes=(n_hidden,) if n_hidden else (),
        dropout=(0.0,) if n_hidden else (),
        activation="tanh",
        max_norm=max_norm,
        rescaled=False,
    )
    plan = TrainingPlan(
        optimizer="sgd",
        learning_rate=rate,
        momentum=momentum,
        nesterov=nesterov,
        alpha=alpha,
        weight_decay=weight_decay,
        batch_size=batch_size,
        shuffle=False,
    )
    rate_of_dropout = np.zeros((), np.float32)
    earlier = TrainingResult(
        # Each dropout layer has its rate among the weights, before the dense layer after it.
        weights=[rate_of_dropout, *start[:2], *([rate_of_dropout] if n_hidden else []), *start[2:]],
        optimizer_state=[],
        history={},
        n_steps=0,
        best_epoch=None,
    )
    rows = TrainingSet.from_arrays(X, y, weight, keep_order=True)
    job = TrainingJob(network=network, objective=objective, plan=plan, rows=rows, earlier=earlier)
    result = engine_named("compiled").train(job)

    copies = np.arange(n_rows)
    scale = np.ones(n_rows)
    if kind == "counts":
        copies = np.repeat(copies, weight.astype(int))
    elif kind == "real":
        scale = weight / weight.mean()
    expected, loss = descend(start, X[copies], y[copies], scale[copies], plan, max_norm)
    trained = [array for array in result.weights if array.ndim > 0]
    assert_same_arrays(trained, expected, tolerance=2e-5)
    np.testing.assert_allclose(result.history["loss"], [loss], rtol=1e-5, atol=1e-6)
    assert result.n_steps == -(-len(copies) // batch_size)
