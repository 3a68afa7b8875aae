"""Sparse rows inside a training step, against SciPy's own."""

import numpy as np
import pytest
import tensorflow as tf
from engine_toy import assert_same_fit, tiny
from scipy import sparse

from skdropout.networks import MLPNetwork
from skdropout.training import ENGINES
from skdropout.training._sparse_rows import SparseRows, product

NETWORK = MLPNetwork(input_shape=(7,), n_outputs=1, hidden_layer_sizes=())


def drawn(n_rows=9, density=0.3):
    X = sparse.random_array((n_rows, 7), density=density, format="csr", random_state=0)
    X = X.astype(np.float32).tolil()
    X[3] = 0
    return X.tocsr()


@pytest.mark.parametrize("sizes", [[4, 4, 1], [9], [3, 1, 5]])
def test_blocks_are_taken_as_they_were_laid_out(sizes):
    """One of which, a single row, has no number in it."""
    X = drawn()
    rows = SparseRows.of(X, np.array(sizes))
    blocks = [
        tf.sparse.to_dense(rows.block(tf.constant(number), tf.constant(size), NETWORK))
        for number, size in enumerate(sizes)
    ]
    assert [len(block) for block in blocks] == sizes
    np.testing.assert_array_equal(np.concatenate(blocks), X.toarray())


@pytest.mark.parametrize("density", [0.3, 0.0])
def test_products_and_their_slopes(density):
    random = np.random.default_rng(1)
    X = drawn(density=density)
    rows = SparseRows.of(X, np.array([9])).block(tf.constant(0), tf.constant(9), NETWORK)
    kernel, upstream = (
        tf.constant(random.normal(size=shape), tf.float32) for shape in ((7, 5), (9, 5))
    )
    with tf.GradientTape() as tape:
        tape.watch(kernel)
        units = product(rows, kernel)
    np.testing.assert_allclose(units, X @ kernel.numpy(), atol=1e-6)
    slope = tape.gradient(units, kernel, upstream)
    np.testing.assert_allclose(slope, X.T @ upstream.numpy(), atol=1e-6)


def test_a_wide_table_is_learnt_as_by_keras():
    """So wide that XLA compiles the update, here with all that an update may do."""
    X = sparse.random_array((60, 700), density=0.02, format="csr", random_state=4)
    options = {"hidden_layer_sizes": (100,), "rescale": None, "optimizer": "adam"}
    options |= {"alpha": 1.0, "weight_decay": 0.1, "global_clipnorm": 0.1, "max_norm": 0.9}
    fits = (tiny(**options, engine=name).fit(X, np.arange(60) % 2) for name in ENGINES)
    assert_same_fit(*fits)
