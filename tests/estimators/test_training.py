"""How training goes: history, early stopping, refit, partial_fit, warm_start, class weights."""

import re

import numpy as np
import pytest
from cases import EACH_ENGINE
from estimator_toy import fit_by_keras, quick, same_weights, table
from sklearn.base import clone
from sklearn.metrics import accuracy_score, log_loss
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

STEADY = {"dropout": 0.0, "shuffle": False}  # nothing random after the first weights


def overlapping(n_rows=112, seed=5):
    """Return a table that a network soon learns by heart, so that its validation loss rises."""
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n_rows, 4))
    return X, (X[:, 0] + 2 * generator.normal(size=n_rows) > 0).astype(int)


def close(one, other, atol=1e-5):
    return all(
        np.allclose(a, b, atol=atol) for a, b in zip(one.weights_, other.weights_, strict=True)
    )


def test_history_has_an_entry_for_each_epoch():
    classifier = quick().fit(*table())
    assert set(classifier.history_) == {"loss", "accuracy"}
    assert {len(values) for values in classifier.history_.values()} == {10}
    assert {type(value) for values in classifier.history_.values() for value in values} == {float}
    assert classifier.n_iter_ == 10
    assert classifier.loss_ == classifier.history_["loss"][-1] < classifier.history_["loss"][0]
    assert classifier.best_epoch_ is classifier.best_loss_ is classifier.best_score_ is None


def test_without_dropout_the_loss_of_one_full_batch_is_the_log_loss_before_its_step():
    X, y = table()
    options = {**STEADY, "batch_size": 60}
    before, after = (quick(epochs=n, **options).fit(X, y) for n in (4, 5))
    assert after.loss_ == pytest.approx(log_loss(y, before.predict_proba(X)), abs=1e-5)
    assert after.history_["accuracy"][-1] == pytest.approx(before.score(X, y))


def test_early_stopping_keeps_the_weights_of_the_best_epoch():
    X, y = overlapping()
    classifier = quick(early_stopping=True, epochs=300, learning_rate=0.1, dropout=0.0)
    classifier.fit(X[:80], y[:80], X_val=X[80:], y_val=y[80:])
    losses = classifier.history_["val_loss"]
    assert classifier.n_iter_ == len(losses) < 300
    assert classifier.best_epoch_ == np.argmin(losses) < classifier.n_iter_ - 1
    assert classifier.best_loss_ == min(losses)
    assert classifier.best_score_ == classifier.history_["val_accuracy"][classifier.best_epoch_]
    probabilities = classifier.predict_proba(X[80:])
    assert log_loss(y[80:], probabilities) == pytest.approx(classifier.best_loss_, abs=1e-5)
    assert classifier.score(X[80:], y[80:]) == pytest.approx(classifier.best_score_)
    up_to_it = quick(epochs=classifier.best_epoch_ + 1, learning_rate=0.1, dropout=0.0)
    assert same_weights(classifier, up_to_it.fit(X[:80], y[:80]))


def test_early_stopping_waits_for_as_many_epochs_as_it_should():
    X, y = table()
    never_enough = quick(early_stopping=True, n_iter_no_change=4, tol=100.0, epochs=50)
    assert never_enough.fit(X, y).n_iter_ == 1 + 4


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_early_stopping_may_go_by_the_accuracy(engine):
    """Of these rows it is best many epochs before or after the loss is."""
    X, y = overlapping()
    options = {"early_stopping": True, "learning_rate": 0.1, "dropout": 0.0, "engine": engine}
    stopped = quick(**options, scoring="accuracy", n_iter_no_change=6, epochs=40)
    stopped.fit(X[:80], y[:80], X_val=X[80:], y_val=y[80:])
    accuracies = stopped.history_["val_accuracy"]
    assert stopped.best_epoch_ == np.argmax(accuracies) != np.argmin(stopped.history_["val_loss"])
    assert stopped.best_score_ == max(accuracies) == pytest.approx(stopped.score(X[80:], y[80:]))
    assert stopped.best_loss_ == stopped.history_["val_loss"][stopped.best_epoch_]
    assert stopped.n_iter_ == stopped.best_epoch_ + 1 + 6


