"""The dropout layer's masks: their rate, their independence, and what they do to the inputs.

All seeds are fixed, so that each test always sees the same masks. Bounds are stated in standard
deviations; the widest allows for the number of comparisons made (a false alarm in about a thousand
choices of seeds).
"""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from skdropout.networks._layers import Dropout

RATES = (0.1, 0.2, 0.5, 0.9)
FUSED = pytest.mark.parametrize("fused", [True, False])


def dropout_layer(shape, rate, *, fused=True, seed=1, **options):
    layer = Dropout(fused, rate=rate, **options)
    layer.build((None, *shape[1:]))
    layer.seed_generator.state.assign([seed, 0])
    return layer


def drawn(shape, rate, states, *, xla=False, **options):
    """Which inputs are kept in each (seed, call) of ``states``: shape (n_states, *shape)."""
    layer = dropout_layer(shape, rate, **options)
    variables = layer.non_trainable_variables
    values = [None if v is layer.seed_generator.state else v.value for v in variables]
    state_type = layer.seed_generator.state.value.dtype

    @tf.function(jit_compile=xla, autograph=False)
    def draw(state):
        inputs = [state if value is None else value for value in values]
        return layer.stateless_call([], inputs, tf.ones(shape), training=True)[0]

    return np.array([draw(tf.constant(state, state_type)).numpy() != 0 for state in states])


def masks(shape, rate, n_calls, *, seed=1, **options):
    """Which inputs some successive calls keep."""
    return drawn(shape, rate, [(seed, call) for call in range(n_calls)], **options)


def largest_correlation(streams):
    """The largest correlation between two rows, in its standard deviations."""
    n_rows, n_values = streams.shape
    table = np.corrcoef(streams)
    return np.abs(table[~np.eye(n_rows, dtype=bool)]).max() * np.sqrt(n_values)


@FUSED
@pytest.mark.parametrize("rate", RATES)
def test_the_fraction_dropped_is_the_rate(rate, fused):
    kept = masks((1000, 1000), rate, 1, fused=fused)
    deviation = np.sqrt(rate * (1 - rate) / kept.size)
    assert abs((1 - kept.mean()) - rate) < 4 * deviation


@FUSED
def test_every_unit_is_dropped_equally_often(fused):
    rate, n_rows, n_units = 0.3, 2000, 500
    kept = masks((n_rows, n_units), rate, 1, fused=fused)[0]
    scores = (kept.sum(axis=0) - n_rows * (1 - rate)) / np.sqrt(n_rows * rate * (1 - rate))
    assert 1e-3 < stats.chi2.sf((scores**2).sum(), n_units) < 1 - 1e-3


@FUSED
def test_the_number_kept_varies_from_step_to_step_as_a_binomial_does(fused):
    rate, n_calls, size = 0.5, 400, 250
    kept = masks((1, size), rate, n_calls, fused=fused).reshape(n_calls, size).sum(axis=1)
    spread = ((kept - kept.mean()) ** 2).sum() / (size * rate * (1 - rate))
    assert 1e-3 < stats.chi2.sf(spread, n_calls - 1) < 1 - 1e-3


@FUSED
@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_steps_are_independent(rate, fused):
    streams = masks((50, 100), rate, 64, fused=fused).reshape(64, -1)
    assert largest_correlation(streams) < 5


@FUSED
def test_units_are_independent(fused):
    streams = masks((5000, 64), 0.5, 1, fused=fused)[0].T
    assert largest_correlation(streams) < 5


@pytest.mark.parametrize("lag", [1, 2, 3, 4, 2500, 5000, 7500])
def test_neighbours_in_a_mask_are_independent_pairs(lag):
    """A word of the generator serves two units: those must not go together either."""
    flat = masks((100, 100), 0.5, 1)[0].ravel()
    pairs = np.histogram2d(flat[:-lag], flat[lag:], bins=2)[0]
    assert stats.chi2_contingency(pairs, correction=False).pvalue > 1e-3


@FUSED
def test_layers_and_seeds_are_independent(fused):
    """Layers differ by nothing but their seed; neighbouring seeds are the hardest case."""
    seeds = [*range(32), *(2**power for power in range(5, 31)), 2**31 - 4]
    streams = drawn((50, 100), 0.5, [(seed, 0) for seed in seeds], fused=fused)
    assert largest_correlation(streams.reshape(len(seeds), -1)) < 5


@FUSED
def test_pairs_of_seed_and_step_are_independent(fused):
    """Seed a at step b must not repeat seed b at step a, nor a + 1 at b - 1."""
    states = list(itertools.product(range(8), repeat=2))
    streams = drawn((1, 5000), 0.5, states, fused=fused)
    assert largest_correlation(streams.reshape(len(states), -1)) < 5


