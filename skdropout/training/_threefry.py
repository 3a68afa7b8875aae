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


_WORDS, _FOUR = tf.TensorSpec(None, tf.uint32), tf.TensorSpec((4,), tf.uint32)


@tf.function(autograph=False, input_signature=[_WORDS, _WORDS, _FOUR, _WORDS, _WORDS])
def _four_rounds(x: Any, y: Any, distances: Any, to_x: Any, to_y: Any) -> tuple[Any, Any]:
    """Return both words after four rounds and an injection of keys: traced once, called often."""
    xor, left, right = tf.bitwise.bitwise_xor, tf.bitwise.left_shift, tf.bitwise.right_shift
    for by in tf.unstack(distances):
        x = x + y
        y = xor(tf.bitwise.bitwise_or(left(y, by), right(y, 32 - by)), x)
    return x + to_x, y + to_y


def threefry_2x32(key: tuple[Any, Any], counter: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return two random uint32 tensors for a key and a counter of two uint32 words (20 rounds)."""
    xor = tf.bitwise.bitwise_xor
    keys = (*key, xor(xor(key[0], key[1]), _word(_PARITY)))
    x, y = counter[0] + keys[0], counter[1] + keys[1]
    distances = tf.constant(_ROTATIONS[:4], tf.uint32), tf.constant(_ROTATIONS[4:], tf.uint32)
    for number in range(1, 6):
        to_x, to_y = keys[number % 3], keys[(number + 1) % 3] + _word(number)
        x, y = _four_rounds(x, y, distances[(number - 1) % 2], to_x, to_y)
    return x, y


def halfwords(words: Any) -> tuple[Any, Any]:
    """Split words into random integers in [0, 65536), still as uint32."""
    low = tf.bitwise.bitwise_and(words, _word(0xFFFF))
    return low, tf.bitwise.right_shift(words, _word(16))
