"""The estimator to use, as an object and as Python to paste."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from skdropout.studies.compared._nested import Choice, choose
from skdropout.studies.designing import Design, Folds, Material
from skdropout.studies.running import start_tensorflow

_ALL_ROWS = 2**32 - 1  # in the place of repeat and fold: a seed of its own


def recommend(name: str, material: Material, design: Design[Folds]) -> tuple[Any, Choice]:
    """Choose strength and epochs of a variant on folds of all rows; return it unfitted."""
    from sklearn.base import clone
    from sklearn.pipeline import make_pipeline

    start_tensorflow()
    choice = choose(name, material, design, np.arange(len(material.y)), _ALL_ROWS)
    network = design.network(name, choice.strength, epochs=choice.epochs, seed=0)
    return make_pipeline(*(clone(step) for step in material.steps), network), choice


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
