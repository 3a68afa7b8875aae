"""The CIFAR-100 study from end to end, small, and what it makes of its numbers."""

import json
import re

import images_toy as toy
import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from skdropout.studies import StudyError, paired_test, repeat_cifar100
from skdropout.studies.designing import Draws, Material
from skdropout.studies.published._cifar100_findings import (
    EVERYWHERE,
    compare_variants,
    conclude_conditions,
    guessing,
    summarise_variants,
)
from skdropout.studies.published._cifar100_networks import (
    CONDITIONS,
    PLACEMENTS,
    PUBLISHED,
    VARIANTS,
    build_network,
    compute_variant,
    design_cifar100,
)
from skdropout.studies.published._cifar100_page import draw_curves
from skdropout.studies.reading import load_images


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return toy.run(tmp_path_factory.mktemp("images"))


def test_there_is_a_row_for_every_epoch(study):
    results = study.results
    assert list(results.columns) == [
        "variant", "placement", "condition", "seed", "epoch",
        "training_loss", "validation_loss", "validation_accuracy", "seconds",
    ]  # fmt: skip
    assert results[["variant", "seed", "epoch"]].to_numpy().tolist() == [
        [variant, seed, number]
        for seed in (0, 1)
        for variant in ("nothing", "dropout_0.5")
        for number in (1, 2)
    ]
    assert np.isfinite(results.select_dtypes("number")).all(axis=None)


def test_a_row_can_be_had_from_the_estimator_alone(study):
    """Retrain the second seed of one variant by hand."""
    images = load_images("digits")
    seed = int(np.random.SeedSequence([1, PLACEMENTS.index("after_pooling")]).generate_state(1)[0])
    X, _, y, _ = train_test_split(
        images.X, images.y, train_size=200, stratify=images.y, random_state=seed
    )
    network = build_network(("nothing", "after_pooling", "standardised", 1), toy.design())
    assert network.random_state == seed
    network.fit(X, y)
    last = study.results.query("variant == 'nothing' and seed == 1").iloc[-1]
    assert network.score(images.X_val, images.y_val) == pytest.approx(last["validation_accuracy"])


def test_an_interrupted_study_goes_on_to_the_same_numbers(study, tmp_path, capsys):
    for name in ("study.json", "checksums.csv"):
        (tmp_path / name).write_bytes((study.out / name).read_bytes())
    lines = (study.out / "results.csv").read_text().splitlines(keepends=True)
    (tmp_path / "results.csv").write_text("".join(lines[:6]))  # the last of these lacks an epoch
    again = toy.run(tmp_path, progress=True)
    said = capsys.readouterr().err
    assert "Dropped 3 unfinished or damaged lines" in said
    assert "2 fits of 2 epochs: about" in said
    pd.testing.assert_frame_equal(
        again.results.drop(columns="seconds"), study.results.drop(columns="seconds")
    )


def test_the_folder_holds_what_it_promises(study):
    html = study.report.read_text(encoding="utf-8")
    assert html.count("<svg") == 1
    assert not re.findall(r"(?:src|href)\s*=\s*[\"'](?!#)", html)
    again = "skdropout study cifar100 --train-size 200 --validation-size 360 --epochs 2 --seeds 2"
    assert again in html
    assert (study.out / "standardised.png").read_bytes().startswith(b"\x89PNG")
    description = json.loads((study.out / "study.json").read_text())
    assert description["arguments"]["placements"] == ["after_pooling"]
    assert "dropout 0.5" in study.verdict
    assert "Standardised inputs" in str(study)


