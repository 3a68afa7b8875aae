"""A barrier changes where and by how many threads something is computed, and not what."""

import numpy as np
import pytest
import tensorflow as tf
from engine_toy import assert_same_arrays, table, tiny

from skdropout.training import _masks, _program, _step
from skdropout.training._barrier import Barrier
from skdropout.training._masks import FusedMasks

TABLE = np.random.default_rng(0).normal(size=(4096, 40)).astype(np.float32)
INDEX = np.random.default_rng(1).permutation(4096)[:128]


def fetching(*, standing):
    """A compiled program that fetches rows and doubles them, and what it takes."""
    barrier = Barrier()

    @tf.function(jit_compile=True, autograph=False)
    def run(table, index, always):
        with barrier.standing(always if standing else None):
            rows = barrier.by_one_thread(
                lambda: tf.gather(table, index), lambda: tf.zeros([len(INDEX), TABLE.shape[1]])
            )
        return 2 * rows

    return run, (tf.constant(TABLE), tf.constant(INDEX), tf.constant(True))


@pytest.mark.parametrize("standing", [True, False])
def test_rows_are_fetched_the_same(standing):
    run, given = fetching(standing=standing)
    np.testing.assert_array_equal(run(*given), 2 * TABLE[INDEX])


def test_what_one_thread_is_to_fetch_xla_does_not_share_out():
    run, given = fetching(standing=True)
    program = run.experimental_get_compiler_ir(*given)(stage="optimized_hlo")
    assert "gather" in program
    assert 'outer_dimension_partitions":["' not in program


def test_a_fit_whose_rows_one_thread_fetches_is_the_same(monkeypatch):
    X, y = table()
    expected = tiny(dropout=0.3).fit(X, y)
    monkeypatch.setattr(_step, "_SHARED", 0)
    monkeypatch.setattr(_program, "_compile", _program.Program)
    assert_same_arrays(tiny(dropout=0.3).fit(X, y).weights_, expected.weights_)


@pytest.mark.parametrize("rows", [33, 64])
def test_masks_are_the_same_by_one_thread_and_by_many(rows, monkeypatch):
    def drawn():
        masks = FusedMasks(rows)
        layers = [masks.layer(), masks.layer()]
        for layer, units in zip(layers, (101, 30), strict=True):
            layer.build((None, units))

        @tf.function(jit_compile=True, autograph=False)
        def run(settings, step):
            with masks.drawn(settings, step, 0):
                return [masks.factors(layer, [rows, layer.units]) for layer in layers]

        return run(masks.settings([0.3, 0.5], np.array([7, 9], np.uint32)), tf.constant(5))

    assert rows * 131 in _masks._FOR_ONE_THREAD
    by_one = drawn()
    monkeypatch.setattr(_masks, "_FOR_ONE_THREAD", ())
    for ours, shared in zip(by_one, drawn(), strict=True):
        np.testing.assert_array_equal(ours, shared)
        assert 0.2 < np.mean(ours == 0) < 0.6
