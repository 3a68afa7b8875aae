"""Pictures of every kind that people have in folders and .npz files, and what is told of them."""

import io
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from odd_pictures import KINDS, LEFT, N, grey, write
from PIL import Image

from skdropout.studies import StudyError, load_rows
from skdropout.studies.reading import Reading, load_images


def refuse(data, **options):
    with pytest.raises(StudyError) as caught:
        load_images(data, reading=Reading(**options))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def said(images, *words):
    return any(all(word in note for word in words) for note in images.notes)


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_of_every_kind_are_read_as_they_are_seen(tmp_path, kind):
    images = load_images(write(tmp_path, kind))
    assert images.classes == ("dark", "light")
    assert images.class_counts == dict.fromkeys(LEFT, N)
    assert images.X.shape == (16, 8, 8, 1)
    for picture, label in zip(images.X, images.y, strict=True):
        wanted = grey(images.classes[label])
        rounded = {"printing": 1, "deep12": 0.1, "deep16": 0.1, "floats": 1e-4}.get(kind, 0)
        assert np.abs(picture[..., 0] - wanted.astype(float)).max() <= rounded
    scaled = {"deep12": "0 to 4095", "deep16": "0 to 65535", "floats": "0 to 1"}.get(kind)
    assert said(images, "more than 8 bits", scaled or "") == (scaled is not None)
    assert said(images, "one is kept") == (
        kind not in ("grey", "capitals", "turned") and not scaled
    )


def test_colours_stay_colours(tmp_path):
    write(tmp_path, "grey")
    Image.new("RGB", (8, 8), "red").save(tmp_path / "dark" / "red.png")
    images = load_images(tmp_path)
    assert images.X.shape[-1] == 3


@pytest.mark.parametrize(
    ("names", "left_aside"),
    [
        (("train", "test"), ()),
        (("Training", "Validation"), ()),
        (("train", "val", "test"), ("test",)),
    ],
)
def test_folders_of_a_split_are_no_classes(tmp_path, names, left_aside):
    for number, name in enumerate(names):
        write(tmp_path / name, "grey", n=4 + number)
    images = load_images(tmp_path)
    assert images.classes == ("dark", "light")
    assert images.given_split
    assert (len(images.y), len(images.y_val)) == (8, 10)
    assert said(images, names[0], names[1], "a split, not for classes")
    for name in left_aside:
        assert said(images, f"'{name}' is left aside")


def test_pictures_to_test_on_without_classes_are_left_aside(tmp_path):
    write(tmp_path / "train", "grey")
    (tmp_path / "test").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "test" / "1.png")
    images = load_images(tmp_path)
    assert not images.given_split
    assert len(images.y) + len(images.y_val) == 2 * N
    assert said(images, "'test' is left aside, since it has no folder for each class")


def test_classes_that_are_named_train_and_bus_are_classes(tmp_path):
    write(tmp_path, "grey")
    (tmp_path / "dark").rename(tmp_path / "train")
    (tmp_path / "light").rename(tmp_path / "bus")
    assert load_images(tmp_path).classes == ("bus", "train")


def test_a_folder_around_the_folders_is_looked_into(tmp_path):
    write(tmp_path / "photos", "grey")
    assert load_images(tmp_path).classes == ("dark", "light")


def test_what_is_no_class_is_told(tmp_path):
    write(tmp_path, "grey")
    for folder, file in [("study", "study.json"), ("study", "scores.png"), ("cats", "a.heic"),
                         ("cats", "b.heic"), ("empty", "a.txt"), ("light", "z.svg"),
                         ("light", "a.pdf"), ("light", "a.eps"), ("light", "a.mpg")]:  # fmt: skip
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / file).write_bytes(b"?")
    images = load_images(tmp_path)
    assert images.class_counts == {"dark": N, "light": N}
    assert said(images, "'cats' is no class", "2 .heic files: convert them to JPEG or PNG")
    assert said(images, "'empty' is no class")
    assert said(images, "1 .svg file of class 'light' left out")
    assert len(images.notes) == 4
    assert said(images, "18 images of 20 are exact copies")


