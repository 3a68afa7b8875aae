"""A finished study is extended by more repeats, and asked again for fewer."""

import json
from collections import Counter
from dataclasses import replace

import images_toy
import pandas as pd
import pytest
import studies_toy as toy

from skdropout import DropoutMLPClassifier
from skdropout.studies import StudyError
from skdropout.studies.compared._planning import TABLES, design_comparison, plan_comparison
from skdropout.studies.compared._recommended import plan_recommendation
from skdropout.studies.designing import material_of
from skdropout.studies.published._cifar100_networks import CONDITIONS
from skdropout.studies.published._sonar_study import Sonar, design_sonar
from skdropout.studies.reading import load_table
from skdropout.studies.running import run_plan


def run(n, out, calls):
    tables = run_plan(toy.plan(n, folder=calls), out, progress=False)
    return tables, Counter((calls / "calls.txt").read_text().splitlines())


def numbers(tables):
    return {name: set(table["number"]) for name, table in tables.items()}


def test_more_repeats_compute_only_what_is_new(tmp_path):
    alone = run_plan(toy.plan(5), tmp_path / "alone", progress=False)
    _, before = run(3, tmp_path / "out", tmp_path)
    tables, after = run(5, tmp_path / "out", tmp_path)
    assert set(after - before) == {"b,3", "a,3", "b,4", "a,4"}
    assert set(after.values()) == {1}
    for name, table in alone.items():
        pd.testing.assert_frame_equal(tables[name], table, check_exact=True)
        written = [(tmp_path / out / f"{name}.csv").read_text() for out in ("alone", "out")]
        assert written[0] == written[1]


def test_fewer_repeats_report_on_these_and_lose_none(tmp_path):
    whole, before = run(5, tmp_path / "out", tmp_path)
    files = {path.name: path.read_text() for path in (tmp_path / "out").glob("*.csv")}
    fewer, after = run(2, tmp_path / "out", tmp_path)
    assert after == before
    assert numbers(fewer) == {"curves": {0, 1}, "results": {0, 1}}
    assert {path.name: path.read_text() for path in (tmp_path / "out").glob("*.csv")} == files
    again, after = run(5, tmp_path / "out", tmp_path)
    assert after == before
    for name, table in whole.items():
        pd.testing.assert_frame_equal(again[name], table, check_exact=True)


def test_the_bar_counts_what_was_asked_for(tmp_path, capsys):
    run(4, tmp_path / "out", tmp_path)
    run_plan(toy.plan(2, folder=tmp_path), tmp_path / "out")
    assert "4/4" in capsys.readouterr().err


KINDS = {"a": {"rate": [0.1, 0.2]}, "b": {"rate": [0.3]}}


def with_kinds(*names, folder=None, n=2, **arguments):
    """Plan the cells of some kinds, each with a definition."""
    kinds = {name: KINDS[name] for name in names} | arguments.pop("defined", {})
    plan = toy.plan(n, folder=folder, kinds=kinds, **arguments)
    cells = [cell for cell in plan.cells if cell[0] in kinds]
    return replace(plan, cells=cells, growing=("n", "kinds"))


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def recorded(folder):
    return json.loads((folder / "study.json").read_text())["arguments"]["kinds"]


def test_fewer_kinds_lose_none_and_more_compute_only_what_is_new(tmp_path):
    out = tmp_path / "out"
    run_plan(with_kinds("a", folder=tmp_path), out, progress=False)
    whole = run_plan(with_kinds("b", "a", folder=tmp_path), out, progress=False)
    fewer = run_plan(with_kinds("b", folder=tmp_path), out, progress=False)
    assert set(fewer["results"]["name"]) == {"b"}
    assert recorded(out) == KINDS
    again = run_plan(with_kinds("b", "a", folder=tmp_path), out, progress=False)
    calls = Counter((tmp_path / "calls.txt").read_text().splitlines())
    assert calls == Counter(["a,0", "a,1", "b,0", "b,1"])
    for name, table in whole.items():
        pd.testing.assert_frame_equal(again[name], table, check_exact=True)


def test_one_name_for_two_definitions_is_refused(tmp_path):
    run_plan(with_kinds("a", "b"), tmp_path, progress=False)
    run_plan(with_kinds("b"), tmp_path, progress=False)
    files = contents(tmp_path)
    other = with_kinds("b", defined={"a": {"rate": [0.1, 0.9]}})
    with pytest.raises(StudyError) as caught:
        run_plan(other, tmp_path, progress=False)
    said = "arguments.kinds.a is {'rate': [0.1, 0.2]} there and {'rate': [0.1, 0.9]} now"
    assert said in str(caught.value)
    assert contents(tmp_path) == files


def test_a_folder_that_depends_on_more_is_refused_and_keeps_its_files(tmp_path):
    run_plan(toy.plan(2, rate=0.2), tmp_path, progress=False)
    files = contents(tmp_path)
    with pytest.raises(StudyError, match=r"arguments\.rate is 0\.2 there and not given now"):
        run_plan(toy.plan(2), tmp_path, progress=False)
    assert contents(tmp_path) == files


def test_arguments_that_somebody_has_edited_are_refused(tmp_path):
    (tmp_path / "study.json").write_text('{"study": "toy", "arguments": 3}')
    with pytest.raises(StudyError, match=r"arguments is 3 there.*another folder"):
        run_plan(with_kinds("a", rate=0.5), tmp_path, progress=False)


