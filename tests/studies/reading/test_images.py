"""Images of one's own: folders and .npz files, and what is refused."""

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from skdropout.studies import StudyError
from skdropout.studies.reading import Reading, is_images, load_images


@pytest.fixture
def photos(tmp_path):
    """Ten red and ten blue pictures of different sizes, with things that are no pictures."""
    folder = tmp_path / "photos"
    for name, colour in (("blue", (0, 0, 200)), ("red", (200, 0, 0))):
        (folder / name).mkdir(parents=True)
        for number in range(10):
            Image.new("RGB", (40 + number, 30), colour).save(folder / name / f"{number}.png")
    (folder / "red" / "notes.txt").write_text("not a picture")
    (folder / "red" / ".hidden.png").write_text("nor this")
    return folder


def refuse(data, **options):
    with pytest.raises(StudyError) as caught:
        load_images(data, reading=Reading(**options))
    return str(caught.value)


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_a_folder_of_folders(photos):
    images = load_images(photos)
    assert images.classes == ("blue", "red")
    assert images.X.shape == (16, 32, 32, 3)
    assert images.X.dtype == np.uint8
    assert np.bincount(images.y).tolist() == [8, 8]
    assert np.bincount(images.y_val).tolist() == [2, 2]
    for X, y in ((images.X, images.y), (images.X_val, images.y_val)):
        for picture, label in zip(X, y, strict=True):
            assert (picture == [[[0, 0, 200], [200, 0, 0]][label]]).all()
    assert images.notes == (
        "Images of 40 x 30 to 49 x 30 pixels are resized to 32 x 32 pixels (--image-size says "
        "otherwise).",
        "18 images of 20 are exact copies of others: where copies are both trained and tested on, "
        "scores are too good.",
    )


def test_small_images_of_one_size_stay_as_they_are(tmp_path):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (10, 12, 9, 3), dtype=np.uint8)
    for number, picture in enumerate(pixels):
        (tmp_path / f"{number % 2}").mkdir(exist_ok=True)
        Image.fromarray(picture).save(tmp_path / f"{number % 2}" / f"{number}.png")
    images = load_images(tmp_path)
    there = np.concatenate([images.X, images.X_val])
    assert sorted(map(bytes, there)) == sorted(map(bytes, pixels))
    assert images.notes == ()


def test_digits_are_split_by_class_into_bytes():
    images = load_images("digits")
    assert images.X.shape == (1437, 8, 8, 1)
    assert images.X_val.shape == (360, 8, 8, 1)
    assert (images.X.min(), images.X.max()) == (0, 255)
    shares = np.bincount(images.y_val) / np.bincount(load_digits().target)
    assert shares == pytest.approx(0.2, abs=0.01)


