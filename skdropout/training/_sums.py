"""Sums with the same bits on any number of threads: dense layers, and sums over channels.

XLA and TensorFlow share a long sum of products out among as many partial sums as there are threads
to work on them, so that the last bit of a fit would depend on the number of cores. The products
here make partial sums of their own, of lengths that neither of the two splits. Those lengths were
found by comparing the bits that 1, 2, 4, 8 and 16 threads gave for some hundred shapes. Where two
forms differ in nothing but time, `benchmarks/thresholds.py` times both.
"""

import math
from functools import reduce
from typing import Any

import numpy as np
import tensorflow as tf

from skdropout.training._barrier import Barrier

_ROWS_SHARED = 64  # from here on XLA shares rows out instead of inputs
_INPUTS, _FEWEST_INPUTS = 128, 16
_UNITS = 512
_ROWS, _ROWS_OF_FEW_WEIGHTS = 256, 64
_FEW_WEIGHTS, _NARROW = 1 << 16, 8
_WIDE = 4  # times as many inputs as units
_LINE, _COLLIDING = 16, 1024  # numbers in a line of a cache, and in rows that share lines
_SMALL = 1 << 17  # multiplications, in a product that no second thread makes faster
_UNSHARED = 1 << 19  # multiplications that are never shared out
_UNROLLED, _SHORT = 32, 1 << 13  # rows, and numbers in them, whose sum takes no loop


def affine(inputs: Any, kernel: Any, bias: Any, barrier: Barrier) -> Any:
    """Return ``inputs @ kernel + bias``, with a gradient for each of them."""
    # Of much wider inputs, the upstream is turned in their place, and the product after it, on this
    # side of the barrier: XLA would turn the inputs instead of the product.
    swapped = barrier.stands and kernel.shape[0] >= _WIDE * kernel.shape[1]

    @tf.custom_gradient
    def outputs(inputs: Any, kernel: Any, bias: Any) -> Any:
        def gradient(upstream: Any) -> tuple[Any, Any, Any]:
            if _is_small(inputs, kernel):
                return _small_products(inputs, kernel, bias, upstream, barrier)
            to_inputs, to_kernel, to_bias = barrier.behind(lambda: products(upstream), others)
            return to_inputs, tf.transpose(to_kernel) if swapped else to_kernel, to_bias

        def products(upstream: Any) -> tuple[Any, Any, Any]:
            # XLA writes the upstream down for a product, and would work it out for a plain sum.
            to_bias = _turned_times(tf.ones_like(inputs[:, :1]), upstream, barrier)[0]
            pair = (upstream, inputs) if swapped else (inputs, upstream)
            return _to_inputs(upstream, kernel), _turned_times(*pair, barrier), to_bias

        def others() -> tuple[Any, Any, Any]:
            return inputs, tf.reshape(kernel, kernel.shape[::-1]) if swapped else kernel, bias

        return _to_units(inputs, kernel) + bias, gradient

    return outputs(inputs, kernel, bias)


def channel_sums(values: Any) -> Any:
    """Sum over all axes but the last.

    XLA on a CPU adds up what it computes number by number. Adding rows to each other as vectors is
    faster: every one of a few short ones, eighths of them otherwise, since more streams from memory
    get into each other's way, and each of them is compiled on its own. All are parts of one matrix:
    of parts in two shapes, XLA would compile and compute twice what they are taken from.
    """
    *lengths, width = values.shape
    n_rows = math.prod(length for length in lengths if length is not None)
    few = None not in lengths and n_rows <= _UNROLLED and n_rows * width <= _SHORT
    terms = tf.split(tf.reshape(values, [-1, width]), n_rows if few else math.gcd(n_rows, 8))
    return tf.reduce_sum(tf.add_n(terms), 0)


