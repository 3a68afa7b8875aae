"""The three networks as the tutorials compare them: scikeras, a pipeline, ten folds.

``benchmarks.study`` times this script's parts; run whole, it takes about ten minutes.
"""

import time
from typing import Any

from benchmarks._data import sonar_whole

FOLDS = 10
NETWORKS = ("baseline", "visible", "hidden")


def cross_validate(network: str, epochs: int, n_folds: int = FOLDS) -> list[float]:
    """Return the accuracy on the first folds of ten."""
    from scikeras.wrappers import KerasClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y = sonar_whole()
    splits = list(StratifiedKFold(FOLDS, shuffle=True, random_state=7).split(X, y))
    classifier = KerasClassifier(
        model=create_model, model__network=network, epochs=epochs, batch_size=16, verbose=0
    )
    pipeline = make_pipeline(StandardScaler(), classifier)
    return cross_val_score(pipeline, X, y, cv=splits[:n_folds]).tolist()


def create_model(network: str) -> Any:
    import keras
    from keras.constraints import MaxNorm
    from keras.layers import Dense, Dropout

    def hidden(units: int) -> Dense:
        constraint = None if network == "baseline" else MaxNorm(3)
        return Dense(
            units,
            activation="relu",
            kernel_initializer="random_normal",
            kernel_constraint=constraint,
        )

    model = keras.Sequential([keras.Input((60,))])
    if network == "visible":
        model.add(Dropout(0.2))
    for units in (60, 30):
        model.add(hidden(units))
        if network == "hidden":
            model.add(Dropout(0.2))
    model.add(Dense(1, activation="sigmoid", kernel_initializer="random_normal"))
    rate, momentum = (0.01, 0.8) if network == "baseline" else (0.1, 0.9)
    optimizer = keras.optimizers.SGD(rate, momentum=momentum)
    model.compile(loss="binary_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    return model


def timed(network: str, epochs: int, n_folds: int) -> float:
    """Return the seconds that some folds of a network take."""
    start = time.perf_counter()
    cross_validate(network, epochs, n_folds)
    return time.perf_counter() - start


if __name__ == "__main__":
    for name in NETWORKS:
        scores = cross_validate(name, epochs=300)
        print(f"{name}: {sum(scores) / FOLDS:.2%}")
