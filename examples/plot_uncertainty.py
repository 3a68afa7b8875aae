"""
How sure is the network?
========================

Dropout left on while predicting makes one network many: each thinned network gives an answer of
its own, and where the answers differ, the network is unsure (Gal and Ghahramani 2016). Does this
find images that are no digits, or rows whose label is wrong? Does it make better probabilities?
Here it is compared with what the network says without it, and the answers are yes, hardly, and no.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.special import entr
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split

from skdropout import DropoutMLPClassifier

X, y = load_digits(return_X_y=True)
network = DropoutMLPClassifier(
    hidden_layer_sizes=(128, 128),
    dropout=0.5,
    alpha=0,  # all that holds the weights back is dropout
    rescale="center",
    batch_size=32,
    epochs=40,
    random_state=0,
)

# %%
# Things that it has never seen
# -----------------------------
#
# The network learns the digits 0 to 7. It is then shown digits 0 to 7 that it has not seen, among
# them one other kind of image at a time. A score of uncertainty is good if it ranks these images
# above the digits: the area under the ROC curve is the chance that it does so for a pair. All
# figures are means over three splits.

plain_entropy, mc_entropy = "entropy, plain", "entropy, Monte-Carlo"
disagreement, deviation = "mutual information", "standard deviation"
rng = np.random.default_rng(0)


def strangers(digits):
    """Make other images out of digits, with the same kind of pixels."""
    return {
        "digits 8 and 9": X[y > 7],
        "pixels shuffled": rng.permuted(digits, axis=1),
        "black and white swapped": digits.max() - digits,
        "uniform noise": rng.uniform(0, 16, size=digits.shape),
    }


def scores(rows):
    """Rate how unsure the network is of each row, in four ways."""
    unsure = network.predict_uncertainty(rows, random_state=0)
    return {
        plain_entropy: entr(network.predict_proba(rows)).sum(axis=1),
        mc_entropy: unsure["predictive_entropy"],
        disagreement: unsure["mutual_information"],
        deviation: unsure["standard_deviation"],
    }


known = y < 8
found = []
for seed in range(3):
    X_train, X_test, y_train, _ = train_test_split(
        X[known], y[known], test_size=0.3, stratify=y[known], random_state=seed
    )
    network.set_params(random_state=seed).fit(X_train, y_train)
    usual = scores(X_test)
    for kind, images in strangers(X_test).items():
        is_strange = np.repeat([0, 1], [len(X_test), len(images)])
        for name, values in scores(images).items():
            area = roc_auc_score(is_strange, np.concatenate([usual[name], values]))
            found.append({"images": kind, "score": name, "area": area})
areas = pd.DataFrame(found).pivot_table("area", "images", "score", sort=False)
areas.round(3)

# %%
# Digits 8 and 9 are made of the strokes that the network knows, and its own entropy finds them as
# well as anything does. Images that look like no digit are another matter. Far from everything it
# has learnt, the network may well be sure of itself; there the thinned networks contradict each
# other.

# %%
# Rows with a wrong label
# -----------------------
#
# One label in twenty is replaced by a wrong one. Each row is then judged by a network that was
# fitted without it: how improbable is its label, and how unsure is the network of it?

is_wrong = rng.random(len(y)) < 0.05
labels = np.where(is_wrong, (y + rng.integers(1, 10, size=len(y))) % 10, y)
plain, mixed = np.empty((len(y), 10)), np.empty((len(y), 10))
for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(X, labels):
    network.fit(X[train], labels[train])
    plain[test] = network.predict_proba(X[test])
    mixed[test] = network.sample_proba(X[test], random_state=0).mean(axis=0)
given = np.arange(len(y)), labels
wrong_labels = pd.Series(
    {
        "label improbable, plain": roc_auc_score(is_wrong, -plain[given]),
        "label improbable, Monte-Carlo": roc_auc_score(is_wrong, -mixed[given]),
        plain_entropy: roc_auc_score(is_wrong, entr(plain).sum(axis=1)),
        mc_entropy: roc_auc_score(is_wrong, entr(mixed).sum(axis=1)),
    },
    name="area",
)
wrong_labels.round(4)

# %%
# A wrong label is improbable, and plain probabilities say so almost perfectly; Monte-Carlo dropout
# has next to nothing to add. The entropy, of either kind, says how hard an image is to read. That
# tells nothing of its label.

# %%
# Calibration
# -----------
#
# Are the probabilities right? Once from many rows to learn from and once from few, all ten digits:
# log loss, and the expected calibration error (the gap between confidence and accuracy, in ten bins
# of confidence).


def calibration_error(labels, probabilities):
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bins = np.minimum((10 * confidence).astype(int), 9)
    gaps = np.bincount(bins, right - confidence, minlength=10)
    return abs(gaps).sum() / len(labels)


found = []
for n_rows in (150, 1200):
    for seed in range(3):
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, train_size=n_rows, stratify=y, random_state=seed
        )
        network.set_params(random_state=seed).fit(X_train, y_train)
        for name, probabilities in {
            "plain": network.predict_proba(X_test),
            "Monte-Carlo": network.sample_proba(X_test, random_state=0).mean(axis=0),
        }.items():
            found.append(
                {
                    "training rows": n_rows,
                    "prediction": name,
                    "accuracy": (probabilities.argmax(axis=1) == y_test).mean(),
                    "log loss": log_loss(y_test, probabilities),
                    "calibration error": calibration_error(y_test, probabilities),
                }
            )
calibration = pd.DataFrame(found).groupby(["training rows", "prediction"], sort=False).mean()
calibration.round(4)

# %%
# Averaging over thinned networks makes the probabilities too modest here: the same answers are
# right, with less confidence, at a higher log loss. Training with dropout has calibrated the plain
# probabilities already. So use `predict_proba` for probabilities, and `predict_uncertainty` to find
# rows that are unlike those that the network has learnt from.

# %%
fig, ax = plt.subplots(layout="constrained")
areas.plot.barh(ax=ax, width=0.8, legend=False)
ax.set(xlabel="area under the ROC curve", ylabel="", xlim=(0.5, 1))
ax.invert_yaxis()
fig.legend(loc="outside upper center", ncols=2)  # no bar is hidden
plt.show()
