"""The dense study from end to end, small: real networks, few epochs."""

import json
import re
import shlex
import shutil
from html import unescape
from html.parser import HTMLParser
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, make_friedman1
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdropout import DropoutMLPRegressor
from skdropout.studies import StudyError, paired_test, run_dense_study
from skdropout.studies._dense import PUBLISHED, RECIPES, DenseProtocol, build_network
from skdropout.studies._dense_findings import conclude, failures
from skdropout.studies._dense_report import command
from skdropout.studies.reading import CLASSIFICATION, REGRESSION, load_table

OPTIONS = {"repeats": 2, "folds": 2, "epochs": 2, "progress": False}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return run_dense_study(out=tmp_path_factory.mktemp("study"), **OPTIONS)


def test_every_network_is_tested_on_every_fold(study):
    results = study.results
    assert list(results.columns[:7]) == [
        "network", "repeat", "fold", "seed", "network_seed", "accuracy", "log_loss",
    ]  # fmt: skip
    assert results.groupby(["repeat", "network", "fold"]).size().tolist() == [1] * 12
    assert results.groupby("repeat")["seed"].unique().map(list).tolist() == [[7], [8]]
    # the networks of a fold share their seed, and no two folds do
    assert (results.groupby(["repeat", "fold"])["network_seed"].nunique() == 1).all()
    assert results["network_seed"].nunique() == 4
    assert results["accuracy"].between(0.5, 1).all()
    assert (results[["log_loss", "fit_seconds"]] > 0).all(axis=None)


def test_the_folds_are_those_of_scikit_learn(study):
    """Retrain one network by hand, on the split that the protocol names."""
    X, y = load_breast_cancer(return_X_y=True)
    row = study.results.query("network == 'hidden' and repeat == 1 and fold == 0").iloc[0]
    train, test = next(StratifiedKFold(2, shuffle=True, random_state=8).split(X, y))
    protocol = DenseProtocol(2, 7, (30, 15), 2, "compiled")
    model = make_pipeline(
        StandardScaler(), build_network("hidden", protocol, int(row["network_seed"]))
    )
    assert model.fit(X[train], y[train]).score(X[test], y[test]) == row["accuracy"]


def test_the_networks_are_the_published_ones():
    protocol = DenseProtocol(10, 7, (60, 30), 300, "compiled")
    networks = {name: build_network(name, protocol, 0) for name in RECIPES}
    for network in networks.values():
        parameters = network.get_params()
        assert parameters["hidden_layer_sizes"] == (60, 30)
        assert parameters["optimizer"] == "sgd"
        assert parameters["batch_size"] == 16
        assert parameters["epochs"] == 300
        assert parameters["activation"] == "relu"
        assert parameters["kernel_initializer"] == "random_normal"
        assert not parameters["nesterov"]
        assert parameters["alpha"] == parameters["weight_decay"] == 0
    varied = ("input_dropout", "dropout", "max_norm", "learning_rate", "momentum")
    assert {n: tuple(m.get_params()[p] for p in varied) for n, m in networks.items()} == {
        "baseline": (0.0, 0.0, None, 0.01, 0.8),
        "visible": (0.2, 0.0, 3.0, 0.1, 0.9),
        "hidden": (0.0, 0.2, 3.0, 0.1, 0.9),
    }
    assert list(PUBLISHED["sonar"]) == list(RECIPES)


def test_summary_and_comparisons_follow_from_the_results(study):
    results = study.results
    by_network = results.groupby("network")["accuracy"]
    assert study.summary["accuracy"].to_dict() == pytest.approx(by_network.mean().to_dict())
    first = results[results["repeat"] == 0].groupby("network")["accuracy"]
    assert study.summary["first_run_sd"].to_dict() == pytest.approx(
        {name: np.std(values) for name, values in first}
    )
    scores = {name: values.to_numpy() for name, values in by_network}
    row = study.comparisons.iloc[1]
    assert (row["network"], row["against"]) == ("hidden", "baseline")
    expected = paired_test(scores["hidden"], scores["baseline"], test_train_ratio=1)
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))
    assert len(study.comparisons) == 3
    assert (study.comparisons["p_holm"] >= study.comparisons["p_value"]).all()


def test_curves_cover_every_epoch_of_the_first_run(study):
    assert study.curves.groupby(["network", "fold"])["epoch"].apply(list).tolist() == [[1, 2]] * 6
    assert np.isfinite(study.curves[["loss", "accuracy"]]).all(axis=None)


