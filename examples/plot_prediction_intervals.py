"""
Prediction intervals from two quantiles
=======================================

A prediction says where the mean lies, not how far a single value strays from it. Two networks that
learn a low and a high quantile say that: between them lie, here, nine tenths of what is to come,
wide where the data scatter and narrow where they do not.
"""

import matplotlib.pyplot as plt
import numpy as np

from skdropout import DropoutMLPRegressor

generator = np.random.default_rng(0)


def draw(n_rows):
    """Draw rows whose spread grows from left to right."""
    x = generator.uniform(0, 6, n_rows)
    return x[:, np.newaxis], 10 + 3 * np.sin(x) + generator.normal(scale=0.2 + 0.3 * x)


X, y = draw(1000)
X_test, y_test = draw(2000)

# %%
# The same network three times. Early stopping goes by the loss of each, so that a network stops
# before its quantile fits the training rows better than new ones.

options = {"hidden_layer_sizes": (30, 30), "learning_rate": 0.005, "early_stopping": True}
low, middle, high = (
    DropoutMLPRegressor(**options, loss="quantile", quantile=quantile, random_state=0).fit(X, y)
    for quantile in (0.05, 0.5, 0.95)
)
inside = (low.predict(X_test) < y_test) & (y_test < high.predict(X_test))
print(f"{inside.mean():.0%} of new values lie in the interval")

# %%
# The band follows the scatter.

grid = np.linspace(0, 6, 200)[:, np.newaxis]
fig, ax = plt.subplots(layout="constrained")
ax.scatter(X[:, 0], y, s=6, alpha=0.4, label="training rows")
ax.fill_between(grid[:, 0], low.predict(grid), high.predict(grid), alpha=0.3, label="5% to 95%")
ax.plot(grid[:, 0], middle.predict(grid), label="median")
ax.set(xlabel="x", ylabel="y")
ax.legend()
plt.show()
