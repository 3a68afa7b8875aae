"""
Does regularisation help on my table?
=====================================

A nested comparison on a CSV file of one's own: here the wines of scikit-learn with a text column
and some gaps, as tables have them.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_wine

from skdropout.studies import compare_regularisers

rng = np.random.default_rng(0)
wine = load_wine(as_frame=True)
table = wine.data.assign(
    cellar=rng.choice(["north", "south"], len(wine.data)),
    cultivar=wine.target_names[wine.target],
)
table.loc[rng.random(len(table)) < 0.1, "ash"] = None
table.head()

# %%
# Gaps are filled and texts encoded inside the cross-validation. Each variant chooses its strength
# and its number of epochs on inner folds, and so does the control, ``none``, which has no
# regulariser. On the command line this is ``skdropout compare wine.csv --target cultivar``; the
# settings are small here, to keep the example quick.

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "wine.csv"
    table.to_csv(file, index=False)
    study = compare_regularisers(
        file,
        target="cultivar",
        variants=["l2", "dropout_hidden", "dropout_inputs"],
        repeats=1,
        inner_folds=2,
        epochs=60,
        out=Path(folder) / "comparison",
        progress=False,
    )
study.summary[["log_loss", "accuracy", "strength", "epochs"]].round(3)

# %%
# Every difference from the control, with its interval. Within the grey band it makes no practical
# difference; an interval that is much wider than the band says that so few folds cannot tell.

pairs = study.comparisons[study.comparisons["against"] == "none"]
fig, ax = plt.subplots(figsize=(6, 2.5), layout="constrained")
ax.axvspan(-0.01, 0.01, color="0.9")
ends = [pairs["difference"] - pairs["low"], pairs["high"] - pairs["difference"]]
ax.errorbar(pairs["difference"], pairs["variant"], xerr=ends, fmt="o")
ax.set(xlabel="log loss minus that of the network without a regulariser", ylim=(2.5, -0.5))
plt.show()

# %%
print(study.verdict)

# %%
# The recommended network, with the steps that prepare the columns, is ready to be fitted.

study.recommended
