"""A counter-based random number generator in plain integer operations.

Threefry-2x32 turns a key and a counter into two random words without any state to carry along.
Written in shifts, additions and exclusive ors it fuses into a compiled training step, where
TensorFlow's own generators cost more than the whole arithmetic of a small network.

References
----------
Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", section 3.3.
"""

from typing import Any

import tensorflow as tf

_ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
_PARITY = 0x1BD11BDA


def _word(value: int) -> Any:
    return tf.constant(value, tf.uint32)


def threefry_2x32(key: tuple[Any, Any], counter: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return two random uint32 tensors for a key and a counter of two uint32 words (20 rounds)."""
    xor, left, right = tf.bitwise.bitwise_xor, tf.bitwise.left_shift, tf.bitwise.right_shift
    turns = [(_word(distance), _word(32 - distance)) for distance in _ROTATIONS]
    keys = (*key, xor(xor(key[0], key[1]), _word(_PARITY)))
    x, y = counter[0] + keys[0], counter[1] + keys[1]
    for turn in range(20):
        by, rest = turns[turn % 8]
        x = x + y
        y = xor(tf.bitwise.bitwise_or(left(y, by), right(y, rest)), x)
        if turn % 4 == 3:
            injection = turn // 4 + 1
            x = x + keys[injection % 3]
            y = y + (keys[(injection + 1) % 3] + _word(injection))
    return x, y


def halfwords(words: Any) -> tuple[Any, Any]:
    """Split words into random integers in [0, 65536), still as uint32."""
    low = tf.bitwise.bitwise_and(words, _word(0xFFFF))
    return low, tf.bitwise.right_shift(words, _word(16))