def test_infinite_patience_runs_all_epochs_and_an_infinite_norm_is_no_bound():
    X, y = overlapping()
    options = {"early_stopping": True, "learning_rate": 0.1}
    patient = quick(**options, n_iter_no_change=np.inf, max_norm=np.inf).fit(X, y)
    assert patient.n_iter_ == 10
    assert patient.best_epoch_ == np.argmin(patient.history_["val_loss"])
    assert patient.network_.max_norm is None
    assert same_weights(patient, quick(**options, n_iter_no_change=10**6).fit(X, y))


def test_early_stopping_learns_nothing_from_the_rows_it_sets_aside():
    X, y = table()
    validation = slice(54, None)  # a tenth, the last rows with shuffle=False
    changed = X.copy()
    changed[validation] += 100
    options = {"early_stopping": True, "shuffle": False, "n_iter_no_change": 50, "tol": 0.0}
    one, other = (quick(**options).fit(table, y) for table in (X, changed))
    assert one.history_["loss"] == other.history_["loss"]
    assert one.history_["val_loss"] != other.history_["val_loss"]


def test_early_stopping_sets_rows_of_each_class_aside():
    X, y = table(n_rows=40)
    y[:] = 0
    y[:4] = 1
    classifier = quick(early_stopping=True, validation_fraction=0.25, epochs=1).fit(X, y)
    possible = np.arange(11) / 10
    assert np.isclose(classifier.best_score_, possible).any()  # ten rows
    always_first = quick(epochs=1, learning_rate=1e-9, kernel_initializer="zeros")
    always_first.set_params(early_stopping=True, validation_fraction=0.25)
    assert always_first.fit(X, y).best_score_ == pytest.approx(0.9)  # and one of them is a 1


def test_a_class_with_a_single_row_is_learnt_and_the_others_are_set_aside_by_class():
    X, y = table(n_rows=41)
    y[:] = 0
    y[:4], y[4] = 1, 2
    options = {"early_stopping": True, "validation_fraction": 0.24, "epochs": 1}
    always_first = quick(**options, learning_rate=1e-9, kernel_initializer="zeros")
    scores = [always_first.set_params(random_state=n).fit(X, y).best_score_ for n in range(4)]
    assert scores == pytest.approx([0.9] * 4)  # one of ten rows is a 1, and none is a 2


def test_validation_rows_without_early_stopping_are_only_watched():
    X, y = table()
    X_val, y_val = table(n_rows=30, seed=4)
    watched = quick().fit(X, y, X_val=X_val, y_val=y_val)
    assert watched.n_iter_ == 10
    assert watched.best_epoch_ is None
    assert watched.history_["val_loss"][-1] == pytest.approx(
        log_loss(y_val, watched.predict_proba(X_val)), abs=1e-5
    )
    assert watched.history_["val_accuracy"][-1] == pytest.approx(watched.score(X_val, y_val))
    assert same_weights(watched, quick().fit(X, y))


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_a_row_of_several_labels_is_right_where_all_of_them_are(engine):
    X, Y = table("multilabel")
    X_val, Y_val = table("multilabel", n_rows=30, seed=4)
    watched = quick(engine=engine, **STEADY).fit(X, Y, X_val=X_val, y_val=Y_val)
    assert watched.history_["val_accuracy"][-1] == pytest.approx(watched.score(X_val, Y_val))
    still = clone(watched).set_params(initial_weights=watched.weights_, learning_rate=1e-9)
    assert still.fit(X, Y).history_["accuracy"][-1] == pytest.approx(watched.score(X, Y))


def test_weights_of_validation_rows_count_copies():
    X, y = table()
    X_val, y_val = table(n_rows=30, seed=4)
    counts = np.arange(30) % 4
    classifier = quick().fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=counts)
    expected = log_loss(y_val, classifier.predict_proba(X_val), sample_weight=counts)
    assert classifier.history_["val_loss"][-1] == pytest.approx(expected, abs=1e-5)
    assert classifier.history_["val_accuracy"][-1] == pytest.approx(
        accuracy_score(y_val, classifier.predict(X_val), sample_weight=counts)
    )


