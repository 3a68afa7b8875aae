"""
Which dropout rate?
===================

A grid search over the rates on the inputs and in the hidden layers. Rates are data to the compiled
engine, so all folds are trained by one compiled program, and the final fit by another.
"""

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdropout import DropoutMLPClassifier

X, y = load_breast_cancer(return_X_y=True)
network = DropoutMLPClassifier(hidden_layer_sizes=(60, 30), max_norm=3, epochs=40, random_state=0)
search = GridSearchCV(
    make_pipeline(StandardScaler(), network),
    {
        "dropoutmlpclassifier__input_dropout": [0.0, 0.1, 0.2],
        "dropoutmlpclassifier__dropout": [0.0, 0.2, 0.5],
    },
    cv=5,
    scoring="neg_log_loss",
)
search.fit(X, y)

# %%
# Log loss for each pair of rates, mean over the folds: lower is better.
results = pd.DataFrame(search.cv_results_)
table = results.pivot_table(
    index="param_dropoutmlpclassifier__input_dropout",
    columns="param_dropoutmlpclassifier__dropout",
    values="mean_test_score",
)
print((-table).round(4))
print("best:", search.best_params_)

# %%
fig, ax = plt.subplots()
for rate, scores in table.iterrows():
    ax.plot(table.columns, -scores, marker="o", label=f"{rate:g} on the inputs")
ax.set(xlabel="dropout in the hidden layers", ylabel="log loss, 5-fold cross-validation")
ax.legend()
plt.show()
