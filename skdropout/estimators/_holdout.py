"""Validation rows for early stopping, set aside from the training rows."""

import numpy as np

from skdropout.training import TrainingSet


def hold_out(
    rows: TrainingSet, fraction: float, *, seed: int, strata: np.ndarray | None, shuffle: bool
) -> tuple[TrainingSet, TrainingSet]:
    """Split rows for training and for validation: by class where possible, or the last ones."""
    n_rows = len(rows.rows)
    n_validation = int(np.ceil(fraction * n_rows))
    if n_validation == n_rows:
        raise ValueError(
            f"validation_fraction={fraction} sets all training rows aside (n_samples={n_rows}, "
            "where equal rows count once). Lower it, or set early_stopping=False."
        )
    if not shuffle:
        return rows.split_tail(fraction)
    if strata is not None and not _can_stratify(strata[rows.rows], n_validation):
        strata = None
    return rows.split(fraction, seed, strata)


def _can_stratify(strata: np.ndarray, n_validation: int) -> bool:
    """Say whether each class of two rows and more can have a share on both sides of the split."""
    _, counts = np.unique(strata, return_counts=True)
    divided = counts[counts > 1]
    return min(n_validation, divided.sum() - n_validation) >= len(divided)
