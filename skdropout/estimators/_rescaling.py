"""What the inputs are rescaled by, learnt from the training rows."""

import numpy as np
from scipy import sparse
from sklearn.utils.sparsefuncs import mean_variance_axis

from skdropout.training import TrainingSet


def learn_rescaling(
    option: str | None, rows: TrainingSet, n_channels: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the shift and the factor of each channel, which is a feature where no images are.

    Copies of a row count as often as they are there. A constant feature is only shifted. Centring
    subtracts one number from all channels of an image, which keeps its colours. Sparse rows are not
    shifted, which would fill them.
    """
    if option is None:
        return None
    if sparse.issparse(rows.X):
        return _sparse_rescaling(option, rows, n_channels)
    if option == "unit":
        low, high = _range(rows)
        return low, 1 / _nonzero(high - low)
    mean, deviation = _moments(rows)
    if option == "center":
        shift = mean if rows.X.ndim == 2 else np.full_like(mean, mean.mean())
        return shift, np.ones_like(mean)
    return mean, 1 / _nonzero(deviation)


def _sparse_rescaling(
    option: str, rows: TrainingSet, n_channels: int
) -> tuple[np.ndarray, np.ndarray]:
    if option == "center":
        raise TypeError(
            "rescale='center' would subtract numbers from all the zeros of a sparse X. Use "
            "'standardize' or 'unit', which only scale it, or None."
        )
    X = rows.X[rows.rows].astype(np.float64)
    shift = np.zeros(n_channels)
    if option == "unit":
        largest = abs(X).max(axis=0).toarray().reshape(-1, n_channels)
        return shift, 1 / _nonzero(largest.max(axis=0))
    counts = np.ones(X.shape[0]) if rows.counts is None else rows.counts.astype(np.float64)
    moments = mean_variance_axis(X, axis=0, weights=counts)
    means, variances = (values.reshape(-1, n_channels) for values in moments)
    deviation = np.sqrt(variances.mean(axis=0) + means.var(axis=0))
    return shift, 1 / _nonzero(_spread(means.mean(axis=0), deviation))


def _spread(mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Return the deviation; the mean of equal numbers may differ from them in its last digit."""
    return np.where(deviation > 1e-12 * np.abs(mean), deviation, 0)


def _nonzero(spread: np.ndarray) -> np.ndarray:
    return np.where(spread > 0, spread, 1.0)


def _range(rows: TrainingSet) -> tuple[np.ndarray, np.ndarray]:
    lows, highs = [], []
    for X, _ in rows.blocks():
        axes = tuple(range(X.ndim - 1))
        lows.append(X.min(axis=axes))
        highs.append(X.max(axis=axes))
    return np.min(lows, axis=0).astype(float), np.max(highs, axis=0).astype(float)


def _moments(rows: TrainingSet) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation, the second from deviations from the first."""
    n_values = 0.0
    total = np.zeros(rows.X.shape[-1])
    for X, counts in rows.blocks():
        folded = X.reshape(len(X), -1, X.shape[-1])
        n_values += counts.sum() * folded.shape[1]
        total += np.einsum("i,ijk->k", counts, folded, dtype=np.float64)
    mean = total / n_values
    square = np.zeros_like(total)
    for X, counts in rows.blocks():
        deviations = X.reshape(len(X), -1, X.shape[-1]) - mean
        square += np.einsum("i,ijk,ijk->k", counts, deviations, deviations)
    deviation = np.sqrt(square / n_values)
    return mean, _spread(mean, deviation)
