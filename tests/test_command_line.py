"""The command line: exit codes, one-line errors, and a study that really runs."""

import io
import os
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import hypothesis
import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st

import skdropout
from skdropout.__main__ import _parser, main
from skdropout.studies import Reading
from skdropout.studies.reporting import command_line

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


def test_help_names_the_data_and_loads_nothing_heavy():
    program = (
        "import sys; from skdropout.__main__ import main\n"
        "try: main(['compare', '--help'])\n"
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
        "--practical",
        "--min-class-rows",
        "(default: 5)",
    ):
        assert word in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare", "sonnar"], "did you mean sonar?"),
        (["compare", "digts"], "did you mean digits?"),
        (["compare", "--drop-columns", "typo"], "breast_cancer has no column 'typo'"),
        (["compare", "digits", "--image-size", "16"], "--image-size does not apply to digits"),
        (["compare", "missing.csv", "--target", "y"], "no file missing.csv"),
        (["compare", "--target", "y"], "has its own target"),
        (["compare", "{tmp}"], "has no images"),
        (["compare", "digits", "--target", "y"], "target and task belong to tables"),
        (["compare", "--variants", "dropuot_hidden"], "did you mean dropout_hidden"),
        (["compare", "--variants", "none"], "names nothing to hold against 'none'"),
        (["compare", "--folds", "1"], "folds must be at least 2, got 1"),
        (["compare", "--missing", "-999,-1"], "--missing=VALUE where the value begins with -"),
        (["compare", "--folds", "two"], "invalid int value: 'two'"),
        (["compare", "--practical", "-1"], "practical must be at least 0, got -1"),
        (["compare", "--scoring", "acuracy"], "did you mean accuracy?"),
        (["compare", "--scoring", "roc_auc"], "scoring has no 'roc_auc'"),
        (["compare", "--engine", "keros"], "did you mean keras?"),
        (["compare", "--precision", "float32"], "precision belongs to images"),
        (["compare", "--jobs", "0", "--out", "{tmp}"], "jobs must be"),
        (["compare", "--out", "{tmp}/file"], "cannot be a folder to write to (File"),
        (["compare", "--seed", str(1 << 32)], "seed must be at most 42949672"),
        (["compare", "--folds", "400"], "--folds"),
        (["study"], "required: NAME"),
        (["study", "sonnar"], "invalid choice: 'sonnar'"),
        (["study", "sonar", "--seeds", "2"], "sonar has no option --seeds"),
        (["study", "cifar100", "--folds", "2"], "cifar100 has no option --folds"),
        (["study", "cifar100", "--placements", "here,there"], "placements has no 'here'"),
        (["study", "sonar", "--repeat"], "expected one argument"),
        (["compare", "--out", ""], "out is empty"),
        (["studdy"], "invalid choice: 'studdy'"),
        ([], "required: COMMAND"),
    ],
)
def test_unusable_arguments_are_one_line(arguments, message, capsys, tmp_path):
    (tmp_path / "file").touch()
    assert message in fail([word.format(tmp=tmp_path) for word in arguments], capsys)


OWN = ["compare", "own.csv", "--target", "way", "--repeats", "1", "--folds", "2", "--epochs", "2"]
OWN += ["--variants", "l2", "--variants", "dropout_both"]


@pytest.fixture
def own_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{i % 7},{i % 3},{'up' if i % 7 > 3 else 'down'}\n" for i in range(42))
    Path("own.csv").write_text("a,b,way\n" + rows)


def assert_told(out, err):
    """The table of results, and where the report is; who reads what, and how far it is."""
    assert "own.csv: 42 rows" in err
    assert "own.csv: 100%" in err
    table, *_, report = out.strip().split("\n\n")
    assert [line.split()[0] for line in table.splitlines()] == [
        "variant", "none", "l2", "dropout_both", "naive", "logistic_regression",
        "gradient_boosting",
    ]  # fmt: skip
    assert report == f"Report: {Path('skdropout-compare-own') / 'report.html'}"
    return table


