"""The tables that the networks are trained on; all float32, all standardised."""

import os
from functools import lru_cache

import numpy as np

SONAR_SHAPE = (187, 60)  # the rows of nine folds out of ten


@lru_cache(maxsize=1)
def sonar() -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that the first of ten folds trains on, or a table of the same shape.

    The real rows are used where the environment variable ``SKDROPOUT_DATA`` says where they are;
    the time of a fit depends on the shape alone.
    """
    if "SKDROPOUT_DATA" not in os.environ:
        return table(*SONAR_SHAPE)
    from sklearn.model_selection import StratifiedKFold

    X, y = sonar_whole()
    train, _ = next(StratifiedKFold(10, shuffle=True, random_state=7).split(X, y))
    X = X[train]
    return (X - X.mean(axis=0)) / X.std(axis=0), y[train]


@lru_cache(maxsize=1)
def sonar_whole() -> tuple[np.ndarray, np.ndarray]:
    """Return all 208 rows, not standardised, with classes 0 (rock) and 1 (mine)."""
    if "SKDROPOUT_DATA" not in os.environ:
        return table(208, SONAR_SHAPE[1])
    from skdropout.datasets import fetch_sonar

    X, y = fetch_sonar(return_X_y=True)
    return np.asarray(X, np.float32), (np.asarray(y) == "M").astype(np.int64)


@lru_cache(maxsize=1)
def table(rows: int, features: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw normal features and two classes, which a few of the features tell apart with noise."""
    random = np.random.default_rng(0)
    X = random.standard_normal((rows, features), dtype=np.float32)
    signal = X[:, :10].sum(axis=1) + random.standard_normal(rows, dtype=np.float32)
    return X, (signal > 0).astype(np.int64)
