"""The comparison of regularisers: nested, paired, resumable, and honest in its words."""

import ast
import json
import shlex
import shutil

import baycomp
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, r2_score
from sklearn.model_selection import StratifiedKFold

from skdropout import DropoutMLPClassifier, DropoutMLPRegressor
from skdropout.__main__ import _parser
from skdropout.studies import (
    Reading,
    StudyError,
    compare_regularisers,
    practical_probabilities,
)
from skdropout.studies.compared._asked import Asked
from skdropout.studies.compared._findings import Findings, verdict_of
from skdropout.studies.compared._nested import choose, compute_cell
from skdropout.studies.compared._panels import draw_epochs
from skdropout.studies.compared._variants import TABLE_CONTROL, table_variants
from skdropout.studies.compared._yardsticks import table_yardsticks
from skdropout.studies.designing import Design, Folds, Material, Variant, validated
from skdropout.studies.evidence import (
    CLASS_SCORES,
    NUMBER_SCORES,
    Probabilities,
    score_classes,
    score_numbers,
)
from skdropout.studies.reading import load_images, load_table
from skdropout.studies.reporting import to_svg

SMALL = DropoutMLPClassifier(hidden_layer_sizes=(8,), batch_size=32, learning_rate=0.02)
OPTIONS = {
    "estimator": SMALL, "variants": ["l2", "dropout_both"], "repeats": 1, "folds": 2, "epochs": 6,
    "progress": False, "jobs": 1,
}  # fmt: skip


def rows(n=80, seed=0):
    """Four features, of which the first two decide, with some noise."""
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n, 4))
    return X, (X[:, 0] + X[:, 1] + 0.7 * generator.normal(size=n) > 0).astype(int)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return compare_regularisers(*rows(), out=tmp_path_factory.mktemp("compared"), **OPTIONS)


def small_design(variants, epochs=6, score="log_loss"):
    base = SMALL.set_params(**TABLE_CONTROL)
    return Design(
        base,
        {v.name: v for v in variants},
        Folds(folds=2, inner_folds=4, seed=7),
        epochs,
        CLASS_SCORES[score],
        table_yardsticks(classes=True),
    )


def material(n=80, seed=0):
    X, y = rows(n, seed)
    return Material("rows", X, y, ("0", "1"), ())


def test_every_variant_and_yardstick_is_scored_once_in_each_outer_fold(study):
    names = ["none", "l2", "dropout_both", "naive", "logistic_regression", "gradient_boosting"]
    assert study.results.groupby(["repeat", "fold"])["variant"].apply(list).tolist() == [names] * 2
    assert study.candidates.groupby("variant").size().to_dict() == {
        "none": 2, "l2": 8, "dropout_both": 8,
    }  # fmt: skip


