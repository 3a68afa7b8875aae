"""All that is random in a fit, derived from its seed."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Seeds:
    """The randomness of one call: no two of its parts share a stream.

    Parameters
    ----------
    seed : int
        Of the estimator.
    first_epoch : int
        What earlier calls have done already, so that each goes on with numbers of its own.
    """

    seed: int
    first_epoch: int

    def orders(self) -> np.random.Generator:
        """Return what shuffles the rows."""
        return np.random.default_rng([self.seed, self.first_epoch])

    def weights(self, n_weights: int) -> list[int]:
        """Return the seed of each initial weight, in the order of the model's weights."""
        return self._words(0, n_weights)

    def masks(self) -> np.ndarray:
        """Return the key of the masks that the compiled engine draws."""
        return np.array(self._words(1, 2), np.uint32)

    def states(self, n_layers: int) -> list[np.ndarray]:
        """Return what each of Keras's random layers begins with: a seed, and a count of calls."""
        return [np.array([word, 0], np.uint32) for word in self._words(1, n_layers)]

    def _words(self, part: int, n_words: int) -> list[int]:
        parts = np.random.SeedSequence([self.seed, self.first_epoch]).spawn(2)
        return parts[part].generate_state(n_words).tolist()
