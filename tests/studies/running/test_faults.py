"""Killed workers, full disks, closed streams, strangers' files: one line each, and nothing lost."""

import errno
import io
import json
import os
import re
import sys
import time
from ast import literal_eval
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import studies_toy as toy

from skdropout.studies import StudyError
from skdropout.studies.reporting import Conclusion, write_conclusion
from skdropout.studies.running import duration, folder_of, notes_on, run_plan
from skdropout.studies.running._description import read_description


@pytest.mark.parametrize(("jobs", "cores"), [(2, None), (1, 1)])
def test_a_killed_worker_is_replaced_and_nothing_lost(tmp_path, capsys, jobs, cores):
    expected = run_plan(toy.plan(), tmp_path / "alone", progress=False)
    plan = replace(toy.plan(folder=tmp_path, pause=0.02, cores=cores), compute=toy.fatal_once)
    found = run_plan(plan, tmp_path / "out", jobs=jobs)
    for name, table in expected.items():
        pd.testing.assert_frame_equal(found[name], table, check_exact=True)
    assert "A worker was killed; the fits that it was at are computed again." in (
        capsys.readouterr().err
    )
    calls = Counter((tmp_path / "calls.txt").read_text().splitlines())
    assert calls["a,2"] == 1  # it was killed before it noted the first call
    assert sum(calls.values()) <= 12 + 3  # what was under way, or waiting in a worker, and no more


def test_workers_stay_whose_memory_grows(tmp_path):
    """As it does by compiled programs, which joblib takes for a leak from 300 MB on."""

    def compute(cell, *data):
        held = vars(sys).setdefault("held", [])
        held.append(np.ones(45_000_000 if len(held) == 1 else 1))
        time.sleep(1.05)  # joblib looks at the memory once a second
        with (tmp_path / "workers.txt").open("a") as file:
            print(os.getpid(), file=file)
        return toy.compute(cell, *data)

    run_plan(replace(toy.plan(3), compute=compute), tmp_path / "out", jobs=2, progress=False)
    workers = Counter((tmp_path / "workers.txt").read_text().split())
    assert len(workers) <= 2
    assert sum(workers.values()) == 6


@pytest.mark.slow
def test_workers_that_die_again_and_again_end_the_study_in_one_line(tmp_path):
    plan = replace(toy.plan(folder=tmp_path), compute=toy.fatal)
    with pytest.raises(StudyError, match=r"killed 3 times in a row.*fewer jobs"):
        run_plan(plan, tmp_path / "out", jobs=2, progress=False)
    again = run_plan(toy.plan(), tmp_path / "out", progress=False)
    assert len(again["results"]) == 24


def test_memory_that_runs_out_is_said_with_its_cell(tmp_path):
    def compute(cell, *data):
        np.empty(1 << 60, np.uint8)

    plan = replace(toy.plan(), compute=compute)
    with pytest.raises(StudyError, match=r"name b, number 0: the memory ran out.*fewer jobs"):
        run_plan(plan, tmp_path, progress=False)


@pytest.mark.parametrize("name", ["results.csv", "study.json", "checksums.csv"])
def test_a_full_disk_is_named_and_loses_nothing(tmp_path, monkeypatch, name):
    expected = run_plan(toy.plan(), tmp_path / "alone", progress=False)
    out = tmp_path / "out"
    open_, writes = Path.open, []

    def full(path, mode="r", *rest, **options):
        if path.name.removesuffix(".partial") == name and mode in ("ab", "wb"):
            writes.append(path)
            if len(writes) > 1:
                raise OSError(errno.ENOSPC, "No space left on device")
        return open_(path, mode, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        runs = (run_plan(toy.plan(), out, progress=False) for _ in range(4))
        with pytest.raises(StudyError, match=rf"{name} cannot be written \(No space"):
            list(runs)
    found = run_plan(toy.plan(), out, progress=False)
    for table, frame in expected.items():
        pd.testing.assert_frame_equal(found[table], frame, check_exact=True)


def test_a_disk_that_is_full_within_a_cell_is_named_too(tmp_path):
    def compute(cell, *data):
        raise OSError(errno.ENOSPC, "No space left on device", "unfinished/fit.npz")

    plan = replace(toy.plan(), compute=compute)
    with pytest.raises(StudyError, match=r"fit\.npz cannot be written \(No space"):
        run_plan(plan, tmp_path, progress=False)


def test_a_folder_that_cannot_be_written_is_refused_by_what_to_do(tmp_path):
    (tmp_path / ".lock").mkdir()  # no right to write would not stop root
    with pytest.raises(StudyError, match=r"cannot be a folder to write to \(.*another one \(--out"):
        run_plan(toy.plan(), tmp_path, progress=False)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errno.EAGAIN, "Another process is computing"),
        (errno.EACCES, "Another process is computing"),
        (errno.ENOLCK, r"cannot be locked \(.*another file system \(--out"),
        (errno.EOPNOTSUPP, r"cannot be locked \(.*another file system \(--out"),
    ],
)
def test_waiting_is_advised_only_where_another_process_has_the_folder(
    tmp_path, monkeypatch, error, said
):
    def refuse(*file_and_mode):
        raise OSError(error, os.strerror(error))

    locking = "msvcrt.locking" if sys.platform == "win32" else "fcntl.flock"
    monkeypatch.setattr(locking, refuse)
    with pytest.raises(StudyError, match=said):
        run_plan(toy.plan(), tmp_path, progress=False)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


class Broken(io.StringIO):
    """A stream whose other end is gone."""

    def write(self, *text):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    flush = write