def test_a_cell_can_be_repeated_by_hand():
    """Inner folds, the mean validation curve, one refit and one score: nothing else."""
    design, data = (
        small_design([Variant("v", "v", {"a": {"alpha": 0.0}, "b": {"alpha": 30.0}})]),
        (material()),
    )
    row = compute_cell(("v", 0, 1), data, design)["results"][0]

    train, test = list(StratifiedKFold(2, shuffle=True, random_state=7).split(data.X, data.y))[1]
    seed = int(np.random.SeedSequence([7, 0, 1]).generate_state(1)[0])
    inner = StratifiedKFold(4, shuffle=True, random_state=seed)
    X, y = data.X.astype(np.float32), data.y
    curves = {}
    for name in ("a", "b"):
        losses = []
        for number, (fit, validate) in enumerate(inner.split(train, y[train])):
            for epoch in range(1, 7):  # without validation rows: an epoch more each time
                model = design.network("v", name, seed=seed + number).set_params(warm_start=True)
                for part in [2] * ((epoch - 1) // 2) + [(epoch - 1) % 2 + 1]:
                    model.set_params(epochs=part).fit(X[train[fit]], y[train[fit]])
                losses.append(log_loss(y[train[validate]], model.predict_proba(X[train[validate]])))
        curves[name] = np.reshape(losses, (4, 6)).mean(axis=0)
    best = min(curves, key=lambda name: curves[name].min())
    assert (row["strength"], row["epochs"]) == (best, int(curves[best].argmin()) + 1)
    model = design.network("v", best, epochs=row["epochs"], seed=seed)
    probabilities = model.fit(X[train], y[train]).predict_proba(X[test])
    assert row["log_loss"] == pytest.approx(log_loss(y[test], probabilities), rel=1e-6)


def test_nothing_that_scores_has_chosen():
    """Other test rows change the scores of a fold, and neither its strength nor its epochs."""
    design, data = small_design([*table_variants(SMALL).values()][:2]), material()
    _, test = design.resampling.outer(data.y, 0, 0)
    X = data.X.copy()
    X[test] = np.random.default_rng(1).normal(size=X[test].shape)
    other = Material("rows", X, data.y, data.classes, ())
    one, two = (compute_cell(("l2", 0, 0), d, design) for d in (data, other))
    assert one["candidates"] == two["candidates"]
    assert one["curves"] == two["curves"]
    assert one["results"][0]["log_loss"] != two["results"][0]["log_loss"]


def test_a_strength_that_diverges_is_never_chosen():
    wild = {"optimizer": "sgd", "learning_rate": 1e30, "hidden_layer_sizes": (8,)}
    design = small_design([Variant("v", "v", {"wild": wild, "tame": {}})])
    tables = compute_cell(("v", 0, 0), material(), design)
    assert tables["results"][0]["strength"] == "tame"
    assert np.isnan(tables["candidates"][0]["validation"])

    hopeless = small_design([Variant("v", "v", {"wild": wild})])
    row = compute_cell(("v", 0, 0), material(), hopeless)["results"][0]
    assert np.isnan(row["log_loss"])


def test_a_strength_whose_validation_loss_is_once_infinite_is_never_chosen(monkeypatch):
    def spoilt(model, *fold):
        fit = validated(model, *fold)
        if model.alpha:
            fit.history["val_loss"][-1] = np.inf
        return fit

    monkeypatch.setattr("skdropout.studies.compared._nested.validated", spoilt)
    design = small_design([Variant("v", "v", {"a": {}, "spoilt": {"alpha": 1e-9}})])
    tables = compute_cell(("v", 0, 0), material(), design)
    assert tables["results"][0]["strength"] == "a"
    assert np.isnan(tables["candidates"][1]["validation"])


def test_a_variant_that_diverges_in_some_fold_is_neither_best_nor_tested():
    design = small_design([Variant("none", "none", {"-": {}}), Variant("v", "v", {"a": {}})])
    results = pd.DataFrame(
        [(v, 0, f, "-" if v == "none" else "a", 1, loss, 0.5, 0.5, 0.5, 0.1) for f, v, loss in
         [(0, "none", 0.5), (1, "none", 0.6), (0, "v", 0.1), (1, "v", np.nan)]],
        columns=["variant", "repeat", "fold", "strength", "epochs", *CLASS_SCORES, "fit_seconds"],
    )  # fmt: skip
    candidates = results[["variant", "repeat", "fold", "strength"]].assign(at_the_last_epoch=0)
    tables = {"results": results, "candidates": candidates}
    findings = Findings(material(), design, tables, practical=0.01)
    assert findings.best == "none"
    tested = findings.variants.iloc[0]
    assert tested["verdict"] == "cannot tell"
    assert np.isnan(tested["difference"])


def test_networks_that_all_diverge_end_with_what_to_do_and_keep_what_was_computed(tmp_path):
    wild = clone(SMALL).set_params(optimizer="sgd", learning_rate=1e30)
    options = OPTIONS | {"estimator": wild, "variants": ["l2"], "out": tmp_path}
    for _ in range(2):
        with pytest.raises(StudyError, match=r"diverged.*every variant.*lower learning_rate"):
            compare_regularisers(*rows(), **options)
        results = pd.read_csv(tmp_path / "results.csv")
        assert results["variant"].nunique() == 5
    assert len(json.loads((tmp_path / "study.json").read_text())["runs"]) == 1


def test_a_constant_fold_of_quantities_is_no_divergence():
    """As with scikit-learn's score: none of the spread is explained where there is none."""
    X, _ = rows(40)
    y = np.zeros(40)
    y[:2] = 1.0
    base = DropoutMLPRegressor(hidden_layer_sizes=(8,), batch_size=32)
    design = Design(
        base, {"v": Variant("v", "v", {"a": {}})}, Folds(2, 4, 7), 2, NUMBER_SCORES["r2"]
    )
    choice = choose("v", Material("rows", X, y, ()), design, np.arange(40), 3)
    assert not choice.failed
    assert 2 <= sum((curve == 0).all() for curve in choice.runs["a"].validation) < 4


@pytest.mark.slow
def test_more_repeats_extend_a_finished_comparison(study, tmp_path):
    shutil.copytree(study.out, tmp_path / "more")
    more = compare_regularisers(*rows(), out=tmp_path / "more", **(OPTIONS | {"repeats": 2}))
    kept = more.results[more.results["repeat"] == 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, study.results)  # the seconds, too: nothing ran again
    assert len(more.results) == 2 * len(study.results)


def test_a_finished_comparison_trains_nothing(study, monkeypatch):
    def train(*_):
        raise AssertionError("it trains")

    monkeypatch.setattr("skdropout.training._compiled.CompiledEngine.train", train)
    numbers = {name: np.int64(OPTIONS[name]) for name in ("repeats", "folds", "epochs", "jobs")}
    again = compare_regularisers(
        *rows(), out=study.out, seed=np.int64(7), inner_folds=np.int64(4), **(OPTIONS | numbers)
    )
    pd.testing.assert_frame_equal(again.results, study.results)
    assert repr(again.recommended) == repr(study.recommended)


def test_data_that_are_read_otherwise_are_told_by_what_was_asked(study):
    reading = Reading(drop_columns=("3",))
    with pytest.raises(StudyError, match=r"data changed.*: drop_columns is \[\] there and \['3'\]"):
        compare_regularisers(*rows(), out=study.out, reading=reading, **OPTIONS)


def test_the_folder_has_all_that_the_report_names(study):
    names = {path.name for path in study.out.iterdir()}
    assert {
        "results.csv", "candidates.csv", "curves.csv", "summary.csv", "comparisons.csv",
        "study.json", "report.html", "recommended.py", "differences.png", "strengths.png",
        "epochs.png",
    } <= names  # fmt: skip
    html = study.report.read_text()
    assert all(line in html for line in ("Held fixed:", "inner folds", "recommended.py"))
    assert json.loads((study.out / "study.json").read_text())["arguments"]["repeats"] == 1


def test_a_figure_that_a_report_lacks_does_not_stay_of_an_earlier_one(study, tmp_path):
    out = shutil.copytree(study.out, tmp_path / "out")
    (out / "own.png").touch()
    compare_regularisers(*rows(), out=out, **(OPTIONS | {"variants": {"_mine": {"alpha": [1.0]}}}))
    assert {path.name for path in out.glob("*.png")} == {"differences.png", "epochs.png", "own.png"}


def test_the_curves_are_named_and_their_numbers_written_out():
    design = small_design([Variant("none", "", {"-": {}}), Variant("_mine", "", {"a": {}})])
    curves = pd.DataFrame(
        [(v, 0, e, 1 + 1e-9 * e, 1e-9 * e) for v in design.variants for e in (1, 2, 3)],
        columns=["variant", "fold", "epoch", "validation", "training_loss"],
    )
    figure = draw_epochs(curves, ["none", "_mine"], {"none": 1, "_mine": 2}, design.score)
    to_svg(figure)
    assert [text.get_text().strip() for text in figure.legends[0].get_texts()] == ["none", "_mine"]
    loss = figure.axes[1].yaxis
    assert loss.get_offset_text().get_text() == ""
    ticks = [float(label.get_text().replace("−", "-")) for label in loss.get_ticklabels()]
    assert ticks == pytest.approx(list(loss.get_majorticklocs()))


def test_the_recommended_estimator_is_unfitted_and_is_what_the_program_makes(study):
    namespace = {}
    exec(compile((study.out / "recommended.py").read_text(), "recommended.py", "exec"), namespace)
    made, given = namespace["pipeline"], study.recommended
    assert repr(made) == repr(given)
    assert not hasattr(given[-1], "weights_")
    assert given.fit(*rows()).score(*rows()) > 0.7


def test_the_program_and_the_command_read_a_file_as_it_was_read(tmp_path):
    X, y = rows(60)
    frame = pd.DataFrame(X, columns=[*"abcd"]).assign(e=X[:, 0], y=y)
    frame.loc[3, "a"] = -77
    frame.to_csv(tmp_path / "own.csv", index=False)
    reading = Reading(missing=("-77", "x y"), drop_columns=("e",), header=True)
    table = load_table(tmp_path / "own.csv", "y", reading=reading)
    assert "target=-1)" in Asked(table, {"target": np.int64(-1)}, Reading()).loading
    asked = Asked(table, {"target": "y"}, reading)
    namespace = {}
    exec(asked.loading, namespace)
    pd.testing.assert_frame_equal(namespace["X"], table.features)
    assert asked.command.endswith("--target y --header '--missing=-77,x y' --drop-columns e")


@pytest.mark.parametrize("apart", [True, False])
def test_the_program_prepares_rows_from_python_as_they_were_compared(apart):
    X, y = rows(60)
    frame = pd.DataFrame(X, columns=[*"abcd"]).assign(
        day=pd.date_range("2026-01-01", periods=60).astype(str), same=1, kind=y
    )
    given = (frame.drop(columns="kind"), frame["kind"]) if apart else (frame, None)
    arguments = {"task": "classification"} | ({} if apart else {"target": "kind"})
    reading = Reading(drop_columns=("d",))
    table = load_table(given[0], arguments.get("target"), y=given[1], reading=reading)
    loading = Asked(table, arguments, reading).loading
    namespace = dict(zip(("X", "y") if apart else ("frame",), given, strict=False))
    exec("".join(line for line in loading.splitlines(True) if "= ..." not in line), namespace)
    assert namespace["X"].equals(table.features)
    assert namespace["y"].tolist() == [table.classes[code] for code in table.targets]
    assert "= ...  # the rows that were compared" in loading


def test_the_program_says_where_a_relative_path_begins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"x": range(20), "kind": ["a", "b"] * 10}).to_csv("own.csv", index=False)
    asked = [Asked(load_table(p, "kind"), {}, Reading()) for p in ("own.csv", tmp_path / "own.csv")]
    told = ["folder in which the comparison was started" in one.loading for one in asked]
    assert told == [True, False]


