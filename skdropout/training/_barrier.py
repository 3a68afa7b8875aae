"""What keeps XLA from its own ideas of where, when and by how many threads something is computed.

A step of a small network takes less time than it takes to wake a thread, or to move to where one
has woken. XLA's estimates leave that out.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import tensorflow as tf


class Barrier:
    """Keeps XLA from taking apart what results are worked out from: an optimisation barrier.

    XLA moves the turning of a matrix into the products with it, works a sum out again wherever it
    is used, and hands what is ready at once to several threads; but none of that across the edge
    of a branch. So results come from a branch that is always taken, of which XLA does not know,
    because the condition is data. Where there is no such condition, there is no barrier.
    """

    def __init__(self) -> None:
        self._always: Any = None

    @contextmanager
    def standing(self, always: Any) -> Iterator[None]:
        """Let it stand on a condition that always holds."""
        self._always = always
        yield
        self._always = None

    @property
    def stands(self) -> bool:
        """Say whether it keeps XLA from anything: not where XLA compiles nothing."""
        return self._always is not None

    def behind(self, results: Callable[[], Any], others: Callable[[], Any]) -> Any:
        """Return the results; the others, which are never worked out, only have their shapes."""
        return tf.cond(self._always, results, others) if self.stands else results()

    def by_one_thread(self, result: Callable[[], Any], other: Callable[[], Any]) -> Any:
        """Return the result, a tensor, which XLA then does not share out among threads."""
        if not self.stands:
            return result()
        return tf.cond(
            self._always,
            lambda: each_by_one_thread([result()], self._always),
            lambda: tf.stack([other(), other()]),
        )[0]


def each_by_one_thread(parts: Sequence[Any], holds: Any) -> Any:
    """Stack parts of one shape, none of which XLA shares out among threads.

    It shares out nothing that is written into a larger array at a place that it does not know. To
    be called in a branch, or XLA does not write it there but works it out where it is used.
    ``holds`` is the branch's condition, of which XLA does not know that it is true within.
    """
    first = 1 - tf.cast(holds, tf.int32)
    array = tf.TensorArray(parts[0].dtype, max(2, len(parts)), element_shape=parts[0].shape)
    for place, part in enumerate(parts):
        array = array.write(first + place, part)
    return array.stack()
