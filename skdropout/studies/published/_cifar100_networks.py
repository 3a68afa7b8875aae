"""The networks of the CIFAR-100 study: the published ones, and how each is trained."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from skdropout.studies.designing import ONLY, Design, Draws, Material, Variant, validated
from skdropout.studies.evidence import CLASS_SCORES
from skdropout.studies.reading import ImageSet
from skdropout.studies.running import Cell, Tables, start_tensorflow

NOTHING = "nothing"
VARIANTS: Mapping[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant(NOTHING, "nothing", {ONLY: {"batch_norm": False}}),
        Variant("batch_norm", "batch normalisation", {ONLY: {"batch_norm": True}}),
        *(
            Variant(
                f"dropout_{rate}", f"dropout {rate}",
                {ONLY: {"batch_norm": False, "conv_dropout": rate}},
            )
            for rate in (0.1, 0.3, 0.5)
        ),
    )
}  # fmt: skip
PLACEMENTS = ("before_activation", "after_activation", "after_pooling")
#: What is done to the inputs: the published mean of all, or also a common scale.
CONDITIONS: Mapping[str, str] = {"as_published": "center", "standardised": "standardize"}
#: Best validation accuracy over the published training, read off its figures to 0.01.
PUBLISHED: Mapping[str, Mapping[str, float]] = {
    place: dict(zip(VARIANTS, accuracies, strict=True))
    for place, accuracies in {
        "before_activation": (0.30, 0.48, 0.24, 0.06, 0.01),
        "after_activation": (0.28, 0.46, 0.22, 0.04, 0.01),
        "after_pooling": (0.30, 0.45, 0.26, 0.17, 0.05),
    }.items()
}
#: What all networks share.
SHARED: Mapping[str, Any] = {
    "filters": (60, 60, 60, 60, 100),
    "convs_per_block": 2,
    "kernel_size": 3,
    "activation": "relu",
    "pooling": "max",
    "head": "dense",
    "dense_units": 1000,
    "head_dropout": 0.5,
    "optimizer": "rmsprop",
    "learning_rate": 0.001,
    "batch_size": 80,
    "batch_norm_momentum": 0.99,
}
KEY: Mapping[str, type] = {"variant": str, "placement": str, "condition": str, "seed": int}
RESULTS: Mapping[str, type] = {
    **KEY,
    "epoch": int,
    "training_loss": float,
    "validation_loss": float,
    "validation_accuracy": float,
    "seconds": float,
}


def design_cifar100(draws: Draws, epochs: int, precision: str, engine: str) -> Design[Draws]:
    """Describe the published networks and what they are trained on."""
    from skdropout import BNConvClassifier

    return Design(
        estimator=BNConvClassifier(**{**SHARED, "precision": precision, "engine": engine}),
        variants=VARIANTS,
        resampling=draws,
        epochs=epochs,
        score=CLASS_SCORES["accuracy"],
    )


def compute_variant(
    cell: Cell, training: Material, validation: Material, design: Design[Draws]
) -> Tables:
    """Train one network, validating it after each epoch."""
    start_tensorflow()
    network = build_network(cell, design)
    X, y = training.X, training.y
    if design.resampling.size < len(y):
        X, y = training.rows(design.resampling.rows(y, network.random_state))
    fit = validated(network, X, y, validation.X, validation.y)
    key = dict(zip(KEY, cell, strict=True))
    columns = (fit.history[name] for name in ("loss", "val_loss", "val_accuracy"))
    return {
        "results": [
            {
                **key,
                "epoch": epoch,
                "training_loss": float(loss),
                "validation_loss": float(val_loss),
                "validation_accuracy": float(val_accuracy),
                "seconds": fit.seconds / design.epochs,
            }
            for epoch, (loss, val_loss, val_accuracy) in enumerate(
                zip(*columns, strict=True), start=1
            )
        ]
    }


def build_network(cell: Cell, design: Design[Draws]) -> Any:
    """Make the network of a cell, untrained."""
    variant, placement, condition, seed = cell
    # A seed of its own for each placement: "nothing" is the same network at all of them, and so
    # its three runs show what luck alone does.
    own = design.resampling.seed(seed, PLACEMENTS.index(placement))
    return design.network(variant, seed=own).set_params(
        placement=placement, rescale=CONDITIONS[condition]
    )


def seconds_a_step(network: Any, images: ImageSet) -> float:
    """Time some steps, leaving out what a fit costs beside its steps."""
    times = {}
    for n_steps in (2, 2, 8):  # the first one also builds the program
        n_rows = n_steps * network.batch_size
        rows = np.resize(np.flatnonzero(images.y < 8), n_rows)
        began = time.perf_counter()
        network.set_params(epochs=1, random_state=0).fit(images.X[rows], images.y[rows])
        times[n_steps] = time.perf_counter() - began
    return max(times[8] - times[2], 1e-4) / 6
