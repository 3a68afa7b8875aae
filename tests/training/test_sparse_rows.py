"""Sparse rows inside a training step, against SciPy's own."""

import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from cases import slow
from engine_toy import assert_same_arrays, assert_same_fit, tiny
from scipy import sparse

from skdropout.networks import MLPNetwork
from skdropout.training import ENGINES, _tables
from skdropout.training._program import Program
from skdropout.training._sparse_rows import Room, SparseRows, fused_product, product

NETWORK = MLPNetwork(input_shape=(7,), n_outputs=1, hidden_layer_sizes=())
ROOM = Room.of(most=300, total=700)


def drawn(n_rows=9, density=0.3):
    X = sparse.random_array((n_rows, 7), density=density, format="csr", random_state=0)
    X = X.astype(np.float32).tolil()
    X[3] = 0
    return X.tocsr()


@pytest.mark.parametrize("room", [None, ROOM])
@pytest.mark.parametrize("sizes", [[4, 4, 1], [9], [3, 1, 5]])
def test_blocks_are_taken_as_they_were_laid_out(sizes, room):
    """One of which, a single row, has no number in it."""
    X = drawn()
    rows = SparseRows.of(X, np.array(sizes), room, n_blocks=5)
    blocks = [
        rows.block(tf.constant(number), tf.constant(size), NETWORK, room)
        for number, size in enumerate(sizes)
    ]
    assert [block.dense_shape[0] for block in blocks] == sizes
    # What fills a room up may stand anywhere, and is zero.
    blocks = [
        sparse.coo_array((block.values, block.indices.numpy().T), (9, 7)).toarray()[:size]
        for block, size in zip(blocks, sizes, strict=True)
    ]
    np.testing.assert_array_equal(np.concatenate(blocks), X.toarray())


def by_xla(rows, kernel):
    multiplied = tf.function(lambda kernel: fused_product(rows, kernel), jit_compile=True)
    return multiplied(kernel)


PRODUCTS = [(product, None), (by_xla, ROOM)]


@pytest.mark.parametrize(("multiply", "room"), PRODUCTS, ids=["TensorFlow", "XLA"])
@pytest.mark.parametrize(
    ("n_rows", "density", "atol"), [(9, 0.3, 1e-6), (9, 0.0, 1e-6), (70, 0.8, 1e-5)]
)
def test_products_and_their_slopes(multiply, room, n_rows, density, atol):
    """Of no numbers, and of so many that XLA takes them in two pieces."""
    random = np.random.default_rng(1)
    X = drawn(n_rows, density)
    rows = SparseRows.of(X, np.array([n_rows]), room, n_blocks=1)
    rows = rows.block(tf.constant(0), n_rows, NETWORK, room)
    kernel, upstream = (
        tf.constant(random.normal(size=shape), tf.float32) for shape in ((7, 5), (n_rows, 5))
    )
    with tf.GradientTape() as tape:
        tape.watch(kernel)
        units = multiply(rows, kernel)
    np.testing.assert_allclose(units, X @ kernel.numpy(), atol=atol)
    slope = tape.gradient(units, kernel, upstream)
    np.testing.assert_allclose(slope, X.T @ upstream.numpy(), atol=atol)


WIDE = {"hidden_layer_sizes": (100,), "rescale": None, "optimizer": "adam"}


def wide_table():
    """A wide one, of which most is zero."""
    X = sparse.random_array((60, 700), density=0.02, format="csr", random_state=4)
    return X, np.arange(60) % 2


@pytest.mark.parametrize(
    "options",
    [
        {"alpha": 1.0, "weight_decay": 0.1, "global_clipnorm": 0.1, "max_norm": 0.9},
        slow({"rescale": "standardize", "batch_norm": True, "optimizer": "sgd"}),
        slow({"hidden_layer_sizes": (100, 5), "class_weight": {0: 2, 1: 1}}),
        slow({"hidden_layer_sizes": (300, 120), "optimizer": "sgd"}),  # too wide for XLA
    ],
)
def test_a_wide_table_is_learnt_as_by_keras(options):
    """With all that an update may do; the last batch of an epoch is a short one."""
    fits = (
        tiny(**{**WIDE, **options}, early_stopping=True, engine=name).fit(*wide_table())
        for name in ENGINES
    )
    assert_same_fit(*fits)


def test_few_numbers_at_a_time_change_nothing(monkeypatch):
    """Of rows of which one is full, in calls of as many steps as hold so few numbers."""
    X, y = wide_table()
    X = X.tolil()
    X[7] = 1
    options = {**WIDE, "early_stopping": True, "dropout": 0.3}
    expected = tiny(**options).fit(X, y)
    monkeypatch.setattr(_tables, "_MOST_NUMBERS", 200)
    calls = []
    run = Program.run

    def counted(*arguments):
        calls.append(arguments)
        return run(*arguments)

    monkeypatch.setattr(Program, "run", counted)
    found = tiny(**options).fit(X, y)
    assert_same_arrays(found.weights_, expected.weights_)
    assert found.history_ == expected.history_
    assert len(calls) > 6


def test_a_wide_table_is_learnt_in_place_of_nothing_else():
    """The weights that a fit starts from, and those that it has returned, stay as they are."""
    X, y = wide_table()
    fit = tiny(**WIDE, dropout=0.3, input_dropout=0.2).fit(X, y)
    again = tiny(**WIDE, dropout=0.3, input_dropout=0.2).fit(X, y)
    assert_same_arrays(fit.weights_, again.weights_)
    returned = fit.weights_
    assert_same_arrays(fit.partial_fit(X, y).weights_, again.partial_fit(X, y).weights_)
    assert_same_arrays(returned, tiny(**WIDE, dropout=0.3, input_dropout=0.2).fit(X, y).weights_)
    assert np.abs(fit.weights_[1] - returned[1]).max() > 0


TWO_FITS = """
from engine_toy import tiny
from scipy import sparse

for n_rows, epochs in ((200, 3), (190, 40)):
    X = sparse.random_array((n_rows, 30), density=0.2, format="csr", random_state=n_rows)
    tiny(epochs=epochs).fit(X, [row % 2 for row in range(n_rows)])
"""


@pytest.mark.slow
def test_other_rows_and_batches_compile_nothing(tmp_path):
    """XLA would, wherever it took what they are for a constant; what it compiles, it keeps."""
    flags = f"--tf_xla_persistent_cache_directory={tmp_path}"
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "TF_XLA_FLAGS": flags}
    subprocess.run([sys.executable, "-c", TWO_FITS], env=os.environ | environment, check=True)
    assert len([*tmp_path.iterdir()]) == 1
