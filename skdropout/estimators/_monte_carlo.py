"""Monte-Carlo dropout: what networks thinned at random say, and how far they disagree."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import entr
from sklearn.utils.validation import check_is_fitted

from skdropout.estimators._base import NetworkEstimator
from skdropout.estimators._parameters import RATE, seed_from
from skdropout.training import engine_named

if TYPE_CHECKING:
    import pandas as pd

Statistics = dict[str, np.ndarray]


@dataclass(kw_only=True, eq=False, repr=False)
class SamplingEstimator(NetworkEstimator):
    """Draws networks from a fitted one by dropout, and collects what they say."""

    def _samples(self, X: Any, n_samples: Any, random_state: Any) -> Iterator[np.ndarray]:
        """Yield outputs of shape (n_samples, n_rows, n_outputs), one block of rows after another.

        The first samples are the same however many are drawn, and whatever the other rows are.
        """
        check_is_fitted(self)
        X = self._check_rows(X, reset=False)
        rates = self.network_.dropout_rates
        if not any(rates):
            names = [
                name
                for name, constraints in self._parameter_constraints.items()
                if "dropout" in name and RATE in constraints
            ]
            raise ValueError(
                f"Monte-Carlo dropout needs dropout, and this {type(self).__name__} was fitted "
                f"without any. Set {' or '.join(sorted(names))} above 0, with a layer for it to "
                "act on, and fit again."
            )
        if not isinstance(n_samples, Integral) or n_samples < 1:
            raise ValueError(f"n_samples expects a whole number from 1 up, got {n_samples!r}.")
        words = np.random.SeedSequence(seed_from(random_state))
        seeds = words.generate_state(int(n_samples) * len(rates)).reshape(-1, len(rates))
        return engine_named(self.engine).samples(self.network_, self.weights_, X, seeds)

    def _summarised(
        self, X: Any, blocks: Iterator[np.ndarray], summarise: Callable[[np.ndarray], Statistics]
    ) -> "pd.DataFrame":
        """Put the statistics of all blocks into a frame with the rows of ``X``."""
        import pandas as pd

        frames = [pd.DataFrame(summarise(block)) for block in blocks]
        frame = pd.concat(frames, ignore_index=True)
        return frame.set_axis(X.index, axis=0) if isinstance(X, pd.DataFrame) else frame


def disagreement(probabilities: np.ndarray, *, multilabel: bool) -> Statistics:
    """Measure how unsure samples of probabilities are, in nats.

    The entropy of the mean is how unsure the prediction is; what remains of it after taking the
    mean entropy of the samples off is their mutual information with the network.
    """
    mean = probabilities.mean(axis=0)
    entropy = _entropy(mean, multilabel)
    expected = _entropy(probabilities, multilabel).mean(axis=0)
    deviation = probabilities.std(axis=0)
    if multilabel:
        deviation = deviation.mean(axis=1)
    else:
        deviation = np.take_along_axis(deviation, mean.argmax(axis=1)[:, np.newaxis], axis=1)[:, 0]
    return {
        "predictive_entropy": entropy,
        "mutual_information": np.clip(entropy - expected, 0, None),
        "standard_deviation": deviation,
    }


def _entropy(probabilities: np.ndarray, multilabel: bool) -> np.ndarray:
    terms = entr(probabilities)
    if multilabel:
        terms = terms + entr(1 - probabilities)
    return terms.sum(axis=-1)