@FUSED
def test_a_seed_repeats_its_masks(fused):
    first = masks((7, 9), 0.5, 3, seed=5, fused=fused)
    np.testing.assert_array_equal(masks((7, 9), 0.5, 3, seed=5, fused=fused), first)
    assert (first[0] != first[1]).any()
    assert (masks((7, 9), 0.5, 3, seed=6, fused=fused) != first).any()


@FUSED
def test_each_call_takes_the_next_mask_of_its_seed(fused):
    expected = masks((7, 9), 0.5, 3, seed=5, fused=fused)
    layer = dropout_layer((7, 9), 0.5, seed=5, fused=fused)
    for mask in expected:
        np.testing.assert_array_equal(layer(tf.ones((7, 9)), training=True).numpy() != 0, mask)


def test_an_xla_program_draws_the_same_masks():
    np.testing.assert_array_equal(
        masks((33, 7), 0.4, 3, xla=True), masks((33, 7), 0.4, 3, xla=False)
    )


@FUSED
@pytest.mark.parametrize("rate", RATES)
def test_what_is_kept_is_scaled_so_that_the_expectation_stays(rate, fused):
    inputs = np.random.default_rng(0).normal(3, 1, size=(1000, 500)).astype(np.float32)
    layer = dropout_layer(inputs.shape, rate, fused=fused)
    outputs = layer(inputs, training=True).numpy()
    kept = outputs != 0
    np.testing.assert_allclose(outputs[kept], inputs[kept] / (1 - rate), rtol=1e-6)
    deviation = np.sqrt(rate / (1 - rate) * np.mean(np.square(inputs)) / inputs.size)
    assert abs(outputs.mean(dtype=float) - inputs.mean(dtype=float)) < 4 * deviation


@FUSED
def test_the_gradient_goes_where_the_inputs_went(fused):
    inputs = tf.ones((40, 10))
    layer = dropout_layer(inputs.shape, 0.25, fused=fused)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, training=True)
    gradient = tape.gradient(outputs, inputs).numpy()
    np.testing.assert_array_equal(gradient, outputs.numpy())  # of ones: mask / (1 - rate) both


@FUSED
@pytest.mark.parametrize(("rate", "training"), [(0.0, True), (0.0, False), (0.5, False)])
def test_rate_zero_and_inference_change_nothing(rate, training, fused):
    inputs = np.random.default_rng(0).normal(size=(20, 30)).astype(np.float32)
    layer = dropout_layer(inputs.shape, rate, fused=fused)
    np.testing.assert_array_equal(layer(inputs, training=training).numpy(), inputs)


@FUSED
def test_the_rate_is_data(fused):
    layer = dropout_layer((200, 200), 0.0, fused=fused)
    for rate in (0.3, 0.7):
        layer.rate.assign(rate)
        dropped = 1 - np.mean(layer(tf.ones((200, 200)), training=True).numpy() != 0)
        assert abs(dropped - rate) < 4 * np.sqrt(rate * (1 - rate) / 200**2)


@FUSED
def test_shared_axes_share_one_mask(fused):
    shape = (64, 5, 6, 32)
    kept = masks(shape, 0.4, 1, fused=fused, shared_axes=(1, 2))[0]
    whole_maps = kept[:, 0, 0, :]
    np.testing.assert_array_equal(
        kept, np.broadcast_to(whole_maps[:, np.newaxis, np.newaxis], shape)
    )
    dropped = 1 - whole_maps.mean()
    assert abs(dropped - 0.4) < 4 * np.sqrt(0.4 * 0.6 / whole_maps.size)
    assert largest_correlation(whole_maps) < 5
    assert largest_correlation(whole_maps.T) < 5


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (3, 1), (1, 5), (7, 3)])
def test_masks_of_any_size(shape):
    """Sizes that do not fill the generator's words: over many steps each unit comes and goes."""
    kept = masks(shape, 0.5, 200)
    z = (kept.mean(axis=0) - 0.5) / np.sqrt(0.25 / 200)
    assert np.abs(z).max() < 4


@FUSED
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")
def test_a_saved_layer_loads_back(tmp_path, fused):
    layer = Dropout(fused, shared_axes=(1,), rate=0.5, name="drop")
    model = keras.Sequential([keras.Input((3, 4)), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras").get_layer("drop")
    assert isinstance(loaded, Dropout)
    assert loaded.get_config() == layer.get_config()
    assert float(loaded.rate) == 0.5
