"""The table that a fit sees: its order, its copies and its weights depend on the rows alone."""

import warnings
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skdropout.training import TrainingSet, _data
from skdropout.training._tables import features

QUICK = settings(max_examples=60)
DTYPES = st.sampled_from([np.float64, np.float32, np.uint8, np.bool_, np.int16])


@st.composite
def tables(draw, shape=None):
    """Few different values, so that equal rows are common; odd widths and several axes."""
    dtype = draw(DTYPES)
    if shape is None:
        trailing = st.sampled_from([(1,), (2,), (3,), (5,), (2, 3, 1)])
        shape = (draw(st.integers(1, 25)), *draw(trailing))
    X = draw(hnp.arrays(dtype, shape, elements=st.integers(0, 1), fill=st.just(0)))
    y = draw(hnp.arrays(np.float32, (shape[0], 1), elements=st.sampled_from([0, 1])))
    return X, y


def weights_of(kind, n_rows, draw):
    if kind == "none":
        return None
    if kind == "counts":
        weight = draw(hnp.arrays(float, n_rows, elements=st.integers(0, 3)))
    else:
        weight = draw(hnp.arrays(float, n_rows, elements=st.sampled_from([0, 0.25, 1.3, 7.1])))
    weight[draw(st.integers(0, n_rows - 1))] = 1.0
    return weight


@st.composite
def weighted_tables(draw):
    X, y = draw(tables())
    kind = draw(st.sampled_from(["none", "counts", "real"]))
    return X, y, weights_of(kind, len(X), draw)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
@pytest.mark.parametrize("length", [7, 16])
def test_tables_reach_tensorflow_as_they_are_and_filled_up(dtype, length):
    """Views at any address, read-only ones and those with strides are taken over alike."""
    X = np.arange(7 * 3 * 2).astype(dtype).reshape(7, 3, 2)
    unaligned = np.zeros(X.nbytes + 8, np.uint8)[4:-4].view(dtype).reshape(X.shape)
    unaligned[...] = X
    unaligned.flags.writeable = False
    for given_rows in (X, unaligned, np.repeat(X, 2, axis=0)[::2]):
        tensor = features(given_rows, length)
        assert tensor.numpy().dtype == dtype
        assert (tensor.numpy()[:7] == X).all()
        assert (tensor.numpy()[7:] == X[0]).all()  # a row that there is
    changed = X.copy()
    tensor = features(changed, length)
    changed[...] = 0
    assert (tensor.numpy()[:7] == X).all()


def taken(rows):
    """What an epoch sees, row by row: features, target and weight, as comparable tuples."""
    weights = np.ones(len(rows.X)) if rows.weights is None else rows.weights
    at = rows.positions
    return [
        (*X.ravel().tolist(), *y.ravel().tolist(), float(weight))
        for X, y, weight in zip(rows.X[at], rows.y[at], weights[at], strict=True)
    ]


@given(weighted_tables(), st.randoms(use_true_random=False))
@QUICK
def test_the_order_of_the_rows_does_not_matter(table, random):
    X, y, weight = table
    order = np.array(random.sample(range(len(X)), len(X)))
    one = TrainingSet.from_arrays(X, y, weight)
    other = TrainingSet.from_arrays(X[order], y[order], None if weight is None else weight[order])
    assert taken(one) == taken(other)


@given(weighted_tables())
@QUICK
def test_an_epoch_sees_every_row_as_often_as_it_counts(table):
    X, y, weight = table
    rows = TrainingSet.from_arrays(X, y, weight)
    whole = weight is None or (weight == np.rint(weight)).all()
    counts = np.ones(len(X)) if weight is None else weight if whole else weight > 0
    scale = np.ones(len(X)) if whole else weight * np.count_nonzero(weight) / weight.sum()
    copies = np.repeat(np.arange(len(X)), counts.astype(int))
    contents = [(*X[i].ravel().tolist(), *y[i].ravel().tolist()) for i in copies]
    assert sorted(row[:-1] for row in taken(rows)) == sorted(contents)
    for content in set(contents):
        equal = [i for i, other in zip(copies, contents, strict=True) if other == content]
        found = [row[-1] for row in taken(rows) if row[:-1] == content]
        np.testing.assert_allclose(found, scale[equal].mean(), rtol=1e-6)


