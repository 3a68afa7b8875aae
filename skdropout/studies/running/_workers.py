"""Processes that carry out tasks, and stay for the next ones."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from skdropout.studies._errors import StudyError

Task = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]  # what joblib.delayed makes
_LEAK = 4_000_000_000  # bytes that a worker may grow by before joblib has another take its place


def results_of(tasks: Iterable[Task], jobs: int, cores: int | None) -> Iterator[Any]:
    """Give the results of tasks as they become ready.

    Processes, though threads would share compiled programs: a process of one core computes small
    networks in half the time that two threads take, which hand the parts of each operation around.
    One job needs no other process than this one, unless the number of its cores matters.
    """
    from joblib import Parallel, delayed, effective_n_jobs, parallel_config

    tasks = (delayed(_carry_out)(task, os.getpid()) for task in tasks)
    if cores and effective_n_jobs(jobs) == 1:
        results = _results_of_one_worker(tasks, cores)
    else:
        with parallel_config("loky", n_jobs=jobs, inner_max_num_threads=cores):
            # One task a batch: what is finished must not wait in a worker for others.
            results = Parallel(batch_size=1, return_as="generator_unordered")(tasks)
    try:
        yield from results
    except BaseException:
        _let_feeders_end()
        raise


def in_each_worker(task: Callable[[], Any], jobs: int, cores: int | None) -> list[Any]:
    """Have each worker carry out a task, with which it starts; return what they found."""
    from joblib import delayed, effective_n_jobs
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    tasks = (delayed(task)() for _ in range(effective_n_jobs(jobs)))
    try:
        return list(results_of(tasks, jobs, cores))
    except TerminatedWorkerError as error:
        raise StudyError(
            "A worker was killed as it started, most likely because the memory ran out. Use fewer "
            "jobs (--jobs), or less data."
        ) from error


def jobs_here(jobs: int, cluster: str | None) -> int:
    """Say how many processes of this machine do what a study's cells are not: one on a cluster."""
    return 1 if cluster else jobs


def _results_of_one_worker(tasks: Iterable[Task], cores: int) -> Iterator[Any]:
    """Give results of one process with so many cores, which joblib would not start."""
    worker = _worker(cores)
    try:
        for function, args, named in tasks:
            yield worker.submit(function, *args, **named).result()
    except BaseException:
        _worker.cache_clear()
        worker.shutdown(kill_workers=True)
        raise


def _let_feeders_end() -> None:
    """Wait for the threads that handed tasks to workers which have been stopped.

    They let go of locks at their end. Of those Python says that they have leaked if it ends before.
    """
    for thread in threading.enumerate():
        if thread.name == "QueueFeederThread":
            thread.join(timeout=1)


@cache
def _worker(cores: int) -> Any:
    from joblib.externals.loky import ProcessPoolExecutor

    # Idle for five minutes it ends, as joblib's do.
    return ProcessPoolExecutor(1, env={"OMP_NUM_THREADS": str(cores)}, timeout=300)


def _carry_out(task: Task, parent: int) -> Any:
    if os.getppid() == parent:
        _settle_in(parent)
    function, args, named = task
    return function(*args, **named)


@cache
def _settle_in(parent: int) -> None:
    """Make a worker end when `parent` is killed, not minutes later and still computing.

    And have it stay until then: joblib takes the memory of compiled programs for a leak.
    """
    from joblib.externals.loky import process_executor
    from tqdm import tqdm

    process_executor._MAX_MEMORY_LEAK_SIZE = _LEAK
    # Of a lock between processes Python would say, when a worker is killed, that it has leaked.
    tqdm.set_lock(threading.RLock())

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
