"""What is said while a study runs, none of which may end it."""

import sys
from contextlib import suppress
from typing import Any


class Messages:
    """Standard error, wherever it leads: it may be closed, a broken pipe, or lack letters."""

    def write(self, text: str) -> int:
        """Write as much of a text as can be written."""
        with suppress(OSError, ValueError, AttributeError):
            try:
                sys.stderr.write(text)
            except UnicodeEncodeError:
                sys.stderr.write(text.encode("ascii", "replace").decode())
        return len(text)

    def flush(self) -> None:
        """Show what was written."""
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


def tell(text: str) -> None:
    """Show a line."""
    messages = Messages()
    messages.write(f"{text}\n")
    messages.flush()


def duration(seconds: float) -> str:
    """Write a length of time as people say it."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min"
