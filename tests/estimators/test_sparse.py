"""Sparse features: any format, the same fit as in full, never the whole table in full."""

import keras
import numpy as np
import psutil
import pytest
from cases import EACH_ENGINE, slow
from engine_toy import assert_same_fit
from estimator_toy import fit_by_keras, quick, same_weights, table
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, OneHotEncoder, StandardScaler

from skdropout import BNConvClassifier, BNConvRegressor, DropoutMLPRegressor
from skdropout.training import TrainingSet

FORMATS = ("csc_matrix", "coo_array", "lil_matrix")  # scikit-learn's own checks try all of them


def thin(n_rows=60):
    """Return rows of four features, most of them zero, and a target that the first two decide."""
    X, _ = table(n_rows=n_rows)
    X = X * (np.random.default_rng(7).random(X.shape) < 0.4)
    return X, (X[:, 0] >= X[:, 1]).astype(int)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_the_same_table(kind):
    X, y = thin()
    given = getattr(sparse, kind)(X)
    before = given.copy()
    expected = quick(rescale=None).fit(sparse.csr_array(X), y)
    assert same_weights(quick(rescale=None).fit(given, y), expected)
    assert np.array_equal(
        expected.predict_proba(given), expected.predict_proba(sparse.csr_array(X))
    )
    assert (given != before).nnz == 0


CONFIGURATIONS = {
    "plain": {},
    "unit": {"rescale": "unit"},
    "refit": {"early_stopping": True, "n_iter_no_change": 3, "refit": True},
    "batch norm": {"batch_norm": True, "optimizer": "sgd"},
}