def test_npz_files_with_and_without_a_test_part(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.random((20, 4, 4)), np.array(["a", "b"] * 10)
    one = load_images(save(tmp_path / "one.npz", X=X, y=y))
    assert (one.X.shape, one.X_val.shape, one.classes) == ((16, 4, 4, 1), (4, 4, 4, 1), ("a", "b"))
    two = load_images(
        save(tmp_path / "two.npz", x_train=X, y_train=y[:, None], x_test=X[:3], y_test=y[:3])
    )
    assert np.array_equal(two.X[..., 0], X)
    assert two.y_val.tolist() == [0, 1, 0]


def test_the_content_decides_the_hash(tmp_path):
    X, y = np.random.default_rng(0).random((20, 4, 4)), np.arange(20) % 2
    hashes = {
        load_images(save(tmp_path / f"{n}.npz", X=images, y=y)).describe()["sha256"]
        for n, images in enumerate([X, X + 0.0, X + 1, X.astype(np.float32)])
    }
    assert len(hashes) == 3


def test_unusable_images_are_refused(tmp_path, photos):
    X, y = np.zeros((20, 4, 4)), np.arange(20) % 2
    assert "no file" in refuse(tmp_path / "missing.npz")
    assert "has no images" in refuse(photos / "red")
    assert "must hold arrays X and y" in refuse(save(tmp_path / "a.npz", X=X))
    assert "single class" in refuse(save(tmp_path / "b.npz", X=X, y=y * 0))
    assert "one label per image" in refuse(save(tmp_path / "c.npz", X=X, y=y[:4]))
    assert "shape (20, 16)" in refuse(save(tmp_path / "d.npz", X=X.reshape(20, 16), y=y))
    assert "finite numbers" in refuse(save(tmp_path / "e.npz", X=X * np.nan, y=y))
    assert "has 2 images, fewer than the 5 that" in refuse(
        save(tmp_path / "f.npz", X=X[:6], y=[0, 0, 0, 0, 1, 1])
    )
    objects = refuse(save(tmp_path / "g.npz", X=X, y=y.astype(object)))
    assert "holds 'y' as Python objects" in objects
    assert "damaged" not in objects
    parts = {"x_train": X, "y_train": y, "x_test": X, "y_test": y + 1}
    assert "does not train on" in refuse(save(tmp_path / "h.npz", **parts))
    assert "differ in shape" in refuse(save(tmp_path / "i.npz", **{**parts, "x_test": X[:, 1:]}))
    (photos / "red" / "3.png").write_bytes(b"torn")
    assert "3.png (it is no picture)" in refuse(photos)


def test_validation_images_are_drawn_by_class_and_the_same_on_every_call():
    whole = load_images("digits")
    part, again = whole.validated_on(100), whole.validated_on(100)
    assert part.describe() == again.describe() != whole.describe()
    share, expected = (np.bincount(part.y_val), np.bincount(whole.y_val) * 100 / len(whole.y_val))
    assert abs(share - expected).max() < 1
    assert whole.validated_on(len(whole.y_val)) is whole
    with pytest.raises(StudyError, match="validation_size must lie between 10 and 350"):
        whole.validated_on(5)


def test_arrays_of_images_are_taken_with_their_labels(tmp_path):
    pixels, y = np.random.default_rng(0).integers(0, 256, (20, 5, 4)), ["a", "b", "b", "b"] * 5
    images = load_images(pixels, y=y)
    assert images.class_counts == {"a": 5, "b": 15}
    assert images.X.shape == (16, 5, 4, 1)
    assert not images.given_split
    shown = "\n".join(images.overview())
    assert "20 images of 5 x 4 pixels, 1 channel." in shown
    assert "'b' 15, 'a' 5" in shown
    with pytest.raises(StudyError, match="give them as y"):
        load_images(pixels)
    with pytest.raises(StudyError, match="y comes with an array"):
        load_images("digits", y=y)


def test_images_are_told_from_tables(tmp_path):
    for images in ("digits", tmp_path, tmp_path / "a.npz", np.zeros((2, 3, 4))):
        assert is_images(images)
    for table in ("breast_cancer", tmp_path / "a.csv", np.zeros((2, 3)), [[1, 2]]):
        assert not is_images(table)


def test_what_cannot_apply_is_refused(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.random((20, 4, 4)), np.array(["a", "b"] * 10)
    path = save(tmp_path / "own.npz", X=X, y=y)
    for data in ("digits", "cifar100", path):
        message = refuse(data, image_size=16)
        assert f"--image-size does not apply to {data}: it belongs to folders of images" in message
        assert "--drop-columns does not apply" in refuse(data, drop_columns=("a",))
    assert "--separator does not apply" in refuse(tmp_path, separator=";")
    assert "--min-class-rows does not apply to cifar100" in refuse("cifar100", min_class_rows=9)
    few = load_images("digits", reading=Reading(min_class_rows=178))
    assert len(few.classes) == (np.bincount(load_digits().target) >= 178).sum() < 10


@pytest.mark.parametrize("place", [".", "red/.."])
def test_a_folder_has_its_own_name_wherever_one_stands(photos, monkeypatch, place):
    monkeypatch.chdir(photos)
    images = load_images(place)
    assert (images.name, images.path) == ("photos", place)
