"""The sonar returns of a metal cylinder and of rocks."""

from typing import Any

import numpy as np

from skdropout.datasets._storage import DataHome, Source, open_verified

_FILE = "sonar.all-data"
_SOURCE = Source(
    name="Sonar",
    url="https://archive.ics.uci.edu/ml/machine-learning-databases/"
    "undocumented/connectionist-bench/sonar/sonar.all-data",
    files={
        _FILE: (
            "e90434cdbf00fcf93ffa911fe447ae25606979658e60f1d32e155c3b5240234d",
            # the same without the last newline, as a common mirror has it
            "3079c09b5d2789a0f96aff82c28e5164fafe2495c5f8da96c6c256c1bd25763f",
        )
    },
    embedded="sklearn.datasets.load_breast_cancer",
)

_DESCR = """\
Connectionist Bench (Sonar, Mines vs. Rocks)
--------------------------------------------

:Number of Instances: 208
:Number of Attributes: 60 numeric, in [0, 1]
:Missing Attribute Values: None
:Class Distribution: 111 M (metal cylinder, the "mine"), 97 R (rock)

A chirp of rising frequency was sent from many angles at a metal cylinder and at rocks on the sea
floor. Each row is one echo, each column the energy in one frequency band, the lowest first. The
rows of a class stand in the order of the angle, so they have to be shuffled before they are split.

Gorman, R. P. and Sejnowski, T. J. (1988). Analysis of hidden units in a layered network trained to
classify sonar targets. Neural Networks 1, 75-89. UCI Machine Learning Repository,
https://doi.org/10.24432/C5T01Q (CC BY 4.0).
"""


def fetch_sonar(
    *,
    data_home: DataHome = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load the sonar data: mines or rocks (classification).

    The file `sonar.all-data` (88 kB) is looked for in `data_home`, then in the folder named by the
    environment variable `SKDROPOUT_DATA`, then in the user's cache; failing these it is downloaded.
    Its SHA-256 is checked each time before it is read.

    =================  ===============
    Classes                          2
    Samples            111 (M), 97 (R)
    Features                        60
    Values             real, in [0, 1]
    =================  ===============

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder to look in first, and to download into. By default downloads go to the user's
        cache; never to `SKDROPOUT_DATA`, which is only read.
    download_if_missing : bool, default=True
        If False, a file that is in none of the folders is an error and no network is used.
    return_X_y : bool, default=False
        If True, return `(data, target)` instead of a Bunch.
    as_frame : bool, default=False
        If True, `data` is a pandas DataFrame and `target` a pandas Series.

    Returns
    -------
    sonar : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : ndarray or DataFrame of shape (208, 60), float64
            The energy in each frequency band.
        target : ndarray or Series of shape (208,), str
            "M" for the metal cylinder, "R" for rock.
        feature_names : list of str of length 60
            "band_01" to "band_60", the lowest frequency first.
        target_names : ndarray of shape (2,), str
            The two labels, sorted.
        frame : DataFrame of shape (208, 61) or None
            `data` and `target` side by side, if `as_frame=True`.
        DESCR : str
            The description of the data.
        filename : str
            The file that was read.
    (data, target) : tuple
        If `return_X_y=True`.

    Raises
    ------
    FileNotFoundError
        If the file is in none of the folders and is not, or cannot be, downloaded.
    OSError
        If the file that was found is altered or cut short. It is neither read nor replaced.

    References
    ----------
    Gorman, R. P. and Sejnowski, T. J. (1988). Analysis of hidden units in a layered network
    trained to classify sonar targets. Neural Networks 1, 75-89.

    Examples
    --------
    A script that runs anywhere falls back on data which scikit-learn brings along:

    >>> from sklearn.datasets import load_breast_cancer
    >>> from skdropout.datasets import fetch_sonar
    >>> try:
    ...     X, y = fetch_sonar(return_X_y=True, download_if_missing=False)
    ... except FileNotFoundError:
    ...     X, y = load_breast_cancer(return_X_y=True)
    >>> X.shape in [(208, 60), (569, 30)]
    True
    """
    with open_verified(
        _SOURCE, _FILE, data_home=data_home, download_if_missing=download_if_missing
    ) as stream:
        table = np.loadtxt(stream, dtype=str, delimiter=",", encoding="ascii")
        filename = stream.name
    data: Any = table[:, :-1].astype(np.float64)
    target: Any = table[:, -1].astype("<U1")
    target_names = np.unique(target)
    feature_names = [f"band_{band:02d}" for band in range(1, data.shape[1] + 1)]
    frame = None
    if as_frame:
        import pandas as pd

        data = pd.DataFrame(data, columns=feature_names)
        target = pd.Series(target, name="target")
        frame = pd.concat([data, target], axis="columns")
    if return_X_y:
        return data, target

    from sklearn.utils import Bunch

    return Bunch(
        data=data,
        target=target,
        frame=frame,
        feature_names=feature_names,
        target_names=target_names,
        DESCR=_DESCR,
        filename=filename,
    )
