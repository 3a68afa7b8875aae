"""The CIFAR-100 loader on small files of its format and, where they are at hand, the real ones."""

import dataclasses
import hashlib
import io
import os
import pickle
import struct
import tarfile
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from skdropout.datasets import _cifar100, fetch_cifar100

REAL = Path(os.environ.get("SKDROPOUT_DATA", "."), "cifar-100-python").absolute()

needs_real_files = pytest.mark.skipif(
    not all((REAL / name).is_file() for name in ("train", "test", "meta")),
    reason="the CIFAR-100 files are not in $SKDROPOUT_DATA",
)


class _Python2Pickler(pickle._Pickler):
    """Writes byte strings as Python 2 wrote its `str`."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_bytes(self, text):
        self.write(pickle.BINSTRING + struct.pack("<i", len(text)) + text)
        self.memoize(text)

    dispatch[bytes] = save_bytes


def python2_pickle(value):
    stream = io.BytesIO()
    _Python2Pickler(stream, protocol=2).dump(value)
    old = stream.getvalue().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    # NumPy of that time wrote dtype(kind, 0, 1), which 2.4.0 to 2.4.4 warn about
    return old.replace(b"\x89\x88\x87R", b"K\x00K\x01\x87R")


def batch(n_images, first):
    """Images whose values tell where they belong, in the file's order: image, colour, pixel."""
    data = (np.arange(n_images * 3072) + first).astype(np.uint8).reshape(n_images, 3072)
    return {
        b"data": data,
        b"fine_labels": [(first + i) % 4 for i in range(n_images)],
        b"coarse_labels": [(first + i) % 2 for i in range(n_images)],
    }


BATCHES = {"train": batch(5, first=0), "test": batch(3, first=7)}
NAMES = {
    b"fine_label_names": [b"apple", b"baby", b"bear", b"boy"],
    b"coarse_label_names": [b"fish", b"flowers"],
}
FILES = {
    f"cifar-100-python/{name}": python2_pickle(value)
    for name, value in {**BATCHES, "meta": NAMES}.items()
}


def trust(monkeypatch, files, **changes):
    """Make the loader take `files` for the real ones."""
    hashes = {name: (hashlib.sha256(content).hexdigest(),) for name, content in files.items()}
    source = dataclasses.replace(_cifar100._SOURCE, files=hashes, **changes)
    monkeypatch.setattr(_cifar100, "_SOURCE", source)


def write(home, files):
    (home / "cifar-100-python").mkdir(exist_ok=True)
    for name, content in files.items():
        (home / name).write_bytes(content)


@pytest.fixture
def home(tmp_path, monkeypatch):
    write(tmp_path, FILES)
    trust(monkeypatch, FILES)
    return tmp_path


@pytest.mark.parametrize(
    ("subset", "splits"), [("train", ["train"]), ("test", ["test"]), ("all", ["train", "test"])]
)
def test_images_and_labels_of_each_subset(home, subset, splits):
    cifar = fetch_cifar100(subset=subset, data_home=home)
    raw = np.concatenate([BATCHES[split][b"data"] for split in splits])
    assert cifar.data.shape == (len(raw), 32, 32, 3)
    assert cifar.data.dtype == np.uint8
    assert cifar.data.flags.c_contiguous
    for image, row, column, colour in np.random.default_rng(0).integers(
        (len(raw), 32, 32, 3), size=(50, 4)
    ):
        value = raw[image, 1024 * colour + 32 * row + column]
        assert cifar.data[image, row, column, colour] == value
    assert cifar.target.tolist() == [
        label for split in splits for label in BATCHES[split][b"fine_labels"]
    ]
    assert cifar.target.dtype == np.int64
    assert cifar.filenames == [str(home / "cifar-100-python" / split) for split in splits]
    assert "Krizhevsky" in cifar.DESCR


def test_labels_chooses_classes_or_groups(home):
    fine = fetch_cifar100(data_home=home)
    coarse = fetch_cifar100(data_home=home, labels="coarse")
    assert fine.target_names.tolist() == ["apple", "baby", "bear", "boy"]
    assert coarse.target_names.tolist() == ["fish", "flowers"]
    assert coarse.target.tolist() == BATCHES["train"][b"coarse_labels"]
    np.testing.assert_array_equal(fine.data, coarse.data)