def test_refit_is_a_fit_on_all_rows_for_the_best_number_of_epochs():
    X, y = overlapping()
    refitted = quick(early_stopping=True, refit=True, epochs=40).fit(X, y)
    best = quick(early_stopping=True, epochs=40).fit(X, y)
    assert refitted.best_epoch_ == best.best_epoch_
    assert refitted.best_loss_ == best.best_loss_
    assert refitted.n_iter_ == best.best_epoch_ + 1
    assert {len(values) for values in refitted.history_.values()} == {refitted.n_iter_}
    assert same_weights(refitted, quick(epochs=refitted.n_iter_).fit(X, y))
    assert not same_weights(refitted, best)


def test_warm_start_goes_on_where_the_last_fit_ended():
    X, y = table()
    twice = quick(warm_start=True, epochs=5, **STEADY).fit(X, y).fit(X, y)
    once = quick(epochs=10, **STEADY).fit(X, y)
    assert close(twice, once)
    assert twice.n_iter_ == 10
    assert twice.history_["loss"] == pytest.approx(once.history_["loss"], abs=1e-5)


def test_warm_start_takes_changed_settings():
    X, y = table()
    classifier = quick(warm_start=True).fit(X, y)
    before = classifier.weights_
    classifier.set_params(learning_rate=1e-9, dropout=0.5, epochs=1).fit(X, y)
    learnt = [(a, b) for a, b in zip(before, classifier.weights_, strict=True) if a.ndim]
    assert all(np.allclose(a, b, atol=1e-6) for a, b in learnt)


@pytest.mark.parametrize(("before", "after"), [("adagrad", "sgd"), ("sgd", "adam")])
def test_another_optimizer_begins_with_a_state_of_its_own(before, after):
    X, y = table()
    first = fit_by_keras(quick(optimizer=before, epochs=3, **STEADY), X, y)
    alone = quick(optimizer=after, epochs=1, initial_weights=first.weights_, **STEADY).fit(X, y)
    gone_on = first.set_params(optimizer=after, epochs=1, warm_start=True).fit(X, y)
    assert close(gone_on, alone, atol=1e-6)


def test_going_on_keeps_to_how_the_inputs_were_rescaled():
    X, y = table()
    classifier = quick(warm_start=True).fit(X, y).set_params(rescale="unit")
    for train in (classifier.fit, classifier.partial_fit):
        with pytest.raises(ValueError, match=r"rescale='unit' .* 'standardize',.*start anew"):
            train(X, y)
    assert classifier.set_params(warm_start=False).fit(X, y).partial_fit(X, y).n_iter_ == 11


def test_a_name_of_keras_is_the_same_optimizer():
    X, y = table()
    options = {"engine": "keras", "warm_start": True, **STEADY}
    twice = quick(optimizer="RMS_prop", epochs=1, **options).fit(X, y).fit(X, y)
    assert close(twice, quick(optimizer="rmsprop", epochs=2, **options).fit(X, y))


def test_without_warm_start_a_fit_starts_anew():
    X, y = table()
    classifier = quick().fit(X, y)
    assert same_weights(classifier.fit(X, y), quick().fit(X, y))
    assert classifier.n_iter_ == 10


def test_history_of_warm_starts_stays_aligned():
    X, y = table()
    classifier = quick(warm_start=True, epochs=3).fit(X, y)
    classifier.set_params(early_stopping=True).fit(X, y)
    assert {len(values) for values in classifier.history_.values()} == {6}
    assert np.isnan(classifier.history_["val_loss"]).tolist() == [True] * 3 + [False] * 3
    assert classifier.best_epoch_ >= 3
    assert classifier.history_["val_loss"][classifier.best_epoch_] == classifier.best_loss_
    classifier.set_params(early_stopping=False).fit(X, y)
    assert {len(values) for values in classifier.history_.values()} == {9}
    assert classifier.best_loss_ is None


def test_partial_fit_on_one_table_is_fit():
    X, y = table()
    classifier = quick(**STEADY)
    for _ in range(10):
        classifier.partial_fit(X, y, classes=[0, 1])
    assert close(classifier, quick(epochs=10, **STEADY).fit(X, y))
    assert classifier.n_iter_ == len(classifier.history_["loss"]) == 10


def test_partial_fit_learns_from_a_stream():
    X, y = table("multiclass", n_rows=600)
    names = np.array(["ant", "bee", "cat"])
    classifier = quick(learning_rate=0.05)
    for start in range(0, 600, 30):
        rows = slice(start, start + 30)
        classifier.partial_fit(X[rows], names[y[rows]], classes=names)
    X_new, y_new = table("multiclass", seed=9)
    assert classifier.score(X_new, names[y_new]) > 0.8


