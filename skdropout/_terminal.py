"""The terminal of the command line, whatever it can show and whether or not it is there."""

import codecs
import os
import sys
import unicodedata

_PLAIN = str.maketrans(
    {"−": "-", "–": "-", "—": "-", "×": "x", "±": "+-", "²": "^2", "…": "...", "’": "'"}
    | {"≤": "<=", "≥": ">=", "≈": "~", "·": "*", "→": "->", "█": "#"}
)


def prepare() -> None:
    """Make standard output and error take any text, also where they are closed or lack letters."""
    _fill_closed()
    codecs.register_error(__name__, _plain)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=__name__)


def show(text: object) -> None:
    """Print what a study found; that nobody reads on is no fault of the study."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for as long as the program lasts


def _fill_closed() -> None:
    """Open nothing in place of closed streams, or the next files would take their messages."""
    for number, name, mode in [(0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")]:
        try:
            os.fstat(number)
        except OSError:
            # The system takes the lowest number that is free; workers inherit it.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - it stays open


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Stand in for letters that an encoding lacks."""
    assert isinstance(error, UnicodeEncodeError)
    missing = error.object[error.start : error.end]
    letters = unicodedata.normalize("NFKD", missing.translate(_PLAIN))
    plain = "".join(c if c.isascii() else "?" for c in letters if not unicodedata.combining(c))
    return plain, error.end
