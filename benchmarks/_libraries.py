"""One network, as a user who knows each library well would train it there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

OURS = "skdropout"
WRAPPERS = ("scikeras", "keras.wrappers")  # around Keras's Model.fit: tens of seconds a fit
QUICK_PEERS = ("skorch", "MLPClassifier")
PEERS = WRAPPERS + QUICK_PEERS


@dataclass(frozen=True)
class Recipe:
    """The network and its training; by default Sonar's "hidden" network, as published."""

    hidden: tuple[int, ...] = (60, 30)
    input_dropout: float = 0.0
    dropout: float = 0.2
    max_norm: float | None = 3.0
    learning_rate: float = 0.1
    momentum: float = 0.9
    batch_size: int = 16
    epochs: int = 300


def classifier(library: str, recipe: Recipe) -> Any:
    """Return an untrained scikit-learn estimator; the library is imported only now."""
    return _MAKERS[library](recipe)


def _skdropout(recipe: Recipe) -> Any:
    from skdropout import DropoutMLPClassifier

    return DropoutMLPClassifier(
        recipe.hidden,
        input_dropout=recipe.input_dropout,
        dropout=recipe.dropout,
        max_norm=recipe.max_norm,
        kernel_initializer="random_normal",
        rescale=None,
        optimizer="sgd",
        alpha=0.0,
        learning_rate=recipe.learning_rate,
        momentum=recipe.momentum,
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        random_state=0,
    )


def _mlp_classifier(recipe: Recipe) -> Any:
    """Leave out dropout and max-norm, which scikit-learn does not have."""
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(
        recipe.hidden,
        solver="sgd",
        alpha=0.0,
        learning_rate_init=recipe.learning_rate,
        momentum=recipe.momentum,
        nesterovs_momentum=False,
        batch_size=recipe.batch_size,
        max_iter=recipe.epochs,
        n_iter_no_change=recipe.epochs + 1,  # all epochs, as the others
        random_state=0,
    )


def _scikeras(recipe: Recipe) -> Any:
    return _skdropout(recipe).to_scikeras()


def _keras_wrapper(recipe: Recipe) -> Any:
    from benchmarks._keras_peers import wrapped_classifier

    return wrapped_classifier(recipe)


def _skorch(recipe: Recipe) -> Any:
    from benchmarks._torch_peer import skorch_classifier

    return skorch_classifier(recipe)


_MAKERS: dict[str, Callable[[Recipe], Any]] = {
    OURS: _skdropout,
    "scikeras": _scikeras,
    "keras.wrappers": _keras_wrapper,
    "skorch": _skorch,
    "MLPClassifier": _mlp_classifier,
}
