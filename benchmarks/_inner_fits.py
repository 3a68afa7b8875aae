"""The fits inside a comparison, by the peers: train, validate each epoch, stop after the turn."""

import time
from typing import Any

import numpy as np

from benchmarks._data import sonar_whole

EPOCHS, PATIENCE, WIDTH, BATCH = 240, 30, 200, 32


def inner_folds() -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Return the standardised rows of the four inner folds of the first outer fold."""
    from sklearn.model_selection import StratifiedKFold
    from sklearn.preprocessing import StandardScaler

    X, y = sonar_whole()
    rows, _ = next(StratifiedKFold(5, shuffle=True, random_state=7).split(X, y))
    folds = []
    for train, validation in StratifiedKFold(4, shuffle=True, random_state=0).split(
        X[rows], y[rows]
    ):
        scaler = StandardScaler().fit(X[rows[train]])
        folds.append(
            (
                scaler.transform(X[rows[train]]), y[rows[train]],
                scaler.transform(X[rows[validation]]), y[rows[validation]],
            )
        )  # fmt: skip
    return folds


def mlp_seconds(alpha: float) -> list[float]:
    """Time scikit-learn's network on the inner folds, all until their mean curve has turned."""
    from sklearn.neural_network import MLPClassifier

    folds = inner_folds()
    began = time.perf_counter()
    models = [
        MLPClassifier((WIDTH,), alpha=alpha, batch_size=BATCH, random_state=fold)
        for fold in range(len(folds))
    ]
    means: list[float] = []
    while len(means) < EPOCHS:
        for _ in range(EPOCHS // 4):
            losses = []
            for model, (X, y, X_val, y_val) in zip(models, folds, strict=True):
                model.partial_fit(X, y, classes=[0, 1])
                shares = model.predict_proba(X_val)[np.arange(len(y_val)), y_val]
                losses.append(-np.log(np.maximum(shares, 1e-15)).mean())
            means.append(float(np.mean(losses)))
        if len(means) - 1 - int(np.argmin(means)) >= PATIENCE:
            break
    return [(time.perf_counter() - began) / len(folds)] * len(folds)


def scikeras_seconds(dropout: float) -> list[float]:
    """Time scikeras on the first inner fold, once warm and once counted; it stops by itself."""
    import keras
    from scikeras.wrappers import KerasClassifier

    X, y, X_val, y_val = inner_folds()[0]

    def build() -> Any:
        layers = [
            keras.Input((X.shape[1],)), keras.layers.Dense(WIDTH, activation="relu"),
            keras.layers.Dropout(dropout), keras.layers.Dense(1, activation="sigmoid"),
        ]  # fmt: skip
        return keras.Sequential(layers)

    seconds = []
    for epochs in (2, EPOCHS):
        network = KerasClassifier(
            build, loss="binary_crossentropy", optimizer="adam", batch_size=BATCH, epochs=epochs,
            verbose=0, callbacks=[keras.callbacks.EarlyStopping(patience=PATIENCE)],
        )  # fmt: skip
        began = time.perf_counter()
        network.fit(X, y, validation_data=(X_val, y_val))
        seconds.append(time.perf_counter() - began)
    return seconds[1:]
