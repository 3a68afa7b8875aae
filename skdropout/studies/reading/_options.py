"""What a person may say about how their data are read."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from skdropout.studies._errors import StudyError
from skdropout.studies.reading._words import as_typed, option

#: What data are, in the words of `_BELONGS`.
TABLE, IMAGES = ("tables",), ("images",)
TEXT_FILE, EXCEL_FILE = ("text files", *TABLE), ("Excel files", *TABLE)
ARFF_FILE = ("ARFF files", *TABLE)
IMAGE_FOLDER = ("folders of images", *IMAGES)

_BELONGS = {
    "separator": ("text files",),
    "header": ("text files", "Excel files"),
    "encoding": ("text files", "ARFF files"),
    "sheet": ("Excel files",),
    "missing": ("tables",),
    "keep_columns": ("tables",),
    "drop_columns": ("tables",),
    "text_columns": ("tables",),
    "min_class_rows": ("tables", "images"),
    "skip_unreadable": ("folders of images",),
    "image_size": ("folders of images",),
}


@dataclass(frozen=True)
class Reading:
    """How tables and images are read where more than one way makes sense.

    What means nothing for the data at hand, such as a sheet of a CSV file, is refused.
    Each field is an option of the command line as well: `keep_columns` is ``--keep-columns A,B``
    (where a name in double quotes may hold commas: ``'"City, State",B'``).

    Parameters
    ----------
    separator : str, default=None
        What stands between the fields of a text file; by default it is recognised.
    header : bool, default=None
        Whether the first line of a file holds the names of the columns; by default it is
        recognised. Columns without names are numbered from 0.
    encoding : str, default=None
        Encoding of a text or ARFF file; by default UTF-8 or UTF-16, and else Windows-1252 with a
        note.
    sheet : str, default=None
        Sheet of an Excel file; by default the first that is not empty.
    missing : tuple of str, default=()
        Texts that mark missing values beside the usual ones. Here and in the next three, a single
        text does for a tuple of one.
    keep_columns : tuple of str, default=()
        Columns to keep although they look like identifiers or free text.
    drop_columns : tuple of str, default=()
        Columns to leave out.
    text_columns : tuple of str, default=()
        Columns of categories, although they hold numbers or dates; the target's are classes then.
    min_class_rows : int >= 1, default=1
        Classes with fewer rows or images than this are left out.
    skip_unreadable : bool, default=False
        Whether to go on without the image files that cannot be read.
    image_size : int >= 1, default=None
        Pixels a side that images of a folder are brought to; by default they stay as they are
        if all have one size of at most 64 pixels, and are brought to 32 otherwise.

    Examples
    --------
    >>> import pandas as pd
    >>> from skdropout.studies import Reading, load_rows
    >>> plots = {"plot": [1, 2, 1, 2], "depth": [0.5, 9.9, 0.7, 0.2], "crop": list("abab")}
    >>> X, y = load_rows(
    ...     pd.DataFrame(plots),
    ...     target="crop",
    ...     reading=Reading(missing=("9.9",), text_columns=("plot",)),
    ... )
    >>> X
      plot  depth
    0    1    0.5
    1    2    NaN
    2    1    0.7
    3    2    0.2
    """

    separator: str | None = None
    header: bool | None = None
    encoding: str | None = None
    sheet: str | None = None
    missing: tuple[str, ...] = ()
    keep_columns: tuple[str, ...] = ()
    drop_columns: tuple[str, ...] = ()
    text_columns: tuple[str, ...] = ()
    min_class_rows: int = 1
    skip_unreadable: bool = False
    image_size: int | None = None

    def __post_init__(self) -> None:
        """Take a single text for a tuple of one: its letters are never meant."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(field.default, tuple) and isinstance(value, str):
                object.__setattr__(self, field.name, (value,))

    def as_options(self) -> list[str]:
        """Write what is not as by default for the command line.

        Returns
        -------
        list of str
            Words, such as ``--no-header``, or ``--sheet`` and its name.
        """
        return [word for name, value in self._given().items() for word in as_typed(name, value)]

    def as_argument(self) -> str:
        """Write it as one more argument of a call, if it is not as by default.

        Returns
        -------
        str
            Python that follows the other arguments, or nothing.
        """
        given = ", ".join(f"{name}={value!r}" for name, value in self._given().items())
        return f", reading=Reading({given})" if given else ""

    def _given(self) -> dict[str, Any]:
        own = {field.name: (getattr(self, field.name), field.default) for field in fields(self)}
        return {name: value for name, (value, default) in own.items() if value != default}


DEFAULT_READING = Reading()


def check_applies(reading: Reading, name: str, kinds: Sequence[str]) -> None:
    """Refuse what was asked for and means nothing for data of these kinds."""
    for field in reading._given():
        if not set(_BELONGS[field]) & set(kinds):
            raise StudyError(
                f"{option(field)} does not apply to {name}: it belongs to "
                f"{' and '.join(_BELONGS[field])}."
            )
