"""Carry out a plan: in parallel, resumable at any moment, with the time left in view."""

import os
import platform
import sys
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from skdropout import __version__
from skdropout.studies._errors import StudyError, StudyInterrupted
from skdropout.studies.running._cells import Cell, Plan, Tables
from skdropout.studies.running._cluster import computed_on_cluster
from skdropout.studies.running._store import Store
from skdropout.studies.running._unfinished import Unfinished
from skdropout.training import kept_epochs

if TYPE_CHECKING:
    import pandas as pd

# A cell in progress counts by its share, but only whole ones are shown.
_BAR = "{l_bar}{bar}| {n:.0f}/{total} [{elapsed}<{remaining}, {rate_fmt}]"
_PACKAGES = ("scikit-learn", "tensorflow", "keras", "numpy", "pandas", "scipy")


def run_plan(
    plan: Plan,
    out: Path,
    *,
    jobs: int = 1,
    cluster: str | None = None,
    progress: bool = True,
) -> dict[str, "pd.DataFrame"]:
    """Compute the cells of `plan` that `out` does not hold yet, and return its whole tables.

    Only this process writes: each cell is on the disk before the next one is counted as done, so a
    killed run loses the cells in flight and nothing else. The results do not depend on `jobs`.
    """
    from tqdm import tqdm

    if jobs == 0:
        raise StudyError("jobs must be a positive number, or -1 for every core.")
    unfinished = Unfinished(out)
    with Store(out, plan, _provenance(jobs, cluster)) as store:
        if store.n_dropped and progress:
            print(
                f"Dropped {store.n_dropped} unfinished or damaged lines found in {out}; "
                f"their {plan.unit}s are computed again.",
                file=sys.stderr,
            )
        finished = store.finished
        unfinished.forget(finished)
        missing = unfinished.shares_left([c for c in plan.cells if c not in finished], plan.fits)
        if missing and progress and plan.announce:
            print(plan.announce(missing), file=sys.stderr)
        results = _computed(plan, missing, jobs, cluster, unfinished)
        bar = tqdm(
            total=len(plan.cells),
            initial=len(plan.cells) - sum(missing.values()),
            desc=plan.name,
            unit=plan.unit,
            bar_format=_BAR,
            disable=not progress,
        )
        try:
            with bar:
                for cell, tables in results:
                    store.add(cell, tables)
                    unfinished.forget([cell])
                    bar.update(missing[cell])
        except KeyboardInterrupt:
            store.recover()  # it may have struck between writing a row and noting it
            raise StudyInterrupted(
                f"Stopped with {len(store.finished)} of {len(plan.cells)} {plan.unit}s finished "
                f"and kept in {out}. Start again with the same arguments to go on from there."
            ) from None
        finally:
            results.close()
        return store.frames()


def _computed(
    plan: Plan, cells: Iterable[Cell], jobs: int, cluster: str | None, unfinished: Unfinished
) -> Generator[tuple[Cell, Tables], None, None]:
    """Give the results of `cells` as they become ready."""
    from joblib import Parallel, delayed

    # Workers on other machines need not see this folder.
    kept = unfinished if cluster in (None, "local") else None
    compute = partial(_compute, plan.compute, plan.key, kept)
    if cluster is not None:
        yield from computed_on_cluster(cluster, jobs, compute, list(cells), plan.data)
        return
    # One cell a batch: a cell that is finished must not wait in a worker for others.
    parallel = Parallel(
        n_jobs=jobs,
        backend="threading" if plan.threads else "loky",
        return_as="generator_unordered",
        batch_size=1,
    )
    yield from parallel(delayed(compute)(cell, plan.data, os.getpid()) for cell in cells)


def _compute(
    compute: Any,
    key: Sequence[str],
    unfinished: Unfinished | None,
    cell: Cell,
    data: tuple[Any, ...],
    parent: int | None = None,
) -> tuple[Cell, Tables]:
    """Compute one cell, keeping the epochs of long fits, and say which it was if that fails."""
    if parent is not None:
        _end_with(parent)
    kept = nullcontext() if unfinished is None else kept_epochs(unfinished.of(cell))
    try:
        with kept:
            return cell, compute(cell, *data)
    except ValueError as error:
        where = ", ".join(f"{name} {value}" for name, value in zip(key, cell, strict=True))
        raise StudyError(f"{where}: {error}") from error


@cache
def _end_with(parent: int) -> None:
    """Make a worker end when `parent` is killed, not minutes later and still computing."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    if os.getppid() == parent:
        Thread(target=watch, daemon=True).start()


def _provenance(jobs: int, cluster: str | None) -> dict[str, Any]:
    """Describe when and with what a run computes."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "jobs": jobs,
        "cluster": cluster,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {"skdropout": __version__} | {name: version(name) for name in _PACKAGES},
    }