def test_the_networks_are_the_published_ones():
    published = design_cifar100(Draws(50_000), 16, "float32", "compiled")
    for variant, place in [("batch_norm", "before_activation"), ("dropout_0.3", "after_pooling")]:
        network = build_network((variant, place, "as_published", 0), published)
        parameters = network.get_params()
        assert parameters["filters"] == (60, 60, 60, 60, 100)
        assert (parameters["convs_per_block"], parameters["kernel_size"]) == (2, 3)
        assert (parameters["dense_units"], parameters["head_dropout"]) == (1000, 0.5)
        assert (parameters["optimizer"], parameters["learning_rate"]) == ("rmsprop", 0.001)
        assert (parameters["batch_size"], parameters["epochs"]) == (80, 16)
        assert parameters["batch_norm_momentum"] == 0.99
        assert parameters["placement"] == place
        assert parameters["rescale"] == "center"
        assert parameters["batch_norm"] == (variant == "batch_norm")
        assert parameters["conv_dropout"] == (0.3 if variant == "dropout_0.3" else 0.0)
    assert PUBLISHED["after_pooling"]["dropout_0.3"] == 0.17


def test_a_network_that_diverges_is_a_result(monkeypatch):
    class Diverging:
        random_state, epochs = 0, 3

        def fit(self, *data, **options):
            raise FloatingPointError("the loss became nan")

    monkeypatch.setattr(
        "skdropout.studies.published._cifar100_networks.build_network", lambda *_: Diverging()
    )
    images = Material("images", np.zeros((4, 8, 8, 1)), np.arange(4), tuple("abcd"))
    cell = ("dropout_0.5", "after_pooling", "as_published", 0)
    tables = compute_variant(cell, images, images, toy.design(train_size=4, epochs=3))
    rows = pd.DataFrame(tables["results"])
    assert rows["epoch"].tolist() == [1, 2, 3]
    assert rows["validation_accuracy"].isna().all()
    assert summarise_variants(rows, 4)["accuracy"].tolist() == [1 / 4]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"placements": ["after_poling"]}, "did you mean after_pooling"),
        ({"variants": ["dropout"]}, "did you mean dropout_0"),
        ({"conditions": []}, "at least one of as_published, standardised"),
        ({"seeds": 0}, "seeds must be at least 1"),
        ({"epochs": -2}, "epochs must be at least 1"),
        ({"epochs": 1.5}, "epochs must be a whole number, got 1.5"),
        ({"train_size": 0}, "train_size must be at least 1"),
        ({"precision": "float16"}, "did you mean .*float"),
    ],
)
def test_arguments_out_of_range_are_refused(option, message):
    with pytest.raises(StudyError, match=message):
        repeat_cifar100(**option)


@pytest.mark.parametrize("size", [5, 1437 - 3])
def test_training_images_must_leave_and_have_some_of_each_class(size):
    y = load_images("digits").y
    with pytest.raises(StudyError, match="between 10 and 1427, or be all of the 1437"):
        Draws(size).check("digits", y, 10)
    Draws(1437).check("digits", y, 10)


def test_training_images_are_drawn_by_class():
    y = load_images("digits").y
    rows = Draws(200).rows(y, seed=3)
    assert len(set(rows)) == 200
    assert abs(np.bincount(y[rows]) - 200 * np.bincount(y) / len(y)).max() < 1
    assert rows.tolist() != Draws(200).rows(y, seed=4).tolist()


