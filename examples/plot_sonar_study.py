"""
Where should dropout stand, and how much?
=========================================

Dropout on the inputs, in the hidden layer, or both, on the Sonar data. Where these cannot be had,
the comparison runs on a table that scikit-learn brings along.
"""

import tempfile

import matplotlib.pyplot as plt

from skdropout.datasets import fetch_sonar
from skdropout.studies import compare_regularisers

try:
    fetch_sonar()
    name = "sonar"
except OSError:
    name = "breast_cancer"

# %%
# One cross-validation with small settings takes seconds; the defaults, five of them with more inner
# folds, a few minutes. The folder keeps the results and a report, and more ``repeats`` extend them;
# here it is a temporary one.

with tempfile.TemporaryDirectory() as folder:
    study = compare_regularisers(
        name,
        variants=["dropout_hidden", "dropout_inputs", "dropout_both"],
        repeats=1,
        inner_folds=2,
        epochs=100,
        out=folder,
        progress=False,
    )
study.summary[["log_loss", "accuracy", "strength", "epochs"]].round(3)

# %%
# All see the same folds, so the differences are paired. The test knows that the folds share most of
# their training rows.

columns = ["variant", "against", "difference", "low", "high", "better", "same", "worse", "verdict"]
study.comparisons[columns].round(3)

# %%
# How much? Each dot is a strength in an outer fold: its validation loss at its best number of
# epochs, minus that of the network without dropout.

inner = study.candidates.set_index("fold")
control = inner.loc[inner["variant"] == "none", "validation"]
fig, axes = plt.subplots(1, 3, sharey=True, figsize=(8, 3), layout="constrained")
for ax, variant in zip(axes, ["dropout_hidden", "dropout_inputs", "dropout_both"], strict=True):
    rows = inner[inner["variant"] == variant]
    ax.axhline(0, color="0.6", linestyle="--")
    ax.plot(rows["strength"], rows["validation"] - control.loc[rows.index], "o", alpha=0.6)
    ax.set(title=variant)
    ax.tick_params("x", rotation=45)
axes[0].set(ylabel="validation log loss, difference")
plt.show()

# %%
print(study.verdict)
