"""Tables and images, built in and of the user's own, as the studies take them."""

from skdropout.studies.reading._image_set import ImageSet
from skdropout.studies.reading._images import is_images, load_images
from skdropout.studies.reading._options import Reading
from skdropout.studies.reading._rows import load_rows
from skdropout.studies.reading._table_loading import Table, load_table
from skdropout.studies.reading._words import as_typed

__all__ = [
    "ImageSet",
    "Reading",
    "Table",
    "as_typed",
    "is_images",
    "load_images",
    "load_rows",
    "load_table",
]