def test_unreadable_files_are_all_named_at_once(tmp_path):
    write(tmp_path, "grey")
    (tmp_path / "dark" / "1.png").write_bytes(b"")
    whole = (tmp_path / "dark" / "2.png").read_bytes()
    (tmp_path / "dark" / "2.png").write_bytes(whole[:-30])
    (tmp_path / "light" / "3.jpg").write_bytes(b"\xff\xd8\xff\xe0 torn")
    message = refuse(tmp_path)
    assert "3 files cannot be read" in message
    assert "1.png (it is no picture)" in message
    assert "2.png" in message
    assert "3.jpg" in message
    assert "--skip-unreadable" in message
    images = load_images(tmp_path, reading=Reading(skip_unreadable=True))
    assert images.class_counts == {"dark": N - 2, "light": N}
    for name in ("1.png", "2.png", "3.jpg"):
        assert said(images, "Left out, as you asked", name)


def test_a_picture_that_would_fill_the_memory_is_not_read(tmp_path):
    write(tmp_path, "grey")
    file = io.BytesIO()
    Image.new("1", (10000, 10000)).save(file, "png")
    (tmp_path / "dark" / "bomb.png").write_bytes(file.getvalue())
    assert "bomb.png (Image size (100000000 pixels) exceeds limit" in refuse(tmp_path)


def test_the_first_of_several_pictures_is_read(tmp_path):
    write(tmp_path, "grey")
    first, second = (Image.fromarray(grey(label)) for label in ("dark", "light"))
    first.save(tmp_path / "dark" / "moving.gif", save_all=True, append_images=[second])
    images = load_images(tmp_path)
    assert said(images, "1 file with several pictures")
    for picture, label in zip(images.X, images.y, strict=True):
        assert (picture[..., 0] == grey(images.classes[label])).all()


def test_classes_that_differ_in_case_are_pointed_at(tmp_path):
    write(tmp_path, "grey")
    (tmp_path / "dark").rename(tmp_path / "Light_")
    assert said(load_images(tmp_path), "Look at the classes 'Light_' and 'light'")


def test_a_folder_of_tables_is_no_folder_of_images(tmp_path):
    (tmp_path / "own.csv").write_text("a,y\n1,2\n")
    assert "If you meant a table in it, give that file." in refuse(tmp_path)


def test_the_size_can_be_chosen(tmp_path):
    images = load_images(write(tmp_path, "grey"), reading=Reading(image_size=4))
    assert images.X.shape == (16, 4, 4, 1)
    for picture, label in zip(images.X, images.y, strict=True):
        assert (picture[..., 0] == grey(images.classes[label])[::2, ::2]).all()
    assert said(images, "8 x 8 pixels are resized to 4 x 4")


