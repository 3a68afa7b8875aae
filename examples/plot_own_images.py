"""
Does batch normalisation help on my own images?
===============================================

The recipes of the CIFAR-100 study on a folder of one's own, with one subfolder of image files for
each class, and then the better recipe as an estimator for new images.
"""

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skdropout import BNConvClassifier
from skdropout.studies import run_image_study

# %%
# A folder like those that come from a camera; here each digit is blown up to 16 by 16 pixels and
# written as a PNG file.

digits = load_digits(n_class=4)
images = np.rint(digits.images * (255 / 16)).astype(np.uint8).repeat(2, axis=1).repeat(2, axis=2)
folder = Path(tempfile.mkdtemp())
for number, (image, label) in enumerate(zip(images[:240], digits.target, strict=False)):
    place = folder / "photos" / str(label)
    place.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(place / f"{number:04}.png")

# %%
# The study trains the same network with batch normalisation and without, and watches a fifth of the
# images that are set aside; left to itself it also tries dropout at three rates, and each place and
# scale. On the command line this is ``skdropout study --images photos --variants
# nothing,batch_norm --placements after_pooling --conditions standardised``.

study = run_image_study(
    folder / "photos",
    placements=["after_pooling"],
    variants=["nothing", "batch_norm"],
    conditions=["standardised"],
    passes=6,
    seeds=3,
    out=folder / "study",
    progress=False,
)
study.summary

# %%
print(study.verdict)

# %%
# What the study compares are hyperparameters of one estimator, so the choice carries over as it
# is.

X_train, X_test, y_train, y_test = train_test_split(
    images[:240], digits.target[:240], stratify=digits.target[:240], random_state=0
)
classifier = BNConvClassifier(
    filters=(16, 32),
    placement="after_pooling",
    batch_norm=True,
    rescale="standardize",
    epochs=10,
    random_state=0,
)
classifier.fit(X_train, y_train).score(X_test, y_test)
