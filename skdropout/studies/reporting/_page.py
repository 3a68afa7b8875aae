"""One HTML page that stands by itself: what was found, how, and how to find it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from string import Template

_PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<style>
:root { --ink: #20262e; --quiet: #5d6670; --paper: #ffffff; --line: #d9dee4; --tint: #f3f6f9;
  --mark: #3c7dc4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --quiet: #a2abb5; --paper: #15191e;
  --line: #363d46; --tint: #1e242b; --mark: #6ba4e0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 60rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .2rem; }
h2 { font-size: 1.15rem; margin: 2.4rem 0 .6rem; }
p { margin: .6rem 0; }
.quiet, figcaption { color: var(--quiet); font-size: .9rem; }
figcaption { padding-top: .5rem; }
.verdict { margin: 1.2rem 0; padding: .8rem 1.1rem; background: var(--tint);
  border-left: 4px solid var(--mark); font-size: 1.08rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: .38rem .5rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tbody th { font-weight: 400; }
figure { margin: 1.4rem 0; }
figure svg { width: 100%; min-width: 34rem; height: auto; display: block; }
pre { padding: .8rem 1rem; background: var(--tint); overflow-x: auto; font-size: .9rem; }
code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
</style>
</head>
<body>
$body
</body>
</html>
""")


@dataclass(frozen=True)
class Section:
    """A heading and the pieces of HTML under it."""

    title: str
    pieces: Sequence[str]

    def html(self) -> str:
        """Write the section."""
        return "\n".join([f"<h2>{escape(self.title)}</h2>", *self.pieces])


@dataclass(frozen=True)
class Listing:
    """A table of texts for people; its first column names the rows."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""

    def html(self) -> str:
        """Write the table for the page."""
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.header)
        body = "".join(
            f'<tr><th scope="row">{escape(first).replace(" " * 2, "&emsp;")}</th>'
            + "".join(f"<td>{escape(value)}</td>" for value in rest)
            + "</tr>"
            for first, *rest in self.rows
        )
        caption = f"<figcaption>{escape(self.caption)}</figcaption>" if self.caption else ""
        return (
            f'<figure><div class="scroll"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>{caption}</figure>"
        )

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


def page(title: str, subtitle: str, verdicts: Sequence[str], sections: Sequence[Section]) -> str:
    """Put a report together."""
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="quiet">{escape(subtitle)}</p>',
        *(f'<p class="verdict">{escape(verdict)}</p>' for verdict in verdicts),
        *(section.html() for section in sections),
    ]
    return _PAGE.substitute(title=escape(title), body="\n".join(body))


def paragraph(text: str) -> str:
    """Write a paragraph."""
    return f"<p>{escape(text)}</p>"


def bullets(lines: Sequence[str]) -> str:
    """Write a list."""
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def code(text: str) -> str:
    """Write something to type."""
    return f"<pre><code>{escape(text)}</code></pre>"


def figure(svg: str, caption: str) -> str:
    """Show a figure, with its caption also as its description for those who cannot see it."""
    return (
        f'<figure><div class="scroll" role="img" aria-label="{escape(caption)}">{svg}</div>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )
