"""A study can be stopped in any way and goes on, losing and repeating nothing."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
import studies_toy as toy
from cases import slow

from skdropout.studies import StudyError
from skdropout.studies.running import run_plan

N_CELLS = 12
PROGRAM = Path(toy.__file__)


@pytest.fixture
def reference(tmp_path):
    """The tables of an undisturbed run, as text."""
    out = tmp_path / "reference"
    run_plan(toy.plan(), out, progress=False)
    return texts(out)


def texts(out):
    return {name: (out / f"{name}.csv").read_text() for name in ("curves", "results")}


def n_finished(out):
    path = out / "results.csv"
    return max(path.read_bytes().count(b"\n") - 1, 0) // 2 if path.exists() else 0


def calls(folder):
    return Counter((folder / "calls.txt").read_text().splitlines())


def start(out, folder, jobs):
    """Start the study as a program of its own, and wait until some cells are finished."""
    process = subprocess.Popen(
        [sys.executable, PROGRAM, out, folder, str(jobs), "0.5"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    try:
        while n_finished(out) < 2:
            assert process.poll() is None, "the study ended before it could be stopped"
            assert time.monotonic() < deadline
            time.sleep(0.02)
    except AssertionError:
        process.kill()
        process.communicate(timeout=30)
        raise
    return process


def go_on(out, folder):
    return run_plan(toy.plan(folder=folder), out, progress=False)


JOBS = [2, slow(1)]


@pytest.mark.parametrize("jobs", JOBS)
def test_killed_it_goes_on_where_it_was(tmp_path, reference, jobs):
    out = tmp_path / "out"
    process = start(out, tmp_path, jobs)
    workers = psutil.Process(process.pid).children(recursive=True)
    assert bool(workers) == (jobs > 1)
    process.kill()
    process.communicate(timeout=30)
    assert not psutil.wait_procs(workers, timeout=10)[1]  # no orphan goes on computing
    kept = n_finished(out)
    assert 2 <= kept < N_CELLS

    go_on(out, tmp_path)

    assert texts(out) == reference
    # What was in flight is computed again, and what was finished is not.
    repeated = sum(calls(tmp_path).values()) - N_CELLS
    assert 0 <= repeated <= 2 * jobs
    assert len(calls(tmp_path)) == N_CELLS


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("jobs", JOBS)
def test_ctrl_c_stops_at_once_and_says_how_to_go_on(tmp_path, reference, jobs):
    out = tmp_path / "out"
    process = start(out, tmp_path, jobs)
    process.send_signal(signal.SIGINT)
    said, shown = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "leaked" not in shown
    assert "Warning" not in shown  # as of tasks that were cancelled
    assert n_finished(out) < N_CELLS
    assert said == (
        f"Stopped with {n_finished(out)} of 12 fits finished and kept in {out}. "
        "Start again with the same arguments to go on from there.\n"
    )

    go_on(out, tmp_path)

    assert texts(out) == reference


def test_a_finished_study_computes_nothing(tmp_path):
    first = go_on(tmp_path / "out", tmp_path)
    second = go_on(tmp_path / "out", tmp_path)
    assert sum(calls(tmp_path).values()) == N_CELLS
    for name in first:
        pd.testing.assert_frame_equal(first[name], second[name])


@pytest.mark.parametrize("jobs", [2, -1])
def test_tables_do_not_depend_on_the_number_of_jobs(tmp_path, reference, jobs):
    tables = run_plan(toy.plan(), tmp_path / "two", jobs=jobs, progress=False)
    assert texts(tmp_path / "two") == reference
    assert list(tables["results"]["name"].unique()) == ["b", "a"]


def test_other_arguments_on_the_same_folder_are_refused(tmp_path):
    run_plan(toy.plan(rate=0.2), tmp_path, progress=False)
    before = texts(tmp_path)
    with pytest.raises(
        StudyError, match=r"arguments\.rate is 0\.2 there and 0\.5 now.*another folder"
    ):
        run_plan(toy.plan(rate=0.5), tmp_path, progress=False)
    assert texts(tmp_path) == before


def test_results_of_unknown_origin_are_refused(tmp_path):
    (tmp_path / "results.csv").write_text("precious\n1\n")
    with pytest.raises(StudyError, match=r"results\.csv but no study\.json"):
        run_plan(toy.plan(), tmp_path, progress=False)
    assert (tmp_path / "results.csv").read_text() == "precious\n1\n"


@pytest.mark.parametrize("content", ["{", "[]"])
def test_an_unreadable_description_is_refused(tmp_path, content):
    (tmp_path / "study.json").write_text(content)
    with pytest.raises(StudyError, match=r"study\.json.*another folder"):
        run_plan(toy.plan(), tmp_path, progress=False)


def test_two_processes_do_not_share_a_folder(tmp_path):
    out = tmp_path / "out"
    process = start(out, tmp_path, 1)
    try:
        with pytest.raises(StudyError, match="Another process is computing"):
            run_plan(toy.plan(), out, progress=False)
    finally:
        process.kill()
        process.communicate(timeout=30)
    run_plan(toy.plan(), out, progress=False)  # the lock died with its holder


def test_a_cell_that_fails_is_named(tmp_path):
    plan = toy.plan(folder=tmp_path / "missing")
    with pytest.raises(FileNotFoundError):
        run_plan(plan, tmp_path / "out", progress=False)
    with pytest.raises(StudyError, match="name b, number 0: too steep"):
        run_plan(toy.plan(pause="too steep"), tmp_path / "other", progress=False)


def test_the_bar_counts_what_was_there_before(tmp_path, capsys):
    run_plan(toy.plan(), tmp_path)
    assert "toy: 100%" in capsys.readouterr().err
    run_plan(toy.plan(), tmp_path)
    assert "12/12" in capsys.readouterr().err


def test_the_number_of_jobs_may_be_numpy_s(tmp_path):
    assert len(run_plan(toy.plan(1), tmp_path, jobs=np.int64(1), progress=False)["results"]) == 4
    with pytest.raises(StudyError, match=r"jobs must be a whole number, got 1\.5"):
        run_plan(toy.plan(1), tmp_path, jobs=1.5)


def test_no_jobs_at_all_is_refused(tmp_path):
    with pytest.raises(StudyError, match="jobs"):
        run_plan(toy.plan(), tmp_path, jobs=0)