def test_a_stream_learns_at_the_rate_of_its_epochs_whatever_their_rows():
    """After 30 calls of 2 steps each, one of a single step is the 31st epoch, not the 61st."""
    X, y = table()
    plain = {"optimizer": "sgd", "momentum": 0.0, **STEADY}
    schedule = {"learning_rate_schedule": "exponential", "learning_rate_decay": 0.1}
    fit = fit_by_keras(quick(epochs=30, **schedule, **plain), X, y)
    alone = quick(epochs=1, initial_weights=fit.weights_, **plain)
    alone.set_params(learning_rate=0.02 * np.exp(-3)).fit(X[:20], y[:20])
    assert close(fit.partial_fit(X[:20], y[:20]), alone, atol=1e-7)


def test_partial_fit_takes_first_rows_that_lack_a_class():
    X, y = table("multiclass")
    classifier = quick().partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2])
    assert classifier.predict_proba(X).shape == (60, 3)
    classifier.partial_fit(X[y == 2], y[y == 2])
    assert classifier.classes_.tolist() == [0, 1, 2]


def test_partial_fit_goes_on_after_fit_and_fit_starts_anew_after_partial_fit():
    X, y = table()
    classifier = quick().fit(X, y).partial_fit(X, y)
    assert classifier.n_iter_ == 11
    assert same_weights(classifier.fit(X, y), quick().fit(X, y))


def test_partial_fit_takes_an_indicator_matrix_without_classes():
    X, Y = table("multilabel")
    classifier = quick().partial_fit(X, Y).partial_fit(X[:1], Y[:1])
    assert classifier.predict(X).shape == Y.shape


def test_balanced_class_weight_is_what_scikit_learn_says_it_is():
    X, y = table("multiclass")
    keep = (y != 1) | (np.arange(60) % 3 == 0)
    X, y = X[keep], y[keep]
    balanced = quick(class_weight="balanced").fit(X, y)
    factors = compute_class_weight("balanced", classes=np.arange(3), y=y)
    assert close(balanced, quick(class_weight=dict(enumerate(factors))).fit(X, y))
    assert not close(balanced, quick().fit(X, y))


def test_class_weight_is_a_weight_on_rows():
    X, y = table()
    y[10:] = 0
    weighted = quick(shuffle=False).fit(X, y, compute_sample_weight("balanced", y))
    assert close(weighted, quick(shuffle=False, class_weight="balanced").fit(X, y))


@pytest.mark.parametrize("factor", [1, 1.5])
def test_class_and_sample_weights_may_leave_no_row_to_learn_from(factor):
    X, y = table()
    with pytest.raises(ValueError, match="together leave no row with a weight above zero"):
        quick(class_weight={0: 0, 1: 1}).fit(X, y, sample_weight=factor * (y == 0))


def test_class_weight_finds_the_rare_class():
    X, y = overlapping()
    y[X[:, 0] < 0.5] = 0
    plain, eager = (quick(class_weight=w).fit(X, y) for w in (None, {1: 50.0}))
    assert eager.predict(X)[y == 1].mean() == 1.0
    assert eager.predict(X).mean() > plain.predict(X).mean()


def test_a_class_weight_may_name_a_class_that_these_rows_lack():
    X, y = table()
    fitted = quick(class_weight={0: 1, 1: 2, 2: 5}).fit(X, y)
    assert same_weights(fitted, quick(class_weight={0: 1, 1: 2}).fit(X, y))


def test_a_progress_bar_only_when_asked_for(capsys):
    X, y = table()
    quick(verbose=0).fit(X, y)
    assert capsys.readouterr() == ("", "")
    quick(verbose=1).fit(X, y)
    assert "10/10" in capsys.readouterr().err


@pytest.mark.parametrize("engine", EACH_ENGINE)
def test_the_progress_bar_shows_the_validation_loss(capsys, engine):
    X, y = table()
    quick(verbose=1, engine=engine).fit(X, y, X_val=X[:20], y_val=y[:20])
    assert re.search(r"10/10 .*loss=0\.\d+, val_loss=0\.\d+", capsys.readouterr().err)
