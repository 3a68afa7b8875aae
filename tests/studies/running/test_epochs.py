"""A study that is killed within a long fit goes on after the fit's last finished epoch."""

import os
import subprocess
import sys
import time
from pathlib import Path

import images_toy
import pandas as pd
import pytest

from skdropout.studies.running._runner import Unfinished
from skdropout.training import _checkpoint, share_done

EPOCHS = 40
STUDY = {
    "train_size": 400,
    "epochs": EPOCHS,
    "seeds": 1,
    "placements": ["after_pooling"],
    "variants": ["batch_norm"],
    "conditions": ["standardised"],
    "progress": False,
}
CELL = ("batch_norm", "after_pooling", "standardised", 0)
PROGRAM = f"""
import sys
from pathlib import Path
import images_toy
from skdropout.training import _checkpoint
_checkpoint.SECONDS = _checkpoint.TIMES = 0.0
images_toy.run(Path(sys.argv[1]), **{STUDY!r})
"""


def killed(out, share):
    """Start the study, and kill it when its fit has come so far."""
    folder = Unfinished(out).of(CELL)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, out],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while share_done(folder) < share:
        assert process.poll() is None, "the study ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.kill()
    process.wait(timeout=30)
    return round(EPOCHS * share_done(folder))


def test_workers_of_another_folder_keep_epochs_in_that_of_the_study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    unfinished = Unfinished(Path("out"))
    monkeypatch.chdir(Path(__file__).parent)
    assert unfinished.of(CELL).parent == tmp_path / "out" / "unfinished"


@pytest.mark.slow  # tests/training/test_checkpoint.py shows it without a process to kill
def test_a_killed_fit_goes_on_after_its_last_epoch(tmp_path, monkeypatch, capsys):
    undisturbed = images_toy.run(tmp_path / "undisturbed", **STUDY)
    out = tmp_path / "out"
    done = killed(out, 0.3)
    assert 0.3 * EPOCHS <= done < EPOCHS
    left = Unfinished(out).shares_left([CELL], fits=lambda cell: 1)[
        CELL
    ]  # what the estimates go by
    assert left == pytest.approx(1 - done / EPOCHS)

    taken_up = []
    load = _checkpoint.Checkpoint.load

    def spy(self):
        snapshot = load(self)
        taken_up.append(len(snapshot.history["loss"]) if snapshot else 0)
        return snapshot

    monkeypatch.setattr(_checkpoint.Checkpoint, "load", spy)
    resumed = images_toy.run(out, **STUDY | {"progress": True})

    assert taken_up == [0] * (len(taken_up) - 1) + [done]  # the first fits are timed
    assert f"{done / EPOCHS:.0%}" in capsys.readouterr().err  # the bar begins there
    pd.testing.assert_frame_equal(
        resumed.results.drop(columns="seconds"),
        undisturbed.results.drop(columns="seconds"),
        check_exact=True,
    )
    assert not (out / "unfinished").exists()
