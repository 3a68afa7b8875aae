"""Small colour images of a hundred kinds of things."""

import pickle
from io import BufferedReader
from typing import Any

import numpy as np

from skdropout.datasets._storage import DataHome, Source, open_verified

_SOURCE = Source(
    name="CIFAR-100",
    url="https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
    files={
        "cifar-100-python/train": (
            "735e79b04f092ca3d2e6d07f368c0a7d70d48c48d28865950cc24454cf45129b",
        ),
        "cifar-100-python/test": (
            "4b67687d9933c4db8f0831104447f15b93774f4f464bd0516f0f0f2ac83b7864",
        ),
        "cifar-100-python/meta": (
            "a5d4786345c961390f865e93b434dbd5c6904ce880667e0cb888c97d449f28b9",
        ),
    },
    embedded="sklearn.datasets.load_digits",
    archive_sha256="85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
)
_SPLITS = {"train": ("train",), "test": ("test",), "all": ("train", "test")}
_LABELS = ("fine", "coarse")

_DESCR = """\
CIFAR-100
---------

:Number of Instances: 60000 (50000 to train, 10000 to test)
:Number of Attributes: 32 x 32 pixels, 3 colours, integers in 0..255
:Missing Attribute Values: None
:Class Distribution: 600 images of each of 100 fine classes; five of these make a coarse class

Colour photographs of single things: animals, plants, people, vehicles, household objects,
landscapes. Each fine class has 500 images to train and 100 to test.

Krizhevsky, A. (2009). Learning multiple layers of features from tiny images. Technical report,
University of Toronto, chapter 3. https://www.cs.toronto.edu/~kriz/cifar.html
"""


def fetch_cifar100(
    *,
    subset: str = "train",
    labels: str = "fine",
    data_home: DataHome = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Any:
    """Load the CIFAR-100 images (classification).

    The files `cifar-100-python/train`, `test` and `meta` (187 MB) are looked for in `data_home`,
    then in the folder named by the environment variable `SKDROPOUT_DATA`, then in the user's cache;
    failing these the archive (169 MB) is downloaded and unpacked. They are pickles, so the SHA-256
    of the archive and of each file is checked each time before it is opened.

    =================  ================================
    Classes                     100 (fine), 20 (coarse)
    Samples                50000 (train), 10000 (test)
    Features           32 x 32 pixels, 3 colours
    Values             integer, in 0..255
    =================  ================================

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        Which images: those to train on, those to test on, or both in this order.
    labels : {"fine", "coarse"}, default="fine"
        Whether the target is one of 100 classes or one of 20 groups of five classes.
    data_home : str or path-like, default=None
        The folder to look in first, and to download into. By default downloads go to the user's
        cache; never to `SKDROPOUT_DATA`, which is only read.
    download_if_missing : bool, default=True
        If False, a file that is in none of the folders is an error and no network is used.
    return_X_y : bool, default=False
        If True, return `(data, target)` instead of a Bunch.

    Returns
    -------
    cifar : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : ndarray of shape (n_samples, 32, 32, 3), uint8
            The images: row, column, colour (red, green, blue).
        target : ndarray of shape (n_samples,), int64
            The class of each image, an index into `target_names`.
        target_names : ndarray of shape (100,) or (20,), str
            The names of the classes.
        DESCR : str
            The description of the data.
        filenames : list of str
            The files whose images were read, in the order of the rows.
    (data, target) : tuple
        If `return_X_y=True`.

    Raises
    ------
    ValueError
        If `subset` or `labels` is none of the above.
    FileNotFoundError
        If a file is in none of the folders and is not, or cannot be, downloaded.
    OSError
        If a file that was found is altered or cut short. It is neither read nor replaced.

    Notes
    -----
    50000 images take 154 MB, and twice that while they are loaded.

    References
    ----------
    Krizhevsky, A. (2009). Learning multiple layers of features from tiny images. Technical report,
    University of Toronto, chapter 3.

    Examples
    --------
    A script that runs anywhere falls back on images which scikit-learn brings along:

    >>> from sklearn.datasets import load_digits
    >>> from skdropout.datasets import fetch_cifar100
    >>> try:
    ...     cifar = fetch_cifar100(subset="test", download_if_missing=False)
    ...     images, y = cifar.data, cifar.target
    ... except FileNotFoundError:
    ...     digits = load_digits()
    ...     images, y = digits.images[..., None], digits.target
    >>> images.shape in [(10000, 32, 32, 3), (1797, 8, 8, 1)]
    True
    """
    _check_choice("subset", subset, tuple(_SPLITS))
    _check_choice("labels", labels, _LABELS)
    where: dict[str, Any] = {"data_home": data_home, "download_if_missing": download_if_missing}
    with open_verified(_SOURCE, "cifar-100-python/meta", **where) as stream:
        names = _Reader(stream).load()[f"{labels}_label_names".encode()]
    images, target, filenames = [], [], []
    for split in _SPLITS[subset]:
        with open_verified(_SOURCE, f"cifar-100-python/{split}", **where) as stream:
            batch = _Reader(stream).load()
            filenames.append(stream.name)
        images.append(batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
        target.extend(batch[f"{labels}_labels".encode()])
    # The files hold all reds, then all greens, then all blues: the one copy brings the colours of a
    # pixel together. Without `out` it would keep the order of its input in memory.
    data = np.concatenate(images, out=np.empty((len(target), 32, 32, 3), dtype=np.uint8))
    y = np.array(target, dtype=np.int64)
    if return_X_y:
        return data, y

    from sklearn.utils import Bunch

    return Bunch(
        data=data,
        target=y,
        target_names=np.array([name.decode("ascii") for name in names]),
        DESCR=_DESCR,
        filenames=filenames,
    )


def _check_choice(parameter: str, value: Any, choices: tuple[str, ...]) -> None:
    """Raise ValueError unless a parameter has one of its values."""
    if value not in choices:
        expected = ", ".join(map(repr, choices))
        raise ValueError(f"{parameter} must be one of {expected}; got {value!r}.")


class _Reader(pickle.Unpickler):
    """Reads a pickle that Python 2 wrote, and builds nothing but byte strings, lists and arrays."""

    def __init__(self, stream: BufferedReader) -> None:
        super().__init__(stream, encoding="bytes")

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("numpy", "dtype"):
            return _dtype
        if (module, name) in {("numpy", "ndarray"), ("numpy.core.multiarray", "_reconstruct")}:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"a CIFAR-100 file holds no {module}.{name}")


def _dtype(kind: Any, align: int, copy: int) -> np.dtype[Any]:
    """Build a data type from the integers that NumPy 2.4.0 to 2.4.4 would warn about."""
    return np.dtype(kind, align=bool(align), copy=bool(copy))
