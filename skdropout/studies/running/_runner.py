"""Carry out a plan: in parallel, resumable at any moment, with the time left in view."""

import warnings
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import nullcontext
from errno import ENOSPC
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skdropout.studies._checks import whole_jobs
from skdropout.studies._errors import StudyError, StudyInterrupted, unwritable
from skdropout.studies.running._cells import Cell, Plan, Tables
from skdropout.studies.running._cluster import computed_on_cluster
from skdropout.studies.running._messages import Messages, tell
from skdropout.studies.running._provenance import notes_on, this_run
from skdropout.studies.running._store import Store
from skdropout.studies.running._unfinished import Unfinished
from skdropout.studies.running._workers import results_of
from skdropout.training import kept_epochs

if TYPE_CHECKING:
    import pandas as pd

# A cell in progress counts by its share, but only whole ones are shown.
_BAR = "{l_bar}{bar}| {n:.0f}/{total} [{elapsed}<{remaining}, {rate_fmt}]"
_DEATHS = 3  # of workers, with no result between them


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

    jobs = whole_jobs(jobs)
    unfinished = Unfinished(out)
    say = tell if progress else _silent
    with Store(out, plan, this_run(jobs, cluster)) as store:
        if store.n_dropped:
            say(
                f"Dropped {store.n_dropped} unfinished or damaged lines found in {out}; "
                f"their {plan.unit}s are computed again."
            )
        for note in notes_on(out):
            say(note)
        finished = store.finished
        unfinished.forget(finished)
        missing = unfinished.shares_left([c for c in plan.cells if c not in finished], plan.fits)
        if missing and progress and plan.announce:
            say(plan.announce(missing))
        results = _computed(plan, missing, jobs, cluster, unfinished, say)
        bar = tqdm(
            total=len(plan.cells),
            initial=len(plan.cells) - sum(missing.values()),
            desc=plan.name,
            unit=plan.unit,
            bar_format=_BAR,
            file=Messages(),
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
        unfinished.tidy()
        return store.frames()


def _computed(
    plan: Plan,
    cells: Iterable[Cell],
    jobs: int,
    cluster: str | None,
    unfinished: Unfinished,
    say: Callable[[str], None],
) -> Generator[tuple[Cell, Tables], None, None]:
    """Give the results of `cells` as they become ready."""
    # Workers on other machines need not see this folder.
    kept = unfinished if cluster in (None, "local") else None
    compute = partial(_compute, plan.compute, plan.key, kept)
    if cluster is not None:
        yield from computed_on_cluster(cluster, jobs, compute, list(cells), plan.data)
    else:
        yield from _computed_here(compute, dict.fromkeys(cells), plan, jobs, say)


def _computed_here(
    compute: Callable[..., tuple[Cell, Tables]],
    left: dict[Cell, None],
    plan: Plan,
    jobs: int,
    say: Callable[[str], None],
) -> Generator[tuple[Cell, Tables], None, None]:
    """Give results of worker processes, starting new ones where some are killed."""
    from joblib import delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    deaths = 0
    while left:
        try:
            tasks = (delayed(compute)(cell, plan.data) for cell in list(left))
            with warnings.catch_warnings():
                # Of one that has waited for too long, as on a machine that was asleep.
                warnings.filterwarnings("ignore", "A worker stopped while some jobs were given")
                # Of tasks that were not waited for, which is how a study is stopped.
                warnings.filterwarnings("ignore", r"\d+ tasks (which were|have been)")
                # Anew each time: after a failure one still has results of the cells before it.
                for cell, tables in results_of(tasks, jobs, plan.cores):
                    del left[cell]
                    deaths = 0
                    yield cell, tables
        except TerminatedWorkerError as error:
            deaths += 1
            if deaths == _DEATHS:
                raise StudyError(
                    f"Workers were killed {deaths} times in a row, most likely because the memory "
                    "ran out. Use fewer jobs (--jobs), or less data. Everything finished is kept."
                ) from error
            say(f"A worker was killed; the {plan.unit}s that it was at are computed again.")


def _compute(
    compute: Any,
    key: Sequence[str],
    unfinished: Unfinished | None,
    cell: Cell,
    data: tuple[Any, ...],
) -> tuple[Cell, Tables]:
    """Compute one cell, keeping the epochs of long fits, and say which it was if that fails."""
    from threadpoolctl import threadpool_limits

    kept = nullcontext() if unfinished is None else kept_epochs(unfinished.of(cell))
    where = ", ".join(f"{name} {value}" for name, value in zip(key, cell, strict=True))
    try:
        # Wherever that is, since the threads of a product decide the rounding of its sums.
        with threadpool_limits(1, user_api="blas"), kept:
            return cell, compute(cell, *data)
    except ValueError as error:
        raise StudyError(f"{where}: {error}") from error
    except OSError as error:
        if error.errno != ENOSPC:
            raise
        raise unwritable(error.filename, error) from error
    except Exception as error:
        # TensorFlow, which need not be here, has an error of its own.
        if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
            raise StudyError(
                f"{where}: the memory ran out. Use fewer jobs (--jobs), or less data."
            ) from error
        raise


def _silent(text: str) -> None:
    """Say nothing."""