def made_up(effects, seeds=3):
    """Results in which each variant's best accuracy is known, whatever the placement adds."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        [
            {"variant": variant, "placement": place, "condition": condition, "seed": seed,
             "epoch": number, "validation_loss": 1.0,
             "validation_accuracy": 0.5 + effects[condition][variant] + 0.1 * p
             + rng.normal(0, 0.004) - 0.1 * (number == 2)}
            for seed in range(seeds)
            for condition in effects
            for p, place in enumerate(PLACEMENTS)
            for variant in effects[condition]
            for number in (1, 2, 3)
        ]
    )  # fmt: skip


EFFECTS = {
    "as_published": dict(zip(VARIANTS, (0.0, 0.2, -0.1, -0.3, -0.4), strict=True)),
    "standardised": dict(zip(VARIANTS, (0.0, 0.2, 0.0, 0.1, -0.2), strict=True)),
}


def test_the_summary_stands_beside_the_published_table():
    summary = summarise_variants(made_up(EFFECTS), 100)
    assert len(summary) == 30
    row = summary.query("placement == 'after_activation' and variant == 'batch_norm'").iloc[0]
    assert row["accuracy"] == pytest.approx(0.8, abs=0.02)
    assert (row["seeds"], row["published"]) == (3, 0.46)


def test_differences_are_tested_over_seeds_within_placements():
    results = made_up(EFFECTS)
    comparisons = compare_variants(results, 100)
    assert comparisons.groupby(["condition", "placement"]).size().tolist() == [10] * 8
    best = results.groupby(["condition", "placement", "seed", "variant"])["validation_accuracy"]
    scores = best.max().unstack().loc["as_published"]
    expected = paired_test(
        scores["batch_norm"], scores["nothing"], groups=scores.index.get_level_values("placement")
    )
    row = comparisons.query(
        "condition == 'as_published' and placement == @EVERYWHERE and variant == 'batch_norm'"
    ).iloc[0]
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))
    assert row["n_pairs"] == 9


def verdicts_on(results, guess=0.05):
    summary = summarise_variants(results, 100)
    return conclude_conditions(compare_variants(results, 100), summary, guess)


def test_the_verdict_says_what_each_variant_does():
    published, standardised = verdicts_on(made_up(EFFECTS))
    assert published.startswith("With the inputs as published (centred, not scaled), dropout in ")
    assert "helps at no rate tried" in published
    assert "helps at 0.3. Against nothing" in standardised
    assert "batch normalisation helps (+" in published
    assert published.count("hurts") == 3
    assert "dropout 0.1 makes no difference that shows" in standardised
    assert "dropout 0.3 helps" in standardised
    assert "dropout 0.5 hurts" in standardised


def test_what_has_learnt_nothing_gets_no_verdict():
    """At 0.35 and below everything could be a guess: with the rate 0.5, and with 0.3 as well."""
    published, _ = verdicts_on(made_up(EFFECTS), guess=0.35)
    assert "with dropout 0.3 nothing is learnt (−" in published
    assert "with dropout 0.5 nothing is learnt (−" in published
    assert "dropout 0.1 hurts" in published
    for verdict in verdicts_on(made_up(EFFECTS), guess=0.99):
        assert "has learnt nothing" in verdict
        assert not re.search("helps|hurts", verdict)


def test_a_guess_may_be_right_by_luck():
    """Half the images are of one class: two standard errors of 100 draws are 0.1."""
    assert guessing(np.repeat(np.arange(4), [50, 25, 15, 10])) == pytest.approx(0.6)


def test_one_seed_is_no_evidence():
    (verdict,) = verdicts_on(made_up({"as_published": EFFECTS["as_published"]}, seeds=1))
    assert "helps" not in verdict
    assert "no evidence" in verdict


def test_seeds_that_agree_to_the_row_are_no_evidence_either():
    results = made_up(EFFECTS, seeds=2)
    one_seed = results[results["seed"] == 0]
    verdicts = verdicts_on(pd.concat([one_seed, one_seed.assign(seed=1)]))
    assert all("helps" not in verdict and "no evidence" in verdict for verdict in verdicts)


def test_one_variant_leaves_nothing_to_compare():
    results = made_up({condition: {"nothing": 0.0} for condition in CONDITIONS})
    assert "Nothing to compare" in verdicts_on(results)[0]
    assert EVERYWHERE not in set(compare_variants(results, 100)["placement"])


def test_every_curve_lies_inside_its_panel():
    """Panels of a column share their scale, which the first one must not fix for the others."""
    rows = [
        {"condition": "standardised", "placement": place, "variant": "nothing", "seed": 0}
        | {"epoch": number, "validation_accuracy": height * number, "validation_loss": 1 / height}
        for place, height in [("before_activation", 0.1), ("after_pooling", 0.4)]
        for number in (1, 2)
    ]
    figure = draw_curves(pd.DataFrame(rows), "standardised")
    for panel in figure.axes:
        low, high = panel.get_ylim()
        for line in panel.lines:
            assert low <= min(line.get_ydata()) <= max(line.get_ydata()) <= high
    assert figure.axes[0].get_ylim()[0] == 0
