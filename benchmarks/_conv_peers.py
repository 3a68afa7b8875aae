"""The five-block network of the CIFAR-100 comparison, a step at a time, in each library."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from benchmarks._peak import forget_peak, peak

FILTERS = (60, 60, 60, 60, 100)
CLASSES, BATCH, STEPS = 100, 80, 8


def images(n_images: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw images that show nothing, and labels that mean nothing."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, size=(n_images, 32, 32, 3), dtype=np.uint8)
    y = rng.permutation(np.arange(n_images) % CLASSES)
    return X, y


def seconds_a_step(library: str, batch_norm: bool, precision: str, turn: int) -> float:
    """Return seconds a training step; the first turn also builds, compiles and warms up."""
    if turn == 0:
        _warm[:] = [_MAKERS[library](batch_norm, precision, *images(STEPS * BATCH))]
        _warm[0]()
    start = time.perf_counter()
    _warm[0]()
    return (time.perf_counter() - start) / STEPS


_warm: list[Callable[[], None]] = []


def peak_of_images(n_images: int) -> dict[str, float]:
    """Return the megabytes of images, and by how many a fit raises the peak of the memory."""
    from skdropout import BNConvClassifier

    network = BNConvClassifier(
        filters=(8,), convs_per_block=1, head="gap", batch_size=BATCH, epochs=1, random_state=0
    )
    network.fit(*images(2 * BATCH))
    before = forget_peak()
    X, y = images(n_images)
    network.fit(X, y)
    return {"images": n_images, "data": X.nbytes / 1e6, "peak": peak() - before}


def _skdropout(batch_norm: bool, precision: str, X: Any, y: Any) -> Callable[[], None]:
    from skdropout import BNConvClassifier

    network = BNConvClassifier(
        filters=FILTERS,
        dense_units=1000,
        head_dropout=0.5,
        batch_norm=batch_norm,
        precision=precision,
        rescale="center",
        optimizer="rmsprop",
        learning_rate=0.0001,
        batch_size=BATCH,
        epochs=1,
        warm_start=True,  # so that a fit is one more epoch, with all that a fit costs besides
        random_state=0,
    )
    return lambda: network.fit(X, y)


def _keras_model(batch_norm: bool, precision: str, mean: float) -> Any:
    import keras

    def layers() -> Any:
        yield keras.Input((32, 32, 3))
        yield keras.layers.Rescaling(1.0, offset=-mean, dtype=precision)
        for block, filters in enumerate(FILTERS):
            for _ in range(2):
                yield keras.layers.Conv2D(filters, 3, padding="same", dtype=precision)
                if batch_norm:
                    yield keras.layers.BatchNormalization(dtype=precision)
                yield keras.layers.Activation("relu", dtype=precision)
            if block < len(FILTERS) - 1:
                yield keras.layers.MaxPooling2D(dtype=precision)
        yield keras.layers.Flatten(dtype=precision)
        yield keras.layers.Dense(1000, activation="relu", dtype=precision)
        yield keras.layers.Dropout(0.5, dtype=precision)
        yield keras.layers.Dense(CLASSES, dtype="float32")

    model = keras.Sequential(list(layers()))
    model.compile(
        optimizer=keras.optimizers.RMSprop(0.0001),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def _model_fit(batch_norm: bool, precision: str, X: Any, y: Any) -> Callable[[], None]:
    model = _keras_model(batch_norm, precision, float(X.mean()))
    return lambda: model.fit(X, y, batch_size=BATCH, epochs=1, verbose=0)


def _bare_step(batch_norm: bool, precision: str, X: Any, y: Any) -> Callable[[], None]:
    """Call one traced step of the same Keras model in a plain loop over batches in memory."""
    import tensorflow as tf

    model = _keras_model(batch_norm, precision, float(X.mean()))

    @tf.function
    def step(images: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = model.loss(labels, model(images, training=True))
        variables = model.trainable_variables
        model.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    batches = [
        (tf.constant(X[start : start + BATCH]), tf.constant(y[start : start + BATCH]))
        for start in range(0, len(X), BATCH)
    ]

    def epoch() -> None:
        for images, labels in batches:
            loss = step(images, labels)
        loss.numpy()

    return epoch


def _skorch(batch_norm: bool, precision: str, X: Any, y: Any) -> Callable[[], None]:
    import torch
    from skorch import NeuralNetClassifier
    from torch import nn

    from benchmarks._torch_peer import Batches, as_tensors

    def layers() -> Any:
        before = 3
        for block, filters in enumerate(FILTERS):
            for _ in range(2):
                yield nn.Conv2d(before, filters, 3, padding="same")
                if batch_norm:
                    yield nn.BatchNorm2d(filters)
                yield nn.ReLU()
                before = filters
            if block < len(FILTERS) - 1:
                yield nn.MaxPool2d(2)
        yield from (nn.Flatten(), nn.Linear(4 * before, 1000), nn.ReLU(), nn.Dropout(0.5))
        yield nn.Linear(1000, CLASSES)

    class Net(NeuralNetClassifier):
        def train_step_single(self, batch: Any, **options: Any) -> Any:
            low = precision == "mixed_bfloat16"
            with torch.autocast("cpu", torch.bfloat16) if low else nullcontext():
                return super().train_step_single(batch, **options)

    # channels last is the order that PyTorch's documentation advises for convolutions on a CPU
    module = nn.Sequential(*layers()).to(memory_format=torch.channels_last)
    net = Net(
        module,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.RMSprop,
        lr=0.0001,
        batch_size=BATCH,
        max_epochs=1,
        dataset=Batches,
        iterator_train__shuffle=True,
        iterator_train__collate_fn=as_tensors,
        train_split=None,
        callbacks="disable",
        verbose=0,
    )
    net.initialize()
    ready = torch.as_tensor((X - X.mean()).astype(np.float32)).permute(0, 3, 1, 2)
    ready = ready.contiguous(memory_format=torch.channels_last).numpy()
    return lambda: net.partial_fit(ready, y.astype(np.int64))


_MAKERS: dict[str, Callable[..., Callable[[], None]]] = {
    "skdropout": _skdropout,
    "Model.fit": _model_fit,
    "bare step": _bare_step,
    "skorch": _skorch,
}
LIBRARIES = tuple(_MAKERS)
