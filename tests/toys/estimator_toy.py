"""A classifier that trains in milliseconds, and a small table for each kind of target."""

import numpy as np

from skdropout import DropoutMLPClassifier

KINDS = ("binary", "multiclass", "multilabel")


def quick(**parameters):
    """Return a small classifier; all tests share its layers, so that few programs are compiled."""
    defaults = {
        "hidden_layer_sizes": (8,),
        "dropout": 0.2,
        "alpha": 0.0,
        "learning_rate": 0.02,
        "batch_size": 32,
        "epochs": 10,
        "random_state": 0,
    }
    return DropoutMLPClassifier(**{**defaults, **parameters})


def fit_by_keras(estimator, X, y):
    """Fit without compiling a program, for the compiled engine to go on with."""
    return estimator.set_params(engine="keras").fit(X, y).set_params(engine="compiled")


def table(kind="binary", n_rows=60, seed=3):
    """Return rows of four features and a target that the first three decide."""
    X = np.random.default_rng(seed).normal(size=(n_rows, 4))
    if kind == "multilabel":
        return X, (X[:, :3] > 0).astype(int)
    if kind == "multiclass":
        return X, X[:, :3].argmax(axis=1)
    return X, (X[:, 0] > X[:, 1]).astype(int)


def same_weights(one, other):
    """Say whether two fitted estimators have the same weights, bit by bit."""
    return len(one.weights_) == len(other.weights_) and all(
        np.array_equal(a, b) for a, b in zip(one.weights_, other.weights_, strict=True)
    )


def threads_of_a_worker(number):
    """Train, and say how many threads TensorFlow was told to take: within an operation, between."""
    import tensorflow as tf

    quick(random_state=number).fit(*table())
    settings = tf.config.threading
    return (
        settings.get_intra_op_parallelism_threads(),
        settings.get_inter_op_parallelism_threads(),
    )