@pytest.mark.usefixtures("engines_predict")
@pytest.mark.parametrize(
    ("configuration", "engine"),
    [
        ("plain", "compiled"),
        slow("refit", "compiled"),
        ("plain", "keras"),
        slow("unit", "compiled"),
        slow("batch norm", "compiled"),
        slow("unit", "keras"),
        slow("refit", "keras"),
        slow("batch norm", "keras"),
    ],
)
def test_a_sparse_table_is_learnt_as_in_full(configuration, engine):
    """Without dropout, whose masks another program draws in another way."""
    X, y = thin()
    X = np.abs(X)  # so that "unit", too, subtracts nothing
    options = {"rescale": None, "dropout": 0.0, "engine": engine, "epochs": 4}
    options |= CONFIGURATIONS[configuration]
    in_full = quick(**options).fit(X, y)
    fit = quick(**options).fit(sparse.csr_array(X), y)
    for one, other in zip(fit.weights_, in_full.weights_, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    for name, values in fit.history_.items():
        np.testing.assert_allclose(values, in_full.history_[name], atol=1e-5)
    np.testing.assert_allclose(
        fit.predict_proba(sparse.csc_array(X)), fit.predict_proba(X), atol=1e-6
    )


def test_standardising_scales_as_the_scaler_without_centring_does():
    X, y = thin()
    X[:, 2] = 7  # constant
    scaler = StandardScaler(with_mean=False).fit(sparse.csr_array(X))
    shift, factor, *_ = quick(epochs=1).fit(sparse.csr_array(X), y).weights_
    np.testing.assert_array_equal(shift, 0)
    np.testing.assert_allclose(1 / factor, scaler.scale_, rtol=1e-6)


def test_unit_scales_by_the_largest_absolute_value():
    X, y = thin()
    fit = quick(rescale="unit", epochs=1).fit(sparse.csr_array(X), y)
    np.testing.assert_allclose(1 / fit.weights_[1], MaxAbsScaler().fit(X).scale_, rtol=1e-6)


def test_centring_would_fill_the_table():
    X, y = thin()
    with pytest.raises(TypeError, match=r"rescale='center' .* 'standardize' or 'unit'"):
        quick(rescale="center").fit(sparse.csr_array(X), y)


def test_rows_come_in_the_order_of_the_table_in_full():
    """Copies, rows of zeros, zeros and halves that are written down included."""
    X, y = thin()
    X[3:9] = X[9:15]
    X[20:24] = 0
    y = y[:, np.newaxis]
    for dtype in (np.float32, np.float64):
        given = sparse.csr_array(X.astype(dtype))
        in_full = TrainingSet.from_arrays(X.astype(dtype), y)
        rows = TrainingSet.from_arrays(given, y)
        np.testing.assert_array_equal(rows.rows, in_full.rows)
        np.testing.assert_array_equal(rows.positions, in_full.positions)
    twice = sparse.coo_array(
        (
            np.append(np.tile(X[X != 0] / 2, 2), 0),
            np.append(np.tile(np.nonzero(X), 2), [[21], [0]], 1),
        ),
        shape=X.shape,
    )
    one, other = (quick(rescale=None).fit(part, y.ravel()) for part in (twice, sparse.csr_array(X)))
    assert same_weights(one, other)


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_everything_that_takes_rows_takes_sparse_ones(engine):
    X, y = thin()
    X = sparse.csr_array(X)
    fit = quick(engine=engine, dropout=0.3, input_dropout=0.1, epochs=2)
    fit.fit(X, y, X_val=X[:20].toarray(), y_val=y[:20]).partial_fit(X, y)
    fit.set_params(warm_start=True).fit(X, y, X_val=X[:20], y_val=y[:20])
    assert fit.decision_function(X).shape == (60,)
    assert 0 <= fit.score(X, y) <= 1
    assert fit.predict_log_proba(X[:1]).shape == (1, 2)
    samples = fit.sample_proba(X, n_samples=3, random_state=0)
    np.testing.assert_allclose(samples, fit.sample_proba(X.toarray(), 3, 0), atol=1e-6)
    assert len(fit.predict_uncertainty(X, n_samples=3)) == 60


def test_a_validation_table_may_be_sparse_where_the_other_is_not():
    X, y = thin()
    fits = [
        quick(epochs=2).fit(X, y, X_val=form(X[:20]), y_val=y[:20])
        for form in (np.asarray, sparse.csr_array)
    ]
    assert fits[0].history_ == fits[1].history_


def test_what_was_fitted_in_full_predicts_sparse_rows_as_full_ones():
    """It shifts its inputs, which would fill the zeros; too large for the small networks' way."""
    X, y = thin()
    fit = fit_by_keras(quick(hidden_layer_sizes=(9000,), epochs=1), X + 1, y)
    full = fit.predict_proba(X)
    np.testing.assert_allclose(fit.predict_proba(sparse.csr_array(X)), full, atol=1e-6)


def test_what_was_fitted_in_full_goes_on_with_sparse_rows_where_a_batch_is_written_out():
    X, y = thin()
    X += 0.5 * (X != 0)
    fits = [fit_by_keras(quick(epochs=1, dropout=0.0), X, y) for _ in range(2)]
    with pytest.raises(ValueError, match=r"fitted on full rows.*engine='keras'"):
        fits[0].partial_fit(sparse.csr_array(X), y)
    fits[0].set_params(engine="keras").partial_fit(sparse.csr_array(X), y)
    assert_same_fit(fits[0], fits[1].partial_fit(X, y))


def test_a_regressor_takes_them_too():
    X, _ = thin()
    regressor = DropoutMLPRegressor((8,), learning_rate=0.02, epochs=60, random_state=0)
    fit = regressor.fit(sparse.csc_array(X), X[:, 0])
    assert fit.score(sparse.csr_array(X), X[:, 0]) > 0.5


SHAPE = (6, 6, 2)


def drawings(dtype=np.float32, n_images=60):
    """Return flattened images, mostly dark, that are lit at the top or at the bottom."""
    random = np.random.default_rng(1)
    X = random.integers(1, 200, (n_images, *SHAPE)) * (random.random((n_images, *SHAPE)) < 0.3)
    y = np.arange(n_images) % 2
    X[y == 0, :3] = 0
    X[y == 1, 3:] = 0
    return X.reshape(n_images, -1).astype(dtype), y


def conv(**parameters):
    defaults = {"filters": (4,), "convs_per_block": 1, "dense_units": 8, "image_shape": SHAPE}
    defaults |= {"learning_rate": 0.01, "epochs": 4, "random_state": 0}
    return BNConvClassifier(**{**defaults, **parameters})


@pytest.mark.parametrize(
    ("engine", "dtype"),
    [
        ("compiled", np.uint8),
        ("keras", np.float32),
        slow("compiled", np.float32),
        slow("keras", np.uint8),
    ],
)
def test_flattened_images_are_learnt_as_in_full(engine, dtype):
    X, y = drawings(dtype)
    options = {"rescale": "unit", "head_dropout": 0.0, "engine": engine}
    options |= {"early_stopping": True, "n_iter_no_change": 3}
    in_full, fit = (conv(**options).fit(rows, y) for rows in (X, sparse.csc_array(X)))
    assert_same_fit(fit, in_full)
    assert fit.image_shape_ == SHAPE
    images = X.reshape(-1, *SHAPE)
    np.testing.assert_allclose(
        fit.predict_proba(sparse.csr_matrix(X)), fit.predict_proba(images), atol=1e-6
    )


@pytest.mark.parametrize("option", ["standardize", "unit"])
def test_channels_of_sparse_images_are_scaled_each_by_its_own_spread(option):
    """Copies count as often as they are there."""
    X, y = drawings()
    X[:, 1::2] *= 10
    counts = np.arange(60) % 3
    estimator = conv(rescale=option, engine="keras", epochs=1)
    shift, factor, *_ = estimator.fit(sparse.csr_array(X), y, sample_weight=counts).weights_
    channels = np.repeat(X, counts, axis=0).reshape(-1, 2).astype(float)
    spread = channels.std(axis=0) if option == "standardize" else channels.max(axis=0)
    np.testing.assert_array_equal(shift, 0)
    np.testing.assert_allclose(1 / factor, spread, rtol=1e-6)
    with pytest.raises(TypeError, match=r"rescale='center' .* 'standardize' or 'unit'"):
        conv(rescale="center").fit(sparse.csr_array(X), y)


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_everything_that_takes_images_takes_sparse_ones(engine):
    X, y = drawings()
    images, X = X.reshape(-1, *SHAPE), sparse.csr_array(X)
    fit = conv(engine=engine, epochs=1).fit(X, y, X_val=images[:20], y_val=y[:20])
    fit.partial_fit(X, y).set_params(warm_start=True).fit(X, y, X_val=X[:20], y_val=y[:20])
    assert fit.decision_function(X).shape == (60,)
    assert fit.score(X, y) == fit.score(images, y)
    assert fit.predict_log_proba(X[:1]).shape == (1, 2)
    samples = fit.sample_proba(X, n_samples=3, random_state=0)
    np.testing.assert_allclose(samples, fit.sample_proba(images, 3, 0), atol=1e-6)


def test_a_regressor_of_images_takes_them_too():
    X, y = drawings()
    options = {"filters": (4,), "image_shape": SHAPE, "epochs": 2, "engine": "keras"}
    fits = [
        BNConvRegressor(**options, random_state=0).fit(rows, y, X_val=validation, y_val=y[:20])
        for rows, validation in ((X, sparse.csr_array(X[:20])), (X, X[:20].reshape(20, *SHAPE)))
    ]
    assert fits[0].history_ == fits[1].history_
    assert fits[0].predict(sparse.coo_array(X)) == pytest.approx(fits[0].predict(X), abs=1e-5)


NARROW = {"filters": (1,), "convs_per_block": 1, "head": "gap", "image_shape": None}


@pytest.mark.parametrize(
    ("estimator", "most"),
    [
        pytest.param(conv(**NARROW, batch_norm=False), 50, id="signals"),
        slow(quick(), 100, id="features"),  # a larger program is compiled meanwhile
    ],
)
def test_rows_are_never_written_out_as_a_whole(estimator, most):
    """The memory of the process during a fit, whose table takes 200 MB in full."""
    n_rows, n_features = 5_000, 10_000
    random = np.random.default_rng(0)
    places = random.integers(n_rows, size=n_rows), random.integers(n_features, size=n_rows)
    X = sparse.csr_array((np.ones(n_rows), places), (n_rows, n_features))
    y = np.arange(n_rows) % 2
    process, resident = psutil.Process(), []
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: resident.append(process.memory_info().rss / 1e6)
    )
    estimator.set_params(epochs=1, callbacks=[note]).fit(X[:100], y[:100]).fit(X, y)
    assert resident[1] - resident[0] < most, resident
    assert estimator.predict(X).shape == (n_rows,)


def test_words_and_columns_of_categories_go_through_pipelines():
    words = np.array(["rock", "stone", "ore", "metal", "iron", "cave"])
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(words[3 * (row % 2) :][:4], 5)) for row in range(60)]
    y = np.arange(60) % 2
    network = quick(epochs=30)
    assert cross_val_score(make_pipeline(TfidfVectorizer(), network), texts, y, cv=3).min() > 0.8
    codes = np.column_stack([np.arange(60) % 30, np.arange(60)])  # known and unknown to each fold
    categories = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), [0, 1]))
    scores = cross_val_score(make_pipeline(categories, network), codes, y, cv=3)
    assert np.isfinite(scores).all()
