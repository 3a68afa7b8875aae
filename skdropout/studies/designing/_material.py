"""The rows that networks learn from, whatever they are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skdropout.studies.evidence import Score, score_classes, score_numbers, scores_of
from skdropout.studies.reading import ImageSet, Table


@dataclass(frozen=True)
class Material:
    """Rows to learn from.

    Attributes
    ----------
    name : str
        What the data are called.
    X : DataFrame or ndarray
        Features or images.
    y : ndarray of shape (n_rows,)
        Numbers of the classes, or quantities.
    classes : tuple of str
        The classes' own names; empty for quantities.
    steps : tuple of estimators
        What makes numbers of the features, learnt from training rows alone.
    """

    name: str
    X: Any
    y: NDArray[Any]
    classes: tuple[str, ...]
    steps: tuple[Any, ...] = ()

    def rows(self, which: NDArray[np.int64]) -> tuple[Any, NDArray[Any]]:
        """Return some of the rows."""
        X = self.X.iloc[which] if hasattr(self.X, "iloc") else self.X[which]
        return X, self.y[which]

    def prepared(
        self, train: NDArray[np.int64], test: NDArray[np.int64]
    ) -> tuple[Any, NDArray[Any], Any, NDArray[Any]]:
        """Return rows to train and to test on as numbers; only the former say how."""
        from sklearn.base import clone

        (X, y), (X_test, y_test) = self.rows(train), self.rows(test)
        for step in self.steps:
            step = clone(step)
            X, X_test = step.fit_transform(X), step.transform(X_test)
        return _single(X), y, _single(X_test), y_test

    @property
    def scores(self) -> dict[str, Score]:
        """The scores in the order of the tables, by their columns."""
        return dict(scores_of(self.classes))

    def score(self, model: Any, X: Any, y: NDArray[Any]) -> dict[str, float]:
        """Score a fitted model."""
        if self.classes:
            return score_classes(y, model.predict_proba(X))
        return score_numbers(y, model.predict(X))


def material_of(data: Table | ImageSet) -> Material:
    """Return the rows of a table or of images, those set aside for validation among them."""
    if isinstance(data, Table):
        return Material(data.name, data.features, data.targets, data.classes, data.steps)
    X = np.concatenate([data.X, data.X_val])
    y = np.concatenate([data.y, data.y_val])
    return Material(data.name, X, y, data.classes)


def _single(X: Any) -> Any:
    """Networks compute in single precision; one conversion serves all strengths."""
    return X.astype(np.float32) if getattr(X, "dtype", None) == np.float64 else X
