"""What an estimator holds: parameters, copies, pickles, and its state after a failed fit."""

import copy
import io
import pickle

import joblib
import keras
import numpy as np
import pytest
from cases import EACH_ENGINE
from estimator_toy import KINDS, quick, same_weights, table
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import estimator_html_repr

from skdropout import DropoutMLPClassifier
from skdropout.training import DivergenceError

try:
    import cloudpickle
except ImportError:  # older joblibs bring their own
    from joblib.externals import cloudpickle

UNUSUAL = {
    "hidden_layer_sizes": [7, 5],
    "activation": "tanh",
    "input_dropout": 0.1,
    "dropout": [0.2, 0.3],
    "max_norm": 2.5,
    "batch_norm": True,
    "label_smoothing": 0.1,
    "global_clipnorm": 5.0,
    "scoring": "accuracy",
    "initial_weights": None,
    "rescale": "unit",
    "kernel_initializer": keras.initializers.HeNormal(),
    "optimizer": keras.optimizers.SGD(0.1),
    "learning_rate": 0.5,
    "learning_rate_schedule": "cosine",
    "learning_rate_decay": 0.2,
    "momentum": 0.5,
    "nesterov": True,
    "alpha": 0.3,
    "weight_decay": 0.1,
    "batch_size": 7,
    "epochs": 3,
    "early_stopping": True,
    "validation_fraction": 0.3,
    "n_iter_no_change": 2,
    "tol": 0.5,
    "refit": True,
    "class_weight": {0: 2.0},
    "shuffle": False,
    "warm_start": True,
    "engine": "keras",
    "callbacks": [keras.callbacks.TerminateOnNaN()],
    "random_state": 5,
    "verbose": 1,
}
COPIES = {
    "pickle": lambda estimator: pickle.loads(pickle.dumps(estimator)),
    "cloudpickle": lambda estimator: pickle.loads(cloudpickle.dumps(estimator)),
    "deepcopy": copy.deepcopy,
    "joblib": lambda estimator: _through_joblib(estimator),
}


def _through_joblib(estimator):
    buffer = io.BytesIO()
    joblib.dump(estimator, buffer)
    buffer.seek(0)
    return joblib.load(buffer)


class _Globals(pickle.Unpickler):
    """Notes the modules of all classes and functions that a pickle names."""

    def __init__(self, text):
        super().__init__(io.BytesIO(text))
        self.modules = set()

    def find_class(self, module, name):
        self.modules.add(module.partition(".")[0])
        return super().find_class(module, name)


def diverging(**parameters):
    return quick(optimizer="sgd", learning_rate=1e30, **parameters)


def test_the_constructor_stores_what_it_is_given_and_nothing_else():
    classifier = DropoutMLPClassifier(**UNUSUAL)
    assert set(UNUSUAL) == set(classifier.get_params())
    assert all(getattr(classifier, name) is value for name, value in UNUSUAL.items())
    assert set(vars(classifier)) == set(UNUSUAL)


def test_layer_sizes_may_come_first_without_their_name():
    assert DropoutMLPClassifier((3, 2)).hidden_layer_sizes == (3, 2)


def test_set_params_reaches_every_parameter():
    classifier = DropoutMLPClassifier().set_params(**UNUSUAL)
    assert all(getattr(classifier, name) is value for name, value in UNUSUAL.items())
    with pytest.raises(ValueError, match="Invalid parameter 'dropuot'"):
        classifier.set_params(dropuot=0.5)


def test_clone_keeps_every_parameter():
    cloned = clone(DropoutMLPClassifier(**UNUSUAL)).get_params()
    objects = ("kernel_initializer", "optimizer", "callbacks")
    assert all(cloned[name] == UNUSUAL[name] for name in UNUSUAL if name not in objects)
    assert cloned["kernel_initializer"].get_config() == UNUSUAL["kernel_initializer"].get_config()
    assert cloned["optimizer"].get_config() == UNUSUAL["optimizer"].get_config()
    assert [type(callback) for callback in cloned["callbacks"]] == [keras.callbacks.TerminateOnNaN]


def test_fit_changes_no_parameter():
    parameters = {"hidden_layer_sizes": [8], "dropout": [0.2], "class_weight": {0: 2.0}}
    classifier = quick(**parameters)
    before = copy.deepcopy(classifier.get_params())
    classifier.fit(*table())
    assert classifier.get_params() == before


def test_repr_and_html_name_what_was_set():
    classifier = quick(dropout=0.35)
    assert "dropout=0.35" in repr(classifier)
    assert "max_norm" not in repr(classifier)
    for page in (estimator_html_repr(classifier), estimator_html_repr(classifier.fit(*table()))):
        assert "DropoutMLPClassifier" in page
        assert "0.35" in page
    assert "Fitted" in page


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("route", COPIES)
def test_copies_predict_the_same(route, kind):
    X, y = table(kind)
    original = quick().fit(X, y)
    copied = COPIES[route](original)
    assert same_weights(copied, original)
    assert np.array_equal(copied.predict_proba(X), original.predict_proba(X))
    assert np.array_equal(copied.predict(X), original.predict(X))
    assert copied.history_ == original.history_
    assert copied.get_params() == original.get_params()


@pytest.mark.parametrize("route", COPIES)
def test_copies_go_on_training_like_the_original(route):
    X, y = table()
    original = quick().fit(X, y)
    copied = COPIES[route](original)
    assert same_weights(copied.partial_fit(X, y), original.partial_fit(X, y))


