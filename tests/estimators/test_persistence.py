"""Files that fitted networks are kept in; what is read back predicts the same."""

import keras
import numpy as np
import onnxruntime
import pytest
import skops.io
from estimator_toy import fit_by_keras
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdropout import BNConvClassifier, DropoutMLPClassifier, DropoutMLPRegressor
from skdropout.networks import custom_objects

X = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
SMALL = {"epochs": 2, "random_state": 0}
MLP = {"hidden_layer_sizes": (6,), "dropout": 0.2, "max_norm": 3.0, "batch_norm": True, **SMALL}
CONV = {"filters": (3,), "dense_units": 5, "conv_dropout": 0.1, "augment": "flip", **SMALL}
TARGETS = {
    "binary": X[:, 0] > 0,
    "words": np.array(["ant", "bee", "cat"])[X[:, :3].argmax(axis=1)],
    "multilabel": (X[:, :2] > 0).astype(int),
    "regression": 100 + 5 * X[:, 0],
    "images": X[:, :3].argmax(axis=1),
}


@pytest.fixture(scope="module", params=TARGETS)
def fitted(request):
    kinds = {"regression": DropoutMLPRegressor(**MLP), "images": BNConvClassifier(**CONV)}
    network = kinds.get(request.param, DropoutMLPClassifier(**MLP))
    return fit_by_keras(network, X, TARGETS[request.param])


def predictions(network):
    """What ``model_`` ends in: values, or probabilities, of two classes those of the second."""
    if not hasattr(network, "predict_proba"):
        return network.predict(X).reshape(40, -1)
    probabilities = network.predict_proba(X)
    two = len(network.classes_) == 2 and network.network_.n_outputs == 1
    return probabilities[:, 1:] if two else probabilities


def as_the_model_takes_it(network):
    return X.reshape(40, *network.network_.input_shape)


def test_skops_needs_few_types_and_keeps_everything(fitted):
    file = skops.io.dumps(fitted)
    unknown = skops.io.get_untrusted_types(data=file)
    kinds = [fitted, fitted.network_, fitted._result, fitted._target]
    names = [f"{type(kind).__module__}.{type(kind).__qualname__}" for kind in kinds]
    assert sorted(unknown) == sorted(names)
    loaded = skops.io.loads(file, trusted=unknown)
    assert np.array_equal(loaded.predict(X), fitted.predict(X))
    assert np.array_equal(predictions(loaded), predictions(fitted))
    assert loaded.history_ == fitted.history_


def test_what_skops_loads_goes_on_training():
    y = TARGETS["multilabel"]
    original = DropoutMLPClassifier(**MLP).fit(X, y)
    file = skops.io.dumps(original)
    loaded = skops.io.loads(file, trusted=skops.io.get_untrusted_types(data=file))
    loaded.partial_fit(X, y)
    original.partial_fit(X, y)
    assert np.array_equal(loaded.predict_proba(X), original.predict_proba(X))


def test_skops_takes_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), DropoutMLPClassifier(**MLP, engine="keras"))
    pipeline.fit(X, TARGETS["words"])
    file = skops.io.dumps(pipeline)
    loaded = skops.io.loads(file, trusted=skops.io.get_untrusted_types(data=file))
    assert np.array_equal(loaded.predict(X), pipeline.predict(X))


def test_keras_files_load_back(fitted, tmp_path):
    fitted.model_.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    found = loaded.predict(as_the_model_takes_it(fitted), verbose=0)
    np.testing.assert_allclose(found, predictions(fitted), rtol=1e-5, atol=1e-6)


def test_custom_objects_are_the_layers_that_are_not_keras_s_own(fitted):
    foreign = [type(part) for part in fitted.model_._flatten_layers(include_self=False)]
    foreign = {kind for kind in foreign if kind.__module__.split(".")[0] != "keras"}
    assert {kind.__name__ for kind in foreign} >= {"Dropout", "Rescale"}
    assert foreign <= set(custom_objects().values())


def test_onnxruntime_predicts_what_the_estimator_does(fitted, tmp_path):
    file = str(tmp_path / "network.onnx")
    fitted.model_.export(file, format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(file)
    rows = {fitted.network_.inputs: as_the_model_takes_it(fitted)}
    (found,) = session.run(None, rows)
    np.testing.assert_allclose(found, predictions(fitted), rtol=1e-5, atol=1e-6)