def test_the_folder_holds_what_it_promises(study):
    description = json.loads((study.out / "study.json").read_text())
    assert description["arguments"]["repeats"] == 2
    assert len(description["data"]["sha256"]) == 64
    assert {"skdropout", "tensorflow", "scikit-learn"} <= set(description["runs"][0]["versions"])
    saved = pd.read_csv(study.out / "results.csv")
    pd.testing.assert_frame_equal(saved, study.results)
    for name in ("accuracy", "training"):
        assert (study.out / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_the_report_stands_by_itself(study):
    """It loads nothing, is well nested, and says what was found."""
    html = study.report.read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)\s*=\s*[\"'](?!#)", html)
    assert not re.findall(r"url\((?!#)|@import", html)
    assert study.verdict in unescape(html)
    assert "skdropout study breast_cancer --repeats 2 --folds 2 --seed 7 --epochs 2" in html
    assert html.count("<svg") == 2

    class Nesting(HTMLParser):
        open_tags: ClassVar[list[str]] = []

        def handle_starttag(self, tag, attrs):
            if tag not in ("meta", "br"):
                self.open_tags.append(tag)

        def handle_endtag(self, tag):
            assert self.open_tags.pop() == tag

    nesting = Nesting()
    nesting.feed(html)
    assert nesting.open_tags == []


def test_an_interruption_changes_no_score(study, tmp_path):
    shutil.copytree(study.out, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "results.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:4]))
    again = run_dense_study(out=tmp_path, **OPTIONS)
    pd.testing.assert_frame_equal(
        again.results.drop(columns="fit_seconds"), study.results.drop(columns="fit_seconds")
    )
    pd.testing.assert_frame_equal(again.curves, study.curves)


def test_other_arguments_need_another_folder(study):
    with pytest.raises(StudyError, match=r"arguments\.epochs is 2 there and 3 now"):
        run_dense_study(out=study.out, **{**OPTIONS, "epochs": 3})


def test_a_table_with_texts_and_three_classes_runs(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "size": np.where(rng.random(36) < 0.2, np.nan, rng.random(36)),
            "colour": rng.choice(["red", "green"], 36),
            "kind": ["a", "b", "c"] * 12,
        }
    )
    options = {**OPTIONS, "repeats": 1}
    study = run_dense_study(frame, target="kind", out=tmp_path, **options)
    assert study.results["accuracy"].between(0, 1).all()
    assert "published" not in study.summary
    assert "SimpleImputer" not in study.verdict


def test_a_file_is_studied_again_by_the_command_of_its_report(tmp_path):
    path = tmp_path / "my data" / "own.csv"
    path.parent.mkdir()
    frame = pd.DataFrame({"x": range(20), "kind": ["a", "b"] * 10})
    frame.to_csv(path, index=False)
    options = {"target": "kind", "task": None, "repeats": 3, "folds": 2, "seed": 7, "epochs": 4}
    arguments = {**options, "engine": "compiled"}
    words = shlex.split(command(load_table(path, "kind"), arguments))
    assert words[:3] == ["skdropout", "study", str(path)]
    assert words[3:7] == ["--target", "kind", "--repeats", "3"]
    assert command(load_table(frame, "kind"), arguments) == (
        "run_dense_study(table, target='kind', repeats=3, folds=2, seed=7, epochs=4, "
        "engine='compiled')"
    )


def test_a_network_that_diverges_says_what_to_do(tmp_path, monkeypatch):
    too_fast = {**RECIPES, "visible": {**RECIPES["visible"], "learning_rate": 1e9}}
    monkeypatch.setattr("skdropout.studies._dense.RECIPES", too_fast)
    frame = pd.DataFrame({"x": range(40), "y": np.linspace(0, 1, 40) ** 2})
    with pytest.raises(StudyError, match=r"network visible, repeat 0, fold 0: .*extreme values"):
        run_dense_study(frame, target="y", out=tmp_path, **{**OPTIONS, "epochs": 30})


