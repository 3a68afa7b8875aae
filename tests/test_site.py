"""The site names everything that is public."""

import re
import tomllib
from importlib import import_module
from pathlib import Path

import skdropout

API = Path(__file__).parents[1] / "docs" / "api.rst"
INNER = {
    "networks.ConvNetwork",
    "networks.MLPNetwork",
    "networks.Network",
    "networks.custom_objects",
    "training.DivergenceError",
}


def test_the_api_page_lists_every_public_name_once():
    public = set(INNER)
    for name in skdropout.__all__:
        members = getattr(getattr(skdropout, name), "__all__", None)
        public |= {name} if members is None else {f"{name}.{member}" for member in members}
    listed = re.findall(r"^   ([A-Za-z][\w.]+)$", API.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(public)


def test_the_inner_names_that_the_api_page_lists_are_there():
    for package, name in (inner.split(".") for inner in INNER):
        assert hasattr(import_module(f"skdropout.{package}"), name)


def test_the_version_is_the_same_wherever_it_stands():
    root = API.parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    citation = (root / "CITATION.cff").read_text("utf-8")
    assert project["version"] == skdropout.__version__
    assert f"\nversion: {skdropout.__version__}\n" in citation


def test_the_gate_runs_on_the_oldest_and_the_newest_python_that_are_promised():
    root = API.parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    promised = [
        classifier.rpartition(" ")[2]
        for classifier in project["classifiers"]
        if re.search(r":: Python :: 3\.\d+$", classifier)
    ]
    gate = (root / ".github" / "workflows" / "gate.yml").read_text("utf-8")
    assert f'python: ["{promised[0]}", "{promised[-1]}"]' in gate
    assert project["requires-python"] == f">={promised[0]}"
