"""How much work one call into TensorFlow may take."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

_OPERATIONS_PER_CALL = 2.5e9  # about 0.1 to 0.3 seconds, after which Ctrl-C is heard
_FEW_STEPS, _OPERATIONS_OF_FEW = 16, 3e10  # half a second or so
_UPDATE = 100  # operations, as it were: it is bound by memory
_MOST_STEPS = 4096
_ACTIVATION_BYTES = 1 << 26
_SAMPLE_BYTES = 1 << 24
MOST_ROWS = 4096
_DOZEN = 12


def steps_per_call(model: "keras.Model", batch_size: int) -> int:
    """Return how many training steps a call takes to answer within a fraction of a second.

    Each call of a wide network asks the system anew for all its memory, and the system clears it:
    a quarter of the time of a call of one step.
    """
    operations = 6 * batch_size * _multiplications(model) + _UPDATE * _sparse_weights(model)
    few = min(_FEW_STEPS, _OPERATIONS_OF_FEW / operations)
    return _power_of_two(max(few, _OPERATIONS_PER_CALL / operations), _MOST_STEPS)


def rows_per_call(model: "keras.Model") -> int:
    """Return how many rows may go through the model at once in bounded memory."""
    outputs = [layer.output for layer in model.layers if not layer.output.sparse]
    widest = max(math.prod(output.shape[1:]) for output in outputs)
    return _power_of_two(_ACTIVATION_BYTES / (4 * widest), MOST_ROWS)


def rows_of_samples(n_samples: int, n_outputs: int) -> int:
    """Return how many rows' samples may be held at once in bounded memory."""
    return max(1, _SAMPLE_BYTES // (4 * n_samples * n_outputs))


def dozens_of(X: Any, n_rows: int) -> Iterator[tuple[int, Any]]:
    """Yield where each block of rows starts, and its rows, made up to whole dozens by its first.

    Some processors multiply six or twelve rows at a time, and those that are left over by kernels
    with other bits. But what a network makes of a row should not depend on its place.
    """
    n_rows = max(n_rows - n_rows % _DOZEN, _DOZEN)
    for start in range(0, X.shape[0], n_rows):
        block = X[start : start + n_rows]
        if missing := -block.shape[0] % _DOZEN:
            block = block[[*range(block.shape[0]), *[0] * missing]]
        yield start, block


def n_blocks(n_rows: int, length: int) -> int:
    """Return in how many blocks of a length some rows come."""
    return -(-n_rows // length)


def written_out(X: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return some rows in full, where they are sparse, in the shape of the inputs."""
    return X.toarray().reshape(-1, *shape) if hasattr(X, "toarray") else X


def _power_of_two(ratio: float, most: int) -> int:
    return 1 << min(max(int(math.log2(max(ratio, 1))), 0), most.bit_length() - 1)


def _multiplications(model: "keras.Model") -> int:
    """Count the multiplications that one row costs on its way through the network."""
    return sum(
        math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:-1])
        for layer in model.layers
        if hasattr(layer, "kernel") and not layer.input.sparse
    )


def _sparse_weights(model: "keras.Model") -> int:
    """Count the weights of the layer, if any, whose cost is that of its update alone."""
    layers = (layer for layer in model.layers if hasattr(layer, "kernel") and layer.input.sparse)
    return sum(math.prod(layer.kernel.shape) for layer in layers)
