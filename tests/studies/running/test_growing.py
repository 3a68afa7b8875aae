"""A finished study is extended by more repeats, and asked again for fewer."""

from collections import Counter
from dataclasses import replace

import images_toy
import pandas as pd
import pytest
import studies_toy as toy

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
