"""What models are scored by: classes by their probabilities, quantities by their errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Score:
    """A number that says how good predictions are.

    Attributes
    ----------
    name, title : str
        Its column, and what sentences call it.
    lower_is_better : bool
        Whether it is an error.
    practical : float
        A difference of this size or less, times the `scale` of the target, makes no practical
        difference, unless the user says otherwise.
    chooses : bool
        Whether networks report it after each epoch, so that it can choose between them.
    """

    name: str
    title: str
    lower_is_better: bool
    practical: float = 0.01
    chooses: bool = True

    def better(self, differences: Any) -> Any:
        """Turn differences so that above zero is better."""
        return -differences if self.lower_is_better else differences

    def scale(self, y: NDArray[Any]) -> float:
        """Say by how much guessing can be bettered on this target, where the score depends on it.

        Guessing the mean has the standard deviation of `y` for its RMSE. Guessing the shares of
        the classes has their entropy for its log loss; where that is less than a bit, as of rare
        classes, there is less to win than where two classes are as frequent.
        """
        if self.name == "rmse":
            return float(y.std())
        if self.name == "log_loss":
            shares = np.unique(y, return_counts=True)[1] / len(y)
            return min(1.0, float(-shares @ np.log2(shares)))
        return 1.0


CLASS_SCORES = {
    score.name: score
    for score in (
        Score("log_loss", "log loss", lower_is_better=True),
        Score("accuracy", "accuracy", lower_is_better=False),
        Score("balanced_accuracy", "balanced accuracy", lower_is_better=False, chooses=False),
        Score("roc_auc", "area under the ROC curve", lower_is_better=False, chooses=False),
    )
}
NUMBER_SCORES = {
    score.name: score
    for score in (
        Score("rmse", "RMSE", lower_is_better=True),
        Score("r2", "R²", lower_is_better=False),
    )
}


def score_classes(y: NDArray[Any], probabilities: NDArray[Any]) -> dict[str, float]:
    """Score the probabilities of the classes 0, 1, ... of `y`; NaN for what `y` cannot tell."""
    from sklearn import metrics

    classes = np.arange(probabilities.shape[1])
    guesses = probabilities.argmax(axis=1)
    present = np.unique(y)
    recalls = [np.mean(guesses[y == label] == label) for label in present]
    area = np.nan
    if len(present) == len(classes) == 2:
        area = metrics.roc_auc_score(y, probabilities[:, 1])
    elif len(present) == len(classes):
        area = metrics.roc_auc_score(y, probabilities, multi_class="ovr", labels=classes)
    return {
        "log_loss": float(metrics.log_loss(y, probabilities, labels=classes)),
        "accuracy": float(np.mean(guesses == y)),
        "balanced_accuracy": float(np.mean(recalls)),
        "roc_auc": float(area),
    }


def score_numbers(y: NDArray[Any], predictions: NDArray[Any]) -> dict[str, float]:
    """Score predictions of quantities."""
    error = float(np.mean((y - predictions) ** 2))
    return {"rmse": error**0.5, "r2": float(r_squared(error, y))}


def r_squared(error: Any, y: NDArray[Any]) -> Any:
    """Return R² of mean squared errors: of a constant `y` 0, or 1 where there is no error.

    That is scikit-learn's convention. A fold that happens to be constant is the same to all models
    then, and a score of none of them is lost with it.
    """
    if y.min() == y.max():  # rounding may give its variance another value than 0
        return np.where(error > 0, 0.0, 1.0)
    return 1 - error / np.var(y)


def scores_of(classes: tuple[str, ...]) -> Mapping[str, Score]:
    """Return the scores of a target with these classes, or of a quantity where there are none."""
    return CLASS_SCORES if classes else NUMBER_SCORES
