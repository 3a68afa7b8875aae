"""What a comparison says of the models that are no networks."""

import numpy as np
import pandas as pd
import pytest

from skdropout import DropoutMLPClassifier
from skdropout.studies.compared._comparison_page import comparison_page
from skdropout.studies.compared._findings import Findings
from skdropout.studies.compared._panels import draw_differences
from skdropout.studies.compared._sentences import conclude
from skdropout.studies.compared._variants import table_variants
from skdropout.studies.compared._yardsticks import table_yardsticks
from skdropout.studies.designing import Design, Folds, Material
from skdropout.studies.evidence import CLASS_SCORES

NOT_SHOWN = "No network is shown to be better than always guessing the class shares"


def findings(**losses):
    """Ten folds in which each model has a mean log loss and some spread, 0.5 and 0.02 if unsaid."""
    generator, estimator = np.random.default_rng(0), DropoutMLPClassifier()
    variants = dict([*table_variants(estimator).items()][:2])
    design = Design(
        estimator, variants, Folds(10, 4, 7), 9, CLASS_SCORES["log_loss"], table_yardsticks(True)
    )
    results = pd.DataFrame(
        [
            {
                "variant": name, "repeat": 0, "fold": fold, "strength": "-", "epochs": 3,
                **dict.fromkeys(CLASS_SCORES, 0.5), "log_loss": generator.normal(*place),
                "fit_seconds": 0.1,
            }
            for name in (*variants, *design.yardsticks)
            for place in [losses.get(name, (0.5, 0.02))]
            for fold in range(10)
        ]
    )  # fmt: skip
    key = ["variant", "repeat", "fold", "strength"]
    candidates = results[key].assign(at_the_last_epoch=0, validation=0.5)
    material = Material("rows", np.zeros((40, 2)), np.arange(40) % 2, ("0", "1"))
    return Findings(material, design, {"results": results, "candidates": candidates}, 0.01)


def what_to_use(found):
    figure = draw_differences(found.comparisons, found.design.score, found.practical)
    page = comparison_page(
        found, {"differences": figure}, overview=[], verdicts=[], program="PROGRAM", command="",
        sha256="", notes=[],
    )  # fmt: skip
    start = page.index("What to use")
    return page[start : page.index("PROGRAM", start)]


def test_networks_that_cannot_be_told_from_guessing_are_not_called_useless():
    found = findings(none=(0.55, 0.2), l2=(0.6, 0.2), naive=(0.69, 0.2))
    (said,) = conclude(found)
    assert said.startswith(NOT_SHOWN)
    for words in ("not the same as", "95% interval", "practically the same", "more rows"):
        assert words in said
    assert "nothing that it could use" not in said
    assert NOT_SHOWN in what_to_use(found)


@pytest.mark.parametrize("guess", [0.5, 0.3])
def test_networks_that_learn_nothing_are_called_so(guess):
    found = findings(**dict.fromkeys(("none", "l2"), (0.5, 1e-4)), naive=(guess, 1e-4))
    said = conclude(found)[-1]
    assert said.startswith(NOT_SHOWN)
    assert "nothing that it could use" in said
    assert NOT_SHOWN in what_to_use(found)


@pytest.mark.parametrize(
    ("guess", "shown"), [((0.5, 0.001), False), ((0.55, 0.2), False), ((0.9, 0.01), True)]
)
def test_a_better_model_is_always_the_first_thing_said(guess, shown):
    found = findings(
        **dict.fromkeys(("none", "l2"), (0.5, 0.001)), naive=guess, gradient_boosting=(0.2, 0.01)
    )
    said = conclude(found)
    assert said[0].startswith("A network is not the best tool here: gradient boosting does better")
    assert said[1].startswith(NOT_SHOWN) is not shown
    assert any(NOT_SHOWN in sentence for sentence in said) is not shown
    assert "radient boosting does better" in what_to_use(found)


def test_a_network_that_is_the_best_tool_needs_no_caution():
    found = findings(none=(0.2, 0.01), l2=(0.2, 0.01))
    assert not any(NOT_SHOWN in said or "tool" in said for said in conclude(found))
    assert "<li>" not in what_to_use(found)
