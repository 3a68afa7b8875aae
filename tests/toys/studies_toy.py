"""A study whose cells are cheap and can be slow on purpose. Runs by itself as a program."""

import os
import signal
import sys
import time
from multiprocessing import current_process
from pathlib import Path

import numpy as np
from tqdm import tqdm

from skdropout.studies._errors import StudyError, StudyInterrupted
from skdropout.studies.running import Plan, run_plan


def compute(cell, data, folder, pause):
    """One to three rows of a curve and two results; leaves a trace of having been called."""
    name, number = cell
    if folder is not None:
        with (Path(folder) / "calls.txt").open("a") as file:
            file.write(f"{name},{number}\n")
    if isinstance(pause, str):
        raise ValueError(pause)
    with tqdm(disable=True):  # as fits have one
        time.sleep(pause)
    score = float(np.random.default_rng(number).random() + len(name) * data.mean())
    key = {"name": name, "number": number}
    return {
        "curves": [
            {**key, "epoch": epoch, "loss": score / (1 + epoch)} for epoch in range(1 + number % 3)
        ],
        "results": [{**key, "part": part, "score": score + part} for part in range(2)],
    }


def fatal(cell, *data):
    """Kill the worker process at one cell."""
    if cell == ("a", 2):
        assert current_process().name != "MainProcess"
        os.kill(os.getpid(), signal.SIGKILL)
    return compute(cell, *data)


def fatal_once(cell, data, folder, pause):
    """Kill the process at one cell, the first time."""
    if cell == ("a", 2) and not (Path(folder) / "killed").exists():
        (Path(folder) / "killed").touch()
        fatal(cell, data, folder, pause)
    return compute(cell, data, folder, pause)


def plan(n=6, *, folder=None, pause=0.0, cores=None, **arguments):
    key = {"name": str, "number": int}
    return Plan(
        name="toy",
        identity={"study": "toy", "arguments": {"n": n, **arguments}},
        cells=[(name, number) for number in range(n) for name in ("b", "a")],
        key=tuple(key),
        schemas={
            "curves": {**key, "epoch": int, "loss": float},
            "results": {**key, "part": int, "score": float},
        },
        compute=compute,
        data=(np.linspace(0, 1, 300_000), folder, pause),
        growing=("n",),
        cores=cores,
    )


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored
    out, calls, jobs, pause = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    try:
        run_plan(plan(folder=calls, pause=pause), out, jobs=jobs)
    except StudyInterrupted as stop:
        print(stop)
        sys.exit(130)
    except StudyError as error:
        print(error)
        sys.exit(2)
