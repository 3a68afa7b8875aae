"""
Halving: few epochs for many, many for few
==========================================

Successive halving with epochs as its resource trains all candidates a little, and goes on with the
better half of them and twice the epochs. Epochs are data too, so all folds share a compiled
program.
"""

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (allows the next line)
from sklearn.model_selection import HalvingGridSearchCV

from skdropout import DropoutMLPClassifier

X, y = load_breast_cancer(return_X_y=True)
search = HalvingGridSearchCV(
    DropoutMLPClassifier((60, 30), optimizer="sgd", momentum=0.9, max_norm=3, random_state=0),
    {"dropout": [0.0, 0.2, 0.5], "learning_rate": [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1]},
    resource="epochs",
    min_resources=5,
    max_resources=40,
    factor=2,
    cv=3,
    scoring="neg_log_loss",
    random_state=0,
)
search.fit(X, y)
print("candidates:", search.n_candidates_, "epochs:", search.n_resources_)
print("best:", search.best_params_)

# %%
# Each line is a candidate; a line ends where its candidate was left behind.

results = pd.DataFrame(search.cv_results_)
colours = {0.0: "tab:blue", 0.2: "tab:orange", 0.5: "tab:green"}
fig, ax = plt.subplots(layout="constrained")
rates = ["param_dropout", "param_learning_rate"]
for (dropout, _), rounds in results.groupby(rates):
    ax.plot(rounds["n_resources"], -rounds["mean_test_score"], "o-", color=colours[dropout])
for dropout, colour in colours.items():
    ax.plot([], [], "o-", color=colour, label=f"dropout {dropout:g}")
ax.set(xlabel="epochs", ylabel="log loss, 3-fold cross-validation", yscale="log")
ax.set_xscale("log", base=2)
ax.set_xticks(search.n_resources_, labels=search.n_resources_)
ax.legend()
plt.show()
