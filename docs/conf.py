"""How Sphinx builds the documents: ``sphinx-build -W docs docs/_build/html``."""

import inspect
import re
import warnings
from functools import partial
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import pandas as pd
from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx

project = "skdropout"
copyright = "the skdropout developers, BSD 3-Clause licence"
version = release = installed_version("skdropout")
language = "en_GB"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build"]
default_role = "py:obj"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autosummary_generate = True
templates_path = ["_templates"]
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the numpydoc sections say more
toc_object_entries_show_parents = "hide"
smartquotes = False  # types in docstrings hold Python strings
numpydoc_show_class_members = False
numpydoc_validation_checks = {"GL03", "GL08", "PR01", "PR02", "RT01", "SS02", "YD01"}
# Constructors are described by their class, what is only handed back by its attributes, and the
# inner rooms for those who read the source.
numpydoc_validation_exclude = {
    r"\.__init__$",
    r"\.PairedTest$",
    r"\.Probabilities$",
    r"\.StudyResult$",
    r"^skdropout\.(networks|training)\.",
}

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "abort_on_example_error": True,
    "doc_module": "skdropout",
    "backreferences_dir": "generated/backreferences",
    "default_thumb_file": str(Path(__file__).parent / "images" / "sonar.png"),
    "min_reported_time": 1,
    "show_memory": False,
    "show_signature": False,
    "download_all_examples": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "skdropout"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_math_renderer = "mathml"
html_theme_options = {
    "navigation_with_keys": False,
    "show_prev_next": True,
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
_pages_alone = (  # of which the list of the pages in the same section would be empty
    "index",
    "api",
    "benchmarks",
    "changes",
    "coming-from",
    "contributing",
    "how-it-works",
    "studies",
)
html_sidebars: dict[str, list[str]] = {page: [] for page in _pages_alone}

# Warnings that examples raise stop the build, as they stop the tests.
warnings.filterwarnings("error", module=r"(__main__|skdropout)")


def skip_foreign(app: Sphinx, what: str, name: str, thing: Any, skip: bool, options: Any) -> Any:
    """Show a class's own methods; its docstring has its attributes."""
    ours = inspect.isfunction(thing) and thing.__module__.startswith("skdropout.")
    return True if what == "class" and not ours else None


def fill_in(app: Sphinx, page: str, source: list[str]) -> None:
    """Put documents that live beside what they describe into the pages that stand for them."""

    def contents(mark: re.Match[str]) -> str:
        file = Path(app.srcdir, mark[1])
        app.env.note_dependency(str(file))
        relocated = partial(_relocated, Path(mark[1]).parent, Path(app.srcdir))
        return re.sub(r"\[([^]]*)\]\((?!\w+:|#)([^)]+)\)", relocated, file.read_text("utf-8"))

    def comparison(mark: re.Match[str]) -> str:
        summary, pairs = (f"{mark[1]}-{table}.csv" for table in ("summary", "comparisons"))
        for file in (summary, pairs):
            app.env.note_dependency(str(Path(app.srcdir, file)))
        return _comparison(Path(app.srcdir, summary), Path(app.srcdir, pairs))

    source[0] = re.sub(r"<!-- contents of (\S+) -->", contents, source[0])
    source[0] = re.sub(r"<!-- comparison (\S+) -->", comparison, source[0])


def _comparison(summary: Path, pairs: Path) -> str:
    """Write what ``skdropout compare`` left in two files as a table."""
    evidence = pd.read_csv(pairs, index_col="variant")
    lines = [
        "| variant | log loss | accuracy | strength | epochs | difference, 95% interval "
        "| verdict |",
        "|---|---:|---:|---|---:|---|---|",
    ]
    for name, mean in pd.read_csv(summary, index_col="variant").iterrows():
        epochs = f"{mean['epochs']:.0f}" if mean["epochs"] else ""
        strength = mean["strength"].replace(" ", "\N{NO-BREAK SPACE}")
        cells = [name, f"{mean['log_loss']:.3f}", f"{mean['accuracy']:.3f}", strength, epochs]
        if name in evidence.index:
            found = evidence.loc[name]
            interval = f"({found['low']:+.3f} to {found['high']:+.3f})"
            numbers = f"{found['difference']:+.3f} {interval}".replace("-", "−")
            cells += [numbers.replace(" ", "\N{NO-BREAK SPACE}"), found["verdict"]]
        else:
            cells += ["", ""]
        lines.append(f"| {' | '.join(cells)} |")
    against = " and ".join(f"`{name}`" for name in evidence["against"].unique())
    return "\n".join(lines) + f"\n\nDifferences are in log loss, from {against}."


def _relocated(folder: Path, pages: Path, link: re.Match[str]) -> str:
    """Point a relative link to where its file lies, seen from the pages; others become words."""
    target = folder / link[2]
    return f"[{link[1]}]({target.as_posix()})" if (pages / target).is_file() else link[1]


def visit_math(translator: Any, node: nodes.Element) -> None:
    """Write formulas as MathML, which browsers show without a script from elsewhere."""
    translator.body.append(tex2mathml(node.astext(), as_block=isinstance(node, nodes.math_block)))
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register what Sphinx calls."""
    app.connect("autodoc-skip-member", skip_foreign)
    app.connect("source-read", fill_in)
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math, None))