def test_differences_have_the_sign_of_the_score_and_verdicts_that_of_what_is_better(study):
    naive = study.comparisons.set_index("variant").loc["naive"]
    assert naive["difference"] > 0  # a higher log loss
    assert naive["worse"] > naive["better"]
    ours = study.results.pivot(index=["repeat", "fold"], columns="variant", values="log_loss")
    expected = ours["l2"].mean() - ours["none"].mean()
    found = study.comparisons.set_index("variant").loc["l2", "difference"]
    assert found == pytest.approx(expected)


def test_the_question_can_be_asked_again_as_it_is_told(tmp_path):
    path = tmp_path / "my data" / "own.csv"
    path.parent.mkdir()
    pd.DataFrame({"x": range(20), "kind": ["a", "b"] * 10}).to_csv(path, index=False)
    reading = Reading(drop_columns=("z",), header=True)
    data = load_table(path, "kind")
    arguments = {"target": "kind", "variants": ("l2", "dropout_both"), "inner_folds": 2}
    words = shlex.split(Asked(data, arguments, reading).command)
    assert words[:3] == ["skdropout", "compare", str(path)]
    options = vars(_parser().parse_args(words[1:]))
    assert {name: options[name] for name in arguments} == arguments
    assert (options["data"], options["drop_columns"], options["header"]) == (
        str(path), ("z",), True,
    )  # fmt: skip
    own = {"variants": {"narrow": {"dropout": [0.5]}}, "estimator": SMALL}
    said = Asked(data, own, Reading()).command
    assert said.startswith(f"compare_regularisers({str(path)!r}, variants=")
    call = ast.parse(said, mode="eval").body
    assert ast.literal_eval(call.keywords[0].value) == own["variants"]
    assert call.keywords[1].value.func.id == "DropoutMLPClassifier"
    images = load_images(load_digits().images[:60], y=np.arange(60) % 3)
    assert (
        Asked(images, {"repeats": 2}, Reading()).command == "compare_regularisers(X, y, repeats=2)"
    )
    table = load_table(pd.read_csv(path), "kind")
    said = Asked(table, {"target": "kind"}, Reading()).command
    assert said == "compare_regularisers(frame, target='kind')"


