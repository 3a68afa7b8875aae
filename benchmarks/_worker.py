"""A fresh Python process, bound to some cores, that carries out functions of this package.

Each library has a process of its own, so that no library's threads, imports or settings touch
another's. A worker waits for its input while another one is measured.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


class Worker:
    """Calls functions in another process: ``worker(function, *arguments)``, in JSON's types."""

    def __init__(self, cores: int) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed in `close`)
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks._worker", str(cores)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=ROOT,
        )

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        name = [function.__module__, function.__name__]
        with contextlib.suppress(BrokenPipeError):  # its last words are read below
            self._process.stdin.write(json.dumps([name, arguments]) + "\n")
            self._process.stdin.flush()
        reply = self._process.stdout.readline()
        if not reply:
            self._errors.seek(0)
            raise RuntimeError(f"a measuring process died:\n{self._errors.read()[-4000:]}")
        answer = json.loads(reply)
        if "error" in answer:
            raise RuntimeError(f"in a measuring process:\n{answer['error']}")
        return answer["result"]

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
        self._errors.close()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@contextlib.contextmanager
def workers(names: tuple[str, ...], cores: int) -> Iterator[dict[str, Worker]]:
    """Give each name a process of its own."""
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(Worker(cores)) for name in names}


def bind(cores: int) -> None:
    """Let this process and its children use so many cores, and no others."""
    if len(CORES) < cores:
        raise RuntimeError(f"{cores} cores are needed, and {len(CORES)} may be used here.")
    os.sched_setaffinity(0, CORES[-cores:])


def _serve() -> None:
    """Answer calls until the input ends; whatever is printed meanwhile goes to the errors."""
    bind(int(sys.argv[1]))
    with os.fdopen(os.dup(1), "w") as replies:
        os.dup2(2, 1)
        for line in sys.stdin:
            (module, name), arguments = json.loads(line)
            try:
                answer = {"result": getattr(import_module(module), name)(*arguments)}
            except Exception:
                answer = {"error": traceback.format_exc()}
            print(json.dumps(answer), file=replies, flush=True)


if __name__ == "__main__":
    _serve()
