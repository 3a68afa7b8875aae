"""The fits inside a comparison, by the peers: train, validate each epoch, stop some time later."""

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
    """Time scikit-learn's network on each inner fold."""
    from sklearn.metrics import log_loss
    from sklearn.neural_network import MLPClassifier

    seconds = []
    for X, y, X_val, y_val in inner_folds():
        began = time.perf_counter()
        model = MLPClassifier((WIDTH,), alpha=alpha, batch_size=BATCH, random_state=0)
        best, waited = np.inf, 0
        for _ in range(EPOCHS):
            loss = log_loss(y_val, model.partial_fit(X, y, classes=[0, 1]).predict_proba(X_val))
            best, waited = (loss, 0) if loss < best else (best, waited + 1)
            if waited >= PATIENCE:
                break
        seconds.append(time.perf_counter() - began)
    return seconds


def scikeras_seconds(dropout: float) -> list[float]:
    """Time scikeras on the first inner fold, once warm and once counted."""
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
