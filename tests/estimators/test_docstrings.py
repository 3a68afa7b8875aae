"""Docstrings stand written out in each class: they say what is so, and the same in all of them."""

import inspect
import re
from ast import literal_eval

import pytest

import skdropout
from skdropout import estimators

CLASSES = [getattr(estimators, name) for name in estimators.__all__]
EACH = pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
OF_THE_ARCHITECTURE = {
    "activation", "batch_norm", "feature_names_in_", "max_norm", "n_features_in_",
}  # fmt: skip


def entries(kind, section):
    """Return what a section says of each name: its type, without the default, and its text."""
    lines = inspect.cleandoc(kind.__doc__).splitlines()
    start = lines.index(section) + 2
    found, text = {}, []
    for line in lines[start:]:
        if re.match(r"-+$", line):
            break
        if line.startswith(" "):
            text.append(line.strip())
        elif " : " in line:
            names, described = line.split(" : ", 1)
            text = [re.sub(r", default=.*", "", described)]
            found |= dict.fromkeys(names.split(", "), text)
    return {name: " ".join(text) for name, text in found.items()}


def defaults(kind):
    """Return the defaults that the docstring names."""
    found = {}
    doc = inspect.cleandoc(kind.__doc__)
    for names, default in re.findall(r"^(\w[\w, ]*) : .*default=(.*)$", doc, re.MULTILINE):
        found |= dict.fromkeys(names.split(", "), literal_eval(default))
    return found


@EACH
def test_every_parameter_is_described_with_its_own_default(kind):
    parameters = inspect.signature(kind).parameters.values()
    expected = {parameter.name: parameter.default for parameter in parameters}
    assert defaults(kind) == expected
    assert entries(kind, "Parameters").keys() == expected.keys()


@pytest.mark.parametrize("section", ["Parameters", "Attributes"])
def test_what_classes_share_is_described_alike(section):
    known = {}
    for kind in CLASSES:
        for name, text in entries(kind, section).items():
            family = kind.__name__.startswith("BN") if name in OF_THE_ARCHITECTURE else None
            known.setdefault((name, family), set()).add(text)
    assert {name: texts for name, texts in known.items() if len(texts) > 1} == {}


@EACH
def test_every_fitted_attribute_is_described(kind):
    small = {"hidden_layer_sizes": (8,)}
    if kind.__name__.startswith("BN"):
        small = {"filters": (3,), "dense_units": 4}
    fitted = kind(epochs=1, engine="keras", **small).fit(
        [[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]], [0, 1, 1]
    )
    public = {name for name in dir(fitted) if name.endswith("_") and not name.startswith("_")}
    described = set(entries(kind, "Attributes"))
    assert public | {"feature_names_in_"} == described


def test_the_front_page_names_them_all():
    assert set(estimators.__all__) <= set(skdropout.__all__)
