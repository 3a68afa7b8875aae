"""The display of training curves: what is drawn is what was measured."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdropout import DropoutMLPClassifier, TrainingCurvesDisplay

SHORT = {"loss": [3.0, 1.0], "accuracy": [0.5, 0.75]}
LONG = {"loss": [5.0, 3.0, 2.0], "accuracy": [0.25, 0.5, 1.0]}


@pytest.fixture(autouse=True)
def _drawn_on_nothing():
    with mpl.rc_context({"backend": "agg"}):
        yield
    import matplotlib.pyplot as plt

    plt.close("all")


@pytest.fixture(scope="module")
def rows():
    X = np.random.default_rng(3).normal(size=(60, 4))
    return X, (X[:, 0] > X[:, 1]).astype(int)


@pytest.fixture(scope="module")
def network(rows):
    options = {"early_stopping": True, "epochs": 6, "engine": "keras", "random_state": 0}
    return DropoutMLPClassifier((8,), **options).fit(*rows)


def test_a_fitted_network_has_its_history_drawn(network):
    display = TrainingCurvesDisplay.from_estimator(network)
    names = ["loss", "val_loss", "accuracy", "val_accuracy"]
    assert len(display.lines_) == 4
    for line, name in zip(display.lines_, names, strict=True):
        assert line.get_ydata().tolist() == network.history_[name]
        assert line.get_xdata().tolist() == list(range(1, network.n_iter_ + 1))
        assert line.get_linestyle() == ("--" if name.startswith("val_") else "-")
    assert [axis.get_ylabel() for axis in display.ax_] == ["loss", "accuracy"]
    assert all(axis.figure is display.figure_ for axis in display.ax_)
    assert display.bands_ == []
    legend = [text.get_text() for text in display.ax_[0].get_legend().get_texts()]
    assert legend == ["training", "validation", "best epoch"]


def test_the_dot_of_early_stopping_stands_on_the_validation_curve(network):
    display = TrainingCurvesDisplay.from_estimator(network)
    loss, accuracy = display.dots_
    assert loss.get_offsets().tolist() == [[network.best_epoch_ + 1, network.best_loss_]]
    assert accuracy.get_offsets().tolist() == [[network.best_epoch_ + 1, network.best_score_]]


def test_best_epochs_may_be_an_array():
    display = TrainingCurvesDisplay.from_history([SHORT, LONG], best_epochs=np.array([1, 2]))
    assert display.dots_[0].get_offsets().tolist() == [[2, 1.0], [3, 2.0]]
    with pytest.raises(ValueError, match=r"for each of the 2 runs, got \[1, 3\]"):
        TrainingCurvesDisplay.from_history([SHORT, LONG], best_epochs=np.array([1, 3]))


def test_pipelines_and_searches_show_the_network_in_them(network, rows):
    one_split = [(range(60), range(60))]
    search = GridSearchCV(make_pipeline(StandardScaler(), network), {}, cv=one_split).fit(*rows)
    shown = TrainingCurvesDisplay.from_estimator(search)
    assert shown.lines_[0].get_ydata().tolist() == search.best_estimator_[-1].history_["loss"]


def test_runs_of_different_lengths_have_a_mean_and_a_range():
    display = TrainingCurvesDisplay.from_history([SHORT, LONG])
    assert display.lines_[0].get_ydata().tolist() == [4.0, 2.0, 2.0]
    low, high = display.bands_[0].get_datalim(display.ax_[0].transData).intervaly
    assert (low, high) == (1.0, 5.0)
    assert np.isnan(display.curves["loss"][0]).tolist() == [False, False, True]


def test_a_band_of_one_standard_deviation_and_none():
    display = TrainingCurvesDisplay.from_history([SHORT, LONG], band="sd", measures=["loss"])
    corners = display.bands_[0].get_paths()[0].vertices
    first = np.unique(corners[corners[:, 0] == 1][:, 1])
    np.testing.assert_allclose(first, [4 - np.sqrt(2), 4 + np.sqrt(2)])
    assert display.plot(band=None).bands_ == []


def test_displays_share_axes_and_take_other_colours():
    display = TrainingCurvesDisplay.from_history(SHORT, name="small")
    other = TrainingCurvesDisplay.from_history(LONG, name="large", ax=display.ax_)
    assert list(other.ax_) == list(display.ax_)
    assert len({line.get_color() for line in (*display.lines_, *other.lines_)}) == 2
    legend = [text.get_text() for text in other.ax_[1].get_legend().get_texts()]
    assert legend == ["small", "large"]


def test_one_measure_has_one_axes():
    display = TrainingCurvesDisplay.from_history({"loss": [1.0]})
    assert TrainingCurvesDisplay.from_history(LONG, measures=["loss"], ax=display.ax_)
    assert display.ax_.get_ylabel() == "loss"


def test_a_frame_and_what_keras_returns_are_histories():
    class History:
        history = SHORT

    drawn = [TrainingCurvesDisplay.from_history(h) for h in (SHORT, History(), pd.DataFrame(SHORT))]
    ends = [[line.get_ydata().tolist() for line in display.lines_] for display in drawn]
    assert ends[0] == ends[1] == ends[2]


def test_styles_reach_matplotlib():
    display = TrainingCurvesDisplay.from_history(
        [SHORT, LONG], line_kw={"color": "red", "linewidth": 5}, band_kw={"alpha": 0.5}
    )
    assert {line.get_linewidth() for line in display.lines_} == {5}
    assert {line.get_color() for line in display.lines_} == {"red"}
    assert {band.get_alpha() for band in display.bands_} == {0.5}


def test_what_has_no_history_is_rejected_with_a_way_out(rows):
    with pytest.raises(NotFittedError):
        TrainingCurvesDisplay.from_estimator(DropoutMLPClassifier())
    with pytest.raises(TypeError, match="LogisticRegression, which keeps no history"):
        TrainingCurvesDisplay.from_estimator(LogisticRegression().fit(*rows))


@pytest.mark.parametrize(
    ("history", "options", "message"),
    [
        ([], {}, "got an empty list"),
        ({}, {}, "at least one curve"),
        (SHORT, {"measures": []}, "at least one curve to show"),
        (SHORT, {"best_epochs": [2]}, r"an epoch from 0 to 1 for each of the 1 runs, got \[2\]"),
        (SHORT, {"measures": ["f1"]}, r"no 'f1' among the curves \(loss"),
        (SHORT, {"band": "iqr"}, "band expects 'range', 'sd' or None, got 'iqr'"),
        (SHORT, {"ax": object()}, "one Axes for each of the 2 measures, got 1"),
    ],
)
def test_bad_arguments_are_named(history, options, message):
    with pytest.raises(ValueError, match=message):
        TrainingCurvesDisplay.from_history(history, **options)


def test_one_measure_and_matplotlibs_short_names():
    display = TrainingCurvesDisplay.from_history(
        SHORT, measures="loss", line_kw={"ls": ":", "c": "red"}
    )
    assert [(line.get_linestyle(), line.get_color()) for line in display.lines_] == [(":", "red")]
