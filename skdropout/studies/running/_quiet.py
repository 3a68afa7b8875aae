"""Start TensorFlow without the screenful that it prints, which no setting of its own turns off."""

import os
import re
import sys
import tempfile
import threading

_CHATTER = re.compile(
    rb"WARNING: All log messages before absl|[IWE]\d{4} \d\d:\d\d:|To enable the following instr"
)


_lock = threading.Lock()


def start_tensorflow() -> None:
    """Import TensorFlow, once a process, and pass on only what it does not say every time."""
    with _lock:
        if "tensorflow" not in sys.modules:
            _start()


def _start() -> None:
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as messages:
        os.dup2(messages.fileno(), 2)  # C++ code writes there, past sys.stderr
        try:
            import tensorflow

            tensorflow.config.list_physical_devices()
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            messages.seek(0)
            for line in messages:
                if not _CHATTER.match(line):
                    os.write(2, line)