def _to_units(inputs: Any, kernel: Any) -> Any:
    n_rows, (n_inputs, n_units) = inputs.shape[0], kernel.shape
    if n_rows is None or n_rows >= _ROWS_SHARED or n_rows * n_inputs * n_units <= _UNSHARED:
        return tf.matmul(inputs, kernel)
    half = -(-n_inputs // 2)
    length = max(n for n in range(1, min(_INPUTS, half) + 1) if n_inputs % n == 0)
    if length < _FEWEST_INPUTS:  # filling up copies the kernel, yet is better than many products
        length = min(_INPUTS // 2, half)
        inputs = tf.pad(inputs, [[0, 0], [0, -n_inputs % length]])
        kernel = tf.pad(kernel, [[0, -n_inputs % length], [0, 0]])
    left = tf.transpose(tf.reshape(inputs, [n_rows, -1, length]), [1, 0, 2])
    return tf.reduce_sum(tf.matmul(left, tf.reshape(kernel, [-1, length, n_units])), 0)


def _to_inputs(upstream: Any, kernel: Any) -> Any:
    starts = range(0, kernel.shape[1], _UNITS)
    parts = ((upstream[:, s : s + _UNITS], kernel[:, s : s + _UNITS]) for s in starts)
    return reduce(tf.add, (tf.matmul(*part, transpose_b=True) for part in parts))


def _turned_times(left: Any, right: Any, barrier: Barrier) -> Any:
    """Return ``left.T @ right``, a sum of products of so few rows that none of them is split."""
    n_rows, n_columns, n_units = left.shape[0], left.shape[1], right.shape[1]
    if n_rows is None:  # only XLA, which knows the number, splits sums of rows
        return tf.matmul(left, right, transpose_a=True)
    few_weights = min(n_columns, n_units) < _NARROW or n_columns * n_units <= _FEW_WEIGHTS
    length = _ROWS_OF_FEW_WEIGHTS if few_weights else _ROWS
    if n_rows <= length:
        return _turned_product(left, right, barrier)
    missing = [[0, -n_rows % length], [0, 0]]
    left, right = (
        tf.reshape(tf.pad(rows, missing), [-1, length, rows.shape[1]]) for rows in (left, right)
    )
    return tf.reduce_sum(_turned_product(left, right, barrier), 0)


def _turned_product(left: Any, right: Any, barrier: Barrier) -> Any:
    """Return the product with the left matrices turned, which is written down before.

    XLA shares out the columns of a matrix that it turns within the product, and some processors
    have kernels with other bits for the last ones of each share.
    """
    n_columns, n_units = left.shape[-1], right.shape[-1]
    if n_columns < _ROWS_SHARED:
        return tf.matmul(left, right, transpose_a=True)
    *others, n_rows, _ = left.shape
    # Rows that share lines of the cache are taken apart into whole lines before these are turned.
    width = 1 if n_columns % _COLLIDING else _LINE
    n = len(others)
    order = [*range(n), n + 1, n, n + 2]
    flat = tf.reshape(tf.transpose(tf.reshape(left, [*others, n_rows, -1, width]), order), [-1])

    def product() -> Any:
        turned = tf.linalg.matrix_transpose(tf.reshape(flat, [*others, -1, n_rows, width]))
        return tf.matmul(tf.reshape(turned, [*others, n_columns, n_rows]), right)

    return barrier.behind(product, lambda: tf.zeros([*others, n_columns, n_units]))


def _is_small(inputs: Any, kernel: Any) -> bool:
    """Say whether a second thread has nothing to gain, and no sum needs parts of its own."""
    n_rows, (n_inputs, n_units) = inputs.shape[0], kernel.shape
    if n_rows is None or n_rows > _ROWS or n_units > _UNITS:
        return False
    return n_rows * n_inputs * n_units <= _SMALL


def _small_products(
    inputs: Any, kernel: Any, bias: Any, upstream: Any, barrier: Barrier
) -> tuple[Any, Any, Any]:
    """Return all gradients, by products of which XLA's kernels for turned matrices are faster."""
    flat = tf.reshape(tf.transpose(upstream), [-1])

    def products() -> tuple[Any, Any, Any]:
        columns = tf.reshape(flat, upstream.shape[::-1])
        return tf.matmul(kernel, columns), tf.matmul(columns, inputs), channel_sums(upstream)

    def others() -> tuple[Any, Any, Any]:
        turned = (tf.reshape(matrix, matrix.shape[::-1]) for matrix in (inputs, kernel))
        # At hand without a kernel: the bias is part of a vector, and zeros would be filled in.
        return *turned, tf.constant(np.eye(1, bias.shape[0])[0], tf.float32)

    to_inputs, to_kernel, to_bias = barrier.behind(products, others)
    return tf.transpose(to_inputs), tf.transpose(to_kernel), to_bias
