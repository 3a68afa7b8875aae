"""What can stop a study, told to the person who started it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StudyError(ValueError):
    """A study cannot run as it was asked to; the message says what to change.

    Raised for unusable data, arguments out of range, and an output folder that belongs to another
    study or to a process that is still running.
    """


class StudyInterrupted(KeyboardInterrupt):
    """A study was stopped by Ctrl-C; everything finished is in its folder."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Name the file that cannot be written: where a disk is full, the system does not."""
    try:
        yield
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path | str, error: OSError) -> StudyError:
    """Say that a file cannot be written, and what to do."""
    return StudyError(
        f"{path} cannot be written ({error.strerror or error}). Everything finished is kept: "
        "make room for it, and start again with the same arguments to go on."
    )
