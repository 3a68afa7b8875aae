"""What is compared, and how: all of a study but its data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from skdropout.studies.evidence import Score

Rows = TypeVar("Rows")
ONLY = "-"  # the strength of a variant that has no choice


@dataclass(frozen=True)
class Variant:
    """A kind of regularisation with its strengths, from weak to strong.

    Attributes
    ----------
    name : str
        What tables, files and the command line call it.
    text : str
        What it is, as a sentence takes it after "with".
    strengths : dict of str to dict
        Parameters of the estimator by the name of the strength.
    why : str
        The tip that it puts on trial.
    """

    name: str
    text: str
    strengths: Mapping[str, Mapping[str, Any]]
    why: str = ""


@dataclass(frozen=True)
class Yardstick:
    """A model that is no network, and chooses its own strength on inner folds.

    Attributes
    ----------
    name, text : str
        What tables and sentences call it.
    fit : callable
        ``fit(X, y, splits, seed, classes)`` returns a model fitted on all rows, and the name of
        the strength that the splits have chosen.
    """

    name: str
    text: str
    fit: Callable[
        [
            NDArray[Any],
            NDArray[Any],
            Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
            int,
            bool,
        ],
        tuple[Any, str],
    ]


@dataclass(frozen=True)
class Design(Generic[Rows]):
    """How variants are compared, all but the data.

    Attributes
    ----------
    estimator : estimator
        The network, without what the variants bring.
    variants : dict of str to Variant
        What is compared, the one that others are held against first.
    resampling : Folds or Draws
        Which rows train and which score.
    epochs : int
        The epochs of every fit, or the most that may be chosen.
    score : Score
        What chooses, and is tested.
    yardsticks : dict of str to Yardstick
        Models that are no networks.
    """

    estimator: Any
    variants: Mapping[str, Variant]
    resampling: Rows
    epochs: int
    score: Score
    yardsticks: Mapping[str, Yardstick] = field(default_factory=dict)

    def network(
        self, variant: str, strength: str = ONLY, *, epochs: int | None = None, seed: int
    ) -> Any:
        """Make the network of a variant at a strength, untrained."""
        from sklearn.base import clone

        return clone(self.estimator).set_params(
            **self.variants[variant].strengths[strength],
            epochs=self.epochs if epochs is None else epochs,
            random_state=seed,
        )
