"""Everyday uses inside scikit-learn: pipelines, searches, ensembles, inspection, routing."""

import keras
import numpy as np
import pytest
from estimator_toy import KINDS, quick, same_weights, table
from matplotlib.figure import Figure
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import FitFailedWarning
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    LearningCurveDisplay,
    StratifiedKFold,
    ValidationCurveDisplay,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skdropout.training import DivergenceError


def test_a_pipeline_with_a_scaler():
    X, y = table()
    X = X * 1000 + 50
    pipeline = make_pipeline(StandardScaler(), quick(rescale=None)).fit(X, y)
    assert pipeline.score(X, y) > 0.9
    scaled = StandardScaler().fit_transform(X)
    assert same_weights(pipeline[-1], quick(rescale=None).fit(scaled, y))
    assert quick().fit(X, y).score(X, y) > 0.9  # scaling is also what the network itself does


def test_a_number_of_folds_stratifies():
    X, y = table()
    order = np.argsort(y, kind="stable")  # folds of consecutive rows would lack a class
    X, y = X[order], y[order]
    found = cross_validate(quick(), X, y, cv=6, return_indices=True, error_score="raise")
    expected = StratifiedKFold(6).split(X, y)
    for rows, (_, rows_expected) in zip(found["indices"]["test"], expected, strict=True):
        assert np.array_equal(rows, rows_expected)
    assert found["test_score"].mean() > 0.8


def test_cross_val_predict_knows_the_classes():
    X, y = table("multiclass")
    names = np.array(["ant", "bee", "cat"])[y]
    probabilities = cross_val_predict(quick(), X, names, cv=3, method="predict_proba")
    assert probabilities.shape == (60, 3)
    assert np.mean(probabilities.argmax(axis=1) == y) > 0.7


def test_a_grid_search_with_callbacks_trains_each_candidate():
    X, y = table()
    stop = keras.callbacks.EarlyStopping(monitor="loss", min_delta=100.0, patience=2)
    search = GridSearchCV(quick(callbacks=[stop]), {"dropout": [0.0, 0.3]}, cv=2).fit(X, y)
    assert search.best_estimator_.n_iter_ == 3


def test_a_search_marks_the_candidate_that_diverges():
    X, y = table()
    search = GridSearchCV(quick(optimizer="sgd"), {"learning_rate": [0.1, 1e30]}, cv=2)
    with pytest.warns(UserWarning, match="non-finite"), pytest.warns(FitFailedWarning):
        search.fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).tolist() == [True, False]
    with pytest.raises(DivergenceError):
        search.set_params(error_score="raise").fit(X, y)


@pytest.mark.parametrize("kind", KINDS[:2])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda net: CalibratedClassifierCV(net, cv=3),
        lambda net: BaggingClassifier(net, n_estimators=3, random_state=0),
        lambda net: AdaBoostClassifier(net, n_estimators=3, random_state=0),
        lambda net: VotingClassifier([("a", net), ("b", clone(net))], voting="soft"),
        lambda net: StackingClassifier([("net", net)], LogisticRegression(), cv=3),
        lambda net: OneVsRestClassifier(net),
    ],
    ids=["calibrated", "bagging", "boosting", "voting", "stacking", "one against rest"],
)
def test_an_ensemble_of_networks(wrap, kind):
    X, codes = table(kind)
    y = np.array(["ant", "bee", "cat"])[codes]
    ensemble = wrap(quick(learning_rate=0.05)).fit(X, y)
    assert ensemble.classes_.tolist() == sorted(set(y))
    assert ensemble.score(X, y) > 0.8
    probabilities = ensemble.predict_proba(X)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(60))
    assert np.array_equal(ensemble.classes_[probabilities.argmax(axis=1)], ensemble.predict(X))


def test_bagging_draws_copies_of_rows():
    X, y = table()
    ensemble = BaggingClassifier(quick(), n_estimators=2, random_state=0).fit(X, y)
    for member, rows in zip(ensemble.estimators_, ensemble.estimators_samples_, strict=True):
        assert same_weights(member, clone(member).fit(X[rows], y[rows]))


def test_voting_averages_and_one_against_rest_separates():
    X, y = table("multiclass")
    nets = [("a", quick()), ("b", quick(random_state=1))]
    voting = VotingClassifier(nets, voting="soft").fit(X, y)
    mean = np.mean([net.fit(X, y).predict_proba(X) for _, net in nets], axis=0)
    assert voting.predict_proba(X) == pytest.approx(mean)
    rest = OneVsRestClassifier(quick()).fit(X, y)
    for label, member in enumerate(rest.estimators_):
        assert same_weights(member, quick().fit(X, (y == label).astype(int)))


def test_one_classifier_for_each_column():
    X, Y = table("multilabel")
    names = np.array(["no", "yes"])[Y]
    fitted = MultiOutputClassifier(quick(epochs=20)).fit(X, names)
    assert np.mean(fitted.predict(X) == names) > 0.9


def test_permutation_importance_finds_what_matters():
    X, y = table(n_rows=200)
    found = permutation_importance(quick().fit(X, y), X, y, n_repeats=3, random_state=0)
    assert set(np.argsort(found.importances_mean)[-2:]) == {0, 1}  # y says whether X0 > X1


def test_learning_and_validation_curves():
    X, y = table()
    axes = Figure().subplots(2)
    learning = LearningCurveDisplay.from_estimator(
        quick(), X, y, train_sizes=[0.5, 1.0], cv=2, ax=axes[0]
    )
    assert learning.test_scores.shape == (2, 2)
    validation = ValidationCurveDisplay.from_estimator(
        quick(), X, y, param_name="dropout", param_range=[0.0, 0.2, 0.9], cv=2, ax=axes[1]
    )
    assert np.isfinite(validation.test_scores).all()


def test_sample_weight_is_routed_through_a_search():
    X, y = table()
    counts = np.arange(60) % 3 + 1
    with config_context(enable_metadata_routing=True):
        net = quick().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        plain = make_scorer(accuracy_score).set_score_request(sample_weight=False)
        rates = {"net__dropout": [0.1, 0.3]}
        search = GridSearchCV(Pipeline([("net", net)]), rates, cv=2, scoring=plain)
        search.fit(X, y, sample_weight=counts)
        scores = cross_val_score(net, X, y, cv=2, params={"sample_weight": counts})
    best = quick(**{k[5:]: v for k, v in search.best_params_.items()})
    assert same_weights(search.best_estimator_["net"], best.fit(X, y, counts))
    for score, (rows, held) in zip(scores, StratifiedKFold(2).split(X, y), strict=True):
        alone = quick().fit(X[rows], y[rows], counts[rows])
        assert score == alone.score(X[held], y[held], counts[held])


def test_validation_rows_are_routed_through_a_pipeline_and_scaled_on_the_way():
    X, y = table()
    X_val, y_val = table(n_rows=30, seed=4)
    with config_context(enable_metadata_routing=True):
        net = quick(early_stopping=True).set_fit_request(X_val=True, y_val=True)
        steps = [("scale", StandardScaler()), ("net", net)]
        routed = Pipeline(steps, transform_input=["X_val"]).fit(X, y, X_val=X_val, y_val=y_val)
    scaler = StandardScaler().fit(X)
    alone = quick(early_stopping=True)
    alone.fit(scaler.transform(X), y, X_val=scaler.transform(X_val), y_val=y_val)
    assert same_weights(routed["net"], alone)
    assert routed["net"].history_ == alone.history_