READ = """
import resource, sys
from skdropout.studies.reading import load_images
for folder in sys.argv[1:]:
    assert load_images(folder).X.nbytes < 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak if sys.platform == "darwin" else 1024 * peak)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a process's peak memory")
def test_large_pictures_never_lie_in_memory_together(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    photo = Image.fromarray(noise).resize((4000, 3000), Image.Resampling.NEAREST)
    photo.save(tmp_path / "photo.jpg", quality=50)
    for folder, n in (("few", 5), ("many", 15)):
        for label in "ab":
            (tmp_path / folder / label).mkdir(parents=True)
            for number in range(n):
                (tmp_path / folder / label / f"{number}.jpg").hardlink_to(tmp_path / "photo.jpg")
    run = subprocess.run(
        [sys.executable, "-c", READ, tmp_path / "few", tmp_path / "many"],
        capture_output=True,
        text=True,
        check=True,
    )
    few, many = map(int, run.stdout.split())
    assert many - few < 4000 * 3000 * 3 / 2  # half of one of them


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (20, 6, 5, 3), dtype=np.uint8)
CLASSES = np.arange(20) % 2


@pytest.mark.parametrize("names", [("X", "y"), ("images", "labels"), ("data", "target"),
                                   ("arr_0", "arr_1"), ("imgs", "label")])  # fmt: skip
def test_arrays_under_common_names(tmp_path, names):
    path = save(tmp_path / "own.npz", **dict(zip(names, (PIXELS, CLASSES), strict=True)))
    images = load_images(path)
    expected = load_images(PIXELS, y=CLASSES)
    assert np.array_equal(images.X, expected.X)
    assert np.array_equal(images.y_val, expected.y_val)


@pytest.mark.parametrize(
    "form",
    ["x_{}", "X_{}", "{}_x", "{}X", "{}_images", "images_{}", "{}Images", "{} data"],
)
def test_a_split_under_common_names(tmp_path, form):
    labels = form.replace("images", "labels").replace("Images", "Labels")
    labels = labels.replace("x", "y").replace("X", "Y").replace("data", "target")
    arrays = {}
    for part, n in (("train", 12), ("test", 8)):
        arrays |= {form.format(part): PIXELS[-n:], labels.format(part): CLASSES[-n:]}
    images = load_images(save(tmp_path / "own.npz", **arrays))
    assert images.given_split
    assert np.array_equal(images.X, PIXELS[-12:])
    assert np.array_equal(images.X_val, PIXELS[-8:])
    assert np.array_equal(images.y_val, CLASSES[-8:])


@pytest.mark.parametrize("val", ["val", "valid", "Valid", "validation", "Validation"])
@pytest.mark.parametrize("form", ["{}_images", "images_{}", "images{}", "{}images"])
def test_where_there_are_three_parts_the_last_is_left_aside(tmp_path, val, form):
    arrays = {}
    for part, n in (("training", 12), (val, 4), ("test", 8)):
        images = form.format(part)
        arrays |= {images: PIXELS[:n], images.replace("images", "labels"): CLASSES[:n, None]}
    images = load_images(save(tmp_path / "own.npz", **arrays))
    assert (len(images.X), len(images.X_val)) == (12, 4)
    assert said(images, f"{form.format('test')!r} is left aside")


def test_labels_of_bytes(tmp_path):
    labels = np.array([b"cat", b"dog"])[CLASSES]
    assert load_images(save(tmp_path / "a.npz", X=PIXELS, y=labels)).classes == ("cat", "dog")


def test_one_hot_labels_and_channels_first(tmp_path):
    one_hot = np.eye(2)[CLASSES]
    images = load_images(save(tmp_path / "a.npz", X=np.moveaxis(PIXELS, 3, 1), y=one_hot))
    expected = load_images(PIXELS, y=CLASSES)
    assert np.array_equal(images.X, expected.X)
    assert np.array_equal(images.y, expected.y)
    assert said(images, "one-hot")
    assert said(images, "channels first")
    assert "not one-hot" in refuse(save(tmp_path / "b.npz", X=PIXELS, y=one_hot + 0.5))
    flat = save(tmp_path / "c.npz", X=PIXELS.reshape(20, -1), y=CLASSES)
    assert "shape (20, 90); reshape rows of pixels" in refuse(flat)
    assert "labels with fractions, such as 0.5" in refuse(
        save(tmp_path / "d.npz", X=PIXELS, y=CLASSES + 0.5)
    )


def test_rare_classes_are_left_out_where_one_says_so(tmp_path):
    labels = np.where(np.arange(20) == 3, 7, CLASSES)
    path = save(tmp_path / "a.npz", X=PIXELS, y=labels)
    assert "'7' of a.npz has 1 image" in refuse(path)
    assert "--min-class-rows 5" in refuse(path)
    images = load_images(path, reading=Reading(min_class_rows=5))
    assert images.class_counts == {"0": 10, "1": 9}
    assert said(images, "'7' 1")


def header_of(shape, dtype="<f8"):
    """Write an .npy file whose header promises what its 100 bytes do not hold."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    return file.getvalue() + b"\0" * 100


