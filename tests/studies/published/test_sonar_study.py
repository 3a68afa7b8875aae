"""The Sonar study from end to end, small: the published networks, few epochs."""

import json
import re
import shutil
from html import unescape
from html.parser import HTMLParser
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdropout.datasets import fetch_sonar
from skdropout.studies import StudyError, paired_test, repeat_sonar
from skdropout.studies.published._sonar_findings import conclude, failures
from skdropout.studies.published._sonar_study import PUBLISHED, VARIANTS, Sonar, design_sonar
from skdropout.studies.reading import load_table

OPTIONS = {"repeats": 2, "folds": 2, "epochs": 2, "progress": False}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return repeat_sonar(out=tmp_path_factory.mktemp("study"), **OPTIONS)


def test_every_network_is_tested_on_every_fold(study):
    results = study.results
    assert list(results.columns[:7]) == [
        "variant", "repeat", "fold", "seed", "network_seed", "log_loss", "accuracy",
    ]  # fmt: skip
    assert results.groupby(["repeat", "variant", "fold"]).size().tolist() == [1] * 12
    assert results.groupby("repeat")["seed"].unique().map(list).tolist() == [[7], [8]]
    # the networks of a fold share their seed, and no two folds do
    assert (results.groupby(["repeat", "fold"])["network_seed"].nunique() == 1).all()
    assert results["network_seed"].nunique() == 4
    assert results["accuracy"].between(0.2, 1).all()
    assert (results[["log_loss", "fit_seconds"]] > 0).all(axis=None)


def test_the_folds_are_those_of_scikit_learn(study):
    """Retrain one network by hand, on the split that the protocol names."""
    X, y = fetch_sonar(return_X_y=True)
    row = study.results.query("variant == 'hidden' and repeat == 1 and fold == 0").iloc[0]
    train, test = next(StratifiedKFold(2, shuffle=True, random_state=8).split(X, y))
    network = design_sonar(2, 7, 2, "compiled").network("hidden", seed=int(row["network_seed"]))
    model = make_pipeline(StandardScaler(), network)
    assert model.fit(X[train], y[train]).score(X[test], y[test]) == row["accuracy"]


@pytest.mark.slow  # tests/studies/running/test_runner.py shows it of cells that train nothing
def test_the_scores_do_not_depend_on_the_number_of_jobs(study, tmp_path):
    several = repeat_sonar(out=tmp_path, jobs=2, **OPTIONS)
    for name, timed in [("results", ["fit_seconds"]), ("curves", [])]:
        one, other = (getattr(s, name).drop(columns=timed) for s in (study, several))
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_the_networks_are_the_published_ones():
    design = design_sonar(10, 7, 300, "compiled")
    networks = {name: design.network(name, seed=0) for name in design.variants}
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
    assert list(PUBLISHED) == list(VARIANTS)


def test_summary_and_comparisons_follow_from_the_results(study):
    results = study.results
    by_network = results.groupby("variant")["accuracy"]
    assert study.summary["accuracy"].to_dict() == pytest.approx(by_network.mean().to_dict())
    first = results[results["repeat"] == 0].groupby("variant")["accuracy"]
    assert study.summary["first_run_sd"].to_dict() == pytest.approx(
        {name: np.std(values) for name, values in first}
    )
    scores = {name: values.to_numpy() for name, values in by_network}
    row = study.comparisons.iloc[1]
    assert (row["variant"], row["against"]) == ("hidden", "baseline")
    expected = paired_test(scores["hidden"], scores["baseline"], test_train_ratio=1)
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))
    assert len(study.comparisons) == 3
    assert (study.comparisons["p_holm"] >= study.comparisons["p_value"]).all()


def test_curves_cover_every_epoch_of_the_first_run(study):
    assert study.curves.groupby(["variant", "fold"])["epoch"].apply(list).tolist() == [[1, 2]] * 6
    assert np.isfinite(study.curves[["training_loss", "accuracy"]]).all(axis=None)


def test_the_folder_holds_what_it_promises(study):
    description = json.loads((study.out / "study.json").read_text())
    assert description["arguments"]["repeats"] == 2
    assert len(description["data"]["sha256"]) == 64
    assert {"skdropout", "tensorflow", "scikit-learn"} <= set(description["runs"][0]["versions"])
    for name, table in [("results", study.results), ("comparisons", study.comparisons)]:
        pd.testing.assert_frame_equal(pd.read_csv(study.out / f"{name}.csv"), table)
    saved = pd.read_csv(study.out / "summary.csv", index_col="variant")
    pd.testing.assert_frame_equal(saved, study.summary)
    for name in ("accuracy", "training"):
        assert (study.out / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_the_report_stands_by_itself(study):
    """It loads nothing, is well nested, and says what was found."""
    html = study.report.read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)\s*=\s*[\"'](?!#)", html)
    assert not re.findall(r"url\((?!#)|@import", html)
    assert study.verdict in unescape(html)
    assert "skdropout study sonar --repeats 2 --folds 2 --seed 7 --epochs 2" in html
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
    again = repeat_sonar(out=tmp_path, **OPTIONS)
    pd.testing.assert_frame_equal(
        again.results.drop(columns="fit_seconds"), study.results.drop(columns="fit_seconds")
    )
    pd.testing.assert_frame_equal(again.curves, study.curves)


def test_other_arguments_need_another_folder(study):
    with pytest.raises(StudyError, match=r"arguments\.epochs is 2 there and 3 now"):
        repeat_sonar(out=study.out, **{**OPTIONS, "epochs": 3})


