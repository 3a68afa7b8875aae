"""Start TensorFlow without the screenful that it prints, which no setting of its own turns off."""

import os
import re
import sys
import tempfile
import threading
from contextlib import suppress

from skdropout.training import collected_later

_CHATTER = re.compile(
    rb"WARNING: All log messages before absl|[IWE]\d{4} \d\d:\d\d:|To enable the following instr"
)


_lock = threading.Lock()


def start_tensorflow() -> None:
    """Import TensorFlow, once a process, and pass on only what it does not say every time."""
    with _lock, collected_later():
        if "tensorflow" not in sys.modules:
            _start()


def _start() -> None:
    try:
        sys.stderr.flush()
        stderr = os.dup(2)
    except (AttributeError, OSError, ValueError):  # it is closed: nothing is heard anyway
        import tensorflow

        return
    with tempfile.TemporaryFile() as messages:
        os.dup2(messages.fileno(), 2)  # C++ code writes there, past sys.stderr
        try:
            import tensorflow

            tensorflow.config.list_physical_devices()
        finally:
            with suppress(OSError, ValueError):
                sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            messages.seek(0)
            for line in messages:
                if not _CHATTER.match(line):
                    with suppress(OSError):
                        os.write(2, line)
