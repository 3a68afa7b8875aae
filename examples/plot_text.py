"""
Text, as a sparse table
=======================

A table with a column for each word is nearly all zeros. Perceptrons take SciPy's sparse matrices as
`TfidfVectorizer` makes them, and never write the table out in full. The text here is what
scikit-learn's own datasets say of themselves: which of them does a line describe?
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_linnerud,
    load_wine,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from skdropout import DropoutMLPClassifier

loaders = load_breast_cancer, load_diabetes, load_digits, load_linnerud, load_wine
lines, names = [], []
for loader in loaders:
    described = {line.strip() for line in loader().DESCR.splitlines() if len(line.split()) > 4}
    lines += sorted(described)
    names += [loader.__name__.removeprefix("load_")] * len(described)
print(len(lines), "lines;", lines[0])

# %%
# By default the network scales each column by its standard deviation, without centring it, for that
# would fill the zeros. TF-IDF has made the columns comparable already, so nothing is rescaled here.

network = DropoutMLPClassifier(
    100, dropout=0.5, alpha=0.1, rescale=None, learning_rate=0.01, epochs=30, random_state=0
)
folds = StratifiedKFold(5, shuffle=True, random_state=0)
for classifier in (MultinomialNB(), network):
    pipeline = make_pipeline(TfidfVectorizer(), classifier)
    found = cross_val_predict(pipeline, lines, names, cv=folds)
    print(type(classifier).__name__, f"{np.mean(found == np.array(names)):.2f} of the lines right")

# %%
fig, ax = plt.subplots(layout="constrained")
ConfusionMatrixDisplay.from_predictions(
    names, found, ax=ax, colorbar=False, cmap="Blues", xticks_rotation=30
)
ax.set(title="lines of five descriptions, told apart by a network")
plt.show()