def test_a_notebook_shows_the_table_and_the_sentences(study):
    html = study._repr_html_()
    assert "<table>" in html
    assert study.verdict.split("\n\n")[0][:20] in html


@pytest.mark.slow
def test_a_target_of_noise_gets_no_verdict_on_regularisers(tmp_path):
    X, _ = rows(60)
    y = np.random.default_rng(5).integers(2, size=60)
    verdict = compare_regularisers(X, y, out=tmp_path, **OPTIONS).verdict
    assert verdict.startswith("No network is shown to be better than always guessing")
    assert "Recommended" not in verdict


def test_quantities_are_scored_by_rmse_in_their_own_unit(tmp_path):
    X, _ = rows(80)
    y = 1000 + 50 * X[:, 0]
    network = DropoutMLPRegressor(hidden_layer_sizes=(8,), batch_size=32)
    options = OPTIONS | {"estimator": network, "variants": ["l2"]}
    study = compare_regularisers(X, y, out=tmp_path, **options)
    rmse = study.results.set_index("variant").groupby(level=0)["rmse"].mean()
    assert rmse["naive"] == pytest.approx(y.std(), rel=0.1)
    assert rmse["ridge"] < 2
    validation = study.candidates["validation"]
    assert 1 < validation.min() < validation.max() < 70  # of the unit, as the RMSE


