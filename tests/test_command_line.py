"""The command line: exit codes, one-line errors, and a study that really runs."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import skdropout
from skdropout.__main__ import main

SOURCE = Path(skdropout.__file__).parents[1]


def python(*words, folder=SOURCE):
    return subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=120
    )


def fail(arguments, capsys):
    """Run with arguments that are no good, and return the one line that says so."""
    try:
        code = main(arguments)
    except SystemExit as exit_:  # as argparse does
        code = exit_.code
    out, err = capsys.readouterr()
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("skdropout")
    return err


def test_version():
    result = python("-m", "skdropout", "--version")
    assert (result.returncode, result.stdout) == (0, f"skdropout {skdropout.__version__}\n")


def test_help_names_the_studies_and_loads_nothing_heavy():
    program = (
        "import sys; from skdropout.__main__ import main\n"
        "try: main(['study', '--help'])\n"
        "finally: print(sorted({'tensorflow', 'keras', 'sklearn', 'matplotlib', 'pandas'}"
        " & set(sys.modules)))"
    )
    result = python("-c", program)
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("[]\n")
    for word in (
        "breast_cancer",
        "sonar",
        "--target",
        "--repeats",
        "digits",
        "--seeds",
        "(default: 10)",
    ):
        assert word in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["study", "sonnar"], "did you mean sonar?"),
        (["study", "qqq"], "known: breast_cancer"),
        (["study", ""], "name of the study is empty; known: breast_cancer"),
        (["study", "missing.csv", "--target", "y"], "no file missing.csv"),
        (["study", "--target", "y"], "has its own target"),
        (["study", "sonar", "--seeds", "2"], "sonar has no option --seeds"),
        (["study", "digits", "--folds", "2", "--train-size", "50"], "digits has no option --folds"),
        (["study", "--images", "{tmp}"], "has no images"),
        (["study", "digits", "--images", "{tmp}"], "give either --images or digits"),
        (["study", "{tmp}"], "use --images"),
        (["study", "digits", "--placements", "here,there"], "placements has no 'here'"),
        (["study", "--folds", "1"], "folds must be at least 2, got 1"),
        (["study", "--folds", "two"], "invalid int value: 'two'"),
        (["study", "--repeat"], "expected one argument"),
        (["study", "--engine", "keros"], "did you mean keras?"),
        (["study", "digits", "--precision", "float16"], "did you mean float32 or"),
        (["study", "--jobs", "0", "--out", "{tmp}"], "jobs must be"),
        (["study", "--out", "{tmp}/file"], "file"),
        (["studdy"], "invalid choice: 'studdy'"),
        ([], "required: COMMAND"),
        (["study", "breast_cancer", "--out", "{tmp}/file"], "cannot be a folder to write to (File"),
        (["study", "breast_cancer", "--out", "{tmp}/file/x"], "to write to (Not a directory)"),
        (["study", "breast_cancer", "--seed", str(1 << 32)], "seed must be at most 42949672"),
    ],
)
def test_unusable_arguments_are_one_line(arguments, message, capsys, tmp_path):
    (tmp_path / "file").touch()
    assert message in fail([word.format(tmp=tmp_path) for word in arguments], capsys)


def test_a_study_of_an_own_file_runs_alike_in_one_process_and_in_two(tmp_path, monkeypatch, capsys):
    rows = "".join(f"{i % 7},{i % 3},{'up' if i % 7 > 3 else 'down'}\n" for i in range(42))
    (tmp_path / "own.csv").write_text("a,b,way\n" + rows)
    words = ["study", "own.csv", "--target", "way", "--repeats", "1", "--folds", "2"]
    words += ["--epochs", "2"]
    two = subprocess.run(
        [sys.executable, "-m", "skdropout", *words, "--jobs", "2"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    monkeypatch.chdir(tmp_path)
    code = main([*words, "--out", "one"])

    assert (two.returncode, code) == (0, 0), two.stderr
    assert "own.csv: 100%" in two.stderr
    assert "cuda" not in two.stderr.lower()
    table, verdict, report = two.stdout.strip().split("\n\n")
    assert [line.split()[0] for line in table.splitlines()] == [
        "network", "baseline", "visible", "hidden",
    ]  # fmt: skip
    assert "on own.csv" in verdict
    assert report == f"Report: {Path('skdropout-study-own') / 'report.html'}"
    assert verdict in capsys.readouterr().out
    results = [pd.read_csv(Path(name) / "results.csv") for name in ("skdropout-study-own", "one")]
    pd.testing.assert_frame_equal(*(r.drop(columns="fit_seconds") for r in results))


def test_ctrl_c_is_130_and_says_how_to_go_on(monkeypatch, capsys):
    from skdropout import __main__ as cli
    from skdropout.studies import StudyInterrupted

    def interrupted(data, **options):
        raise StudyInterrupted("Stopped; go on like this.")

    monkeypatch.setattr(cli, "_study_of", lambda data: interrupted)
    assert main(["study"]) == 130
    assert capsys.readouterr().err == "\nStopped; go on like this.\n"
