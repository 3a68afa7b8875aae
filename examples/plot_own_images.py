"""
Does batch normalisation help on my own images?
===============================================

A comparison on a folder of one's own, with one subfolder of image files for each class, and then
the recommended network on new images.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skdropout import BNConvClassifier
from skdropout.studies import compare_regularisers

# %%
# A folder like those that come from a camera; here each digit is blown up to 16 by 16 pixels and
# written as a PNG file. Some images stay outside, for the end.

digits = load_digits(n_class=4)
images = np.rint(digits.images * (255 / 16)).astype(np.uint8).repeat(2, axis=1).repeat(2, axis=2)
X, X_new, y, y_new = train_test_split(
    images, digits.target, train_size=240, stratify=digits.target, random_state=0
)
folder = Path(tempfile.mkdtemp())
for number, (image, label) in enumerate(zip(X, y, strict=True)):
    place = folder / "photos" / str(label)
    place.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(place / f"{number:04}.png")

fig, panels = plt.subplots(2, 6, figsize=(6, 2.4), layout="constrained")
for panel, image, label in zip(panels.flat, X, y, strict=False):
    panel.imshow(image, cmap="gray")
    panel.set_title(label)
    panel.axis("off")
plt.show()

# %%
# Each variant chooses its strength and its number of epochs on a quarter of the training images,
# and is scored on images that have chosen nothing. On the command line this is
# ``skdropout compare photos --variants batch_norm,dropout_head``; the network and the settings are
# small here, to keep the example quick.

study = compare_regularisers(
    folder / "photos",
    estimator=BNConvClassifier(filters=(8, 16), convs_per_block=1, dense_units=32, batch_size=32),
    variants=["batch_norm", "dropout_head"],
    folds=3,
    epochs=12,
    out=folder / "comparison",
    progress=False,
)
study.summary[["log_loss", "accuracy", "strength", "epochs"]].round(3)

# %%
print(study.verdict)

# %%
# The recommended network is a scikit-learn estimator, not yet fitted. What it is worth, new images
# tell.

network = study.recommended
network.fit(X[..., np.newaxis], y).score(X_new[..., np.newaxis], y_new)
