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

from skdropout.networks.layers import Dropout
from skdropout.training._masks import FusedMasks, UnfusedMasks

RATES = (0.1, 0.2, 0.5, 0.9)
SOURCES = ("plain", "fused", "unfused")
EACH_SOURCE = pytest.mark.parametrize("source", SOURCES)


def outputs(inputs, rate, states, *, source="fused", xla=False, **options):
    """What the layer makes of its inputs in each (seed, call) of ``states``."""
    function, settings = (plain if source == "plain" else engine)(inputs.shape, source, **options)
    run = tf.function(function, jit_compile=xla, autograph=False)
    return np.array([run(inputs, *settings(rate, *state)).numpy() for state in states])


def plain(shape, source, **options):
    """Keras's way: the layer has a seed state of its own."""
    layer = Dropout(**options)
    layer.build((None, *shape[1:]))
    state_type = layer.seed_generator.state.value.dtype
    order = [v is layer.seed_generator.state for v in layer.non_trainable_variables]

    def call(inputs, rate, state):
        values = [tf.cast(state, state_type) if is_state else rate for is_state in order]
        return layer.stateless_call([], values, inputs, training=True)[0]

    return call, lambda rate, *state: (tf.constant(rate), tf.constant(state, tf.uint32))


def engine(shape, source, **options):
    """The engine's way: the step draws the masks."""
    masks = FusedMasks(shape[0]) if source == "fused" else UnfusedMasks()
    layer = masks.layer(**options)
    layer.build((None, *shape[1:]))

    def call(inputs, settings, step):
        with masks.drawn(settings, step, 0):
            return layer.stateless_call([], [0.0], inputs, training=True)[0]

    def settings(rate, seed, step):
        return masks.settings([rate], np.array([seed, 0], np.uint32)), tf.constant(step)

    return call, settings


def drawn(shape, rate, states, **options):
    """Which inputs are kept in each (seed, call) of ``states``: shape (n_states, *shape)."""
    return outputs(tf.ones(shape), rate, states, **options) != 0


def masks(shape, rate, n_calls, *, seed=1, **options):
    """Which inputs some successive calls keep."""
    return drawn(shape, rate, [(seed, call) for call in range(n_calls)], **options)


def largest_correlation(streams):
    """The largest correlation between two rows, in its standard deviations."""
    n_rows, n_values = streams.shape
    table = np.corrcoef(streams)
    return np.abs(table[~np.eye(n_rows, dtype=bool)]).max() * np.sqrt(n_values)


@EACH_SOURCE
@pytest.mark.parametrize("rate", RATES)
def test_the_fraction_dropped_is_the_rate(rate, source):
    kept = masks((1000, 1000), rate, 1, source=source)
    deviation = np.sqrt(rate * (1 - rate) / kept.size)
    assert abs((1 - kept.mean()) - rate) < 4 * deviation


@EACH_SOURCE
def test_every_unit_is_dropped_equally_often(source):
    rate, n_rows, n_units = 0.3, 2000, 500
    kept = masks((n_rows, n_units), rate, 1, source=source)[0]
    scores = (kept.sum(axis=0) - n_rows * (1 - rate)) / np.sqrt(n_rows * rate * (1 - rate))
    assert 1e-3 < stats.chi2.sf((scores**2).sum(), n_units) < 1 - 1e-3


@EACH_SOURCE
def test_the_number_kept_varies_from_step_to_step_as_a_binomial_does(source):
    rate, n_calls, size = 0.5, 400, 250
    kept = masks((1, size), rate, n_calls, source=source).reshape(n_calls, size).sum(axis=1)
    spread = ((kept - kept.mean()) ** 2).sum() / (size * rate * (1 - rate))
    assert 1e-3 < stats.chi2.sf(spread, n_calls - 1) < 1 - 1e-3


@EACH_SOURCE
@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_steps_are_independent(rate, source):
    streams = masks((50, 100), rate, 64, source=source).reshape(64, -1)
    assert largest_correlation(streams) < 5


@EACH_SOURCE
def test_units_are_independent(source):
    streams = masks((5000, 64), 0.5, 1, source=source)[0].T
    assert largest_correlation(streams) < 5


@pytest.mark.parametrize("lag", [1, 2, 3, 4, 2500, 5000, 7500])
def test_neighbours_in_a_mask_are_independent_pairs(lag):
    """A word of the generator serves two units: those must not go together either."""
    flat = masks((100, 100), 0.5, 1)[0].ravel()
    pairs = np.histogram2d(flat[:-lag], flat[lag:], bins=2)[0]
    assert stats.chi2_contingency(pairs, correction=False).pvalue > 1e-3


@EACH_SOURCE
def test_layers_and_seeds_are_independent(source):
    """Layers differ by nothing but their seed; neighbouring seeds are the hardest case."""
    seeds = [*range(32), *(2**power for power in range(5, 31)), 2**31 - 4]
    streams = drawn((50, 100), 0.5, [(seed, 0) for seed in seeds], source=source)
    assert largest_correlation(streams.reshape(len(seeds), -1)) < 5