@given(tables(), st.data())
@QUICK
def test_counts_are_copies(table, data):
    X, y = table
    counts = weights_of("counts", len(X), data.draw).astype(int)
    copies = np.repeat(np.arange(len(X)), counts)
    assert taken(TrainingSet.from_arrays(X, y, counts.astype(float))) == taken(
        TrainingSet.from_arrays(X[copies], y[copies])
    )


@given(weighted_tables())
@QUICK
def test_equal_rows_are_merged(table):
    rows = TrainingSet.from_arrays(*table)
    once = taken(TrainingSet(rows.X, rows.y, rows.rows, None, rows.weights))
    assert len(set(once)) == len(once) == len(set(taken(rows)))


@given(weighted_tables())
@QUICK
def test_with_keep_order_the_rows_stay_as_they_stand(table):
    X, y, weight = table
    rows = TrainingSet.from_arrays(X, y, weight, keep_order=True)
    assert (np.diff(rows.positions) >= 0).all()
    numbered = np.arange(len(X), dtype=np.float32)[:, np.newaxis]  # none of these are equal
    every = TrainingSet.from_arrays(numbered, y, weight)
    assert sorted(rows.positions) == sorted(every.positions)
    if rows.weights is not None:
        np.testing.assert_array_equal(rows.weights[rows.rows], every.weights[rows.rows])


