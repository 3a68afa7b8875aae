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


def findings(score="log_loss", late=0, **means):
    """Ten folds in which each model has a mean score and some spread, 0.5 and 0.02 if unsaid."""
    generator, estimator = np.random.default_rng(0), DropoutMLPClassifier()
    variants = dict([*table_variants(estimator).items()][:2])
    design = Design(
        estimator, variants, Folds(10, 4, 7), 9, CLASS_SCORES[score], table_yardsticks(True)
    )
    results = pd.DataFrame(
        [
            {
                "variant": name, "repeat": 0, "fold": fold, "strength": "-", "epochs": 3,
                **dict.fromkeys(CLASS_SCORES, 0.5), "log_loss": generator.uniform(),
                score: generator.normal(*place), "fit_seconds": 0.1,
            }
            for name in (*variants, *design.yardsticks)
            for place in [means.get(name, (0.5, 0.02))]
            for fold in range(10)
        ]
    )  # fmt: skip
    key = ["variant", "repeat", "fold", "strength"]
    candidates = results[key].assign(at_the_last_epoch=late, validation=0.5)
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
    said, _ = conclude(found)
    assert said.startswith(NOT_SHOWN)
    for words in ("not the same as", "95% interval", "practically the same", "more rows"):
        assert words in said
    assert "nothing that it could use" not in said
    assert NOT_SHOWN in what_to_use(found)


@pytest.mark.parametrize("guess", [0.5, 0.3])
def test_networks_that_learn_nothing_are_called_so(guess):
    found = findings(**dict.fromkeys(("none", "l2"), (0.5, 1e-4)), naive=(guess, 1e-4))
    said, held_fixed = conclude(found)
    assert said.startswith(NOT_SHOWN)
    assert "features tell the network nothing that it could use" in said
    assert held_fixed.startswith("Held fixed")
    assert NOT_SHOWN in what_to_use(found)


NOTHING_LEARNT = dict.fromkeys(("none", "l2", "naive"), (0.5, 1e-4))


def test_features_are_not_blamed_where_something_else_learns_from_them():
    *_, said, _ = conclude(findings(**NOTHING_LEARNT, gradient_boosting=(0.2, 0.01)))
    assert said.startswith(NOT_SHOWN)
    assert "something to learn" in said


def test_features_are_not_blamed_where_the_epochs_were_too_few():
    said, held_fixed = conclude(findings(late=1, **NOTHING_LEARNT))
    assert "something to learn" in said
    assert "--epochs 18" in held_fixed


def test_features_are_not_blamed_by_shares_of_rows_named_right():
    said, _ = conclude(findings(score="accuracy", **NOTHING_LEARNT))
    assert said.startswith(NOT_SHOWN)
    assert "log_loss" in said
    assert "features" not in said


def test_a_small_lead_over_guessing_is_a_lead():
    """As of classes so rare that guessing loses little."""
    found = findings(**dict.fromkeys(("none", "l2"), (0.05, 1e-4)), naive=(0.055, 1e-4))
    said = conclude(found)
    assert said[0].startswith("The networks are better than always guessing the class shares, and ")
    assert any(one.startswith("Recommended") for one in said)
    assert "practically the same" in what_to_use(found)


def test_a_lead_that_is_the_same_in_every_fold_is_a_lead():
    perfect = dict.fromkeys(("none", "l2"), (1.0, 0.0))
    found = findings(score="accuracy", naive=(0.5, 0.0), **perfect)
    assert found.guessing["verdict"] == "cannot tell"
    assert "Recommended" in conclude(found)[-2]
    assert not any(NOT_SHOWN in one for one in conclude(found))


def test_rows_named_alike_by_different_networks_leave_open_what_others_would_show():
    found = findings(score="accuracy", **dict.fromkeys(("none", "l2"), (0.9, 0.0)))
    (row,) = found.variants.to_dict("records")
    assert row["verdict"] == "cannot tell"
    assert np.isnan([row["better"], row["same"], row["worse"], row["low"], row["high"]]).all()
    assert "points in every fold, which leaves no spread" in conclude(found)[-3]

    results = found.tables["results"]
    control = results.loc[results["variant"] == "none", "log_loss"]
    results.loc[results["variant"] == "l2", "log_loss"] = control.to_numpy()
    same = Findings(found.material, found.design, found.tables, 0.01)
    assert same.variants["verdict"].tolist() == ["practically the same"]


def test_a_network_that_diverges_leaves_no_score_of_choosing_it():
    found = findings()
    tables = {name: table.copy() for name, table in found.tables.items()}
    in_one = (tables["results"]["variant"] == "l2") & (tables["results"]["fold"] == 3)
    tables["results"].loc[in_one, list(CLASS_SCORES)] = np.nan
    preferred = tables["candidates"]["variant"] == "l2"
    tables["candidates"].loc[preferred, "validation"] = 0.1
    failing = Findings(found.material, found.design, tables, 0.01)
    assert np.isnan(failing.score_of_choosing)
    assert np.isnan(failing.summary.loc["l2", "log_loss_sd_over_repeats"])
    assert found.score_of_choosing == pytest.approx(0.5, abs=0.02)


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
