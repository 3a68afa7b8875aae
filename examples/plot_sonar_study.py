"""
Does dropout help on Sonar?
===========================

The published comparison of three dense networks, repeated until it can tell luck from merit.
Where the data cannot be had, the same recipes run on a table that scikit-learn brings along.
"""

import tempfile

from skdropout.datasets import fetch_sonar
from skdropout.studies import run_dense_study

try:
    fetch_sonar()
    name = "sonar"
except OSError:
    name = "breast_cancer"

# %%
# Two runs of ten folds take under a minute; ``repeats=20`` gives the interval that the
# documentation shows. The folder keeps the results and a report, so that a study that was stopped
# goes on where it was; here it is a temporary one.

with tempfile.TemporaryDirectory() as folder:
    study = run_dense_study(name, repeats=2, out=folder, progress=False)
study.summary

# %%
# Each pair of networks is compared on the same folds, by a test that knows that the folds share
# most of their training rows.

study.comparisons

# %%
print(study.verdict)