def test_a_quantity_is_studied_by_r2(tmp_path):
    """One network is retrained by hand, on the split that the protocol names."""
    X, y = make_friedman1(n_samples=80, random_state=0)
    frame = pd.DataFrame(X).assign(price=1000 * y)
    study = run_dense_study(frame, target="price", out=tmp_path, **{**OPTIONS, "epochs": 150})
    assert list(study.results.columns[5:7]) == ["r2", "rmse"]
    row = study.results.query("network == 'hidden' and repeat == 1 and fold == 0").iloc[0]
    train, test = next(KFold(2, shuffle=True, random_state=8).split(X))
    network = DropoutMLPRegressor(
        hidden_layer_sizes=(10, 5), epochs=150, dropout=0.2, max_norm=3.0, learning_rate=0.1 / 8,
        momentum=0.9, random_state=int(row["network_seed"]), activation="relu", optimizer="sgd",
        kernel_initializer="random_normal", batch_size=16, rescale=None,
    )  # fmt: skip
    model = make_pipeline(StandardScaler(), network).fit(X[train], 1000 * y[train])
    assert row["r2"] == pytest.approx(model.score(X[test], 1000 * y[test]), abs=1e-6)
    assert row["rmse"] == pytest.approx(
        root_mean_squared_error(1000 * y[test], model.predict(X[test])), rel=1e-6
    )
    assert study.summary["r2"].max() > 0.2
    assert study.curves["r2"].to_numpy() == pytest.approx(1 - study.curves["loss"].to_numpy())
    assert study.summary.loc["baseline", "r2"] < 0.05
    assert study.verdict.startswith("The baseline has learnt nothing on table: ")
    assert "RMSE" in str(study)
    assert (tmp_path / "r2.png").exists()
    html = unescape(study.report.read_text(encoding="utf-8"))
    assert "Taken as regression, since the target column 'price' of table holds" in html
    assert "accuracy" not in html


def comparisons(visible, hidden):
    """Comparisons with the given (difference, adjusted p) against the baseline."""
    return pd.DataFrame(
        [
            {"network": name, "against": against, "difference": difference, "p_value": p / 3,
             "p_holm": p, "low": difference - 0.02, "high": difference + 0.02}
            for name, against, (difference, p) in [
                ("visible", "baseline", visible),
                ("hidden", "baseline", hidden),
                ("hidden", "visible", (0.0, 1.0)),
            ]
        ]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("visible", "hidden", "claim"),
    [
        ((-0.006, 0.43), (0.0, 1), "No evidence that dropout helps on sonar: on the inputs "
         "−0.6 points, 95% interval −2.6 to +1.4, p = 0.43; in the hidden layers 0.0 points"),
        ((0.05, 0.01), (0.01, 0.3), "Dropout on the inputs helps on sonar: "),
        ((0.05, 0.01), (0.04, 0.0001), "Dropout on the inputs and in the hidden layers helps"),
        ((0.0, 1), (-0.05, 0.02), "Dropout does not help on sonar; in the hidden layers it hurts"),
        ((0.05, 0.01), (-0.05, 0.02), "Dropout on the inputs helps on sonar, and in the hidden "
         "layers it hurts"),
    ],
)  # fmt: skip
def test_the_verdict_says_what_the_evidence_says(visible, hidden, claim):
    verdict = conclude(comparisons(visible, hidden), {}, "sonar", 20, 10)
    assert verdict.startswith(claim)
    assert "20 runs of 10-fold" in verdict
    assert "3 comparisons" in verdict
    assert "hundredths" not in verdict
    verdict = conclude(comparisons(visible, hidden), {}, "sonar", 20, 10, REGRESSION)
    assert verdict.endswith("Points are hundredths of R².")


def runs(**accuracies):
    """Results and training curves of ten folds in which each network has these accuracies."""
    noise = np.random.default_rng(0).normal(0, 0.02, 10)
    results = pd.DataFrame(
        [
            {"network": name, "accuracy": accuracy + noise[fold]}
            for name, (accuracy, _) in accuracies.items()
            for fold in range(10)
        ]
    )
    curves = pd.DataFrame(
        [
            {"network": name, "fold": 0, "epoch": epoch, "accuracy": accuracy}
            for name, (_, curve) in accuracies.items()
            for epoch, accuracy in enumerate(curve, start=1)
        ]
    )
    return failures(results, curves, 10, 0.53, CLASSIFICATION)


def test_a_network_that_has_learnt_nothing_gets_no_verdict():
    failed = runs(
        baseline=(0.86, [0.6, 0.9]), visible=(0.535, [0.5, 0.6]), hidden=(0.7, [0.8, 0.5])
    )
    assert list(failed) == ["visible", "hidden"]
    assert "most frequent class" in failed["visible"]
    assert "falls from 80.0% to 50.0%" in failed["hidden"]
    pairs = comparisons((-0.3, 0.001), (-0.1, 0.001))
    verdict = conclude(pairs, failed, "sonar", 1, 10)
    assert "hurts" not in verdict
    assert verdict.endswith("nothing to conclude about dropout.")
    verdict = conclude(pairs, {"visible": failed["visible"]}, "sonar", 1, 10)
    assert "on the inputs has learnt nothing on sonar" in verdict
    assert "in the hidden layers it hurts" in verdict
    verdict = conclude(pairs, runs(baseline=(0.5, [0.5, 0.5])), "sonar", 1, 10)
    assert verdict.startswith("The baseline has learnt nothing on sonar: it scores 50.")
    assert "hurts" not in verdict
    assert runs(baseline=(0.86, [0.6, 0.9])) == {}