class Ascii(io.TextIOWrapper):
    def __init__(self):
        super().__init__(io.BytesIO(), encoding="ascii", errors="strict")


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [lambda: None, closed, Broken, Ascii])
def test_a_standard_error_that_nobody_reads_ends_nothing(tmp_path, monkeypatch, stream):
    plan = replace(toy.plan(), announce=lambda missing: "Räksmörgås: 12 × 1 s")
    run_plan(plan, tmp_path, progress=False)
    damaged = tmp_path / "results.csv"
    damaged.write_bytes(damaged.read_bytes()[:-9])
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stream())
        tables = run_plan(plan, tmp_path)
    assert len(tables["results"]) == 24


@pytest.mark.parametrize("name", ["report.html", "summary.csv", "accuracy.png"])
def test_files_of_others_are_left_alone(tmp_path, name):
    (tmp_path / name).write_text("precious")
    with pytest.raises(StudyError, match=rf"has {name} but no study\.json.*another folder"):
        run_plan(toy.plan(), tmp_path, progress=False)
    assert [path.name for path in tmp_path.iterdir() if path.name != ".lock"] == [name]
    assert (tmp_path / name).read_text() == "precious"


def with_data(**data):
    plan = toy.plan()
    return replace(plan, identity={**plan.identity, "data": data})


def test_changed_data_are_called_so(tmp_path):
    run_plan(with_data(rows=208, sha256="a" * 64), tmp_path, progress=False)
    with pytest.raises(StudyError) as caught:
        run_plan(with_data(rows=209, sha256="b" * 64), tmp_path, progress=False)
    assert str(caught.value).startswith(f"The data changed since the study in {tmp_path}: ")
    assert "rows is 208 there and 209 now" in str(caught.value)
    assert not re.search("a{9}", str(caught.value))


def test_results_of_other_versions_are_marked(tmp_path, capsys):
    run_plan(toy.plan(2), tmp_path, progress=False)
    assert notes_on(tmp_path) == []
    path = tmp_path / "study.json"
    study = json.loads(path.read_text())
    now = study["runs"][0]["versions"]["numpy"]
    study["runs"][0]["versions"]["numpy"] = "1.0"
    path.write_text(json.dumps(study))
    run_plan(toy.plan(2), tmp_path)  # computes nothing, so nothing is mixed
    assert notes_on(tmp_path) == []
    run_plan(toy.plan(3), tmp_path)
    (said,) = notes_on(tmp_path)
    assert said in capsys.readouterr().err
    assert said.endswith(f"different versions of packages: numpy 1.0 and {now}.")


def test_two_files_of_one_name_have_a_folder_each(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = []
    for file in ("/a/iris.csv", "/b/iris.csv", "/a/iris.csv", "/c/iris.tsv"):
        folder = folder_of(None, "compare", Path(file).name, file)
        run_plan(replace(toy.plan(1, file=file), source=file), folder, progress=False)
        folders.append(str(folder))
    assert folders == [f"skdropout-compare-iris{end}" for end in ("", "-2", "", "-3")]
    assert folder_of("here", "compare", "iris.csv", "/d/iris.csv") == Path("here")
    with pytest.raises(StudyError, match="out is empty"):
        folder_of(" ", "compare", "iris.csv")


def test_data_without_a_file_and_a_file_have_a_folder_each(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = []
    for name, file in [("table", ""), ("table.csv", "/a/table.csv"), ("table", "")]:
        data = {"name": name, "sha256": 64 * "x"}
        folder = folder_of(None, "compare", name, file, data)
        plan = replace(toy.plan(1), identity={"study": name, "data": data}, source=file)
        run_plan(plan, folder, progress=False)
        folders.append(str(folder))
    assert folders == [f"skdropout-compare-table{end}" for end in ("", "-2", "")]


def test_a_name_that_is_no_text_is_kept_as_it_is(tmp_path):
    strange = "t\udce4st.csv"  # a byte of Latin-1, as Python tells it
    plan = replace(toy.plan(1, file=strange), source=f"/{strange}")
    for _ in range(2):
        run_plan(plan, tmp_path, progress=False)
    assert read_description(tmp_path)["source"] == f"/{strange}"
    empty, files = pd.DataFrame(), {"own.py": f"'{strange}'"}
    write_conclusion(tmp_path, Conclusion([], empty, empty, [], {}, strange, files))
    assert literal_eval((tmp_path / "own.py").read_text()) == strange


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(3, "3 s"), (100, "2 min"), (7199, "2 h 0 min"), (7200 + 60 * 5, "2 h 5 min")],
)
def test_lengths_of_time_are_said_as_people_do(seconds, said):
    assert duration(seconds) == said


def test_a_file_that_was_moved_with_its_folder_is_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = []
    for place, content in zip(["a", "b", "c", "c/flat", "a", "d"], "xyyyzx", strict=True):
        file = f"/{place}/iris.{'tsv' if place == 'c/flat' else 'csv'}"
        name, data = Path(file).name, {"name": Path(file).name, "sha256": 64 * content}
        folder = folder_of(None, "compare", name, file, data)
        plan = replace(toy.plan(1), identity={"study": name, "data": data}, source=file)
        with suppress(StudyError):  # of data that changed in their place
            run_plan(plan, folder, progress=False)
        folders.append(str(folder).removeprefix("skdropout-compare-iris"))
    assert folders == ["", "-2", "-2", "-3", "", ""]
    edited = Path("skdropout-compare-edited")
    edited.mkdir()
    (edited / "study.json").write_text('{"study": "compare edited.csv", "data": 3}')
    assert folder_of(None, "compare", "edited.csv", "/d/edited.csv", data) == edited
