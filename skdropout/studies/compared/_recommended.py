"""The estimator to use, as an object and as Python to paste."""

from collections.abc import Iterator, Mapping
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


def as_python(pipeline: Any, source: str, load: str) -> str:
    """Write a program that makes and fits the pipeline.

    Parameters
    ----------
    pipeline : Pipeline
        What to write down.
    source : str
        The command that recommended it.
    load : str
        Lines that load ``X`` and ``y``.
    """
    imports = sorted({_import_of(part) for part in _parts(pipeline)})
    return (
        f'"""The network that `{source}` recommends."""\n\n'
        + "\n".join(imports)
        + f"\n\npipeline = {pipeline.__repr__(N_CHAR_MAX=10**6)}\n\n"
        + 'if __name__ == "__main__":\n'
        + "".join(f"    {line}\n" for line in load.splitlines())
        + "    pipeline.fit(X, y)\n"
        + '    print(f"Score on the rows that it was trained on: {pipeline.score(X, y):.3f}")\n'
    )


def _parts(estimator: Any) -> Iterator[Any]:
    """Yield an estimator and those that it holds."""
    yield estimator
    for name, value in estimator.get_params(deep=True).items():
        if hasattr(value, "get_params") and "__" not in name:
            yield from _parts(value)
    for _, step, *_ in getattr(estimator, "transformers", ()):
        if hasattr(step, "get_params"):
            yield from _parts(step)


def _import_of(part: Any) -> str:
    module = type(part).__module__
    public = ".".join(piece for piece in module.split(".") if not piece.startswith("_"))
    package = "skdropout" if public.startswith("skdropout.estimators") else public
    return f"from {package} import {type(part).__name__}"
