"""Rows of any data that the studies read, as arrays or frames to learn from."""

from typing import Any

import numpy as np

from skdropout.studies.reading._images import is_images, load_images
from skdropout.studies.reading._options import DEFAULT_READING, Reading
from skdropout.studies.reading._table_loading import load_table


def load_rows(
    data: Any,
    y: Any = None,
    *,
    target: str | int | None = None,
    task: str | None = None,
    reading: Reading = DEFAULT_READING,
) -> tuple[Any, Any]:
    """Load features or images and their target, as ``skdropout compare`` reads them.

    Parameters
    ----------
    data : str, path, DataFrame or array
        A data set's name, a table file, a folder with a folder of images per class, an ``.npz``
        file, or rows and images from Python.
    y : array-like of shape (n_samples,), default=None
        The target of rows from Python, unless it is a column of `data`.
    target : str or int, default=None
        The column of a table to predict.
    task : {"classification", "regression"}, default=None
        Whether that is classes or a quantity; by default what it looks like.
    reading : Reading, default=Reading()
        How files are read where more than one way makes sense.

    Returns
    -------
    X : DataFrame of shape (n_samples, n_features) or ndarray of shape (n_samples, height, width, \
channels)
        Features or images; texts and missing values are left to a pipeline.
    y : ndarray of shape (n_samples,)
        Class labels as text, or quantities.

    Raises
    ------
    StudyError
        If the data cannot be read.

    Examples
    --------
    >>> from skdropout.studies import load_rows
    >>> X, y = load_rows("digits")
    >>> X.shape, sorted(set(y.tolist()))[:3]
    ((1797, 8, 8, 1), ['0', '1', '2'])
    """
    if is_images(data):
        images = load_images(data, y=y, reading=reading)
        labels = np.array(images.classes)
        codes = np.concatenate([images.y, images.y_val])
        return np.concatenate([images.X, images.X_val]), labels[codes]
    table = load_table(data, target, task, y=y, reading=reading)
    labels = np.array(table.classes)[table.targets] if table.classes else table.targets
    return table.features, labels