def test_numbers_of_numpy_are_numbers(study):
    options = {name: np.int64(value) for name, value in OPTIONS.items() if name != "progress"}
    again = repeat_sonar(out=study.out, progress=False, **options)
    pd.testing.assert_frame_equal(again.results, study.results)
    with pytest.raises(StudyError, match=r"repeats must be a whole number, got 1\.0"):
        repeat_sonar(repeats=1.0)


@pytest.mark.parametrize("option", ["repeats", "folds", "seed", "epochs"])
def test_arguments_out_of_range_are_refused(option):
    with pytest.raises(StudyError, match=f"{option} must be at least [012], got -1"):
        repeat_sonar(**{option: -1})


def test_folds_that_lack_a_class_are_refused():
    with pytest.raises(StudyError, match="folds must be at most 97"):
        repeat_sonar(folds=98, progress=False)


@pytest.mark.parametrize(
    ("name", "claim"),
    [
        ("baseline", "The baseline has no score on Sonar: training diverged in 1 of its 4 fits. "),
        ("hidden", "The network with dropout in the hidden layers has no score on Sonar: training "
         "diverged in 1 of its 4 fits. "),
    ],
)  # fmt: skip
def test_a_fit_that_diverged_ends_no_study_and_is_said(study, name, claim):
    tables = {"results": study.results.copy(), "curves": study.curves.copy()}
    for table, columns in [
        ("results", ["log_loss", "accuracy", "balanced_accuracy", "roc_auc"]),
        ("curves", ["training_loss", "accuracy"]),
    ]:
        here = tables[table].eval("variant == @name and repeat == 0 and fold == 1")
        tables[table].loc[here, columns] = np.nan
    sonar = Sonar(load_table("sonar"), design_sonar(2, 7, 2, "compiled"), 2)
    found = sonar.conclude(tables, [])
    assert claim in found.verdicts[0]
    assert found.summary["accuracy"].isna().to_dict() == {n: n == name for n in VARIANTS}
    assert found.summary["sd_over_runs"].isna().to_dict() == {n: n == name for n in VARIANTS}
    (listing,) = found.listings
    assert [row[2:6] for row in listing.rows if row[0] == name] == [["diverged"] * 4]
    assert not re.search(r"\bnan\b", found.page)


def comparisons(visible, hidden):
    """Comparisons with the given (difference, adjusted p) against the baseline."""
    return pd.DataFrame(
        [
            {"variant": name, "against": against, "difference": difference, "p_value": p / 3,
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
        ((-0.006, 0.43), (0.0, 1), "No evidence that the recipes with dropout help or hurt on "
         "Sonar: on the inputs −0.6 points, 95% interval −2.6 to +1.4, p = 0.43; in the hidden "
         "layers 0.0 points"),
        ((0.05, 0.01), (0.01, 0.3), "The recipe with dropout on the inputs helps on Sonar: "),
        ((0.05, 0.01), (0.04, 0.0001), "The recipe with dropout on the inputs or in the hidden "
         "layers helps on Sonar: "),
        ((0.0, 1), (-0.05, 0.02), "The recipe with dropout in the hidden layers hurts on Sonar: "),
        ((0.05, 0.01), (-0.05, 0.02), "The recipe with dropout on the inputs helps, and with "
         "dropout in the hidden layers it hurts on Sonar: "),
    ],
)  # fmt: skip
def test_the_verdict_says_what_the_evidence_says(visible, hidden, claim):
    verdict = conclude(comparisons(visible, hidden), {}, 20, 10)
    assert verdict.startswith(claim)
    assert "20 runs of 10-fold" in verdict
    assert "3 comparisons" in verdict


def runs(**accuracies):
    """Results and training curves of ten folds in which each network has these accuracies."""
    noise = np.random.default_rng(0).normal(0, 0.02, 10)
    results = pd.DataFrame(
        [
            {"variant": name, "accuracy": accuracy + noise[fold]}
            for name, (accuracy, _) in accuracies.items()
            for fold in range(10)
        ]
    )
    curves = pd.DataFrame(
        [
            {"variant": name, "fold": 0, "epoch": epoch, "accuracy": accuracy}
            for name, (_, curve) in accuracies.items()
            for epoch, accuracy in enumerate(curve, start=1)
        ]
    )
    return failures(results, curves, 1 / 9, 0.53)


def test_a_network_that_has_learnt_nothing_gets_no_verdict():
    failed = runs(
        baseline=(0.86, [0.6, 0.9]), visible=(0.535, [0.5, 0.6]), hidden=(0.7, [0.8, 0.5])
    )
    assert list(failed) == ["visible", "hidden"]
    assert "most frequent class" in failed["visible"]
    assert "falls from 80.0% to 50.0%" in failed["hidden"]
    pairs = comparisons((-0.3, 0.001), (-0.1, 0.001))
    verdict = conclude(pairs, failed, 1, 10)
    assert "hurts" not in verdict
    assert verdict.endswith("nothing to conclude about dropout.")
    verdict = conclude(pairs, {"visible": failed["visible"]}, 1, 10)
    assert "on the inputs has learnt nothing on Sonar" in verdict
    assert "The recipe with dropout in the hidden layers hurts" in verdict
    verdict = conclude(pairs, runs(baseline=(0.5, [0.5, 0.5])), 1, 10)
    assert verdict.startswith("The baseline has learnt nothing on Sonar: it scores 50.")
    assert "hurts" not in verdict
    assert runs(baseline=(0.86, [0.6, 0.9])) == {}