@given(tables(), st.data())
@QUICK
def test_a_hash_that_always_collides_merges_nothing_wrongly_and_loses_nothing(table, data):
    table = *table, weights_of("counts", len(table[0]), data.draw)
    expected = sorted(taken(TrainingSet.from_arrays(*table)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_data, "_hash_rows", lambda X, *_: np.zeros(len(X), np.uint64))
        assert sorted(taken(TrainingSet.from_arrays(*table))) == expected


@given(hnp.arrays(float, st.integers(1, 40), elements=st.floats(0.01, 100)))
@QUICK
def test_real_weights_are_scaled_to_a_mean_of_one(weight):
    weight[0] += 0.005 if weight[0] == np.rint(weight[0]) else 0
    X = np.arange(len(weight), dtype=np.float32)[:, np.newaxis]
    rows = TrainingSet.from_arrays(X, X, weight)
    assert rows.counts is None
    scaled = np.array([row[-1] for row in sorted(taken(rows))])
    np.testing.assert_allclose(scaled.mean(), 1, rtol=1e-6)
    np.testing.assert_allclose(scaled, weight / weight.mean(), rtol=1e-6)


def test_rows_of_weight_zero_do_not_lower_the_mean():
    X = np.arange(4, dtype=np.float32)[:, np.newaxis]
    rows = TrainingSet.from_arrays(X, X, np.array([0.5, 0.0, 1.5, 0.0]))
    np.testing.assert_allclose(rows.weights[[0, 2]], [0.5, 1.5])
    np.testing.assert_array_equal(np.sort(rows.positions), [0, 2])


def test_the_scale_of_real_weights_does_not_depend_on_the_order_of_the_rows():
    """Floats added in another order differ in the last bit, and these five weights are such that
    this bit decides how the fifth is rounded to float32.
    """
    weight = np.array(
        [
            1.9471888932322174,
            0.8823814699152238,
            0.2188232194149646,
            0.14793014303273438,
            1.1385800514575746,
        ]
    )
    X = np.arange(5, dtype=np.float32)[:, np.newaxis]
    assert len({weight[list(order)].sum() for order in permutations(range(5))}) > 1
    expected = taken(TrainingSet.from_arrays(X, X, weight))
    for order in map(list, permutations(range(5))):
        assert taken(TrainingSet.from_arrays(X[order], X[order], weight[order])) == expected


def test_class_weights_multiply_counts_and_real_weights():
    X = np.arange(3, dtype=np.float32)[:, np.newaxis]
    factor = np.array([2.0, 3.0, 5.0])
    counted = TrainingSet.from_arrays(X, X, np.array([1.0, 2.0, 1.0]), loss_weight=factor)
    assert sorted(taken(counted)) == [(0, 0, 2), (1, 1, 3), (1, 1, 3), (2, 2, 5)]
    real = TrainingSet.from_arrays(X, X, np.array([0.5, 1.5, 1.0]), loss_weight=factor)
    assert sorted(taken(real)) == [(0, 0, 1), (1, 1, 4.5), (2, 2, 5)]


@pytest.mark.parametrize("count", [1000, 10**12])
def test_absurd_counts_warn_and_become_weights(count):
    X = np.arange(3, dtype=np.float32)[:, np.newaxis]
    with pytest.warns(UserWarning, match=r"10 times as long .* common factor") as caught:
        rows = TrainingSet.from_arrays(X, X, np.array([1.0, count, 1.0]))
    assert len(rows.positions) == 3
    np.testing.assert_allclose(rows.weights, np.array([1, count, 1]) * 3 / (count + 2), rtol=1e-6)
    assert caught[0].filename == __file__  # not that of a file of ours


def test_ten_copies_of_each_row_are_still_copies():
    X = np.arange(3, dtype=np.float32)[:, np.newaxis]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(TrainingSet.from_arrays(X, X, np.full(3, 10.0)).positions) == 30


def test_minus_zero_is_zero():
    """They are equal, so they are one row with two copies."""
    X = np.array([[0.0, 1.0], [-0.0, 1.0], [2.0, 3.0]], np.float32)
    y = np.zeros((3, 1), np.float32)
    rows = TrainingSet.from_arrays(X, y)
    assert len(rows.rows) == 2
    assert taken(rows) == taken(TrainingSet.from_arrays(np.abs(X), y))


def test_rows_that_differ_anywhere_are_different():
    """In one bit of one value, in the target alone."""
    generator = np.random.default_rng(0)
    base = generator.normal(size=7)
    for column in range(7):
        X = np.array([base, base])
        X[1, column] = np.nextafter(X[1, column], np.inf)
        assert len(TrainingSet.from_arrays(X, np.zeros((2, 1))).rows) == 2
    X = np.array([base, base])
    assert len(TrainingSet.from_arrays(X, np.array([0, 1], np.int32)).rows) == 2


@given(weighted_tables(), st.data())
@QUICK
def test_weights_have_no_say_in_the_order(table, data):
    X, y, _ = table
    other = data.draw(hnp.arrays(float, len(X), elements=st.floats(0.01, 100)))
    factor = data.draw(hnp.arrays(float, len(X), elements=st.floats(0.01, 100)))
    plain = TrainingSet.from_arrays(X, y)
    weighted = TrainingSet.from_arrays(X, y, other + 1e-3, loss_weight=factor)
    pairs = [(plain, weighted)]
    if len(plain.rows) > 1:
        pairs += zip(plain.split(0.4, 0, None), weighted.split(0.4, 0, None), strict=True)
    for one, same in pairs:
        np.testing.assert_array_equal(X[one.positions], X[same.positions])
        np.testing.assert_array_equal(y[one.positions], y[same.positions])


@pytest.mark.parametrize("value", [0.5, 1 / 3, 0.1, 1e-20])
def test_equal_weights_are_none(value):
    X = np.random.default_rng(0).normal(size=(30, 2))
    for kept in (np.ones(30), np.arange(30) % 3 > 0):
        rows = TrainingSet.from_arrays(X, X, kept * value, loss_weight=np.ones(30))
        assert rows.weights is None
        assert taken(rows) == taken(TrainingSet.from_arrays(X, X, kept))


def test_a_hundred_thousand_rows_have_as_many_hashes():
    """Neighbouring integers, one-hot rows: what a weak hash would mix up or leave in order."""
    counting = np.arange(100_000, dtype=np.float32).reshape(-1, 1)
    rows = TrainingSet.from_arrays(counting, np.zeros(len(counting), np.int32))
    assert len(rows.rows) == len(counting)
    assert abs(np.corrcoef(rows.rows, np.arange(len(counting)))[0, 1]) < 0.02
    one_hot = np.eye(300, dtype=np.uint8)
    assert len(TrainingSet.from_arrays(one_hot, np.zeros(300, np.int32)).rows) == 300


def test_large_tables_are_worked_through_in_blocks(monkeypatch):
    X = np.random.default_rng(0).integers(0, 3, size=(500, 3)).astype(np.float32)
    y = X[:, :1]
    expected = TrainingSet.from_arrays(X, y)
    monkeypatch.setattr(_data, "_BLOCK_BYTES", 100)
    rows = TrainingSet.from_arrays(X, y)
    assert taken(rows) == taken(expected)
    blocks = list(rows.blocks())
    assert len(blocks) > 1
    np.testing.assert_array_equal(np.vstack([X for X, _ in blocks]), X[rows.rows])
    np.testing.assert_array_equal(np.hstack([counts for _, counts in blocks]), rows.counts)


def halves(rows, *splitting):
    training, validation = (
        rows.split(*splitting) if len(splitting) > 1 else rows.split_tail(*splitting)
    )
    return taken(training), taken(validation)


@given(weighted_tables(), st.integers(0, 5))
@settings(QUICK, max_examples=20)
def test_no_copy_of_a_row_is_on_both_sides_of_a_split(table, seed):
    rows = TrainingSet.from_arrays(*table)
    if len(rows.rows) < 2:
        return
    training, validation = halves(rows, 0.4, seed, None)
    assert not set(training) & set(validation)
    assert sorted(training + validation) == sorted(taken(rows))
    assert len(set(validation)) == np.ceil(0.4 * len(rows.rows))


@given(weighted_tables(), st.randoms(use_true_random=False))
@QUICK
def test_a_split_does_not_depend_on_the_order_of_the_rows(table, random):
    X, y, weight = table
    order = np.array(random.sample(range(len(X)), len(X)))
    one = TrainingSet.from_arrays(X, y, weight)
    if len(one.rows) < 2:
        return
    other = TrainingSet.from_arrays(X[order], y[order], None if weight is None else weight[order])
    assert halves(one, 0.4, 0, None) == halves(other, 0.4, 0, None)


def test_a_split_is_stratified():
    X = np.arange(100, dtype=np.float32)[:, np.newaxis]
    y = (np.arange(100) < 20).astype(np.int32)
    training, validation = TrainingSet.from_arrays(X, y).split(0.25, 0, y)
    assert (y[training.rows].sum(), y[validation.rows].sum()) == (15, 5)
    other, _ = TrainingSet.from_arrays(X, y).split(0.25, 1, y)
    assert set(other.rows) != set(training.rows)


def test_a_row_that_is_alone_with_its_label_stays_for_training():
    X = np.arange(40, dtype=np.float32)[:, np.newaxis]
    y = np.array([0, 1, *[2] * 8, *[3] * 30], np.int32)
    rows = TrainingSet.from_arrays(X, y)
    for seed in range(5):
        training, validation = rows.split(0.5, seed, y)
        assert np.bincount(y[training.rows]).tolist() == [1, 1, 4, 14]
        assert np.bincount(y[validation.rows]).tolist() == [0, 0, 4, 16]


def test_split_tail_takes_the_last_rows():
    X = np.arange(10, dtype=np.float32)[:, np.newaxis]
    training, validation = TrainingSet.from_arrays(X, X, keep_order=True).split_tail(0.25)
    np.testing.assert_array_equal(training.positions, range(7))
    np.testing.assert_array_equal(validation.positions, [7, 8, 9])
