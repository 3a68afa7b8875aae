"""The estimator to use: its strength and epochs chosen on all rows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from skdropout.studies.compared._nested import choose
from skdropout.studies.designing import Design, Folds, Material
from skdropout.studies.running import Cell, Plan, Tables, start_tensorflow

_ALL_ROWS = 2**32 - 1  # in the place of repeat and fold: a seed of its own


def plan_recommendation(plan: Plan, name: str) -> Plan:
    """Describe the choice of a variant's strength and epochs on all rows: one cell more."""
    return replace(
        plan,
        name="recommended",
        cells=[(name,)],
        key=("variant",),
        schemas={"choice": {"variant": str, "strength": str, "epochs": int}},
        compute=choose_on_all_rows,
        unit="choice",
        announce=None,
    )


def choose_on_all_rows(cell: Cell, material: Material, design: Design[Folds]) -> Tables:
    """Choose strength and epochs of a variant on folds of all rows."""
    start_tensorflow()
    (name,) = cell
    choice = choose(name, material, design, np.arange(len(material.y)), _ALL_ROWS)
    return {"choice": [{"variant": name, "strength": choice.strength, "epochs": choice.epochs}]}


def chosen_pipeline(choice: Mapping[Any, Any], material: Material, design: Design[Folds]) -> Any:
    """Return the pipeline that was chosen, unfitted."""
    from sklearn.base import clone
    from sklearn.pipeline import make_pipeline

    network = design.network(choice["variant"], choice["strength"], epochs=choice["epochs"], seed=0)
    return make_pipeline(*(clone(step) for step in material.steps), network)
