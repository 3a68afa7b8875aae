"""Networks and grids of one's own, before anything is computed."""

import json

import numpy as np
import pandas as pd
import pytest
from keras.optimizers import SGD
from sklearn.base import clone

from skdropout import DropoutMLPClassifier, DropoutMLPRegressor
from skdropout.studies import StudyError, compare_regularisers
from skdropout.studies.compared._planning import TABLES, design_comparison, plan_comparison
from skdropout.studies.designing import material_of
from skdropout.studies.reading import load_table

SMALL = DropoutMLPClassifier(hidden_layer_sizes=(8,), batch_size=32)


def table():
    X = np.random.default_rng(0).normal(size=(80, 4))
    return pd.DataFrame(X, columns=[*"abcd"]).assign(y=(X[:, 0] > 0).astype(int))


@pytest.mark.parametrize("scoring", ["rmse", "r2"])
def test_a_loss_that_is_no_squared_error_is_refused(scoring):
    frame = table().assign(y=table()["a"] ** 2)
    poisson = DropoutMLPRegressor(loss="poisson")
    with pytest.raises(StudyError, match=r"estimator has loss='poisson'.*squared_error"):
        compare_regularisers(frame, target="y", estimator=poisson, scoring=scoring, progress=False)


def planned(estimator=SMALL, variants=("l2",), engine=None, scoring=None):
    data = load_table(table(), "y")
    design = design_comparison(
        material_of(data), defaults=TABLES, estimator=estimator, variants=variants, folds=2,
        inner_folds=2, seed=7, epochs=1, scoring=scoring, engine=engine, precision=None,
    )  # fmt: skip
    return design, plan_comparison(
        material_of(data), design, repeats=1, data=data, reading={}, jobs=1
    )


@pytest.mark.parametrize("weights", ["balanced", {0: 1, 1: 5}])
def test_class_weights_are_refused_where_the_log_loss_chooses(weights):
    """They weigh the validation loss, but not the log loss of the test."""
    weighted, grid = clone(SMALL).set_params(class_weight=weights), {"mine": {"alpha": [1.0]}}
    with pytest.raises(StudyError, match=r"^estimator has class_weight=.*None or scoring='acc"):
        planned(weighted)
    with pytest.raises(StudyError, match=r"^variant 'mine' has class_weight=.*scoring='accuracy'"):
        planned(variants={"mine": {"class_weight": [None, weights]}})
    design, _ = planned(weighted, grid, scoring="accuracy")
    assert design.network("mine", "alpha 1.0", seed=0).class_weight == weights


def test_rates_that_depend_on_where_training_ends_are_refused():
    falling = clone(SMALL).set_params(learning_rate_schedule="cosine")
    with pytest.raises(StudyError, match=r"^estimator has learning_rate_schedule='cosine'"):
        planned(falling)
    grid = {"mine": {"learning_rate_schedule": ["inverse_time", "cosine"]}}
    with pytest.raises(StudyError, match=r"^variant 'mine' has .*Use 'constant'"):
        planned(variants=grid)


def identity(*wishes):
    return json.dumps(planned(*wishes)[1].identity)


def test_no_variant_has_a_regulariser_of_the_estimator_s_own():
    smooth = clone(SMALL).set_params(label_smoothing=0.2, alpha=5.0, dropout=0.3)
    network = planned(smooth)[0].network("none", seed=0)
    assert (network.label_smoothing, network.alpha, network.dropout) == (0, 0, 0)


def test_the_engine_is_the_estimator_s_own_unless_given():
    keras_ = clone(SMALL).set_params(engine="keras")
    wishes = [(keras_, None), (keras_, "compiled"), (None, None), (SMALL, "keras")]
    engines = [planned(one, engine=two)[0].estimator.engine for one, two in wishes]
    assert engines == ["keras", "compiled", "compiled", "keras"]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"batch_size": np.array([16, 32])}, {"batch_size": [16, 32]}),
        ({"dropout": np.array([0.1, 0.5])}, {"dropout": [0.1, 0.5]}),
        ({"hidden_layer_sizes": [(np.int64(8), np.int64(4))]}, {"hidden_layer_sizes": [(8, 4)]}),
    ],
)
def test_numbers_of_numpy_are_numbers(theirs, ours):
    assert identity(SMALL, {"mine": theirs}) == identity(SMALL, {"mine": ours})


def test_objects_of_keras_are_what_they_are_configured_as():
    def wish(*rates):
        estimator = clone(SMALL).set_params(engine="keras", optimizer=SGD(rates[0]))
        return estimator, {"mine": {"optimizer": [SGD(rate) for rate in rates]}}

    assert identity(*wish(0.1, 0.2)) == identity(*wish(0.1, 0.2)) != identity(*wish(0.1, 0.3))
    assert " at 0x" not in identity(*wish(0.1, 0.2))
    names = [*planned(*wish(0.1, 0.2, 0.3))[0].variants["mine"].strengths]
    assert names == ["optimizer SGD", "optimizer SGD (2)", "optimizer SGD (3)"]


def test_the_seed_of_the_estimator_s_own_does_not_matter():
    seeds = (None, 3, np.random.RandomState(0))
    assert len({identity(clone(SMALL).set_params(random_state=seed)) for seed in seeds}) == 1
