"""Folders of pictures as people have them. As a program: writes all of them to a folder.

Each holds the classes "dark" and "light": a left half of one grey and a right half of a lighter
one, so that turned, transparent, deep and torn pictures can be told from right ones.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

LEFT, RIGHT = {"dark": 20, "light": 150}, {"dark": 60, "light": 250}
SIZE = 8
N = 10


def grey(label):
    """Make the picture of a class, as bytes."""
    pixels = np.full((SIZE, SIZE), RIGHT[label], dtype=np.uint8)
    pixels[:, : SIZE // 2] = LEFT[label]
    return pixels


def _turned(picture, path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown after a quarter turn clockwise
    picture.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif)


def _on_white(picture, path):
    """Save what white below makes the picture that is meant: black, more or less transparent."""
    layers = Image.new("RGBA", picture.size)
    layers.putalpha(Image.fromarray(255 - np.asarray(picture.convert("L"))))
    layers.save(path)


def _deep(bits):
    def save(picture, path):
        pixels = np.asarray(picture.convert("L")).astype(np.uint32)
        Image.fromarray((pixels * (2**bits - 1) // 255).astype(np.uint16)).save(path)

    return save


def _floats(picture, path):
    pixels = np.asarray(picture.convert("L"), dtype=np.float32)
    Image.fromarray(pixels / 255).save(path)


#: How pictures are saved, and under which suffix; all read as the bytes of `grey`.
KINDS = {
    "grey": (".png", lambda picture, path: picture.save(path)),
    "colour": (".bmp", lambda picture, path: picture.convert("RGB").save(path)),
    "palette": (".gif", lambda picture, path: picture.save(path)),
    "printing": (".tif", lambda picture, path: picture.convert("RGB").convert("CMYK").save(path)),
    "turned": (".png", _turned),
    "transparent": (".png", _on_white),
    "deep12": (".png", _deep(12)),
    "deep16": (".tif", _deep(16)),
    "floats": (".tiff", _floats),
    "capitals": (".PNG", lambda picture, path: picture.save(path)),
}


def write(folder, kind, n=N):
    """Write a folder of pictures of a kind and return where it is."""
    suffix, save = KINDS[kind]
    for label in LEFT:
        place = Path(folder) / label
        place.mkdir(parents=True, exist_ok=True)
        for number in range(n):
            save(Image.fromarray(grey(label)), place / f"{number}{suffix}")
    return Path(folder)


if __name__ == "__main__":
    for name in KINDS:
        print(write(Path(sys.argv[1]) / name, name))