def test_data_that_are_read_otherwise_are_refused_only_where_they_differ(tmp_path):
    def read(target, content):
        identity = {"study": "toy", "data": {"sha256": content * 64}, "reading": {"target": target}}
        return replace(toy.plan(2, folder=tmp_path), identity=identity)

    for target in ("kind", "-1"):
        run_plan(read(target, "a"), tmp_path / "out", progress=False)
    assert len((tmp_path / "calls.txt").read_text().splitlines()) == 4
    with pytest.raises(StudyError, match=r"data changed.*: target is '-1' there and 'x' now; data"):
        run_plan(read("x", "b"), tmp_path / "out", progress=False)


def test_a_refusal_names_a_few_of_many_differences(tmp_path):
    run_plan(toy.plan(2, **{f"rate_{i}": 0 for i in range(20)}), tmp_path, progress=False)
    with pytest.raises(StudyError, match=r"rate_2 is 0 there and 1 now; and 17 more\.") as caught:
        run_plan(toy.plan(2, **{f"rate_{i}": 1 for i in range(20)}), tmp_path, progress=False)
    assert "rate_3" not in str(caught.value)


def compared(variants, repeats=1):
    """Plan a comparison."""
    table = load_table("sonar")
    material = material_of(table)
    design = design_comparison(
        material, defaults=TABLES, estimator=DropoutMLPClassifier(), variants=variants, folds=2,
        inner_folds=2, seed=7, epochs=1, scoring=None, engine="compiled", precision=None,
    )  # fmt: skip
    return plan_comparison(material, design, repeats=repeats, data=table, reading={}, jobs=1)


def stand_in(cell, material, design):
    """Give a row of each table, and train nothing."""
    rows = {"curves": {"epoch": 1}, "candidates": {"strength": "-"}, "results": {"strength": "-"}}
    schemas = compared(None).schemas
    key = dict(zip(("variant", "repeat", "fold"), cell, strict=True))
    return {name: [dict.fromkeys(schema, 0) | rows[name] | key] for name, schema in schemas.items()}


def test_a_comparison_may_grow_and_shrink(tmp_path):
    own = {"l2": None, "mine": {"dropout": [0.1]}}
    small, large = compared(own), compared({**own, "dropout_hidden": None}, repeats=2)
    assert set(small.cells) < set(large.cells)
    run_plan(replace(large, compute=stand_in), tmp_path, progress=False)
    files = contents(tmp_path)
    fewer = run_plan(replace(small, compute=stand_in), tmp_path, progress=False)
    assert len(fewer["results"]) == len(small.cells)
    for table in small.schemas:
        kept, before = (c[f"{table}.csv"].splitlines() for c in (contents(tmp_path), files))
        assert sorted(kept) == sorted(before)
    with pytest.raises(StudyError, match=r"variants\.mine is .*0\.1.* there and .*0\.3.* now"):
        run_plan(compared({"mine": {"dropout": [0.3]}}), tmp_path, progress=False)


def test_a_comparison_leaves_a_program_of_that_name_alone(tmp_path):
    program = tmp_path / "recommended.py"
    program.write_text("precious")
    with pytest.raises(StudyError, match=r"has recommended\.py but no study\.json"):
        run_plan(replace(compared(["l2"]), compute=stand_in), tmp_path, progress=False)
    assert program.read_text() == "precious"


def test_earlier_recommendations_stay(tmp_path):
    choose = lambda cell, *_: {"choice": [{"variant": cell[0], "strength": "-", "epochs": 3}]}  # noqa: E731
    for variants, name in ((["l2", "max_norm"], "max_norm"), (["l2"], "l2")):
        plan = replace(plan_recommendation(compared(variants), name), compute=choose)
        (choice,) = run_plan(plan, tmp_path, progress=False)["choice"].to_dict("records")
        assert choice["variant"] == name
    assert {line.split(",")[0] for line in (tmp_path / "choice.csv").read_text().split()} == {
        "variant", "max_norm", "l2",
    }  # fmt: skip


def planned(name, **arguments):
    if name == "digits":
        wishes = {"seeds": 1, "variants": ["nothing"], "conditions": ["as_published"]}
        return images_toy.study(**{**wishes, **arguments}).plan
    return Sonar(load_table("sonar"), design_sonar(2, 7, 1, "compiled"), **arguments).plan


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("sonar", {"repeats": 2}),
        ("digits", {"seeds": 2, "placements": ["before_activation", "after_pooling"]}),
        ("digits", {"variants": ["nothing", "dropout_0.1"], "conditions": list(CONDITIONS)}),
    ],
)
def test_the_published_studies_may_grow(name, more):
    """What grows adds cells, and nothing else changes."""
    one = {"repeats": 1} if name == "sonar" else {}
    small, large = planned(name, **one), planned(name, **more)
    assert set(small.cells) < set(large.cells)
    assert set(more) <= set(large.growing)
    identities = [dict(plan.identity) for plan in (small, large)]
    fixed = [
        {k: v for k, v in identity.pop("arguments").items() if k not in large.growing}
        for identity in identities
    ]
    assert identities[0] == identities[1]
    assert fixed[0] == fixed[1]


def test_a_cell_may_have_no_row_at_all(tmp_path):
    plan = toy.plan(2)
    empty = lambda cell, *_: {} if cell == ("b", 1) else toy.compute(cell, *plan.data)  # noqa: E731
    for _ in range(2):
        tables = run_plan(replace(plan, compute=empty), tmp_path, progress=False)
        assert len(tables["results"]) == 6
