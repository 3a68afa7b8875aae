"""What a benchmark leaves behind: a page with tables, the raw figures, a plot."""

import os
import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
from matplotlib.figure import Figure

_PACKAGES = (
    "skdropout", "tensorflow", "keras", "scikit-learn", "numpy", "scikeras", "skorch", "torch",
)  # fmt: skip
README = Path(__file__).with_name("README.md")
BUSY = 0.2  # of the processors' time, from which on the figures say so


@dataclass(frozen=True)
class Options:
    """How thoroughly to measure."""

    quick: bool = False
    peer_fits: int = 5
    keel: Path | None = None

    @property
    def rounds(self) -> int:
        return 2 if self.quick else 5

    @property
    def slow_rounds(self) -> int:
        """How often to measure a peer that needs half a minute each time."""
        return min(self.rounds, self.peer_fits)

    @property
    def epochs(self) -> int:
        """How many epochs the published networks train."""
        return 10 if self.quick else 300


@dataclass(frozen=True)
class Report:
    """One benchmark's tables by caption, its plot and the words around them."""

    title: str
    method: str
    tables: dict[str, pd.DataFrame]
    figure: Figure
    findings: str = ""

    def write(self, name: str, folder: Path, footer: str) -> None:
        """Write ``name``.md and ``name``.png into a folder."""
        self.figure.savefig(folder / f"{name}.png", dpi=120)
        parts = [f"## {self.title}", self.method]
        for caption, table in self.tables.items():
            parts += [f"**{caption}**", markdown(table)]
        parts += [self.findings, f"![{self.title}]({name}.png)", f"*{footer}*"]
        (folder / f"{name}.md").write_text("\n\n".join(filter(None, parts)) + "\n")


def record(samples: Iterable[dict[str, Any]], path: Path, footer: str) -> None:
    """Keep samples as they come, so that a run that is stopped leaves what it has measured."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = []
    for sample in samples:
        rows.append(sample)
        table = pd.DataFrame(rows).to_csv(index=False, float_format="%.6g")
        path.write_text(f"# {footer}\n{table}")


def recorded(path: Path) -> tuple[pd.DataFrame, str]:
    """Return the samples of a file, and when and with what they were measured."""
    with path.open() as lines:
        footer = lines.readline().removeprefix("# ").strip()
        return pd.read_csv(lines), footer


def fill_readme(name: str, page: Path) -> None:
    """Put a page between the README's two marks for it."""
    text = page.read_text().replace("](", f"]({page.parent.name}/")
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"(?<={re.escape(begin)}\n).*?(?={re.escape(end)})", re.DOTALL)
    README.write_text(pattern.sub(lambda _: text, README.read_text()))


def markdown(table: pd.DataFrame) -> str:
    """Format a table: text to the left, numbers to the right."""
    aligned = ["---:" if kind.kind in "if" else "---" for kind in table.dtypes]
    head = [list(map(str, table.columns)), aligned]
    rows = [[_cell(value) for value in row] for row in table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(row)} |" for row in head + rows)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else number(value)
    return f"{value:,}" if isinstance(value, (int, np.integer)) else str(value)


def number(value: float) -> str:
    """Give three figures, and no exponents."""
    if value == 0:
        return "0"
    digits = max(0, 2 - int(np.floor(np.log10(abs(value)))))
    return f"{value:,.{digits}f}"


def spread(values: Iterable[float]) -> str:
    """Give the median and the range."""
    values = list(values)
    if len(values) == 1:
        return number(values[0])
    return f"{number(np.median(values))} ({number(min(values))} to {number(max(values))})"


def circumstances() -> str:
    """Say when, where and with what something is measured."""
    share = psutil.cpu_percent(interval=3) / 100  # the load average remembers what has just ended
    busy = (
        f" **The machine was busy with other work ({share:.0%} of its time): not for quoting.**"
        if share > BUSY
        else ""
    )
    return (
        f"Measured on {date.today().isoformat()}; {_processor()}, {os.cpu_count()} cores, "
        f"{platform.system()}; Python {platform.python_version()}, "
        f"{', '.join(f'{name} {_version(name)}' for name in _PACKAGES)}.{busy}"
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(absent)"


def about_processors() -> str:
    """Return what Linux says of the processors, and nothing elsewhere."""
    try:
        return Path("/proc/cpuinfo").read_text()
    except OSError:
        return ""


def _processor() -> str:
    found = re.search(r"model name\s*: (.*)", about_processors())
    return found[1] if found else platform.processor() or platform.machine()
