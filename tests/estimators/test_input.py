"""What comes in and what comes out: tables, labels, shapes, probabilities."""

import dask.dataframe as dd
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from estimator_toy import KINDS, quick, same_weights, table
from scipy import sparse
from scipy.special import expit
from sklearn.base import is_classifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

NAMES = ["width", "height", "depth", "mass"]
WHOLE = np.round(table()[0] * 10)  # exact in every number type
CONTAINERS = {
    "float32": lambda X: X.astype(np.float32),
    "int64": lambda X: X.astype(np.int64),
    "int8": lambda X: X.astype(np.int8),
    "column-major": np.asfortranarray,
    "list": np.ndarray.tolist,
    "pandas": lambda X: pd.DataFrame(X, columns=NAMES),
    "pandas integers": lambda X: pd.DataFrame(X.astype(int), columns=NAMES),
    "pandas nullable": lambda X: pd.DataFrame(X, columns=NAMES).convert_dtypes(),
    "polars": lambda X: pl.DataFrame(X, schema=NAMES),
}
LABELS = {
    "text": np.array(["rock", "mine"]),
    "bool": np.array([False, True]),
    "gaps": np.array([-7, 40]),
    "floats": np.array([1.0, 2.0]),
    "objects": np.array(["b", "a"], dtype=object),
}
LABEL_CONTAINERS = {
    "list": np.ndarray.tolist,
    "pandas": pd.Series,
    "categorical": pd.Categorical,
    "polars": pl.Series,
}


@pytest.fixture(scope="module", params=KINDS)
def fitted(request):
    X, y = table(request.param)
    return request.param, quick().fit(X, y), X, y


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_table_gives_the_same_fit_and_predictions(container):
    y = table()[1]
    X = CONTAINERS[container](WHOLE)
    expected, found = quick().fit(WHOLE, y), quick().fit(X, y)
    assert same_weights(found, expected)
    assert np.array_equal(found.predict_proba(X), expected.predict_proba(WHOLE))


@pytest.mark.parametrize(
    ("container", "name"),
    [("column-major", "3"), ("list", "3"), ("pandas", "'mass'"), ("polars", "'mass'")],
)
def test_a_column_whose_numbers_are_one_in_single_precision_is_warned_of(container, name):
    X, y = table()
    fine = [1e6 + X[:, 0], np.full(60, 0.1), 2.0**30 + 128 * y]
    seconds = 1.7e9 + 10 * X[:, 1]
    rows = CONTAINERS[container](np.stack([*fine, seconds], axis=1))
    with pytest.warns(UserWarning, match=rf"column {name} of X .* a StandardScaler") as caught:
        quick(engine="keras", epochs=1).fit(rows, y)
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_a_scaler_before_the_network_saves_such_a_column():
    seconds = 1.7e9 + 10 * table()[0][:, :1]
    y = seconds[:, 0] > 1.7e9
    network = make_pipeline(StandardScaler(), quick(epochs=30))
    assert network.fit(seconds, y).score(seconds, y) > 0.9


FRAMES = {
    "pandas": lambda frame: frame,
    "polars": pl.from_pandas,
    "dask": lambda frame: dd.from_pandas(frame, npartitions=2),
    "arrow table": pa.Table.from_pandas,
    "arrow batch": pa.RecordBatch.from_pandas,
}


@pytest.mark.parametrize("kind", FRAMES)
def test_frames_leave_their_names_and_are_held_to_them(kind):
    X, y = table()
    named = pd.DataFrame(X, columns=NAMES)
    classifier = quick().fit(FRAMES[kind](named), y)
    assert same_weights(classifier, quick().fit(X, y))
    assert classifier.feature_names_in_.tolist() == NAMES
    assert classifier.n_features_in_ == 4
    with pytest.raises(ValueError, match="feature names should match"):
        classifier.predict(FRAMES[kind](named[NAMES[::-1]]))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        classifier.predict(X)


def test_arrays_leave_no_names():
    assert not hasattr(quick().fit(*table()), "feature_names_in_")


@pytest.mark.parametrize("labels", LABELS)
def test_labels_of_any_type_come_back(labels):
    X, codes = table()
    pair = LABELS[labels]
    classifier = quick().fit(X, pair[codes])
    assert classifier.classes_.tolist() == sorted(pair.tolist())
    predicted = classifier.predict(X)
    assert predicted.dtype == classifier.classes_.dtype
    assert np.mean(predicted == pair[codes]) > 0.9
    assert classifier.score(X, pair[codes]) == np.mean(predicted == pair[codes])


@pytest.mark.parametrize("container", LABEL_CONTAINERS)
def test_labels_come_in_any_container(container):
    X, codes = table("multiclass")
    y = np.array(["ant", "bee", "cat"])[codes]
    expected = quick().fit(X, y)
    found = quick().fit(X, LABEL_CONTAINERS[container](y))
    assert same_weights(found, expected)
    assert found.predict(X).tolist() == expected.predict(X).tolist()


