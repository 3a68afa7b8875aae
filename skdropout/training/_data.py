"""The rows that a fit sees, in an order and with counts that depend on nothing but the rows."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from scipy import sparse

from skdropout.training._warnings import warn

_BLOCK_BYTES = 1 << 22  # what is computed from a block may take eight times as much
_LONGEST_EPOCH = 10  # in multiples of the number of distinct rows


@dataclass(frozen=True)
class TrainingSet:
    """Validated rows with their encoded targets and weights.

    Parameters
    ----------
    X : ndarray of shape (n_samples, ...) or sparse array of shape (n_samples, n_features)
        The features, as they came; sparse ones by rows, each in the order of its columns.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Encoded targets.
    rows : ndarray of shape (n_rows,)
        Positions in ``X`` of the rows that take part, in the order that a plan counts them in.
    counts : ndarray of shape (n_rows,) or None
        How many copies of each of these rows an epoch sees; None is one of each.
    weights : ndarray of shape (n_samples,) or None
        Factor on the loss of each row of ``X``.
    """

    X: Any
    y: np.ndarray
    rows: np.ndarray
    counts: np.ndarray | None = None
    weights: np.ndarray | None = None

    @classmethod
    def from_arrays(
        cls,
        X: Any,
        y: np.ndarray,
        sample_weight: np.ndarray | None = None,
        *,
        loss_weight: np.ndarray | None = None,
        keep_order: bool = False,
    ) -> Self:
        """Sort the rows by their content, merge equal ones, and tell counts from real weights.

        ``sample_weight`` of whole numbers are counts; others are scaled to a mean of one and act
        on the loss, as ``loss_weight`` (of the classes) always does. Neither has a say in the
        order: equal rows of different weights become one row with the mean of these. With
        ``keep_order`` the rows stay as they stand.
        """
        n_samples = X.shape[0]
        counts, real = _counts_or_weights(sample_weight)
        weights = _product(real, loss_weight)
        taken = np.arange(n_samples) if sample_weight is None else np.flatnonzero(sample_weight)
        if weights is not None and not weights[taken].any():
            raise ValueError(
                "sample_weight and class_weight together leave no row with a weight above zero."
            )
        if weights is not None and (weights[taken] == 1).all():
            weights = None  # nobody weighs more than anybody
        if keep_order:
            return cls(X, y, taken, None if counts is None else counts[taken], weights)
        hashes = _hash_rows(X, y)[taken]
        # The weights among equal rows, too, are added up in one order, whatever that of the rows.
        keys = (hashes,) if weights is None else (weights[taken], hashes)
        order = np.lexsort(keys)
        taken, hashes = taken[order], hashes[order]
        if counts is None:
            counts = np.ones(n_samples, dtype=np.int64)
        first = np.append(True, hashes[1:] != hashes[:-1])
        if not first.all():
            first |= ~_same_as_previous(taken, first, X, y)
        starts = np.flatnonzero(first)
        totals = np.add.reduceat(counts[taken], starts)
        if weights is not None:
            sums = np.add.reduceat(counts[taken] * weights[taken].astype(np.float64), starts)
            weights[taken[first]] = sums / totals
        return cls(X, y, taken[first], None if (totals == 1).all() else totals, weights)

    @property
    def epoch_size(self) -> int:
        """Number of rows of one epoch, copies included."""
        return len(self.rows) if self.counts is None else int(self.counts.sum())

    @property
    def positions(self) -> np.ndarray:
        """Positions in ``X`` of all rows of one epoch, copies included."""
        return self.rows if self.counts is None else np.repeat(self.rows, self.counts)

    def blocks(self) -> Iterator[tuple[Any, np.ndarray]]:
        """Yield the features and the counts of the rows, a few megabytes at a time."""
        for block in _blocks(self.rows, bytes_of_row(self.X)):
            counts = np.ones(len(self.rows)) if self.counts is None else self.counts
            yield self.X[self.rows[block]], counts[block]

    def split(self, fraction: float, seed: int, labels: np.ndarray | None) -> tuple[Self, Self]:
        """Set a fraction of the distinct rows aside for validation.

        Copies of a row stay on one side. The rows are drawn at random, stratified by ``labels``
        (of shape (n_samples,)) where given. A row that is alone with its label stays for training:
        a network can be checked without it, but not learn its label without it.
        """
        from sklearn.model_selection import train_test_split

        everything = np.arange(len(self.rows))
        drawn = everything
        if labels is not None:
            labels = labels[self.rows]
            _, label, sizes = np.unique(labels, return_inverse=True, return_counts=True)
            drawn = np.flatnonzero(sizes[label] > 1)
            labels = labels[drawn]
        _, validation = train_test_split(
            drawn,
            test_size=math.ceil(fraction * len(everything)),
            random_state=seed,
            stratify=labels,
        )
        return self._subset(np.delete(everything, validation)), self._subset(np.sort(validation))

    def split_tail(self, fraction: float) -> tuple[Self, Self]:
        """Set the last rows aside for validation."""
        n_training = len(self.rows) - int(np.ceil(fraction * len(self.rows)))
        everything = np.arange(len(self.rows))
        return self._subset(everything[:n_training]), self._subset(everything[n_training:])

    def _subset(self, which: np.ndarray) -> Self:
        counts = None if self.counts is None else self.counts[which]
        return replace(self, rows=self.rows[which], counts=counts)


def _counts_or_weights(
    sample_weight: np.ndarray | None,
) -> tuple[np.ndarray | None, np.ndarray | None]:
    if sample_weight is None:
        return None, None
    weighted = int(np.count_nonzero(sample_weight))
    if np.all(sample_weight == np.rint(sample_weight)):
        if sample_weight.sum() <= _LONGEST_EPOCH * weighted:
            return sample_weight.astype(np.int64), None
        warn(
            f"the integer sample weights stand for {sample_weight.sum():.0f} copies of "
            f"{weighted} rows, which would make an epoch more than {_LONGEST_EPOCH} times as "
            "long as the table; they scale the loss of each row instead. Divide them by a "
            "common factor to have them count copies.",
        )
    total = math.fsum(sample_weight)  # exact, so that the order of the rows leaves no trace
    return None, (sample_weight * (weighted / total)).astype(np.float32)


def _product(left: np.ndarray | None, right: np.ndarray | None) -> np.ndarray | None:
    if left is None or right is None:
        return left if right is None else right.astype(np.float32)
    return (left * right).astype(np.float32)


def bytes_of_row(X: Any) -> int:
    """Return the memory of one row; of sparse ones, the mean."""
    total = X.data.nbytes + X.indices.nbytes if sparse.issparse(X) else X.nbytes
    return total // max(1, X.shape[0])


def _blocks(rows: np.ndarray, bytes_each: int) -> Iterator[slice]:
    step = max(1, _BLOCK_BYTES // max(1, bytes_each))
    for start in range(0, len(rows), step):
        yield slice(start, start + step)


def _hash_rows(*columns: Any) -> np.ndarray:
    """Hash the content of each row to 64 bits.

    Each 32-bit word of a row is multiplied by an odd constant of its own and the products are
    added up modulo 2**64, which is a universal family of hash functions; equal rows are compared
    in full before they are merged, so a collision costs nothing but the tie's order.
    """
    hashes = np.zeros(columns[0].shape[0], dtype=np.uint64)
    constants = np.random.Generator(np.random.PCG64(20140101))
    for column in columns:
        if not sparse.issparse(column):
            column = np.ascontiguousarray(column).reshape(len(column), -1)
        n_words = -(-column.shape[1] * column.dtype.itemsize // 4)
        odd = constants.integers(2**63, dtype=np.uint64, size=n_words) * np.uint64(2) + np.uint64(1)
        for block in _blocks(hashes, bytes_of_row(column)):
            part = column[block]
            dense = not sparse.issparse(part)
            hashes[block] += _as_words(part) @ odd if dense else _sparse_products(part, odd)
    # Rows that differ in one word by a little would come out in that word's order: mix.
    hashes ^= hashes >> np.uint64(32)
    hashes *= np.uint64(0x9E3779B97F4A7C15)
    return hashes ^ (hashes >> np.uint64(29))


def _sparse_products(X: Any, odd: np.ndarray) -> np.ndarray:
    """Add up the products of sparse rows; those of zeros would be zero."""
    size = X.dtype.itemsize
    part = min(size, 4)  # bytes: large numbers have several words, small ones share one
    values = X.data.view(f"u{part}").reshape(X.nnz, size // part).astype(np.uint64)
    places = size * X.indices[:, np.newaxis].astype(np.int64) + np.arange(0, size, part)
    words = values << (8 * (places % 4)).astype(np.uint64)
    products = (words * odd[places // 4]).sum(axis=1, dtype=np.uint64)
    sums = np.append(np.uint64(0), np.cumsum(products, dtype=np.uint64))
    return sums[X.indptr[1:]] - sums[X.indptr[:-1]]


def _as_words(block: np.ndarray) -> np.ndarray:
    block = np.ascontiguousarray(block)
    if block.dtype.kind == "f":
        block = block + block.dtype.type(0)  # turns -0.0 into 0.0, which it is equal to
    width = block.shape[1] * block.itemsize
    raw = block.view(np.uint8).reshape(len(block), width)
    if width % 4:
        raw = np.pad(raw, ((0, 0), (0, -width % 4)))
    return raw.view(np.uint32).astype(np.uint64)


def _same_as_previous(taken: np.ndarray, first: np.ndarray, *columns: Any) -> np.ndarray:
    """Say of each row whether it equals the row before it, where ``first`` leaves that open."""
    same = np.zeros(len(taken), dtype=bool)
    suspects = np.flatnonzero(~first)
    same[suspects] = True
    for column in columns:
        one, other = column[taken[suspects]], column[taken[suspects - 1]]
        if sparse.issparse(column):
            same[suspects] &= (one != other).sum(axis=1) == 0
        else:
            same[suspects] &= (one == other).reshape(len(suspects), -1).all(axis=1)
    return same