@pytest.mark.slow
def test_images_take_the_same_way(tmp_path):
    digits = load_digits()
    few = np.flatnonzero(digits.target < 2)[:300]
    one, two = (
        compare_regularisers(
            digits.images[few], digits.target[few], variants=["dropout_head"], folds=2,
            inner_folds=2, epochs=2, out=tmp_path / str(jobs), jobs=jobs, progress=False,
        ).results
        for jobs in (1, 2)
    )  # fmt: skip
    assert one["variant"].unique().tolist() == [
        "none", "dropout_head", "naive", "logistic_regression",
    ]  # fmt: skip
    assert one["log_loss"].between(0, 2).all()
    # Though convolutions add up in another order on two cores than on one.
    pd.testing.assert_series_equal(one["log_loss"], two["log_loss"], check_exact=True)


@pytest.mark.slow
def test_a_variant_of_ones_own(tmp_path):
    own = {"narrow": {"hidden_layer_sizes": [(8,)], "dropout": [0.0, 0.5]}, "l2": None}
    study = compare_regularisers(*rows(), out=tmp_path, **(OPTIONS | {"variants": own}))
    strengths = study.candidates.groupby("variant", sort=False)["strength"].unique()
    assert list(strengths["narrow"]) == [
        "dropout 0.0, hidden_layer_sizes (8,)", "dropout 0.5, hidden_layer_sizes (8,)",
    ]  # fmt: skip
    assert len(strengths["l2"]) == 4


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"variants": {"mine": {"dropuot": [0.1]}}}, "did you mean dropout"),
        ({"variants": {"mine": 3}}, "expects a parameter grid"),
        ({"variants": {"my own": {"dropout": [0.1]}}}, "letters, digits"),
        ({"variants": {"naive": {"dropout": [0.1]}}}, "and not 'none', 'naive',.*got 'naive'"),
        ({"variants": {"mine": {"epochs": [3]}}}, "inner folds choose.*epochs"),
        ({"variants": {"mine": {"early_stopping": [True]}}}, "inner folds choose.*epochs"),
        ({"variants": {"mine": {"random_state": [3]}}}, "share their seeds.*seed"),
        ({"variants": {"mine": {"label_smoothing": [0.1]}}}, "'mine' has label_smoothing=0.1"),
        ({"folds": 2.0}, r"folds must be a whole number, got 2\.0"),
        ({"estimator": LogisticRegression()}, "expects a DropoutMLPClassifier"),
        ({"estimator": DropoutMLPRegressor()}, "asks for classes"),
    ],
)
def test_unusable_wishes_say_what_to_change(option, message):
    with pytest.raises(StudyError, match=message):
        compare_regularisers(*rows(), **(OPTIONS | option))


