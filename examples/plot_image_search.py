"""
Where should dropout stand in a convolutional network?
======================================================

A grid search over the place of dropout and its rate, beside batch normalisation, on handwritten
digits. The images go through scikit-learn as an array of four axes.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from skdropout import BNConvClassifier

digits = load_digits()
images = digits.images[:600, :, :, np.newaxis].astype(np.uint8)
labels = digits.target[:600]
images.shape

# %%
# The published comparison puts the same regularisation at three places: before each activation,
# after each activation, or after each pooling. Rates are data to the compiled engine, but a rate of
# zero leaves the layer out, so this search compiles one program for each place with dropout and one
# for each without.

network = BNConvClassifier(
    filters=(8, 16), convs_per_block=1, dense_units=32, epochs=8, random_state=0
)
search = GridSearchCV(
    network,
    {
        "placement": ["before_activation", "after_activation", "after_pooling"],
        "conv_dropout": [0.0, 0.2, 0.5],
        "batch_norm": [True],
    },
    cv=StratifiedKFold(3, shuffle=True, random_state=0),
)
search.fit(images, labels)

# %%
results = pd.DataFrame(search.cv_results_)
table = results.pivot_table(
    index="param_placement", columns="param_conv_dropout", values="mean_test_score"
)
spread = results.pivot_table(
    index="param_placement", columns="param_conv_dropout", values="std_test_score"
)
table.round(3)

# %%
# Bars show the standard deviation over the folds: three folds tell places apart only where the
# difference is large.

fig, ax = plt.subplots()
for shift, place in enumerate(table.index):
    ax.errorbar(
        table.columns + 0.01 * (shift - 1),
        table.loc[place],
        yerr=spread.loc[place],
        marker="o",
        capsize=3,
        label=place.replace("_", " "),
    )
ax.set(xlabel="dropout in the blocks", ylabel="accuracy, 3-fold cross-validation")
ax.legend(title="place")
plt.show()
