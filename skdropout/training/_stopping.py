"""Early stopping: one rule, for the numbers of one engine and the tensors of the other."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple


class EarlyStopping(NamedTuple):
    """Stop when the validation rows have not gained ``tol`` for ``n_iter_no_change`` epochs.

    What they gain is a fall of their loss or, with ``by_score``, a rise of their score.
    """

    n_iter_no_change: Any
    tol: Any
    by_score: Any = False


def _either(condition: bool, this: Any, that: Any) -> Any:
    return this if condition else that


class Progress(NamedTuple):
    """The rule at work, and what is ``kept`` of the best epoch.

    ``numbers`` are what is to beat, the epochs since it was beaten, and what the best epoch found.
    They come as one value, since each that a compiled loop carries is another kernel.
    """

    numbers: Any
    kept: Any

    @classmethod
    def start(cls, nothing: Any) -> "Progress":
        """Return what any epoch beats."""
        return cls((math.inf, 0.0, math.inf), nothing)

    def after(
        self,
        loss: Any,
        score: Any,
        now: Any,
        rule: EarlyStopping,
        *,
        n_epochs: Any = 1,
        where: Callable[[Any, Any, Any], Any] = _either,
        together: Callable[[tuple[Any, ...]], Any] = tuple,
    ) -> "Progress":
        """Take in the validation loss and score of an epoch, of which ``now`` would be kept.

        With ``n_epochs=0`` none has ended, and nothing may beat the others.
        """
        reference, waited, best = self.numbers[0], self.numbers[1], self.numbers[2]
        value = where(rule.by_score, -score, loss)  # which is to fall
        beaten = value < reference - rule.tol
        numbers = (
            where(beaten, value, reference),
            where(beaten, 0.0, waited + n_epochs),
            where(value < best, value, best),
        )
        return Progress(together(numbers), where(value < best, now, self.kept))

    def gives_up(self, rule: EarlyStopping) -> Any:
        """Say whether it is time to stop."""
        return self.numbers[1] >= rule.n_iter_no_change
