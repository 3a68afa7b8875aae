"""Whether TensorFlow can work in this process: its threads do not survive a fork."""

import os
import sys

_ran_before_fork = False


def _look_back() -> None:
    """Note, in a process just forked, whether TensorFlow had run in the one that it came from."""
    global _ran_before_fork
    context = getattr(sys.modules.get("tensorflow.python.eager.context"), "_context", None)
    _ran_before_fork = getattr(context, "_context_handle", None) is not None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_look_back)


def reject_fork() -> None:
    """Raise where TensorFlow would wait for ever for threads that are not there."""
    if _ran_before_fork:
        raise RuntimeError(
            "this process was forked from one in which TensorFlow had already run, and "
            "TensorFlow's threads do not survive a fork. Start workers with joblib's loky "
            "backend, with multiprocessing's 'spawn' method, or use threads."
        )
