"""A counter-based random number generator in plain integer operations.

Threefry-2x32 turns a key and a counter into two random words without any state to carry along, so
a dropout mask is a pure function of (key, step, unit). Written in shifts, additions and exclusive
ors it fuses into a compiled training step, where the backends' own generators cost more than the
whole arithmetic of a small network.

References
----------
Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", section 3.3.
"""

from typing import Any

from keras import ops

_ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
_PARITY = 0x1BD11BDA


def _word(value: int) -> Any:
    return ops.convert_to_tensor(value, dtype="uint32")


def _rotate_left(x: Any, distance: int) -> Any:
    left = ops.bitwise_left_shift(x, _word(distance))
    return ops.bitwise_or(left, ops.bitwise_right_shift(x, _word(32 - distance)))


def threefry_2x32(key: tuple[Any, Any], counter: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return two random uint32 tensors for a key and a counter of two uint32 words (20 rounds)."""
    keys = (*key, ops.bitwise_xor(ops.bitwise_xor(key[0], key[1]), _word(_PARITY)))
    x, y = counter[0] + keys[0], counter[1] + keys[1]
    for turn in range(20):
        x = x + y
        y = ops.bitwise_xor(_rotate_left(y, _ROTATIONS[turn % 8]), x)
        if turn % 4 == 3:
            injection = turn // 4 + 1
            x = x + keys[injection % 3]
            y = y + keys[(injection + 1) % 3] + _word(injection)
    return x, y


def random_words(key: tuple[Any, Any], stream: Any, size: int) -> Any:
    """Return ``size`` random uint32 words, or one more."""
    index = ops.cast(ops.arange((size + 1) // 2, dtype="int32"), "uint32")
    return ops.concatenate(threefry_2x32(key, (index, ops.zeros_like(index) + stream)))


def halfwords(words: Any) -> tuple[Any, Any]:
    """Split words into random integers in [0, 65536), still as uint32.

    Sixteen bits place a dropout rate to within 1/65536 and halve the cost of the mask.
    """
    return ops.bitwise_and(words, _word(0xFFFF)), ops.bitwise_right_shift(words, _word(16))
