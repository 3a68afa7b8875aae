"""When and with what a study was computed."""

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from skdropout import __version__
from skdropout.studies.running._description import read_description

_PACKAGES = ("scikit-learn", "tensorflow", "keras", "numpy", "pandas", "scipy")


def this_run(jobs: int, cluster: str | None) -> dict[str, Any]:
    """Describe a run that begins now."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "jobs": jobs,
        "cluster": cluster,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {"skdropout": __version__, **_versions()},
    }


@cache
def _versions() -> dict[str, str]:
    return {name: version(name) for name in _PACKAGES}


def notes_on(folder: Path) -> list[str]:
    """Say, for the terminal and the report, which packages changed while results were computed."""
    study = read_description(folder) or {}
    runs = [run["versions"] for run in study.get("runs", []) if _tells_versions(run)]
    found = {
        name: list(dict.fromkeys(str(run.get(name)) for run in runs))
        for name in sorted({name for run in runs for name in run})
    }
    mixed = [f"{name} {' and '.join(some)}" for name, some in found.items() if len(some) > 1]
    if not mixed:
        return []
    return [f"These results were computed with different versions of packages: {', '.join(mixed)}."]


def _tells_versions(run: Any) -> bool:
    return isinstance(run, Mapping) and isinstance(run.get("versions"), Mapping)
