"""How many fits a comparison takes, and how long, before it starts."""

import time
from collections.abc import Mapping
from functools import partial

from skdropout.studies.compared._variants import CONTROL
from skdropout.studies.designing import ONLY, Design, Folds, Material
from skdropout.studies.running import Cell, duration, in_each_worker, start_tensorflow


def n_fits(cell: Cell, design: Design[Folds]) -> int:
    """Count the networks of a cell; the yardsticks are none, and most are done in a moment."""
    variant = design.variants.get(cell[0])
    return len(variant.strengths) * design.resampling.inner_folds + 1 if variant else 1


def estimated(
    missing: Mapping[Cell, float],
    material: Material,
    design: Design[Folds],
    jobs: int,
    cores: int | None,
) -> str:
    """Have each worker time a fit, which it starts with; say how long all that is missing takes."""
    an_epoch = in_each_worker(partial(_seconds_of_an_epoch, material, design), jobs, cores)
    fits = round(
        sum(
            share * n_fits(cell, design)
            for cell, share in missing.items()
            if cell[0] in design.variants
        )
    )
    seconds = fits * design.epochs * max(an_epoch) / len(an_epoch)
    return (
        f"{fits:,} fits of up to {design.epochs} epochs: at most about "
        f"{duration(seconds)} for the networks, and some seconds to start."
    )


def _seconds_of_an_epoch(material: Material, design: Design[Folds]) -> float:
    """Time the control."""
    start_tensorflow()
    rows, _ = design.resampling.outer(material.y, 0, 0)
    train, validation = next(iter(design.resampling.inner(material.y[rows], 0)))
    X, y, X_val, y_val = material.prepared(rows[train], rows[validation])
    model = design.network(CONTROL, ONLY, epochs=1, seed=0)
    model.fit(X, y, X_val=X_val, y_val=y_val)  # compiles
    few = min(max(design.epochs // 10, 2), design.epochs)
    began = time.perf_counter()
    model.set_params(epochs=few).fit(X, y, X_val=X_val, y_val=y_val)
    return (time.perf_counter() - began) / few
