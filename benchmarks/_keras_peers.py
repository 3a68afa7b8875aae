"""The network in Keras, in its own wrapper that makes a scikit-learn estimator of it."""

import time
from typing import Any

import keras

from benchmarks._libraries import Recipe


class Clock(keras.callbacks.Callback):
    """Notes when each epoch ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[float] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.ends.append(time.perf_counter())


def build(recipe: Recipe, n_features: int, n_outputs: int, activation: str) -> keras.Model:
    """Build the network, not compiled."""
    constraint = keras.constraints.MaxNorm(recipe.max_norm) if recipe.max_norm else None
    layers: list[Any] = [keras.Input((n_features,))]
    if recipe.input_dropout:
        layers.append(keras.layers.Dropout(recipe.input_dropout))
    for units in recipe.hidden:
        layers += [
            keras.layers.Dense(
                units,
                activation="relu",
                kernel_initializer="random_normal",
                kernel_constraint=constraint,
            ),
            keras.layers.Dropout(recipe.dropout),
        ]
    layers.append(
        keras.layers.Dense(n_outputs, activation=activation, kernel_initializer="random_normal")
    )
    return keras.Sequential(layers)


def wrapped_classifier(recipe: Recipe) -> Any:
    """Two outputs, because the wrapper encodes the classes one-hot."""
    from keras.wrappers import SKLearnClassifier

    def network(X: Any, y: Any) -> keras.Model:
        model = build(recipe, X.shape[1], y.shape[1], "softmax")
        model.compile(
            loss="categorical_crossentropy",
            metrics=["accuracy"],
            optimizer=keras.optimizers.SGD(recipe.learning_rate, momentum=recipe.momentum),
        )
        return model

    return SKLearnClassifier(
        model=network,
        fit_kwargs={"batch_size": recipe.batch_size, "epochs": recipe.epochs, "verbose": 0},
    )