def test_a_deep_copy_shares_no_weights():
    X, y = table()
    original = quick().fit(X, y)
    expected = original.predict_proba(X)
    copied = copy.deepcopy(original)
    copied.weights_ = [np.zeros_like(weights) for weights in copied.weights_]
    assert np.array_equal(original.predict_proba(X), expected)


def test_a_pickle_holds_numpy_and_descriptions_only():
    X, y = table()
    classifier = quick(early_stopping=True, class_weight="balanced").fit(X, y)
    untouched = pickle.dumps(classifier)
    assert isinstance(classifier.model_, keras.Model)
    after_use = pickle.dumps(classifier)
    assert len(after_use) == len(untouched) < 10_000
    reader = _Globals(after_use)
    assert np.array_equal(reader.load().predict(X), classifier.predict(X))
    assert reader.modules <= {"skdropout", "numpy", "builtins", "_codecs"}


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_callbacks_do_not_hold_the_model_after_fit(engine):
    X, y = table()
    callbacks = [keras.callbacks.EarlyStopping(monitor="loss", restore_best_weights=True)]
    classifier = quick(callbacks=callbacks, engine=engine).fit(X, y)
    assert same_weights(clone(classifier).fit(X, y), classifier)
    loaded = pickle.loads(pickle.dumps(classifier))
    assert np.array_equal(loaded.predict(X), classifier.predict(X))


def test_an_unfitted_estimator_says_so():
    X, _ = table()
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            getattr(quick(), method)(X)
    assert not hasattr(quick(), "model_")


def test_a_fit_on_another_table_replaces_everything():
    X, y = table()
    classifier = quick().fit(X, y)
    model = classifier.model_
    X_other, y_other = table("multiclass", seed=8)
    classifier.fit(X_other[:, :3], y_other)
    assert classifier.n_features_in_ == 3
    assert classifier.classes_.tolist() == [0, 1, 2]
    assert classifier.model_ is not model
    assert classifier.model_.input_shape == (None, 3)
    assert same_weights(classifier, quick().fit(X_other[:, :3], y_other))


def test_a_diverging_fit_leaves_the_estimator_unfitted():
    X, y = table()
    classifier = diverging()
    with pytest.raises(DivergenceError, match="diverged"):
        classifier.fit(X, y)
    assert set(vars(classifier)) == set(classifier.get_params())
    with pytest.raises(NotFittedError):
        classifier.predict(X)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_failed_fit_leaves_the_earlier_one(method):
    X, y = table()
    classifier = quick().fit(X, y)
    expected, history = classifier.predict_proba(X), copy.deepcopy(classifier.history_)
    classifier.set_params(optimizer="sgd", learning_rate=1e30)
    with pytest.raises(DivergenceError):
        getattr(classifier, method)(X, y)
    with pytest.raises(ValueError, match="NaN"):
        getattr(classifier, method)(np.full((60, 4), np.nan), y)
    if method == "fit":
        with pytest.raises(DivergenceError):
            classifier.fit(X[:, :2], table("multiclass")[1])
    assert np.array_equal(classifier.predict_proba(X), expected)
    assert classifier.classes_.tolist() == [0, 1]
    assert classifier.history_ == history


def test_a_fit_that_is_interrupted_leaves_the_earlier_one():
    class Impatient(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    X, y = table()
    classifier = quick().fit(X, y)
    expected = classifier.predict_proba(X)
    with pytest.raises(KeyboardInterrupt):
        classifier.set_params(callbacks=[Impatient()]).fit(X, y[::-1])
    assert np.array_equal(classifier.predict_proba(X), expected)


def test_the_error_of_a_divergence_survives_the_way_back_from_a_worker():
    with pytest.raises(DivergenceError) as caught:
        diverging().fit(*table())
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_weights_that_are_assigned_are_those_that_all_goes_on_from(engine):
    """Without momentum, so that the optimiser remembers nothing."""
    X, y = table()
    options = {"optimizer": "sgd", "momentum": 0.0, "dropout": 0.0, "epochs": 2, "engine": engine}
    one = quick(random_state=0, **options).fit(X, y)
    other = quick(random_state=1, **options).fit(X, y).set_params(random_state=0)
    stale = one.model_
    one.weights_ = other.weights_
    assert np.array_equal(one.predict_proba(X), other.predict_proba(X))
    assert one.model_ is not stale
    assert same_arrays(one.model_.get_weights(), other.weights_)
    assert same_weights(one.partial_fit(X, y), other.partial_fit(X, y))
    one, other = (fit.set_params(warm_start=True).fit(X, y) for fit in (one, other))
    assert same_weights(one, other)


def same_arrays(left, right):
    return all(np.array_equal(*pair) for pair in zip(left, right, strict=True))


def test_weights_change_by_assignment_only():
    X, y = table()
    fit = quick().fit(X, y)
    given = [weight + 1 for weight in fit.weights_]
    with pytest.raises(TypeError):
        fit.weights_[1] = given[1]
    for copied in (fit, pickle.loads(pickle.dumps(fit)), copy.deepcopy(fit)):
        with pytest.raises(ValueError, match="read-only"):
            copied.weights_[1][...] = 0
    fit.weights_ = given
    given[1][...] = 0
    assert fit.weights_[1].all()
    with pytest.raises(ValueError, match="expects arrays of the shapes that it has now"):
        fit.weights_ = given[1:]
    assert not hasattr(quick(), "weights_")
