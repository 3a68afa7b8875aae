"""Batch normalisation against dropout in convolutional blocks: the published comparison."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil, log2
from typing import Any

import numpy as np

from skdropout.studies._checks import ENGINES, PRECISIONS, check_at_least, check_choice
from skdropout.studies._errors import StudyError
from skdropout.studies.reading import Images, ImageSet, Labels
from skdropout.studies.running import Cell, Plan, Stopwatch, Tables, start_tensorflow

VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "nothing": {"batch_norm": False},
    "batch_norm": {"batch_norm": True},
    "dropout_0.1": {"batch_norm": False, "conv_dropout": 0.1},
    "dropout_0.3": {"batch_norm": False, "conv_dropout": 0.3},
    "dropout_0.5": {"batch_norm": False, "conv_dropout": 0.5},
}
PLACEMENTS = ("before_activation", "after_activation", "after_pooling")
#: What is done to the inputs: the published mean of all, or also a common scale.
CONDITIONS: Mapping[str, str] = {"as_published": "center", "standardised": "standardize"}
#: Best validation accuracy over the published ten epochs, read off its figures to 0.01.
PUBLISHED: Mapping[str, Mapping[str, float]] = {
    place: dict(zip(VARIANTS, accuracies, strict=True))
    for place, accuracies in {
        "before_activation": (0.30, 0.48, 0.24, 0.06, 0.01),
        "after_activation": (0.28, 0.46, 0.22, 0.04, 0.01),
        "after_pooling": (0.30, 0.45, 0.26, 0.17, 0.05),
    }.items()
}
SHARED: Mapping[str, Any] = {
    "convs_per_block": 2,
    "kernel_size": 3,
    "activation": "relu",
    "pooling": "max",
    "head": "dense",
    "head_dropout": 0.5,
    "optimizer": "rmsprop",
    "learning_rate": 0.001,
}
_KEY: Mapping[str, type] = {"variant": str, "placement": str, "condition": str, "seed": int}
_RESULTS: Mapping[str, type] = {
    **_KEY,
    "pass": int,
    "train_loss": float,
    "validation_loss": float,
    "validation_accuracy": float,
    "seconds": float,
}


@dataclass(frozen=True)
class ConvProtocol:
    """How the networks are built and trained: all that a cell needs beside the images."""

    train_size: int
    passes: int
    filters: tuple[int, ...]
    dense_units: int
    batch_size: int
    batch_norm_momentum: float
    precision: str
    engine: str


def plan_conv(
    images: ImageSet,
    *,
    train_size: int | None,
    passes: int | None,
    placements: Sequence[str],
    variants: Sequence[str],
    conditions: Sequence[str],
    seeds: int,
    precision: str,
    engine: str,
) -> tuple[Plan, ConvProtocol]:
    """Describe the study of a set of images, after checking that it can be carried out."""
    for name, value in [("passes", passes), ("seeds", seeds), ("train_size", train_size)]:
        check_at_least(name, value, 1)
    check_choice("precision", precision, PRECISIONS)
    check_choice("engine", engine, ENGINES)
    chosen = {
        "placements": _choose("placements", placements, PLACEMENTS),
        "variants": _choose("variants", variants, VARIANTS),
        "conditions": _choose("conditions", conditions, CONDITIONS),
    }
    protocol = _protocol(images, train_size, passes, precision, engine)
    plan = Plan(
        name=images.name,
        identity={
            "study": images.name,
            "arguments": {**chosen, "seeds": seeds, **asdict(protocol)},
            "protocol": {**SHARED, "variants": VARIANTS, "rescale": CONDITIONS},
            "data": images.describe(),
        },
        # Seed by seed, so that what is finished early is a whole table already.
        cells=[
            (variant, placement, condition, seed)
            for seed in range(seeds)
            for condition in chosen["conditions"]
            for placement in chosen["placements"]
            for variant in chosen["variants"]
        ],
        key=tuple(_KEY),
        schemas={"results": _RESULTS},
        compute=compute_variant,
        data=(images.X, images.y, images.X_val, images.y_val, protocol),
        growing=("seeds", *chosen),
        announce=lambda missing: announce(missing, images, protocol),
    )
    return plan, protocol


def compute_variant(
    cell: Cell, X: Images, y: Labels, X_val: Images, y_val: Labels, protocol: ConvProtocol
) -> Tables:
    """Train one network, validating it after each pass over its training images."""
    from sklearn.model_selection import train_test_split

    start_tensorflow()
    variant, placement, condition, seed = cell
    # A seed of its own for each placement: "nothing" is the same network at all of them, and so
    # its three runs show what luck alone does.
    own = np.random.SeedSequence([seed, PLACEMENTS.index(placement)]).generate_state(1)[0]
    if protocol.train_size < len(y):
        rows = np.arange(len(y))
        rows, _ = train_test_split(
            rows, train_size=protocol.train_size, stratify=y, random_state=int(own)
        )
        X, y = X[rows], y[rows]
    network = build_network(variant, placement, condition, protocol)
    with Stopwatch() as watch:
        try:
            network.set_params(random_state=int(own)).fit(X, y, X_val=X_val, y_val=y_val)
            history = network.history_
        except FloatingPointError:  # it diverged: a result too, but one without numbers
            history = dict.fromkeys(
                ("loss", "val_loss", "val_accuracy"), [np.nan] * protocol.passes
            )
    seconds = watch.seconds / protocol.passes
    key = dict(zip(_KEY, cell, strict=True))
    passes = zip(history["loss"], history["val_loss"], history["val_accuracy"], strict=True)
    return {
        "results": [
            {
                **key,
                "pass": number,
                "train_loss": loss,
                "validation_loss": val_loss,
                "validation_accuracy": val_accuracy,
                "seconds": seconds,
            }
            for number, (loss, val_loss, val_accuracy) in enumerate(passes, start=1)
        ]
    }


def build_network(variant: str, placement: str, condition: str, protocol: ConvProtocol) -> Any:
    """Make one of the networks, untrained."""
    from skdropout import BNConvClassifier

    options: dict[str, Any] = {
        "filters": protocol.filters,
        "dense_units": protocol.dense_units,
        "batch_size": protocol.batch_size,
        "batch_norm_momentum": protocol.batch_norm_momentum,
        "epochs": protocol.passes,
        "precision": protocol.precision,
        "engine": protocol.engine,
        "placement": placement,
        "rescale": CONDITIONS[condition],
    }
    return BNConvClassifier(**options, **SHARED, **VARIANTS[variant])


def announce(missing: Mapping[Cell, float], images: ImageSet, protocol: ConvProtocol) -> str:
    """Time a few steps of each kind of network, and say how long the missing fits will take."""
    start_tensorflow()
    seconds = 0.0
    for batch_norm in (False, True):
        cells = [cell for cell in missing if (cell[0] == "batch_norm") == batch_norm]
        if cells:
            variant, placement, condition, _ = cells[0]
            network = build_network(variant, placement, condition, protocol)
            steps = ceil(protocol.train_size / protocol.batch_size)
            # Validation has the forward half of the arithmetic, about a third of a step.
            steps += ceil(len(images.y_val) / protocol.batch_size / 3)
            fits = sum(missing[cell] for cell in cells)
            seconds += fits * protocol.passes * steps * _seconds_a_step(network, images)
    return (
        f"{len(missing)} fits of {protocol.passes} passes: about {_duration(seconds)} of computing."
    )


def _seconds_a_step(network: Any, images: ImageSet) -> float:
    """Time some steps, leaving out what a fit costs beside its steps."""
    times = {}
    for n_steps in (2, 2, 8):  # the first one also builds the program
        n_rows = n_steps * network.batch_size
        rows = np.resize(np.flatnonzero(images.y < 8), n_rows)
        began = time.perf_counter()
        network.set_params(epochs=1, random_state=0).fit(images.X[rows], images.y[rows])
        times[n_steps] = time.perf_counter() - began
    return max(times[8] - times[2], 1e-4) / 6


def _duration(seconds: float) -> str:
    """Write a length of time as people say it."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds // 3600:.0f} h {seconds % 3600 / 60:.0f} min"