def test_probability_columns_follow_the_sorted_classes():
    X, codes = table("multiclass")
    y = np.array([30, -1, 7])[codes]
    classifier = quick(epochs=30).fit(X, y)
    assert classifier.classes_.tolist() == [-1, 7, 30]
    truth = y[:, np.newaxis] == classifier.classes_
    assert classifier.predict_proba(X)[truth].mean() > 0.7


def test_two_classes_take_one_sigmoid_unit():
    X, y = table()
    classifier = quick().fit(X, y)
    assert [w.shape for w in classifier.weights_][-2:] == [(8, 1), (1,)]
    logits = classifier.decision_function(X)
    assert logits.shape == (60,)
    assert classifier.predict_proba(X) == pytest.approx(np.c_[expit(-logits), expit(logits)])
    assert np.array_equal(classifier.predict(X), (logits > 0).astype(int))


def test_more_classes_take_a_softmax():
    X, y = table("multiclass")
    classifier = quick().fit(X, y)
    decision = classifier.decision_function(X)
    assert decision.shape == (60, 3)
    assert classifier.predict_proba(X) == pytest.approx(np.exp(decision), abs=1e-6)
    assert np.array_equal(classifier.predict(X), decision.argmax(axis=1))


def test_an_indicator_matrix_takes_one_sigmoid_for_each_label():
    X, Y = table("multilabel")
    classifier = quick(epochs=30).fit(X, Y)
    logits = classifier.decision_function(X)
    assert logits.shape == (60, 3)
    assert classifier.predict_proba(X) == pytest.approx(expit(logits))
    assert np.array_equal(classifier.predict(X), (logits > 0).astype(int))
    assert classifier.classes_.tolist() == [0, 1, 2]
    assert np.mean(classifier.predict(X) == Y) > 0.9
    assert classifier.score(X, Y) == (classifier.predict(X) == Y).all(axis=1).mean()


@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csc_matrix, sparse.lil_array, list])
def test_an_indicator_matrix_comes_in_any_form(form):
    X, Y = table("multilabel")
    assert same_weights(quick().fit(X, form(Y.tolist())), quick().fit(X, Y))


def test_a_label_that_no_row_has_is_learnt_as_absent():
    X, Y = table("multilabel")
    Y[:, 1] = 0
    assert not quick().fit(X, Y).predict(X)[:, 1].any()


def test_a_single_class_is_predicted():
    X, _ = table()
    classifier = quick().fit(X, ["only"] * 60)
    assert set(classifier.predict(X)) == {"only"}
    assert np.array_equal(classifier.predict_proba(X), np.ones((60, 1)))


def test_probabilities_are_probabilities(fitted):
    kind, classifier, X, _ = fitted
    probabilities = classifier.predict_proba(X)
    assert probabilities.shape == (60, 2 if kind == "binary" else 3)
    assert probabilities.min() >= 0
    assert probabilities.max() <= 1
    if kind != "multilabel":
        assert probabilities.sum(axis=1) == pytest.approx(np.ones(60))


def test_log_probabilities_stay_finite_where_probabilities_vanish(fitted):
    _, classifier, X, _ = fitted
    assert np.exp(classifier.predict_log_proba(X)) == pytest.approx(classifier.predict_proba(X))
    far = X * 1e6
    assert (classifier.predict_proba(far) == 0).any()
    assert np.isfinite(classifier.predict_log_proba(far)).all()


def test_model_takes_raw_rows_and_gives_the_probabilities(fitted):
    kind, classifier, X, _ = fitted
    found = classifier.model_.predict(X, verbose=0)
    if kind == "binary":
        found = np.c_[1 - found, found]
    assert found == pytest.approx(classifier.predict_proba(X), abs=1e-6)
    assert classifier.model_ is classifier.model_


def test_predictions_do_not_depend_on_the_other_rows(fitted):
    _, classifier, X, _ = fitted
    singly = np.vstack([classifier.predict_proba(row[np.newaxis]) for row in X[:5]])
    assert singly == pytest.approx(classifier.predict_proba(X)[:5], abs=1e-6)


def test_no_hidden_layer_is_logistic_regression():
    X, y = table()
    classifier = quick(hidden_layer_sizes=(), dropout=0.0, epochs=40).fit(X, y)
    at_zero, along = classifier.decision_function([[0, 0, 0, 0], [1, 2, 3, 4]])
    assert classifier.decision_function([[2, 4, 6, 8]]) == pytest.approx(
        2 * along - at_zero, rel=1e-4
    )
    assert classifier.score(X, y) > 0.9


def test_one_hidden_layer_may_be_a_plain_number():
    X, y = table()
    usual = quick().fit(X, y)
    for number in (8, np.array(8), np.int32(8)):
        assert same_weights(quick(hidden_layer_sizes=number).fit(X, y), usual)
    assert same_weights(quick(dropout=np.array(0.2)).fit(X, y), usual)


def test_scikit_learn_knows_what_it_is():
    assert is_classifier(quick())
    tags = get_tags(quick())
    assert tags.classifier_tags.multi_class
    assert tags.classifier_tags.multi_label
    assert tags.target_tags.required
    assert not tags.input_tags.allow_nan
    assert tags.input_tags.sparse
