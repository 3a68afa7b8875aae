"""The plan: orders of rows and learning rates, worked out before any engine starts."""

import sys
from dataclasses import replace
from itertools import islice

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skdropout.training import TrainingPlan
from skdropout.training.models import _Later

SGD = TrainingPlan(optimizer="sgd", learning_rate=0.1)


def orders(plan, positions, n_epochs):
    return [order.tolist() for order in islice(plan.orders(np.asarray(positions)), n_epochs)]


@given(
    positions=st.lists(st.integers(0, 10**6), min_size=1, max_size=60),
    seed=st.integers(0, 2**32 - 1),
    first_epoch=st.integers(0, 1000),
)
@settings(max_examples=50)
def test_every_order_is_a_permutation(positions, seed, first_epoch):
    """Copies included; and the same plan always gives the same orders."""
    plan = replace(SGD, seed=seed, first_epoch=first_epoch)
    drawn = orders(plan, positions, 3)
    assert all(sorted(order) == sorted(positions) for order in drawn)
    assert orders(plan, positions, 3) == drawn


def test_orders_differ_by_epoch_seed_and_where_they_go_on_from():
    drawn = orders(SGD, range(50), 20)
    for change in ({"seed": 1}, {"first_epoch": 1}, {"seed": 1, "first_epoch": 1}):
        drawn += orders(replace(SGD, **change), range(50), 20)
    assert len({tuple(order) for order in drawn}) == 80


def test_every_row_comes_first_equally_often():
    first = [order[0] for order in orders(SGD, range(10), 2000)]
    counts = np.bincount(first, minlength=10)
    assert np.abs(counts - 200).max() < 4 * np.sqrt(200 * 0.9)


def test_without_shuffling_the_order_is_that_of_the_rows():
    assert orders(replace(SGD, shuffle=False), [3, 1, 1, 2], 2) == [[3, 1, 1, 2]] * 2


@pytest.mark.parametrize(
    ("n_rows", "batch_size", "steps"), [(1, 1, 1), (7, 8, 1), (8, 8, 1), (9, 8, 2), (50, 1, 50)]
)
def test_steps_per_epoch_count_the_partial_batch(n_rows, batch_size, steps):
    assert replace(SGD, batch_size=batch_size).steps_per_epoch(n_rows) == steps


def keras_schedule(plan, steps_per_epoch):
    """The same schedule from Keras, which counts in steps."""
    schedules, rate = keras.optimizers.schedules, plan.learning_rate
    if plan.schedule == "inverse_time":
        return schedules.InverseTimeDecay(rate, steps_per_epoch, plan.decay)
    if plan.schedule == "exponential":
        return schedules.ExponentialDecay(rate, steps_per_epoch, np.exp(-plan.decay))
    if plan.schedule == "cosine":
        return schedules.CosineDecay(rate, (plan.first_epoch + plan.epochs) * steps_per_epoch)
    return lambda step: rate


@pytest.mark.parametrize("schedule", ["constant", "inverse_time", "exponential", "cosine"])
@pytest.mark.parametrize("first_epoch", [0, 2])
def test_rates_are_those_of_keras_step_by_step(schedule, first_epoch):
    first = {"first_epoch": first_epoch, "first_step": 4 * first_epoch}
    plan = replace(SGD, schedule=schedule, decay=0.4, epochs=3, **first)
    steps = plan.first_step + np.arange(3 * 4)
    expected = [float(keras_schedule(plan, 4)(step)) for step in steps.tolist()]
    np.testing.assert_allclose(0.1 * plan.rates(steps, 4), expected, rtol=1e-5, atol=1e-8)


def test_rates_by_hand():
    """After two epochs: 1 / (1 + 0.5 * 2), exp(-0.5 * 2), and half way down half a cosine."""
    plan = replace(SGD, decay=0.5, epochs=4)
    for schedule, factor in [("inverse_time", 0.5), ("exponential", np.exp(-1)), ("cosine", 0.5)]:
        rates = replace(plan, schedule=schedule).rates(np.array([0, 10]), 5)
        np.testing.assert_allclose(rates, [1, factor])


def test_rates_fall_by_epochs_whatever_the_rows_of_earlier_calls():
    """After 3 epochs of 100 steps each comes a call of 2 steps: its second half is epoch 3.5."""
    plan = replace(SGD, decay=0.5, first_epoch=3, first_step=300, period=7)
    for schedule, factor in [
        ("inverse_time", 1 / (1 + 0.5 * 3.5)),
        ("exponential", np.exp(-0.5 * 3.5)),
        ("cosine", 0.5),
    ]:
        rate = replace(plan, schedule=schedule).rates(np.array([301]), 2)
        np.testing.assert_allclose(rate, factor)


def test_a_schedule_that_is_further_on_can_be_saved():
    rate = _Later(keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5), 7)
    saved = keras.optimizers.serialize(keras.optimizers.SGD(rate))
    loaded = keras.optimizers.deserialize(saved)._learning_rate
    assert float(loaded(3)) == pytest.approx(0.1 * 0.5**2)


def test_the_cosine_of_a_stream_begins_anew():
    plan = replace(SGD, schedule="cosine", period=4)
    rates = [replace(plan, first_epoch=n).rates(np.zeros(1), 2)[0] for n in range(6)]
    np.testing.assert_allclose(rates[:4], (1 + np.cos(np.pi * np.arange(4) / 4)) / 2)
    assert rates[4:] == rates[:2]


def test_the_cosine_ends_at_zero_and_stays_there():
    rates = replace(SGD, schedule="cosine", epochs=2).rates(np.array([10, 11, 1000]), 5)
    np.testing.assert_allclose(rates, 0, atol=1e-12)


@given(n_rows=st.integers(1, 300), batch_size=st.integers(3, 50), fewest=st.integers(1, 2))
def test_batches_are_full_but_for_the_last_which_has_rows_enough(n_rows, batch_size, fewest):
    plan = replace(SGD, batch_size=batch_size)
    if n_rows < fewest:
        with pytest.raises(ValueError, match="batch normalisation needs 2 rows"):
            plan.batch_sizes(n_rows, fewest)
        return
    sizes = plan.batch_sizes(n_rows, fewest)
    assert sizes.sum() == n_rows
    assert len(sizes) == plan.steps_per_epoch(n_rows)
    assert sizes.min() >= fewest
    assert sizes.max() <= batch_size
    assert (sizes < batch_size).sum() <= (2 if n_rows % batch_size < fewest else 1)


def test_a_batch_size_beyond_all_tables_means_all_rows():
    plan = replace(SGD, batch_size=sys.maxsize)
    assert plan.batch_sizes(7, 2).tolist() == [7]
    assert plan.steps_per_epoch(7) == 1


@pytest.mark.parametrize(("n_rows", "batch_size"), [(1, 32), (5, 1), (5, 2)])
def test_a_lone_row_cannot_be_normalised(n_rows, batch_size):
    with pytest.raises(ValueError, match=rf"n_samples={n_rows}, batch_size={batch_size}"):
        replace(SGD, batch_size=batch_size).batch_sizes(n_rows, 2)