@pytest.mark.slow
@pytest.mark.usefixtures("own_file")
def test_comparing_an_own_file_is_the_same_in_a_process_of_its_own(capsys):
    two = subprocess.run(
        [sys.executable, "-m", "skdropout", *OWN, "--jobs", "2"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    code = main([*OWN, "--out", "one", "--jobs", "1"])

    assert (two.returncode, code) == (0, 0), two.stderr
    assert "cuda" not in two.stderr.lower()
    table = assert_told(two.stdout, two.stderr)
    assert Path("skdropout-compare-own", "report.html").exists()
    assert table in capsys.readouterr().out
    tables = [pd.read_csv(Path(name) / "results.csv") for name in ("skdropout-compare-own", "one")]
    seconds = ["fit_seconds", "choice_seconds"]
    pd.testing.assert_frame_equal(*(t.drop(columns=seconds) for t in tables))
    runpy.run_path("one/recommended.py", run_name="__main__")
    assert capsys.readouterr().out.startswith("Score on the rows")


def test_ctrl_c_is_130_and_says_how_to_go_on(monkeypatch, capsys):
    from skdropout import __main__ as cli
    from skdropout.studies import StudyInterrupted

    def interrupted(options):
        raise StudyInterrupted("Stopped; go on like this.")

    monkeypatch.setattr(cli, "_compare", interrupted)
    assert main(["compare"]) == 130
    assert capsys.readouterr().err == "\nStopped; go on like this.\n"


def test_ctrl_c_anywhere_else_is_told_too(monkeypatch, capsys):
    def interrupted(options):
        raise KeyboardInterrupt

    monkeypatch.setattr("skdropout.__main__._compare", interrupted)
    assert main(["compare"]) == 130
    assert capsys.readouterr().err == "\nStopped.\n"


def given(monkeypatch, *words):
    """Return what the arguments are understood as, without doing it."""
    seen = {}
    monkeypatch.setattr("skdropout.__main__._compare", seen.update)
    assert main(["compare", *words]) == 0
    return seen


def test_a_list_is_one_word_and_grows_where_it_is_said_again(monkeypatch):
    words = ["--variants", "l2", "table.csv", "--drop-columns", "a", "--drop-columns=b, c"]
    words += ["--missing", ""]
    seen = given(monkeypatch, *words)
    assert seen == {
        "data": "table.csv",
        "variants": ("l2",),
        "drop_columns": ("a", "b", "c"),
        "missing": (),
    }


def test_words_of_a_list_may_hold_commas(monkeypatch, capsys):
    message = fail(["compare", "none.csv", "--keep-columns", '"City, State'], capsys)
    assert "'\"City, State' is no list of words" in message
    seen = given(monkeypatch, "--keep-columns", '"City, State", b,5" pipes')
    assert seen["keep_columns"] == ("City, State", "b", '5" pipes')


@hypothesis.settings(max_examples=200)
@hypothesis.given(st.lists(st.text().map(str.strip).filter(bool), min_size=1))
def test_what_is_said_of_lists_can_be_typed(names):
    reading = Reading(drop_columns=tuple(names))
    command = command_line("compare", "own.csv", {"target": names[0], "variants": names})
    words = [*shlex.split(command)[1:], *reading.as_options()]
    options = vars(_parser().parse_args(words))
    assert options["target"] == names[0]
    assert options["variants"] == options["drop_columns"] == tuple(names)


class Stream(io.TextIOWrapper):
    """A terminal with few letters."""

    def __init__(self, encoding):
        super().__init__(io.BytesIO(), encoding=encoding, errors="strict")

    @property
    def text(self):
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_terminal_with_few_letters_shows_the_rest_in_plain_ones(encoding, monkeypatch):
    out, err = Stream(encoding), Stream(encoding)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setattr("skdropout.__main__._compare", lambda _: TEXT)
    assert main(["compare"]) == 0
    expected = {
        "ascii": "R^2 of Rasmorgas: -3.5 +- 1.0 points -> ?",
        "cp1252": "R² of Räsmörgås: -3.5 ± 1.0 points -> ?",
        "utf-8": TEXT,
    }
    assert out.text == expected[encoding] + "\n"


TEXT = "R² of Räsmörgås: −3.5 ± 1.0 points → 猫"


def test_an_output_that_nobody_reads_on_is_no_error(monkeypatch):
    class Broken(io.StringIO):
        def write(self, text):
            raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(sys, "stdout", Broken())
    monkeypatch.setattr("skdropout.__main__._compare", lambda _: TEXT)
    assert main(["compare"]) == 0
    sys.stdout.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows closes no stream of a program")
def test_closed_streams_are_not_taken_by_files():
    program = (
        "import os, sys; from skdropout import _terminal; _terminal.prepare()\n"
        "number = os.open(os.devnull, os.O_RDONLY)\n"
        "print('lost'); print('lost', file=sys.stderr)\n"
        "sys.exit(0 if number > 2 else 1)"
    )
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(program)} <&- >&- 2>&-"
    assert subprocess.run(command, shell=True, cwd=SOURCE, timeout=120).returncode == 0


def test_memory_that_runs_out_is_one_line(capsys, monkeypatch):
    monkeypatch.setattr("skdropout.__main__._compare", lambda _: np.empty(1 << 60, np.uint8))
    assert "memory ran out" in fail(["compare"], capsys)
