"""Warnings that point at the user's own line."""

import sys
import warnings


def warn(message: str) -> None:
    """Warn whoever has called this package, however deep in it the reason was found."""
    frame, level = sys._getframe(1), 2
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] == "skdropout":
        frame, level = frame.f_back, level + 1
    warnings.warn(message, UserWarning, stacklevel=level)
