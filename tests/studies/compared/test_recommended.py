"""The recommended network as a program: whatever the table, it makes the same pipeline."""

import ast

import numpy as np
import pandas as pd
import pytest
from keras import initializers, optimizers

from skdropout import DropoutMLPClassifier
from skdropout.studies.compared._asked import Asked
from skdropout.studies.compared._planning import TABLES, design_comparison
from skdropout.studies.compared._program import as_python
from skdropout.studies.compared._recommended import chosen_pipeline
from skdropout.studies.designing import material_of
from skdropout.studies.reading import Reading, load_table

LOAD = "X, y = ..."


def wide_table():
    """Forty columns of numbers with a gap, and one of texts."""
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.normal(size=(60, 40))).add_prefix("column_")
    frame.loc[3, "column_7"] = np.nan
    return load_table(frame.assign(kind=["red", "blue", "green"] * 20, y=[0, 1] * 30), "y")


def recommended(estimator=None, **grid):
    """The pipeline of a variant's first strength, untrained."""
    material = material_of(wide_table())
    design = design_comparison(
        material, defaults=TABLES, estimator=estimator, variants={"mine": grid}, folds=2,
        inner_folds=2, seed=7, epochs=1, scoring=None, engine="compiled", precision=None,
    )  # fmt: skip
    strength = next(iter(design.variants["mine"].strengths))
    return chosen_pipeline({"variant": "mine", "strength": strength, "epochs": 3}, material, design)


def plain(value):
    """Return a value to compare by: arrays are written as lists, objects without their names."""
    if hasattr(value, "get_config"):
        return type(value), {**value.get_config(), "name": None}
    return value.tolist() if isinstance(value, np.ndarray) else value


def made_by(program):
    namespace = {}
    exec(compile(program, "recommended.py", "exec"), namespace)
    return namespace["pipeline"]


@pytest.mark.parametrize(
    ("parameters", "grid"),
    [
        ({}, {"dropout": [0.5]}),
        ({}, {"dropout": np.array([0.1, 0.5])}),
        ({"hidden_layer_sizes": np.array([8, 4])}, {"dropout": [(np.float64(0.1), 0.5)]}),
        ({"optimizer": optimizers.SGD(0.1)}, {"dropout": [0.5]}),
        (
            {"kernel_initializer": initializers.HeNormal(seed=3)},
            {"optimizer": [optimizers.Adam(optimizers.schedules.CosineDecay(0.1, 9))]},
        ),
        ({"global_clipnorm": np.inf}, {"hidden_layer_sizes": [(8,)], "max_norm": [np.inf]}),
    ],
)
def test_the_program_makes_the_pipeline(parameters, grid):
    given = recommended(DropoutMLPClassifier(**parameters), **grid)
    program = as_python(given, "skdropout compare", LOAD)
    made = made_by(program)
    ours, theirs = (
        {name: plain(value) for name, value in pipeline[-1].get_params().items()}
        for pipeline in (made, given)
    )
    assert ours == theirs
    columns = [[names for _, _, names in pipeline[0].transformers] for pipeline in (made, given)]
    assert "'adam" not in program  # a name that Keras numbers
    assert columns[0] == columns[1]
    assert sorted(map(len, columns[0])) == [1, 40]
    assert [repr(step) for step in made[:-1]] == [repr(step) for step in given[:-1]]
    assert max(map(len, program.splitlines())) < 100


@pytest.mark.parametrize("mark", [r"\N", r"C:\Users\ute", 'a"""b', '"'])
def test_the_program_quotes_any_command(mark):
    command = Asked(wide_table(), {"target": "y"}, Reading(missing=(mark,))).command
    program = as_python(recommended(dropout=[0.5]), command, LOAD)
    said = ast.get_docstring(ast.parse(program))
    assert said == f"The network that `{command}` recommends."
