"""Monte-Carlo dropout: what networks thinned at random say."""

from collections.abc import Callable
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from skdropout.estimators._frames import known_frame
from skdropout.estimators._parameters import RATE, seed_from

if TYPE_CHECKING:
    import pandas as pd


def mask_seeds(estimator: Any, n_samples: Any, random_state: Any) -> np.ndarray:
    """Draw the seeds of thinned networks, of shape (n_samples, n_dropout_layers).

    The first ones are the same however many are drawn.
    """
    rates = estimator.network_.dropout_rates
    if not any(rates):
        names = [
            name
            for name, constraints in estimator._parameter_constraints.items()
            if "dropout" in name and RATE in constraints
        ]
        raise ValueError(
            f"Monte-Carlo dropout needs dropout, and this {type(estimator).__name__} was fitted "
            f"without any. Set {' or '.join(sorted(names))} above 0, with a layer for it to "
            "act on, and fit again."
        )
    if not isinstance(n_samples, Integral) or n_samples < 1:
        raise ValueError(f"n_samples expects a whole number from 1 up, got {n_samples!r}.")
    words = np.random.SeedSequence(seed_from(random_state))
    return words.generate_state(int(n_samples) * len(rates)).reshape(-1, len(rates))


def summarised(
    estimator: Any,
    X: Any,
    n_samples: Any,
    random_state: Any,
    summarise: Callable[[np.ndarray], dict[str, np.ndarray]],
) -> "pd.DataFrame":
    """Put the statistics of all blocks of samples into a frame with the rows of ``X``."""
    import pandas as pd

    X = known_frame(X)  # once, for the index as well
    blocks = estimator._samples(X, n_samples, random_state)
    frames = [pd.DataFrame(summarise(block)) for block in blocks]
    frame = pd.concat(frames, ignore_index=True)
    return frame.set_axis(X.index, axis=0) if isinstance(X, pd.DataFrame) else frame
