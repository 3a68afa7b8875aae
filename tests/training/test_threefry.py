"""The generator behind the dropout masks is the published Threefry-2x32 with 20 rounds."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from skdropout.training._threefry import threefry_2x32

# Counter, key and result, from the known-answer file `kat_vectors` that accompanies Salmon et al.
# (2011); the third counter and key are the hexadecimal digits of pi.
KNOWN_ANSWERS = [
    ((0x00000000, 0x00000000), (0x00000000, 0x00000000), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
]
WORD = st.integers(0, 2**32 - 1)


def eager(key, counter):
    words = threefry_2x32(
        tuple(tf.constant(word, tf.uint32) for word in key),
        tuple(tf.constant(word, tf.uint32) for word in counter),
    )
    return tuple(word.numpy() for word in words)


@pytest.fixture(scope="module")
def compiled():
    """The generator inside an XLA program, from arrays of keys and counters to arrays of words."""
    spec = tf.TensorSpec((2, None), tf.uint32)

    @tf.function(jit_compile=True, autograph=False, input_signature=[spec, spec])
    def run(keys, counters):
        return tf.stack(threefry_2x32((keys[0], keys[1]), (counters[0], counters[1])))

    return lambda key, counter: run(
        np.array(key, np.uint32).reshape(2, -1), np.array(counter, np.uint32).reshape(2, -1)
    ).numpy()


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN_ANSWERS)
def test_known_answers(counter, key, words):
    assert eager(key, counter) == words


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN_ANSWERS)
def test_known_answers_inside_an_xla_program(compiled, counter, key, words):
    np.testing.assert_array_equal(compiled(key, counter).ravel(), words)


def threefry_by_the_book(key, counter):
    """Section 3.3 of Salmon et al. in Python's integers: rotate and mix, inject every four."""
    mask = 0xFFFFFFFF
    schedule = [key[0], key[1], key[0] ^ key[1] ^ 0x1BD11BDA]
    x, y = (counter[0] + schedule[0]) & mask, (counter[1] + schedule[1]) & mask
    for four, rotations in enumerate([(13, 15, 26, 6), (17, 29, 16, 24)] * 2 + [(13, 15, 26, 6)]):
        for rotation in rotations:
            x = (x + y) & mask
            y = ((y << rotation) & mask) | (y >> (32 - rotation))
            y ^= x
        x = (x + schedule[(four + 1) % 3]) & mask
        y = (y + schedule[(four + 2) % 3] + four + 1) & mask
    return x, y


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN_ANSWERS)
def test_the_oracle_itself_knows_the_answers(counter, key, words):
    assert threefry_by_the_book(key, counter) == words


@given(key=st.tuples(WORD, WORD), counter=st.tuples(WORD, WORD))
@settings(max_examples=25)
def test_any_key_and_counter(compiled, key, counter):
    expected = threefry_by_the_book(key, counter)
    assert eager(key, counter) == expected
    np.testing.assert_array_equal(compiled(key, counter).ravel(), expected)
