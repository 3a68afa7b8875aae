"""The site names everything that is public."""

import re
from importlib import import_module
from pathlib import Path

API = Path(__file__).parents[1] / "docs" / "api.rst"
PACKAGES = ["datasets", "networks", "studies", "training"]


def test_the_api_page_lists_every_public_name_once():
    import skdropout

    public = {name for name in skdropout.__all__ if name not in PACKAGES}
    for package in PACKAGES:
        public |= {f"{package}.{n}" for n in import_module(f"skdropout.{package}").__all__}
    listed = re.findall(r"^   ([A-Za-z][\w.]+)$", API.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(public)