@EACH_SOURCE
def test_pairs_of_seed_and_step_are_independent(source):
    """Seed a at step b must not repeat seed b at step a, nor a + 1 at b - 1."""
    states = list(itertools.product(range(8), repeat=2))
    streams = drawn((1, 5000), 0.5, states, source=source)
    assert largest_correlation(streams.reshape(len(states), -1)) < 5


@EACH_SOURCE
def test_a_seed_repeats_its_masks(source):
    first = masks((7, 9), 0.5, 3, seed=5, source=source)
    np.testing.assert_array_equal(masks((7, 9), 0.5, 3, seed=5, source=source), first)
    assert (first[0] != first[1]).any()
    assert (masks((7, 9), 0.5, 3, seed=6, source=source) != first).any()


def test_each_call_takes_the_next_mask_of_its_seed():
    expected = masks((7, 9), 0.5, 3, seed=5, source="plain")
    layer = Dropout(rate=0.5)
    layer.build((None, 9))
    layer.seed_generator.state.assign([5, 0])
    for mask in expected:
        np.testing.assert_array_equal(layer(tf.ones((7, 9)), training=True).numpy() != 0, mask)


def test_an_xla_program_draws_the_same_masks():
    np.testing.assert_array_equal(
        masks((33, 7), 0.4, 3, xla=True), masks((33, 7), 0.4, 3, xla=False)
    )


@EACH_SOURCE
@pytest.mark.parametrize("rate", RATES)
def test_what_is_kept_is_scaled_so_that_the_expectation_stays(rate, source):
    inputs = np.random.default_rng(0).normal(3, 1, size=(1000, 500)).astype(np.float32)
    (found,) = outputs(inputs, rate, [(1, 0)], source=source)
    kept = found != 0
    np.testing.assert_allclose(found[kept], inputs[kept] / (1 - rate), rtol=1e-6)
    deviation = np.sqrt(rate / (1 - rate) * np.mean(np.square(inputs)) / inputs.size)
    assert abs(found.mean(dtype=float) - inputs.mean(dtype=float)) < 4 * deviation


@EACH_SOURCE
def test_the_gradient_goes_where_the_inputs_went(source):
    function, settings = (plain if source == "plain" else engine)((40, 10), source)

    @tf.function(autograph=False)
    def both(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            found = function(inputs, *settings(0.25, 1, 0))
        return found, tape.gradient(found, inputs)

    found, gradient = both(tf.ones((40, 10)))
    np.testing.assert_array_equal(gradient, found)  # of ones: mask / (1 - rate) both


@EACH_SOURCE
def test_rate_zero_changes_nothing(source):
    inputs = np.random.default_rng(0).normal(size=(20, 30)).astype(np.float32)
    (found,) = outputs(inputs, 0.0, [(1, 0)], source=source)
    np.testing.assert_array_equal(found, inputs)


@pytest.mark.parametrize("rate", [0.0, 0.5])
@pytest.mark.parametrize("make", [Dropout, FusedMasks(20).layer, UnfusedMasks().layer])
def test_inference_changes_nothing(make, rate):
    inputs = np.random.default_rng(0).normal(size=(20, 30)).astype(np.float32)
    np.testing.assert_array_equal(make(rate=rate)(inputs).numpy(), inputs)


@pytest.mark.parametrize("rates", [(0.5, 0.5, 0.5), (0.0, 0.5, 0.0), (0.0, 0.0, 0.5), (0.5, 0, 0)])
def test_layers_of_one_network_draw_masks_apart_whatever_the_rates_of_the_others(rates):
    """More numbers than one block of the generator, with edges of layers within blocks."""
    masks = FusedMasks(50)
    layers = [masks.layer() for _ in rates]
    for layer, n_units in zip(layers, (70, 300, 41), strict=True):
        layer.build((None, n_units))

    @tf.function(autograph=False)
    def draw(settings):
        with masks.drawn(settings, tf.constant(2), 0):
            return [
                layer.stateless_call([], [0.0], tf.ones((50, layer.units)), training=True)[0]
                for layer in layers
            ]

    key = np.array([3, 4], np.uint32)
    every = [kept.numpy() != 0 for kept in draw(masks.settings([0.5 for _ in rates], key))]
    found = [kept.numpy() != 0 for kept in draw(masks.settings(rates, key))]
    for kept, mask, rate in zip(found, every, rates, strict=True):
        np.testing.assert_array_equal(kept, mask if rate else True)
    streams = [mask.ravel()[:2000] for mask in every]
    assert largest_correlation(np.array(streams)) < 5


@EACH_SOURCE
def test_shared_axes_share_one_mask(source):
    shape = (64, 5, 6, 32)
    kept = masks(shape, 0.4, 1, source=source, shared_axes=(1, 2))[0]
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


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")
def test_a_saved_layer_loads_back(tmp_path):
    layer = Dropout(shared_axes=(1,), rate=0.5, name="drop")
    model = keras.Sequential([keras.Input((3, 4)), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras").get_layer("drop")
    assert isinstance(loaded, Dropout)
    assert loaded.get_config() == layer.get_config()
    assert float(loaded.rate) == 0.5