def test_rare_classes_name_the_options_that_help():
    X, y = rows(60)
    y[:3] = 2
    with pytest.raises(StudyError, match=r"class '2' .* 3 rows.*--min-class-rows.*--task regress"):
        compare_regularisers(X, y, progress=False)


def test_too_few_quantities_name_the_option_that_helps():
    X, _ = rows(9)
    with pytest.raises(StudyError, match=r"has 9 rows; 5 folds, .* need 20\. .*--folds"):
        compare_regularisers(X, X[:, 0] + 0.5, progress=False)
    X, _ = rows(20)
    with pytest.raises(StudyError, match=r"has 20 rows; 5 folds, .* need 22\. .*--inner-folds"):
        compare_regularisers(X, X[:, 0] + 0.5, inner_folds=17, progress=False)


@settings(max_examples=50)
@given(
    st.lists(st.floats(-1, 1, width=32), min_size=4, max_size=20).filter(
        lambda d: np.std(d) > 1e-3
    ),
    st.floats(0, 0.2),
)
def test_the_probabilities_are_baycomp_s(differences, practical):
    ours = np.array([*differences, *differences[: len(differences) % 2]], dtype=float)
    folds = len(ours) // 2
    found = practical_probabilities(
        ours, np.zeros(len(ours)), practical=practical, test_train_ratio=1 / (folds - 1)
    )
    theirs = baycomp.CorrelatedTTest.probs(ours, np.zeros(len(ours)), rope=practical, runs=2)
    if practical == 0:
        theirs = (theirs[0], 0.0, theirs[1])
    assert [found.better, found.same, found.worse] == pytest.approx(list(theirs), abs=1e-9)


def test_equal_scores_are_the_same_and_a_lack_of_spread_is_no_knowledge():
    assert practical_probabilities([1, 2], [1, 2], practical=0) == Probabilities(0, 1, 0)
    unknown = practical_probabilities([1, 2], [2, 3], practical=0.1)
    assert np.isnan([unknown.better, unknown.same, unknown.worse]).all()


@pytest.mark.parametrize(
    ("found", "p_holm", "advantage", "verdict"),
    [
        ((0.99, 0.01, 0.0), 0.01, 0.1, "better"),
        ((0.0, 0.01, 0.99), 0.01, -0.1, "worse"),
        ((0.99, 0.01, 0.0), 0.2, 0.1, "cannot tell"),  # not after so many looks
        ((0.02, 0.97, 0.01), 0.01, 0.001, "practically the same"),  # real, and of no use
        ((0.3, 0.7, 0.0), 0.01, 0.008, "cannot tell"),
        ((np.nan,) * 3, np.nan, np.nan, "cannot tell"),
    ],
)
def test_the_four_verdicts(found, p_holm, advantage, verdict):
    assert verdict_of(Probabilities(*found), p_holm, advantage) == verdict


