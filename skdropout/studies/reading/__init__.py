"""Tables and images, built in and of the user's own, as the studies take them."""

from skdropout.studies.reading._image_set import Images, ImageSet, Labels
from skdropout.studies.reading._images import IMAGE_NAMES, is_images, load_images
from skdropout.studies.reading._options import Reading
from skdropout.studies.reading._rows import load_rows
from skdropout.studies.reading._tables import NAMES, Table, load_table
from skdropout.studies.reading._tasks import CLASSIFICATION, REGRESSION, Task

__all__ = [
    "CLASSIFICATION",
    "IMAGE_NAMES",
    "NAMES",
    "REGRESSION",
    "ImageSet",
    "Images",
    "Labels",
    "Reading",
    "Table",
    "Task",
    "is_images",
    "load_images",
    "load_rows",
    "load_table",
]
