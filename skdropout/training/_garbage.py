"""When Python looks for garbage in cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collected_later() -> Iterator[None]:
    """Put the search off while hundreds of thousands of objects come, nearly all of which stay.

    Every few hundred of them set off another search. Together these take up to a quarter of the
    time of an import of TensorFlow, and a tenth of that of a trace. Where searching is switched
    off, it stays so.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
