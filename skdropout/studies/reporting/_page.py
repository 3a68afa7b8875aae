"""One HTML page that stands by itself: what was found, how, and how to find it again."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from skdropout.studies.evidence import interval, p_number, points
from skdropout.studies.reading import as_typed

if TYPE_CHECKING:
    import pandas as pd
    from jinja2 import Environment


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str
    kind: ClassVar[str] = "paragraph"


@dataclass(frozen=True)
class Bullets:
    """A list."""

    lines: Sequence[str]
    kind: ClassVar[str] = "bullets"


@dataclass(frozen=True)
class Code:
    """Something to type."""

    text: str
    kind: ClassVar[str] = "code"


@dataclass(frozen=True)
class Picture:
    """An SVG element; its caption also describes it to those who cannot see it."""

    svg: str
    caption: str
    kind: ClassVar[str] = "picture"


@dataclass(frozen=True)
class Listing:
    """A table of texts for people; its first column names the rows."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    kind: ClassVar[str] = "listing"

    def text(self) -> str:
        """Write the table for the terminal."""
        lines = [self.header, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                cell.ljust(width) if place == 0 else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        )


@dataclass(frozen=True)
class Section:
    """A heading and the pieces under it."""

    title: str
    pieces: Sequence[Paragraph | Bullets | Code | Picture | Listing]


def list_pairs(comparisons: "pd.DataFrame", caption: str) -> Listing:
    """Tabulate differences of accuracies with their tests."""
    rows = [
        [
            f"{spoken(row['variant'])} − {spoken(row['against'])}",
            points(row["difference"]),
            interval(row["low"], row["high"]),
            p_number(row["p_value"]),
            p_number(row["p_holm"]),
        ]
        for row in comparisons.to_dict("records")
    ]
    return Listing(["difference", "points", "95% interval", "p", "p, adjusted"], rows, caption)


def spoken(name: str) -> str:
    """Write a name of the tables as words."""
    return name.replace("_", " ")


def command_line(command: str, data: str, options: Mapping[str, Any]) -> str:
    """Say what to type."""
    words = [word for name, value in options.items() for word in as_typed(name, value)]
    return shlex.join(["skdropout", command, data, *words])


def again(command: str, files: str) -> Section:
    """Say what to type for the same results, and what is written beside the page."""
    return Section("Run it again", [Code(command), Paragraph(files)])


def page(title: str, subtitle: str, verdicts: Sequence[str], sections: Sequence[Section]) -> str:
    """Put a report together."""
    return _render(
        "page.html", title=title, subtitle=subtitle, verdicts=verdicts, sections=sections
    )


def notebook_view(verdicts: Sequence[str], listings: Sequence[Listing]) -> str:
    """Show the gist of a study in a notebook."""
    return _render("notebook.html", verdicts=verdicts, listings=listings)


def _render(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("skdropout.studies.reporting", package_path=""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
