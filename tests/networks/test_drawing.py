"""The drawing of a network shows its layers in order, and costs no import."""

import re
import subprocess
import sys

import numpy as np
import pytest
from sklearn import config_context
from sklearn.pipeline import make_pipeline

from skdropout import BNConvClassifier, DropoutMLPClassifier, DropoutMLPRegressor

MLP = {"hidden_layer_sizes": (60, 30), "input_dropout": 0.2, "dropout": (0.125, 0.0)}


def shown(estimator):
    """What stands in the boxes of the drawing, in order, without the diagram above it."""
    page = estimator._repr_mimebundle_()["text/html"]
    drawing = page[page.index('<div class="skd-net"') :]
    boxes = re.findall(r'<span class="skd-[^>]*>(.*?)</span>(?:</span>|(?=</div>))', drawing)
    return [" ".join(re.sub("<.*?>", " ", box).split()) for box in boxes]


def test_a_perceptron_before_it_has_seen_data():
    assert shown(DropoutMLPClassifier(**MLP, max_norm=3, batch_norm=True)) == [
        "features", "rescale", "dropout 20%",
        "60 dense max-norm 3", "batch norm", "relu", "dropout 12.5%",
        "30 dense max-norm 3", "batch norm", "relu", "outputs",
    ]  # fmt: skip


def test_without_rescaling_no_layer_rescales():
    for kind in (DropoutMLPClassifier, BNConvClassifier):
        assert "rescale" in shown(kind())
        assert "rescale" not in shown(kind(rescale=None))


def test_a_fitted_network_has_sizes_at_its_ends():
    X = np.arange(60.0).reshape(20, 3)
    network = DropoutMLPRegressor(**MLP, rescale=None, epochs=1, engine="keras")
    fitted = network.fit(X, X[:, 0])
    fitted.set_params(dropout=0.7)  # which the next fit would heed
    assert shown(fitted) == [
        "3 features", "dropout 20%", "60 dense", "relu", "dropout 12.5%", "30 dense", "relu",
        "1 output",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("placement", "block"),
    [
        ("before_activation", ["8 conv 3×3", "batch norm", "spatial dropout 10%", "relu"]),
        ("after_activation", ["8 conv 3×3", "relu", "batch norm", "spatial dropout 10%"]),
        ("after_pooling", ["8 conv 3×3", "relu"]),
    ],
)
def test_places_in_a_convolutional_network(placement, block):
    network = BNConvClassifier(
        filters=(8, 16), convs_per_block=1, conv_dropout=0.1, spatial_dropout=True,
        placement=placement, dense_units=50, augment="flip", image_shape=(8, 8),
    )  # fmt: skip
    pooled = ["batch norm", "spatial dropout 10%"] if placement == "after_pooling" else []
    second = [step.replace("8 conv", "16 conv") for step in block]
    assert shown(network) == [
        "images", "flip", "rescale", *block, "max pool 2×2", *pooled, *second, *pooled,
        "flatten", "50 dense relu", "dropout 50%", "outputs",
    ]  # fmt: skip


def test_the_drawing_has_the_layers_of_the_keras_model_that_is_trained():
    network = BNConvClassifier(filters=(8,), conv_dropout=0.1, head="gap", engine="keras")
    fitted = network.fit(np.ones((9, 4, 4)), np.arange(9) % 3)
    kinds = {
        "Rescale": "rescale", "Conv2D": "8 conv 3×3", "BatchNormalization": "batch norm",
        "Activation": "relu", "Dropout": "dropout 10%", "GlobalAveragePooling2D": "global mean",
    }  # fmt: skip
    trained = [type(layer).__name__ for layer in fitted.network_.build().layers]
    head = shown(fitted).index("global mean")
    assert [kinds[kind] for kind in trained[1:-2]] == shown(fitted)[1 : head + 1]
    assert shown(fitted)[head + 1 :] == ["dropout 50%", "3 outputs"]


def test_html_and_the_mime_bundle_agree_and_text_stays_text():
    network = DropoutMLPClassifier()
    assert 'class="skd-net"' in network._repr_html_()
    with config_context(display="text"):
        assert set(network._repr_mimebundle_()) == {"text/plain"}
        assert not hasattr(network, "_repr_html_")
    assert "skd-net" not in make_pipeline(network)._repr_html_()


@pytest.mark.parametrize(
    "wrong",
    [
        {"hidden_layer_sizes": "many"},
        {"dropout": (0.1, 0.2, 0.3)},
        {"dropout": None},
        {"activation": None},
    ],
)
def test_parameters_that_fit_would_reject_are_shown_without_a_drawing(wrong):
    network = DropoutMLPClassifier(**{**MLP, **wrong})
    assert "DropoutMLPClassifier" in network._repr_html_()
    assert "skd-net" not in network._repr_html_()


def test_names_are_escaped():
    assert "<b>bold" not in DropoutMLPClassifier(activation="<b>bold")._drawing()


def test_showing_an_estimator_does_not_import_keras():
    code = """
import sys
from skdropout import BNConvClassifier, DropoutMLPClassifier
assert "skd-net" in DropoutMLPClassifier()._repr_html_() and BNConvClassifier()._repr_html_()
sys.exit("keras" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_showing_a_fitted_estimator_builds_no_model(monkeypatch):
    X = np.arange(60.0).reshape(20, 3)
    network = DropoutMLPRegressor(**MLP, rescale=None, epochs=1, engine="keras")
    fitted = make_pipeline(network).fit(X, X[:, 0])
    monkeypatch.setattr(type(fitted[-1].network_), "build", None)
    page = fitted._repr_html_()
    if hasattr(fitted, "_get_fitted_attr_html"):  # since scikit-learn 1.9
        assert "built on first use" in page
    assert "model_" not in vars(fitted[-1])
