"""How much work a call takes: enough that calling costs little, and not so much that it lasts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from skdropout.networks import MLPNetwork
from skdropout.training._cost import dozens_of, steps_per_call


def network(*sizes):
    described = MLPNetwork(
        input_shape=(60,), n_outputs=1, hidden_layer_sizes=sizes, dropout=(0.5,) * len(sizes)
    )
    return described.build()


@pytest.mark.parametrize(
    ("sizes", "batch_size", "fewest", "most"),
    [((60, 30), 16, 1000, 5000), ((1024, 1024), 128, 8, 64), ((4096, 4096), 1024, 1, 1)],
)
def test_a_call_lasts_half_a_second_at_most(sizes, batch_size, fewest, most):
    """At 60 billion operations a second, and 20 microseconds a step; 3 products of 2 operations."""
    steps = steps_per_call(network(*sizes), batch_size)
    assert fewest <= steps <= most
    weights = sum(np.multiply((60, *sizes), (*sizes, 1)))
    seconds = max(6 * batch_size * weights / 60e9, 20e-6)
    assert steps == 1 or steps * seconds <= 0.5


@given(st.integers(1, 80), st.integers(1, 40), st.booleans())
def test_blocks_are_whole_dozens_and_hold_each_row_in_its_place(n_rows, most, sparse):
    X = np.arange(2.0 * n_rows).reshape(-1, 2) + 1
    blocks = list(dozens_of(csr_array(X) if sparse else X, most))
    found = np.zeros_like(X)
    for start, block in blocks:
        assert block.shape[0] % 12 == 0
        assert block.shape[0] <= max(most, 12)
        rows = (block.toarray() if sparse else block)[: n_rows - start]
        found[start : start + len(rows)] = rows
    np.testing.assert_array_equal(found, X)