def test_images_and_labels_alone_are_the_same_arrays(home):
    cifar = fetch_cifar100(data_home=home)
    data, target = fetch_cifar100(data_home=home, return_X_y=True)
    np.testing.assert_array_equal(data, cifar.data)
    np.testing.assert_array_equal(target, cifar.target)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [({"subset": "valid"}, "'train', 'test', 'all'"), ({"labels": "Fine"}, "'fine', 'coarse'")],
)
def test_unknown_choice_names_the_known_ones(choice, expected):
    with pytest.raises(ValueError, match=expected):
        fetch_cifar100(**choice)


def test_one_subset_needs_no_file_of_the_other(home):
    (home / "cifar-100-python" / "train").unlink()
    assert len(fetch_cifar100(subset="test", data_home=home, download_if_missing=False).data) == 3


class _Bomb:
    """Makes the folder `path` when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("name", ["train", "test", "meta"])
def test_malicious_pickle_is_never_run(home, tmp_path, name):
    blast = tmp_path / "blast"
    bomb = pickle.dumps(_Bomb(blast))
    pickle.loads(bomb)
    blast.rmdir()  # it does go off if it is read

    write(home, {f"cifar-100-python/{name}": bomb})
    with pytest.raises(OSError, match=f"cifar-100-python.{name} is altered or cut short"):
        fetch_cifar100(subset="all", data_home=home)
    assert not blast.exists()


def test_reader_builds_nothing_but_arrays(tmp_path, monkeypatch):
    blast = tmp_path / "blast"
    files = {**FILES, "cifar-100-python/meta": pickle.dumps(_Bomb(blast))}
    trust(monkeypatch, files)  # as if somebody had pinned a bad hash
    write(tmp_path, files)
    with pytest.raises(pickle.UnpicklingError, match="mkdir"):
        fetch_cifar100(data_home=tmp_path)
    assert not blast.exists()


def test_truncated_file_is_refused(home):
    name = "cifar-100-python/train"
    write(home, {name: FILES[name][:-100]})
    with pytest.raises(OSError, match="altered or cut short"):
        fetch_cifar100(data_home=home)


def test_download_end_to_end(server, cache, monkeypatch):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in FILES.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    body = packed.getvalue()
    server.answers = [(200, body, len(body))]
    trust(monkeypatch, FILES, url=server.url, archive_sha256=hashlib.sha256(body).hexdigest())

    cifar = fetch_cifar100(subset="all")

    assert cifar.data.shape == (8, 32, 32, 3)
    assert server.requests == 1
    assert os.listdir(cache) == ["cifar-100-python"]
    assert sorted(os.listdir(cache / "cifar-100-python")) == ["meta", "test", "train"]


def test_missing_files_point_to_the_embedded_data(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"sklearn\.datasets\.load_digits") as error:
        fetch_cifar100(data_home=tmp_path, download_if_missing=False)
    assert "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz" in str(error.value)


@needs_real_files
@pytest.mark.parametrize(("subset", "each"), [("train", 500), ("test", 100)])
def test_real_images_are_the_published_ones(subset, each, monkeypatch):
    monkeypatch.setenv("SKDROPOUT_DATA", str(REAL.parent))
    cifar = fetch_cifar100(subset=subset, download_if_missing=False)
    assert cifar.data.shape == (100 * each, 32, 32, 3)
    np.testing.assert_array_equal(np.bincount(cifar.target), np.full(100, each))
    assert (len(cifar.target_names), cifar.target_names[0]) == (100, "apple")
    # the red, green and blue means of the training images that everybody normalises with
    np.testing.assert_allclose(
        cifar.data[:, ::4, ::4].mean(axis=(0, 1, 2)) / 255, [0.5071, 0.4865, 0.4409], atol=0.01
    )


@needs_real_files
def test_real_coarse_classes_hold_five_fine_ones(monkeypatch):
    monkeypatch.setenv("SKDROPOUT_DATA", str(REAL.parent))
    where = {"subset": "test", "download_if_missing": False, "return_X_y": True}
    _, fine = fetch_cifar100(**where)
    _, coarse = fetch_cifar100(labels="coarse", **where)
    pairs = np.unique(np.stack([coarse, fine], axis=1), axis=0)
    np.testing.assert_array_equal(np.bincount(pairs[:, 0]), np.full(20, 5))
    np.testing.assert_array_equal(np.sort(pairs[:, 1]), np.arange(100))
