"""Whatever happens to the files of a study, no number in them is ever silently wrong."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import studies_toy as toy

from skdropout.studies import StudyError
from skdropout.studies.running import run_plan

FILES = ("results.csv", "curves.csv", "checksums.csv")


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """The files of an undisturbed run, and its tables."""
    out = tmp_path_factory.mktemp("sound")
    tables = run_plan(toy.plan(), out, progress=False)
    return {path.name: path.read_bytes() for path in out.iterdir()}, tables


def flipped(content, place, bit):
    damaged = bytearray(content)
    damaged[place] ^= 1 << bit
    return bytes(damaged)


def some_flips(name, n=6):
    """Flip bits of a file, places and bits drawn once for all."""
    rng = np.random.default_rng(sum(name.encode()))

    def flip(share, bit):
        return lambda content: flipped(content, int(share * len(content)), bit)

    return {f"bit {i}": flip(rng.random(), rng.integers(8)) for i in range(n)}


def with_columns(change):
    """Change a table as a person at a spreadsheet would."""

    def edit(content):
        lines = [line.split(",") for line in content.decode().splitlines()]
        frame = pd.DataFrame(lines[1:], columns=lines[0])
        return change(frame).to_csv(index=False, lineterminator="\n").encode()

    return edit


def swapped(first, second):
    def swap(frame):
        names = list(frame)
        i, j = names.index(first), names.index(second)
        names[i], names[j] = names[j], names[i]
        return frame.set_axis(names, axis=1)

    return with_columns(swap)


def lines_of(change):
    """Change the list of lines."""
    return lambda content: b"".join(change(content.splitlines(keepends=True)))


def digit(content):
    place = content.rindex(b".") + 5
    return content[:place] + str((content[place] - 47) % 10).encode() + content[place + 1 :]


ANY = {
    "emptied": lambda content: b"",
    "cut by a byte": lambda content: content[:-1],
    "cut in a line": lambda content: content[:-7],
    "cut after a line": lines_of(lambda lines: lines[:-1]),
    "cut in the middle": lambda content: content[: len(content) // 2],
    "cut at the front": lambda content: content[20:],
    "its end torn off and padded": lambda content: content[:-40] + b"\0" * 40,
    "without its header": lines_of(lambda lines: lines[1:]),
    "with a line twice": lines_of(lambda lines: [*lines, lines[3]]),
    "with every line twice": lines_of(lambda lines: [*lines, *lines[1:]]),
    "with a line less": lines_of(lambda lines: [*lines[:4], *lines[5:]]),
    "in another order": lines_of(lambda lines: [lines[0], *reversed(lines[1:])]),
    "with spreadsheet line ends": lambda content: content.replace(b"\n", b"\r\n"),
    "with semicolons": lambda content: content.replace(b",", b";"),
    "not in UTF-8": lambda content: content.replace(b"b,3", b"\xff,3"),
    "with an open quote": lambda content: content.replace(b"b,3", b'"b,3', 1),
    "of other bytes": lambda content: bytes(range(256)) * 4,
    "with another cell's name": lambda content: content.replace(b"b,3,", b"b,2,", 1),
    "with an unknown cell's name": lambda content: content.replace(b"b,3,", b"b,33,", 1),
    "with a name for a number": lambda content: content.replace(b"b,3,", b"b,three,", 1),
    "with a field less": lambda content: content.replace(b"b,3,", b"b,", 1),
    "with a field more": lambda content: content.replace(b"b,3,", b"b,3,0,", 1),
}
NUMBERS = {
    "a digit": digit,
    "a sign": lambda content: content.replace(b",0.", b",-0.", 1),
    "a point": lambda content: content.replace(b"0.", b"10.", 1),
    "nan": with_columns(lambda f: f.assign(**{f.columns[-1]: ["nan", *f.iloc[1:, -1]]})),
    "inf": with_columns(lambda f: f.assign(**{f.columns[-1]: ["inf", *f.iloc[1:, -1]]})),
    "a blank": with_columns(lambda f: f.assign(**{f.columns[-1]: ["", *f.iloc[1:, -1]]})),
    "percent": with_columns(lambda f: f.assign(**{f.columns[-1]: f.iloc[:, -1] + "%"})),
    "rounded": with_columns(lambda f: f.assign(**{f.columns[-1]: f.iloc[:, -1].str[:5]})),
    "shifted": with_columns(lambda f: f.assign(**{f.columns[-1]: np.roll(f.iloc[:, -1], 1)})),
}
DAMAGES = [
    *((name, how, ANY[how]) for name in FILES for how in ANY),
    *((name, how, NUMBERS[how]) for name in FILES[:2] for how in NUMBERS),
    *((name, how, flip) for name in FILES for how, flip in some_flips(name).items()),
    ("results.csv", "swapped columns", swapped("part", "score")),
    ("results.csv", "swapped numbers", swapped("number", "part")),
    ("curves.csv", "swapped columns", swapped("epoch", "loss")),
    ("checksums.csv", "swapped columns", swapped("name", "sha256")),
]


@pytest.mark.parametrize(
    ("name", "damage"),
    [pytest.param(name, damage, id=f"{name} {how}") for name, how, damage in DAMAGES],
)
def test_damage_is_repaired_and_said(name, damage, sound, tmp_path, capsys):
    files, tables = sound
    for path, content in files.items():
        (tmp_path / path).write_bytes(content)
    damaged = damage(files[name])
    (tmp_path / name).write_bytes(damaged)
    (tmp_path / "calls").mkdir()

    found = run_plan(toy.plan(folder=tmp_path / "calls"), tmp_path)

    for table, expected in tables.items():
        pd.testing.assert_frame_equal(found[table], expected, check_exact=True)
    for path in FILES:
        assert (tmp_path / path).read_bytes() == files[path]
    calls = tmp_path / "calls" / "calls.txt"
    repeated = Counter(calls.read_text().splitlines()) if calls.exists() else Counter()
    assert set(repeated.values()) <= {1}
    assert ("their fits are computed again" in capsys.readouterr().err) == bool(repeated)


def test_a_table_that_is_gone_is_made_again(sound, tmp_path):
    files, tables = sound
    for missing in FILES:
        for path, content in files.items():
            (tmp_path / path).write_bytes(content)
        (tmp_path / missing).unlink()
        found = run_plan(toy.plan(), tmp_path, progress=False)
        for table, expected in tables.items():
            pd.testing.assert_frame_equal(found[table], expected, check_exact=True)


def test_one_damaged_line_costs_one_cell(sound, tmp_path):
    files, _ = sound
    for path, content in files.items():
        (tmp_path / path).write_bytes(content)
    (tmp_path / "curves.csv").write_bytes(files["curves.csv"].replace(b"b,3,0,", b"b,3,0,1"))
    run_plan(toy.plan(folder=tmp_path), tmp_path, progress=False)
    assert (tmp_path / "calls.txt").read_text().split() == ["b,3"]


def test_results_do_not_pass_for_those_of_other_arguments(tmp_path):
    """Someone edits the description instead of choosing another folder."""
    run_plan(toy.plan(rate=0.2), tmp_path, progress=False)
    path = tmp_path / "study.json"
    path.write_text(path.read_text().replace("0.2", "0.5"))
    (tmp_path / "calls").mkdir()
    run_plan(toy.plan(rate=0.5, folder=tmp_path / "calls"), tmp_path, progress=False)
    assert len((tmp_path / "calls" / "calls.txt").read_text().split()) == 12


def test_a_text_with_a_line_break_is_refused(tmp_path):
    def compute(cell, *data):
        return {"results": [{"name": "two\nlines", "number": 0, "part": 0, "score": 0.0}]}

    with pytest.raises(StudyError, match="line break"):
        run_plan(replace(toy.plan(), compute=compute), tmp_path, progress=False)
