"""The largest resident memory of this process, as Linux knows it."""

import re
from pathlib import Path


def forget_peak() -> float:
    """Let the kernel measure the peak anew; return the memory that is resident now."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> float:
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024 / 1e6
