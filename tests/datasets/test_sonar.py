"""The sonar loader on a table of its format and, where it is at hand, on the real one."""

import dataclasses
import hashlib
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skdropout.datasets import _sonar, fetch_sonar

REAL = Path(os.environ.get("SKDROPOUT_DATA", "."), "sonar.all-data").absolute()

needs_real_file = pytest.mark.skipif(
    not REAL.is_file(), reason="the sonar data are not in $SKDROPOUT_DATA"
)

X = np.arange(4 * 60).reshape(4, 60) / 10000
Y = ["R", "R", "M", "M"]
TABLE = "".join(
    ",".join([*(f"{value:.4f}" for value in row), label]) + "\n"
    for row, label in zip(X, Y, strict=True)
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with a small table that the loader takes for the real one."""
    path = tmp_path / "sonar.all-data"
    path.write_text(TABLE, newline="")
    forms = [hashlib.sha256(form.encode()).hexdigest() for form in (TABLE, TABLE[:-1])]
    source = dataclasses.replace(_sonar._SOURCE, files={"sonar.all-data": tuple(forms)})
    monkeypatch.setattr(_sonar, "_SOURCE", source)
    return tmp_path


def test_bunch_holds_the_table(home):
    sonar = fetch_sonar(data_home=home)
    np.testing.assert_array_equal(sonar.data, X)
    assert sonar.data.dtype == np.float64
    assert sonar.target.tolist() == Y
    assert sonar.target_names.tolist() == ["M", "R"]
    assert len(sonar.feature_names) == 60
    assert sonar.feature_names[0] == "band_01"
    assert sonar.feature_names[-1] == "band_60"
    assert sonar.frame is None
    assert sonar.filename == str(home / "sonar.all-data")
    assert "Gorman" in sonar.DESCR


def test_last_newline_does_not_matter(home):
    before = fetch_sonar(data_home=home)
    (home / "sonar.all-data").write_text(TABLE[:-1], newline="")
    after = fetch_sonar(data_home=home)
    np.testing.assert_array_equal(before.data, after.data)
    np.testing.assert_array_equal(before.target, after.target)


def test_features_and_labels_alone_are_the_same_arrays(home):
    data, target = fetch_sonar(data_home=home, return_X_y=True)
    np.testing.assert_array_equal(data, X)
    assert target.tolist() == Y


def test_as_frame_gives_pandas(home):
    sonar = fetch_sonar(data_home=home, as_frame=True)
    expected = pd.DataFrame(X, columns=sonar.feature_names)
    pd.testing.assert_frame_equal(sonar.data, expected)
    assert sonar.target.name == "target"
    assert sonar.target.tolist() == Y
    pd.testing.assert_frame_equal(sonar.frame, expected.assign(target=sonar.target))

    data, target = fetch_sonar(data_home=home, as_frame=True, return_X_y=True)
    pd.testing.assert_frame_equal(data, expected)
    pd.testing.assert_series_equal(target, sonar.target)


def test_download_end_to_end(home, server, monkeypatch, cache):
    server.answers = [(200, TABLE.encode(), len(TABLE))]
    monkeypatch.setattr(_sonar, "_SOURCE", dataclasses.replace(_sonar._SOURCE, url=server.url))
    sonar = fetch_sonar()
    np.testing.assert_array_equal(sonar.data, X)
    assert sonar.filename == str(cache / "sonar.all-data")


def test_altered_table_is_not_parsed(home, monkeypatch):
    (home / "sonar.all-data").write_text(TABLE.replace("R", "M"))
    monkeypatch.setattr(np, "loadtxt", pytest.fail)
    with pytest.raises(OSError, match="altered or cut short"):
        fetch_sonar(data_home=home)


def test_missing_file_points_to_the_embedded_data(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"sklearn\.datasets\.load_breast_cancer") as error:
        fetch_sonar(data_home=tmp_path, download_if_missing=False)
    assert "https://archive.ics.uci.edu/" in str(error.value)
    assert f"put it into {tmp_path}, so that {tmp_path / 'sonar.all-data'} exists" in str(
        error.value
    )


@needs_real_file
def test_real_table_is_the_published_one(monkeypatch):
    monkeypatch.setenv("SKDROPOUT_DATA", str(REAL.parent))
    sonar = fetch_sonar(download_if_missing=False)
    assert sonar.filename == str(REAL)
    assert sonar.data.shape == (208, 60)
    assert sonar.data.min() >= 0
    assert sonar.data.max() <= 1
    assert dict(zip(*np.unique(sonar.target, return_counts=True), strict=True)) == {
        "M": 111,
        "R": 97,
    }


@needs_real_file
def test_real_table_is_accepted_without_its_last_newline(tmp_path):
    content = REAL.read_bytes()
    short = content.removesuffix(b"\n")
    assert (len(short), len(short.splitlines())) == (87_775, 208)
    (tmp_path / "sonar.all-data").write_bytes(short)
    assert fetch_sonar(data_home=tmp_path).data.shape == (208, 60)
    (tmp_path / "sonar.all-data").write_bytes(short[:-1])
    with pytest.raises(OSError, match="altered or cut short"):
        fetch_sonar(data_home=tmp_path)
