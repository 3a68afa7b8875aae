"""Which rows choose and which rows score."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skdropout.studies._errors import StudyError

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Folds:
    """Repeated cross-validation, with a cross-validation inside each of its folds.

    Outer folds score and nothing else; the inner ones choose. Both are stratified by class.

    Attributes
    ----------
    folds, inner_folds : int
        Number of each; a single inner fold is a quarter of the rows set aside, and none is for
        designs that choose nothing.
    seed : int
        Seed of the first repeat; later ones take the seeds after it.
    """

    folds: int
    inner_folds: int
    seed: int

    @property
    def test_train_ratio(self) -> float:
        """Rows tested on per row trained on."""
        return 1 / (self.folds - 1)

    def outer(self, y: NDArray[Any], repeat: int, fold: int) -> tuple[Rows, Rows]:
        """Return the rows to train and to test on."""
        splits = self._splitter(y, self.folds, self.seed + repeat).split(y, y)
        return list(splits)[fold]

    def inner(self, y: NDArray[Any], seed: int) -> Iterator[tuple[Rows, Rows]]:
        """Yield the rows to train and to validate on, of those that `y` belongs to."""
        splits = self._splitter(y, max(self.inner_folds, 4), seed).split(y, y)
        yield from list(splits)[: self.inner_folds]

    def network_seed(self, *place: int) -> int:
        """Return the seed of the networks of one place; all variants share it."""
        return int(np.random.SeedSequence([self.seed, *place]).generate_state(1)[0])

    def check(self, name: str, y: NDArray[Any], classes: tuple[str, ...]) -> None:
        """Refuse data in which some fold would lack a class, or have nothing to vary."""
        inner = max(self.inner_folds, 4)
        least = next(n for n in count(self.folds) if n - ceil(n / self.folds) >= inner)
        fewer = "fewer folds (--folds, --inner-folds)" if inner > 4 else "fewer folds (--folds)"
        if not classes:
            if len(y) < max(least, 4 * self.folds):
                raise StudyError(
                    f"{name} has {len(y)} rows; {self.folds} folds, each with folds inside, need "
                    f"{max(least, 4 * self.folds)}. Use {fewer}, or collect more rows."
                )
            return
        counts = np.bincount(y)
        rarest = int(counts.argmin())
        if counts[rarest] < least:
            raise StudyError(
                f"class {classes[rarest]!r} of {name} has {counts[rarest]} rows, and {self.folds} "
                f"folds need {least}. Leave rare classes out (--min-class-rows {least}), use "
                f"{fewer}, or, if the target is a quantity, say --task regression."
            )

    def _splitter(self, y: NDArray[Any], folds: int, seed: int) -> Any:
        from sklearn.model_selection import KFold, StratifiedKFold

        kind = StratifiedKFold if y.dtype.kind in "iu" else KFold
        return kind(folds, shuffle=True, random_state=seed)


@dataclass(frozen=True)
class Draws:
    """Training rows drawn by class, anew for each seed and each place that it is used at.

    Attributes
    ----------
    size : int
        Rows to draw; as many as there are for all of them, in their own order.
    """

    size: int

    def seed(self, seed: int, place: int) -> int:
        """Return the seed of the rows and of the networks of one place."""
        return int(np.random.SeedSequence([seed, place]).generate_state(1)[0])

    def rows(self, y: NDArray[Any], seed: int) -> Rows:
        """Return the rows to train on."""
        from sklearn.model_selection import train_test_split

        rows = np.arange(len(y))
        if self.size < len(y):
            rows, _ = train_test_split(rows, train_size=self.size, stratify=y, random_state=seed)
        return rows

    def check(self, name: str, y: NDArray[Any], n_classes: int) -> None:
        """Refuse a size at which some class might have no row, or leave none."""
        if self.size != len(y) and not n_classes <= self.size <= len(y) - n_classes:
            raise StudyError(
                f"train_size must lie between {n_classes} and {len(y) - n_classes}, or be all of "
                f"the {len(y)} training images of {name}; got {self.size}."
            )
