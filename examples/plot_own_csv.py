"""
Does dropout help on my table?
==============================

The recipes of the Sonar study on a CSV file of one's own: here the wines of scikit-learn with a
text column and some gaps, as tables have them.
"""

import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_wine

from skdropout.studies import run_dense_study

rng = np.random.default_rng(0)
wine = load_wine(as_frame=True)
table = wine.data.assign(
    cellar=rng.choice(["north", "south"], len(wine.data)),
    cultivar=wine.target_names[wine.target],
)
table.loc[rng.random(len(table)) < 0.1, "ash"] = None
table.head()

# %%
# Gaps are filled and texts encoded inside the cross-validation, and the networks are sized by the
# table. On the command line this is ``skdropout study wine.csv --target cultivar``.

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "wine.csv"
    table.to_csv(file, index=False)
    study = run_dense_study(
        file, target="cultivar", repeats=2, folds=5, out=Path(folder) / "study", progress=False
    )
study.summary

# %%
study.comparisons

# %%
print(study.verdict)
