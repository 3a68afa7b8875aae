"""Does dropout help a dense network on a table? The Sonar comparison, and its recipes elsewhere."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from skdropout.studies._checks import ENGINES, check_at_least, check_choice
from skdropout.studies._errors import StudyError
from skdropout.studies.reading import CLASSIFICATION, NAMES, Table, Task, load_table
from skdropout.studies.running import Cell, Plan, Stopwatch, Tables, start_tensorflow

if TYPE_CHECKING:
    import pandas as pd

#: What the three networks share, and how they differ, as published for Sonar.
SHARED = {
    "activation": "relu",
    "kernel_initializer": "random_normal",  # N(0, 0.05)
    "optimizer": "sgd",
    "alpha": 0.0,
    "batch_size": 16,
    "rescale": None,  # the pipeline's StandardScaler does it
}
RECIPES: Mapping[str, Mapping[str, Any]] = {
    "baseline": {"dropout": 0.0, "learning_rate": 0.01, "momentum": 0.8},
    "visible": {
        "input_dropout": 0.2,
        "dropout": 0.0,
        "max_norm": 3.0,
        "learning_rate": 0.1,
        "momentum": 0.9,
    },
    "hidden": {"dropout": 0.2, "max_norm": 3.0, "learning_rate": 0.1, "momentum": 0.9},
}
#: Published accuracy and its standard deviation over the ten folds.
PUBLISHED: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "sonar": {
        "baseline": (0.8604, 0.0458),
        "visible": (0.8352, 0.0768),
        "hidden": (0.8359, 0.0731),
    }
}
_SEEDS = 1 << 32  # as many as NumPy takes
_SONAR_EPOCHS, _SONAR_ROWS = 300, 187  # 187 rows to train on in each of the ten folds
_KEY: Mapping[str, type] = {"network": str, "repeat": int, "fold": int}


@dataclass(frozen=True)
class DenseProtocol:
    """How the networks are trained and tested: all that a cell needs beside the table."""

    folds: int
    seed: int
    hidden_layer_sizes: tuple[int, ...]
    epochs: int
    engine: str


def plan_dense(
    data: "str | PathLike[str] | pd.DataFrame",
    *,
    target: str | None,
    task: str | None = None,
    repeats: int,
    folds: int,
    seed: int,
    epochs: int | None,
    engine: str,
) -> tuple[Plan, Table, DenseProtocol]:
    """Describe the study of a table, after checking that it can be carried out."""
    for name, value, least in [
        ("repeats", repeats, 1),
        ("folds", folds, 2),
        ("seed", seed, 0),
        ("epochs", epochs, 1),
    ]:
        check_at_least(name, value, least)
    if seed + repeats > _SEEDS:
        raise StudyError(f"seed must be at most {_SEEDS - repeats}, got {seed}.")
    check_choice("engine", engine, ENGINES)
    table = load_table(data, target, task)
    _check_folds(table, folds)
    n_train = len(table.targets) - len(table.targets) // folds
    protocol = DenseProtocol(
        folds=folds,
        seed=seed,
        hidden_layer_sizes=_sizes(table),
        epochs=epochs or _epochs(table, n_train),
        engine=engine,
    )
    plan = Plan(
        name=table.name,
        identity={
            "study": table.name,
            "arguments": {"target": target, "task": task, "repeats": repeats, **asdict(protocol)},
            "protocol": {"shared": SHARED, "networks": RECIPES},
            "data": table.describe(),
        },
        cells=[(n, r, f) for r in range(repeats) for n in RECIPES for f in range(folds)],
        key=tuple(_KEY),
        schemas=_schemas(table.task),
        compute=compute_fold,
        data=(table, protocol),
        growing=("repeats",),
        announce=None if table.name in NAMES else lambda _: table.reason,
    )
    return plan, table, protocol


def compute_fold(cell: Cell, table: Table, protocol: DenseProtocol) -> Tables:
    """Train one network on all folds but one, and test it on that one."""
    from sklearn import model_selection
    from sklearn.base import clone
    from sklearn.pipeline import make_pipeline

    start_tensorflow()
    network, repeat, fold = cell
    task = table.task
    seed = protocol.seed + repeat
    folds = getattr(model_selection, task.splitter)
    splitter = folds(protocol.folds, shuffle=True, random_state=seed)
    train, test = list(splitter.split(table.features, table.targets))[fold]
    # The networks of a fold share their seed, and so their first weights where the shapes agree:
    # what differs between them is the recipe.
    network_seed = int(np.random.SeedSequence([protocol.seed, repeat, fold]).generate_state(1)[0])
    model = make_pipeline(
        *(clone(step) for step in table.steps),
        build_network(network, protocol, network_seed, task),
    )
    try:
        with Stopwatch() as watch:
            model.fit(table.features.iloc[train], table.targets[train])
    except FloatingPointError as error:
        raise StudyError(
            "training diverged: the recipe's learning rate is too high for these rows. Look for "
            "columns with a few extreme values; leave them out, or take their logarithms or ranks."
        ) from error
    key = dict(zip(_KEY, cell, strict=True))
    row = {
        **key,
        "seed": seed,
        "network_seed": network_seed,
        **task.measure(model, table.features.iloc[test], table.targets[test]),
        "fit_seconds": watch.seconds,
    }
    # One run's curves are enough to look at; all of them would outgrow the results a hundredfold.
    history = model[-1].history_ if repeat == 0 else {"loss": [], "accuracy": []}
    curve = enumerate(zip(history["loss"], task.curve(history), strict=True), start=1)
    curves = [{**key, "epoch": e, "loss": loss, task.score: score} for e, (loss, score) in curve]
    return {"curves": curves, "results": [row]}


def build_network(
    name: str, protocol: DenseProtocol, seed: int, task: Task = CLASSIFICATION
) -> Any:
    """Make one of the three networks, untrained."""
    import skdropout

    return getattr(skdropout, task.estimator)(
        hidden_layer_sizes=protocol.hidden_layer_sizes,
        epochs=protocol.epochs,
        engine=protocol.engine,
        random_state=seed,
        **SHARED,
        **recipe_of(name, task),
    )


def recipe_of(name: str, task: Task) -> dict[str, Any]:
    """Return what is special about a network, at the rate that the task's loss takes."""
    recipe = RECIPES[name]
    return {**recipe, "learning_rate": task.rate_factor * recipe["learning_rate"]}


