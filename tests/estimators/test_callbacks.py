"""scikit-learn's callbacks: every epoch of a fit is a task, on both engines and in a search."""

import io
import pickle
from contextlib import redirect_stdout

import pytest
from cases import EACH_ENGINE
from estimator_toy import quick, same_weights, table
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdropout.training import DivergenceError

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks since 1.9")

X, Y = table()


class Recorder:
    """Writes down what it hears, and stops after some number of epochs."""

    def __init__(self, last=None):
        self.calls, self.fitted, self.last = [], [], last

    def setup(self, estimator, context):
        self.calls.append("setup")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.calls.append(("begin", context.task_name))

    def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
        assert X.shape == (60, 4)
        assert (y == Y).all()
        self.calls.append(("end", context.task_name))
        self.fitted.append(fitted_estimator)
        return len(self.fitted) == self.last


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_every_epoch_is_a_task_within_the_fit(engine):
    recorder = Recorder()
    watched = quick(epochs=3, engine=engine).set_callbacks(recorder).fit(X, Y)
    epoch = [("begin", "epoch"), ("end", "epoch")]
    assert recorder.calls == ["setup", ("begin", "fit"), *epoch * 3, ("end", "fit"), "teardown"]
    assert same_weights(watched, quick(epochs=3, engine=engine).fit(X, Y))


class Counter(Recorder):
    """Asks for nothing, as progress bars do."""

    def on_fit_task_end(self, estimator, context):
        self.calls.append(("end", context.task_name))


def test_who_only_counts_hears_of_every_epoch_too():
    asking, counting = Recorder(), Counter()
    quick().set_callbacks(asking).fit(X, Y)
    quick().set_callbacks(counting).fit(X, Y)
    assert counting.calls == asking.calls


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_after_each_epoch_a_callback_can_have_the_estimator_of_that_moment(engine):
    recorder = Recorder()
    quick(epochs=3, engine=engine).set_callbacks(recorder).fit(X, Y)
    for n_epochs, fitted in enumerate(recorder.fitted[:3], start=1):
        alone = quick(epochs=n_epochs, engine=engine).fit(X, Y)
        assert same_weights(fitted, alone)
        assert fitted.history_ == alone.history_
        assert fitted.score(X, Y) == alone.score(X, Y)


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_a_callback_may_end_the_fit(engine):
    stopped = quick(epochs=9, engine=engine).set_callbacks(Recorder(last=2)).fit(X, Y)
    assert stopped.n_iter_ == 2
    assert same_weights(stopped, quick(epochs=2, engine=engine).fit(X, Y))


def test_under_early_stopping_that_moment_has_the_best_weights_so_far():
    recorder = Recorder()
    options = {"early_stopping": True, "learning_rate": 0.5, "n_iter_no_change": 3}
    fitted = quick(**options).set_callbacks(recorder).fit(X, Y)
    assert len(recorder.fitted) == fitted.n_iter_ + 1  # and the fit's own end
    assert same_weights(recorder.fitted[-2], fitted)
    assert [moment.best_epoch_ for moment in recorder.fitted][-1] == fitted.best_epoch_


def test_scores_of_each_epoch_are_those_of_the_estimator():
    monitor = callback.ScoringMonitor(scoring="neg_log_loss")
    fitted = quick(epochs=4).set_callbacks(monitor).fit(X, Y)
    scores = monitor.get_logs().data_as_pandas.query("task_name == 'epoch'")["neg_log_loss"]
    assert len(scores) == 4
    alone = GridSearchCV(quick(epochs=4), {}, scoring="neg_log_loss", cv=[(range(60), range(60))])
    assert scores.iloc[-1] == pytest.approx(alone.fit(X, Y).best_score_)
    assert scores.is_monotonic_increasing
    assert same_weights(fitted, alone.best_estimator_)


def test_a_failed_fit_tears_the_callbacks_down_and_leaves_the_estimator_as_it_was():
    recorder = Recorder()
    fragile = quick(optimizer="sgd", learning_rate=1e30).set_callbacks(recorder)
    before = vars(fragile).copy()
    with pytest.raises(DivergenceError):
        fragile.fit(X, Y)
    assert recorder.calls[0] == "setup"
    assert recorder.calls[-1] == "teardown"
    assert vars(fragile) == before


def test_clones_share_callbacks_and_pickles_take_them_along():
    recorder = Recorder()
    watched = quick().set_callbacks(recorder)
    assert clone(watched)._skl_callbacks == [recorder]
    assert pickle.loads(pickle.dumps(watched))._skl_callbacks[0].calls == []
    assert not hasattr(clone(watched.set_callbacks()), "_skl_callbacks")


def test_what_is_no_callback_of_scikit_learn_is_rejected():
    with pytest.raises(TypeError, match="FitCallback protocol"):
        quick().set_callbacks(print)


def test_the_progress_bar_of_a_search_shows_the_epochs_inside_the_fits():
    pytest.importorskip("rich", reason="scikit-learn's progress bar is drawn by rich")
    networks = make_pipeline(StandardScaler(), quick(epochs=7))
    rates = {"dropoutmlpclassifier__dropout": [0.1, 0.3]}
    search = GridSearchCV(networks, rates, cv=2).set_callbacks(
        callback.ProgressBar(max_propagation_depth=None)
    )
    with redirect_stdout(io.StringIO()) as shown:
        search.fit(X, Y)
    bars = [line for line in shown.getvalue().splitlines() if "DropoutMLPClassifier - fit" in line]
    assert len(bars) >= 5
    assert all("100%" in line for line in bars[-5:])