def test_scores_of_classes_are_scikit_learn_s_and_survive_an_absent_class():
    y, p = np.array([0, 1, 1, 0]), np.array([[0.8, 0.2], [0.3, 0.7], [0.6, 0.4], [0.9, 0.1]])
    scores = score_classes(y, p)
    assert scores["log_loss"] == pytest.approx(log_loss(y, p))
    assert (scores["accuracy"], scores["balanced_accuracy"], scores["roc_auc"]) == (0.75, 0.75, 1)
    assert np.isnan(score_classes(np.zeros(4, int), p)["roc_auc"])


@pytest.mark.parametrize("y", [[1.0, 2.0, 4.0], [0.1, 0.1, 0.1], [0.25, 0.25, 0.25]])
@pytest.mark.parametrize("guess", [0.25, 1.0])
def test_the_r2_of_quantities_is_scikit_learn_s(y, guess):
    # The mean of three tenths is no tenth: scikit-learn takes that rounding for spread.
    expected = 0 if y[0] == 0.1 else r2_score(y, np.full(3, guess))
    assert score_numbers(np.array(y), np.full(3, guess))["r2"] == pytest.approx(expected)


def test_what_is_too_small_to_matter_goes_by_what_there_is_to_win():
    scale = CLASS_SCORES["log_loss"].scale
    assert scale(np.arange(90) % 2) == pytest.approx(1)
    assert scale(np.arange(90) % 3) == 1  # a bit and a half
    rare = np.arange(100) == 0
    guess = log_loss(rare, np.full(100, 0.01))
    assert scale(rare) == pytest.approx(guess / np.log(2))
    assert CLASS_SCORES["accuracy"].scale(rare) == NUMBER_SCORES["r2"].scale(rows()[0]) == 1
    assert NUMBER_SCORES["rmse"].scale(np.array([3.0, 7.0])) == 2


@pytest.mark.parametrize("practical", [np.nan, np.inf])
def test_a_practical_difference_must_be_a_number(practical):
    with pytest.raises(StudyError, match="practical must be a finite number"):
        compare_regularisers(*rows(), **(OPTIONS | {"practical": practical}))


def test_choosing_takes_the_weakest_of_equal_strengths_and_the_earliest_epoch():
    design = small_design([Variant("v", "v", {"weak": {}, "same": {}})])
    data = material()
    choice = choose("v", data, design, np.arange(80), 3)
    assert choice.strength == "weak"
    assert choice.epochs == int(choice.runs["weak"].validation.mean(axis=0).argmin()) + 1


def test_epochs_of_the_same_accuracy_are_told_apart_by_their_loss():
    """Else the first of them, hardly trained, would be taken."""
    _, y = rows()
    X = np.where(y[:, np.newaxis] == 1, 3.0, -3.0) + material().X
    design = small_design([Variant("v", "v", {"-": {}})], epochs=12, score="accuracy")
    choice = choose("v", Material("rows", X, y, ("0", "1")), design, np.arange(80), 3)
    accuracy = choice.runs["-"].validation.mean(axis=0)
    assert accuracy[5:].tolist() == [1.0] * 7
    assert choice.epochs == 12


def test_inner_networks_train_together_until_their_mean_curve_has_turned():
    """Were each to stop alone, the ends of the others' curves would decide on late epochs."""
    wild = {"learning_rate": 0.2, "hidden_layer_sizes": (8,)}
    design = small_design([Variant("v", "v", {"fast": wild, "slow": {}})], epochs=40)
    choice = choose("v", material(), design, np.arange(80), 3)
    for runs in choice.runs.values():
        n_epochs = runs.validation.shape[1]
        turned = n_epochs - 1 - runs.validation.mean(axis=0).argmin() >= 5
        assert turned or n_epochs == 40
        assert n_epochs % 10 == 0
    assert choice.runs["fast"].validation.shape[1] < 40
