"""Each package exports its public names, and no others; the linter keeps them sorted."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

PACKAGES = ["datasets", "estimators", "inspection", "networks", "studies", "training"]


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_exports_the_classes_and_functions_it_has(name):
    package = import_module(f"skdropout.{name}")
    public = {
        member
        for member, value in vars(package).items()
        if not member.startswith("_") and getattr(value, "__module__", "").startswith("skdropout.")
    }
    constants = {member for member in package.__all__ if member.isupper()}
    assert all(hasattr(package, member) for member in constants)
    assert sorted(package.__all__) == sorted(public | constants)


def test_the_top_level_names_are_sorted_and_there():
    import skdropout

    assert skdropout.__all__ == sorted(skdropout.__all__)
    assert all(hasattr(skdropout, name) for name in skdropout.__all__)
    assert set(skdropout.__all__) <= set(dir(skdropout))
    estimators = import_module("skdropout.estimators").__all__
    assert set(estimators) <= set(skdropout.__all__)


def test_editors_and_type_checkers_see_the_top_level_names():
    import skdropout

    tree = ast.parse(Path(skdropout.__file__).read_text("utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    assert ast.unparse(block.test) == "TYPE_CHECKING"
    seen = [name.name for node in block.body for name in node.names]
    assert sorted(seen) == skdropout.__all__


def test_an_unknown_name_is_an_attribute_error():
    import skdropout

    with pytest.raises(AttributeError, match="has no attribute 'DropoutMLP'"):
        _ = skdropout.DropoutMLP
