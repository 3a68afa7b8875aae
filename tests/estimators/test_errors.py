"""Bad input gets an error at once that says what was expected, what came, and what to do."""

import pickle

import keras
import numpy as np
import pytest
from estimator_toy import quick, table
from sklearn import config_context
from sklearn.utils._param_validation import InvalidParameterError

from skdropout.training import DivergenceError

X, Y = table()
Y3 = table("multiclass")[1]
INDICATORS = table("multilabel")[1]


def spoilt(table, value):
    table = np.array(table, dtype=float)
    table.flat[7] = value
    return table


class OnBatch(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


ROWS = {
    "nan": (spoilt(X, np.nan), Y, "Input X contains NaN"),
    "inf": (spoilt(X, np.inf), Y, "Input X contains infinity"),
    "one row as 1-D": (X[0], Y[:1], r"Reshape your data"),
    "3-D": (X.reshape(60, 2, 2), Y, r"Found array with dim 3.* <= 2"),
    "complex": (X + 1j, Y, "Complex data not supported"),
    "text": ([["a", "b"]] * 2, [0, 1], "could not convert string to float"),
    "no rows": (X[:0], Y[:0], r"0 sample\(s\) .* minimum of 1 is required"),
    "no features": (X[:, :0], Y, r"0 feature\(s\) .* minimum of 1 is required"),
    "lengths": (X, Y[:-1], r"inconsistent numbers of samples: \[60, 59\]"),
}
TARGETS = {
    "missing": (None, "requires y to be passed"),
    "nan": (spoilt(Y, np.nan), "Input y contains NaN"),
    "None": ([None, *Y[1:]], "y has 1 missing labels .* Leave those rows out"),
    "mixed": (
        np.array(["a", *Y[1:]], dtype=object),
        "mixes text and numbers.* Convert",
    ),
    "numbers as objects": (Y.astype(object), r"Convert it: y\.astype\(int\)"),
    "booleans as objects": (Y.astype(bool).astype(object), r"Convert it: y\.astype\(bool\)"),
    "lists": (np.array([[0], [0, 1]] * 30, dtype=object), "MultiLabelBinarizer"),
    "continuous": (X[:, 0], "Unknown label type: continuous"),
    "two columns of classes": (np.c_[Y3, Y3], "MultiOutputClassifier"),
    "indicator of 1 and 2": (INDICATORS + 1, r"expects 1 where .* got the values \[1, 2\]"),
    "3-D": (INDICATORS[:, :, np.newaxis], "Found array with dim 3"),
}
PARAMETERS = [
    pytest.param(name, value, message, id=f"{name}, {what}")
    for name, what, value, message in [
        (
            "dropout",
            "1",
            1.0,
            r"'dropout' parameter .* in the range \[0.0, 1.0\).* Got 1.0 instead",
        ),
        (
            "dropout",
            "two",
            [0.2, 0.2],
            "dropout has 2 rates for 1 hidden layers.* as many as hidden_layer",
        ),
        ("dropout", "[1]", [1.0], r"dropout expects rates in \[0, 1\), got \[1.0\]"),
        ("dropout", "text", ["a"], r"dropout expects rates in \[0, 1\), got \['a'\]"),
        ("input_dropout", "negative", -0.1, r"'input_dropout' .* \[0.0, 1.0\).* Got -0.1"),
        ("hidden_layer_sizes", "0", 0, r"'hidden_layer_sizes' .* an int in the range \[1, inf\)"),
        ("hidden_layer_sizes", "negative", [8, -1], r"whole numbers above zero, .* got \[8, -1\]"),
        ("hidden_layer_sizes", "half", (8.5,), r"whole numbers above zero, .* got \(8.5,\)"),
        ("optimizer", "typo", "adm", "among {'adagrad', 'adam', .* Did you mean 'adam'?"),
        ("optimizer", "class", keras.optimizers.SGD, r"got the class SGD. Pass optimizer=SGD\(\)"),
        ("optimizer", "object", keras.optimizers.SGD(), "got a SGD object. Use engine='keras'"),
        ("activation", "typo", "ReLLU", "Did you mean 'relu'?"),
        ("kernel_initializer", "typo", "glorot_unifrom", "Did you mean 'glorot_uniform'?"),
        (
            "kernel_initializer",
            "class",
            keras.initializers.HeNormal,
            r"kernel_initializer=HeNormal\(\)",
        ),
        ("engine", "typo", "compield", "among {'compiled', 'keras'}.* Did you mean 'compiled'?"),
        ("learning_rate_schedule", "typo", "cos", "Did you mean 'cosine'?"),
        ("rescale", "typo", "standardise", "Did you mean 'standardize'?"),
        ("class_weight", "typo", "balance", "Did you mean 'balanced'?"),
        (
            "class_weight",
            "negative",
            {0: -1.0},
            "class_weight expects a number from 0 upwards.*-1.0",
        ),
        ("class_weight", "all zero", {0: 0.0, 1: 0}, "no row with a weight above zero"),
        ("class_weight", "text", {"0": 2.0}, r"names the classes \['0'\], .* y has \[0, 1\]"),
        ("learning_rate", "0", 0.0, r"'learning_rate' .* in the range \(0.0, inf\)"),
        ("momentum", "1", 1.0, r"'momentum' .* in the range \[0.0, 1.0\)"),
        ("batch_size", "float", 8.0, r"'batch_size' .* an int in the range \[1, inf\)"),
        ("epochs", "0", 0, r"'epochs' .* an int in the range \[1, inf\)"),
        ("max_norm", "0", 0, r"'max_norm' .* in the range \(0.0, inf\] or None"),
        (
            "random_state",
            "generator",
            np.random.default_rng(0),
            r"'random_state' .*RandomState' or None",
        ),
        (
            "callbacks",
            "no list",
            keras.callbacks.TerminateOnNaN(),
            "'callbacks' .* an instance of 'list'",
        ),
        (
            "callbacks",
            "on batches",
            [OnBatch()],
            "OnBatch acts on single batches.* Use engine='keras'",
        ),
        (
            "callbacks",
            "function",
            [print],
            "expects keras.callbacks.Callback objects, got <built-in .* print>",
        ),
    ]
]
WEIGHTS = {
    "negative": (-np.ones(60), "Negative values"),
    "all zero": (np.zeros(60), "zero"),
    "nan": (np.full(60, np.nan), "sample_weight contains NaN"),
    "length": (np.ones(3), r"sample_weight.shape == \(3,\), expected \(60,\)"),
    "2-D": (np.ones((60, 2)), "Sample weights must be 1D"),
}
VALIDATION = {
    "X without y": ({"X_val": X}, "X_val and y_val belong together"),
    "y without X": ({"y_val": Y}, "X_val and y_val belong together"),
    "weights alone": ({"sample_weight_val": np.ones(60)}, "sample_weight_val to both"),
    "width": ({"X_val": X[:, :3], "y_val": Y}, "X_val, .*X has 3 features, .* expecting 4"),
    "nan": ({"X_val": spoilt(X, np.nan), "y_val": Y}, "X_val, .* contains NaN"),
    "classes": ({"X_val": X, "y_val": Y3}, r"X_val, .*y has the classes \[2\], .* \[0, 1\]"),
    "kind": ({"X_val": X, "y_val": INDICATORS}, "X_val, .* one label for each row"),
    "lengths": ({"X_val": X, "y_val": Y[:3]}, r"X_val, .* numbers of samples: \[60, 3\]"),
}


@pytest.mark.parametrize("case", ROWS)
def test_rows(case):
    rows, y, message = ROWS[case]
    with pytest.raises(ValueError, match=message):
        quick().fit(rows, y)


@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
def test_rows_beyond_single_precision():
    with pytest.raises(ValueError, match=r"too large for dtype\('float32'\)"):
        quick().fit(spoilt(X, 1e50), Y)


@pytest.mark.parametrize("case", TARGETS)
def test_target(case):
    y, message = TARGETS[case]
    with pytest.raises(ValueError, match=message):
        quick().fit(X, y)


@pytest.mark.parametrize(("name", "value", "message"), PARAMETERS)
def test_parameter(name, value, message):
    with pytest.raises((ValueError, TypeError), match=f"(?s){message}"):
        quick(**{name: value}).fit(X, Y)


@pytest.mark.parametrize("case", WEIGHTS)
def test_sample_weight(case):
    weights, message = WEIGHTS[case]
    with pytest.raises(ValueError, match=message):
        quick().fit(X, Y, sample_weight=weights)


@pytest.mark.parametrize("case", VALIDATION)
def test_validation_rows(case):
    arguments, message = VALIDATION[case]
    with pytest.raises(ValueError, match=message):
        quick().fit(X, Y, **arguments)


def test_a_name_that_is_like_no_other_gets_no_suggestion():
    with pytest.raises(InvalidParameterError) as caught:
        quick(optimizer="zzzzz").fit(X, Y)
    assert str(caught.value).endswith("Got 'zzzzz' instead.")


def test_a_name_that_is_right_gets_no_suggestion_beside_a_wrong_number():
    with pytest.raises(InvalidParameterError) as caught:
        quick(optimizer="SGD", activation="ReLU", learning_rate=-1).fit(X, Y)
    assert str(caught.value).endswith("Got -1 instead.")


def test_width_in_predict():
    with pytest.raises(ValueError, match=r"X has 3 features, but .* expecting 4 features"):
        quick().fit(X, Y).predict(X[:, :3])


def test_a_dict_of_class_weights_for_several_labels():
    with pytest.raises(ValueError, match=r"multilabel.* sample_weight"):
        quick(class_weight={0: 2.0}).fit(X, INDICATORS)


def test_nothing_left_to_train_on():
    with pytest.raises(ValueError, match=r"sets all training rows aside .*early_stopping=False"):
        quick(early_stopping=True).fit(X[:1], Y[:1])


def test_integer_weights_too_large_to_count_copies():
    with pytest.warns(UserWarning, match=r"6000 copies of 60 rows.* common factor") as caught:
        quick().fit(X, Y, sample_weight=np.full(60, 100))
    assert caught[0].filename == __file__


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_a_loss_that_diverges(engine):
    classifier = quick(optimizer="sgd", learning_rate=1e30, engine=engine)
    with pytest.raises(DivergenceError, match=r"Lower the learning rate .*scale the features"):
        classifier.fit(X, Y)


CAUSES = {
    "nan": (spoilt(X, np.nan), {}, "X holds nan .* an imputer"),
    "denormal": (X * [1, 1, 1e-41, 1], {}, r"1 features of X vary by too little .* number 2"),
    "alpha": (X, {"alpha": 1e9, "optimizer": "sgd"}, r"alpha=1e\+09 takes more .* Lower alpha"),
    "decay": (X, {"weight_decay": 1e6}, r"weight_decay=1e\+06 takes more .* Lower weight_decay"),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_the_advice_on_divergence_looks_at_the_cause(cause):
    features, options, message = CAUSES[cause]
    with (
        config_context(assume_finite=True),
        np.errstate(all="ignore"),
        pytest.raises(DivergenceError, match=message) as caught,
    ):
        quick(**options).fit(features, Y)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_one_hot_classes_are_asked_about():
    one_hot = np.eye(3, dtype=int)[Y3]
    with pytest.warns(UserWarning, match=r"exactly one 1 .* y\.argmax\(axis=1\)") as caught:
        quick().fit(X, one_hot)
    assert caught[0].filename == __file__
    one_hot[0] = 1
    quick().fit(X, one_hot)  # warnings are errors


def test_partial_fit_without_classes():
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        quick().partial_fit(X, Y)


CLASSES = {
    "none": ([], r"a list of all labels .* got \[\]"),
    "a table": ([[0, 1]], "a list of all labels"),
    "nan": ([0, 1, np.nan], "classes has 1 missing labels"),
    "mixed": ([0, "a"], "classes mixes text and numbers"),
}


@pytest.mark.parametrize("case", CLASSES)
def test_partial_fit_with_classes_that_are_none(case):
    classes, message = CLASSES[case]
    with pytest.raises(ValueError, match=message):
        quick().partial_fit(X, Y, classes=classes)


def test_partial_fit_with_classes_beside_an_indicator_matrix():
    with pytest.raises(ValueError, match=r"indicator matrix with 3 labels.* got classes=\[0, 1\]"):
        quick().partial_fit(X, INDICATORS, classes=[0, 1])
    assert quick().partial_fit(X, INDICATORS, classes=[0, 1, 2]).n_iter_ == 1


def test_partial_fit_with_other_classes():
    classifier = quick().partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ValueError, match=r"\[0, 5\] is not the same as on the last call"):
        classifier.partial_fit(X, Y, classes=[0, 5])


@pytest.mark.parametrize("y", [Y3, INDICATORS, Y.astype(str)], ids=["class", "kind", "type"])
def test_partial_fit_with_an_unseen_target(y):
    classifier = quick().partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ValueError, match=r"that this estimator was first given|first given; got"):
        classifier.partial_fit(X, y)


@pytest.mark.parametrize("y", [Y, INDICATORS[:, :2]], ids=["one label", "fewer labels"])
def test_partial_fit_with_another_indicator_matrix(y):
    classifier = quick().partial_fit(X, INDICATORS)
    with pytest.raises(ValueError, match=r"indicator matrix with 3 labels.* got the shape"):
        classifier.partial_fit(X, y)


@pytest.mark.parametrize("change", [{"hidden_layer_sizes": (3,)}, {"rescale": None}])
def test_going_on_with_another_network(change):
    classifier = quick(warm_start=True).fit(X, Y).set_params(**change)
    for train in (classifier.fit, classifier.partial_fit):
        with pytest.raises(ValueError, match=r"not the one of the last fit \(other .*start anew"):
            train(X, Y)
