"""
How much dropout?
=================

scikit-learn's own validation curve over the dropout rate: the gap between the two lines is what
dropout is there to close, and where both rise there is too much of it. The L2 penalty, which
closes part of that gap too, is left out.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import StratifiedKFold, ValidationCurveDisplay

from skdropout import DropoutMLPClassifier

X, y = load_breast_cancer(return_X_y=True)
network = DropoutMLPClassifier((60, 30), alpha=0, epochs=60, random_state=0)

# %%
# The mean over three folds, with their standard deviation as a band. All 27 fits are trained by
# the same compiled program, in which the rate is data.

fig, ax = plt.subplots(layout="constrained")
ValidationCurveDisplay.from_estimator(
    network,
    X,
    y,
    param_name="dropout",
    param_range=np.linspace(0, 0.8, 9),
    cv=StratifiedKFold(3, shuffle=True, random_state=0),
    scoring="neg_log_loss",
    negate_score=True,
    score_name="log loss",
    ax=ax,
)
ax.set(xlabel="dropout in the hidden layers", yscale="log")
plt.show()