def _protocol(
    images: ImageSet, train_size: int | None, passes: int | None, precision: str, engine: str
) -> ConvProtocol:
    """Size the network by the images: the published one for 32 x 32 pixels, small for digits."""
    n_train = len(images.y)
    least, most = len(images.classes), n_train - len(images.classes)
    if train_size is not None and train_size != n_train and not least <= train_size <= most:
        raise StudyError(
            f"train_size must lie between {least} and {most}, or be all of the {n_train} training "
            f"images of {images.name}; got {train_size}."
        )
    small = images.name == "digits"
    blocks = min(max(int(log2(min(images.X.shape[1:3]))), 1), 5)  # two pixels are left at the end
    return ConvProtocol(
        train_size=train_size or n_train,
        passes=passes or (8 if small else 16),
        filters=(8, 16) if small else (60,) * (blocks - 1) + (100,),
        dense_units=64 if small else 1000,
        batch_size=80,
        # Keras's and the publication's 0.99 needs some hundred steps before it means anything.
        batch_norm_momentum=0.9 if small else 0.99,
        precision=precision,
        engine=engine,
    )


def _choose(name: str, asked: Sequence[str], known: Sequence[str] | Mapping[str, Any]) -> list[str]:
    """Put a choice into the order of what there is to choose from."""
    for choice in asked:
        check_choice(name, choice, known)
    if not asked:
        raise StudyError(f"{name} must name at least one of {', '.join(known)}.")
    return [choice for choice in known if choice in asked]