def test_damaged_and_absurd_npz_files_are_refused_before_anything_is_allocated(tmp_path):
    whole = save(tmp_path / "whole.npz", X=PIXELS, y=CLASSES).read_bytes()
    path = tmp_path / "own.npz"
    for content in (whole[:-50], whole[:300], b"", b"PK\x03\x04", b"\x93NUMPY" + whole):
        path.write_bytes(content)
        assert "damaged or cut off" in refuse(path)
    torn = bytearray(whole)
    torn[500] ^= 255
    path.write_bytes(torn)
    assert "damaged or cut off" in refuse(path)
    for shape in ((10**12, 28, 28), (20, 6, 5, 4), (2**62, 8)):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("X.npy", header_of(shape))
            archive.writestr("y.npy", header_of((20,)))
        assert "is damaged: 'X' should take" in refuse(path)
    assert "Python objects" in refuse(save(path, X=PIXELS, y=CLASSES.astype(object)))
    assert "There is no file" in refuse(tmp_path / "missing.npz")


def test_decompression_bombs_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("skdropout.studies.reading._bounds._HARMLESS", 1000)
    np.savez_compressed(tmp_path / "bomb.npz", X=np.zeros((5000, 16, 16), np.uint8), y=CLASSES)
    assert "looks like a decompression bomb" in refuse(tmp_path / "bomb.npz")
    np.savez_compressed(tmp_path / "fine.npz", X=PIXELS, y=CLASSES)
    assert load_images(tmp_path / "fine.npz").classes == ("0", "1")


def test_data_that_are_built_in_win_over_a_folder_of_their_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("breast_cancer", "digits"):
        (tmp_path / name).mkdir()
        X, _ = load_rows(name)
        assert len(X) == {"breast_cancer": 569, "digits": 1797}[name]


def test_a_folder_beside_a_split_makes_no_classes_of_its_parts(tmp_path):
    write(tmp_path / "train", "grey")
    write(tmp_path / "test", "grey")
    (tmp_path / "models").mkdir()
    write(tmp_path / "predicted", "grey")
    images = load_images(tmp_path)
    assert images.classes == ("dark", "light")
    assert images.given_split
    assert said(images, "'models' is left aside, since it has no folder for each class")
    assert said(images, "'predicted' is left aside.")


@pytest.mark.parametrize("missing", [None, np.nan])
def test_images_without_a_label_are_counted(missing):
    labels = np.array(CLASSES, dtype=object)
    labels[[1, 3]] = missing
    with pytest.raises(StudyError, match=r"2 images without a label .* leave them out"):
        load_images(PIXELS, y=labels)


def test_the_path_of_a_folder_is_no_name_of_data_that_are_built_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("digits", "breast_cancer"):
        images = load_images(write(f"./{name}", "grey"))
        assert len(load_rows(images.path)[0]) == len(load_rows(f"./{name}")[0]) == 2 * N


def test_images_from_python_are_read_as_they_are_compared():
    X, y = load_rows(PIXELS[..., 0], CLASSES)
    assert X.shape == (len(PIXELS), *PIXELS.shape[1:3], 1)
    assert sorted(y.tolist()) == sorted(map(str, CLASSES))


def test_classes_with_folders_of_their_own_are_classes_whatever_their_names(tmp_path):
    for name, own in (("train", "2019"), ("test", "2020"), ("bus", "2021")):
        write(tmp_path / name, "grey", n=5)
        for label in LEFT:
            (tmp_path / name / label).rename(tmp_path / name / f"{label} {own}")
    assert load_images(tmp_path).classes == ("bus", "test", "train")
