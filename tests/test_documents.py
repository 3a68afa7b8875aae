"""The documents say what is so: their Python snippets run, in order, each page in one session.

Fences marked ``python`` run; those marked ``py`` only look the same, for code that needs what is
not installed here. Pages that train for more than a few seconds are slow tests.
"""

import re
from pathlib import Path

import pytest
from cases import slow

ROOT = Path(__file__).parents[1]
SNIPPET = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DOCUMENTS = (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")))
PAGES = [page for page in DOCUMENTS if SNIPPET.search(page.read_text("utf-8"))]

LONG = {"README", "coming-from", "does-it-help", "images", "scaling", "watching", "which-rate"}


@pytest.mark.parametrize(
    "page",
    [(slow if page.stem in LONG else pytest.param)(page, id=page.stem) for page in PAGES],
)
def test_the_snippets_of_a_page_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")  # no process of its own compiles for a page
    text = page.read_text("utf-8")
    text = text.replace("epochs=300", "epochs=3")  # README.md has 31 fits of them
    session = {"__name__": "__main__"}
    for snippet in SNIPPET.finditer(text):
        # Blank lines above it make a traceback name the line of the page.
        source = "\n" * (text[: snippet.start()].count("\n") + 1) + snippet[1]
        exec(compile(source, page, "exec"), session)
