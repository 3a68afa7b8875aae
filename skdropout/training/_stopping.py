"""Early stopping: one rule, for the numbers of one engine and the tensors of the other."""

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
    """The rule at work: what is to beat, epochs since it was beaten, and the best epoch.

    Of the best epoch there is what it found and what is ``kept`` of it.
    """

    reference: Any
    waited: Any
    best: Any
    kept: Any

    def after(
        self,
        loss: Any,
        score: Any,
        now: Any,
        rule: EarlyStopping,
        *,
        n_epochs: Any = 1,
        where: Callable[[Any, Any, Any], Any] = _either,
    ) -> "Progress":
        """Take in the validation loss and score of an epoch, of which ``now`` would be kept.

        With ``n_epochs=0`` none has ended, and nothing may beat the others.
        """
        value = where(rule.by_score, -score, loss)  # which is to fall
        beaten = value < self.reference - rule.tol
        return Progress(
            where(beaten, value, self.reference),
            where(beaten, 0, self.waited + n_epochs),
            where(value < self.best, value, self.best),
            where(value < self.best, now, self.kept),
        )

    def gives_up(self, rule: EarlyStopping) -> Any:
        """Say whether it is time to stop."""
        return self.waited >= rule.n_iter_no_change
