"""Sums in parts of their own are the sums that they should be."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from skdropout.training._barrier import Barrier
from skdropout.training._sums import affine, channel_sums

SHAPES = {  # rows, inputs, units
    "one of each": (1, 1, 1),
    "small": (16, 60, 30),
    "a sum over the inputs in parts that divide it": (32, 784, 100),
    "in parts that fill it up": (16, 1009, 40),
    "two parts of few inputs": (16, 13, 3000),
    "one input": (20, 1, 30000),
    "a sum over the units in parts": (64, 30, 1100),
    "many inputs, few units": (64, 600, 20),
    "many inputs, few units, the sum over the rows in parts": (300, 1000, 70),
    "inputs whose rows share lines of the cache": (300, 1024, 270),
    "a sum over the rows in parts, few weights": (150, 60, 100),
    "a sum over the rows in parts, many weights": (300, 260, 270),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_dense_layer_and_its_gradients(shape):
    n_rows, n_inputs, n_units = shape
    rng = np.random.default_rng(0)
    sizes = ((n_rows, n_inputs), (n_inputs, n_units), (n_units,), (n_rows, n_units))
    inputs, kernel, bias, upstream = (rng.normal(size=size).astype(np.float32) for size in sizes)

    barrier = Barrier()

    @tf.function(autograph=False)
    def run(inputs, kernel, bias, upstream, always):
        with barrier.standing(always), tf.GradientTape() as tape:
            tape.watch([inputs, kernel, bias])
            outputs = affine(inputs, kernel, bias, barrier)
            return outputs, *tape.gradient(outputs, [inputs, kernel, bias], upstream)

    found = run(*map(tf.constant, (inputs, kernel, bias, upstream, True)))

    inputs, kernel, bias, upstream = map(np.float64, (inputs, kernel, bias, upstream))
    expected = (
        inputs @ kernel + bias,
        upstream @ kernel.T,
        inputs.T @ upstream,
        upstream.sum(axis=0),
    )
    for ours, exact in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, exact, rtol=1e-4, atol=1e-5 * np.abs(exact).max())


@settings(max_examples=60)
@given(st.lists(st.integers(1, 13), min_size=1, max_size=3), st.integers(1, 200), st.booleans())
def test_sums_over_channels(lengths, width, known):
    values = np.random.default_rng(0).normal(size=(*lengths, width)).astype(np.float32)
    shape = values.shape if known else (None, *values.shape[1:])
    summed = tf.function(channel_sums, input_signature=[tf.TensorSpec(shape)], autograph=False)
    exact = values.sum(axis=tuple(range(len(lengths))), dtype=float)
    np.testing.assert_allclose(summed(values), exact, rtol=1e-4, atol=1e-4)