def _schemas(task: Task) -> Mapping[str, Mapping[str, type]]:
    """Name the columns of the two tables, the results last."""
    scores = {task.score: float, task.loss: float}
    return {
        "curves": {**_KEY, "epoch": int, "loss": float, task.score: float},
        "results": {**_KEY, "seed": int, "network_seed": int, **scores, "fit_seconds": float},
    }


def _sizes(table: Table) -> tuple[int, int]:
    """Size the hidden layers: as wide as the inputs (from 8 to 256), then half as wide."""
    width = min(max(table.n_inputs, 8), 256)
    return width, width // 2


def _epochs(table: Table, n_train: int) -> int:
    """Choose the epochs that take as many steps as Sonar's 300 do, but at least 10 and at most 300.

    300 epochs over 187 rows are 3,600 steps of 16; more rows make more steps an epoch.
    """
    if table.name == "sonar":
        return _SONAR_EPOCHS
    return min(max(round(_SONAR_EPOCHS * _SONAR_ROWS / n_train), 10), _SONAR_EPOCHS)


def _check_folds(table: Table, folds: int) -> None:
    """Refuse a table in which some fold would lack some class, or have nothing to vary."""
    if table.task is not CLASSIFICATION:
        if len(table.targets) < 2 * folds:
            raise StudyError(
                f"{table.name} has {len(table.targets)} rows, fewer than two for each of the "
                f"{folds} folds. Use fewer folds."
            )
        return
    counts = np.bincount(table.targets)
    rarest = int(counts.argmin())
    if counts[rarest] >= folds:
        return
    raise StudyError(
        f"Class {table.classes[rarest]} of {table.name} has {counts[rarest]} rows, fewer than the "
        f"{folds} folds. Use fewer folds, or leave that class out."
    )
