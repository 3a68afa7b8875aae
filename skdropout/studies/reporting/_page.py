"""One HTML page that stands by itself: what was found, how, and how to find it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
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
