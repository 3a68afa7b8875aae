"""
CIFAR-100 at full length
========================

A study leaves a line for each epoch of each network in its ``results.csv``. These are the fifteen
networks of the published CIFAR-100 comparison, trained for all of the 10,000 steps: a row of
panels for each place in the block, a curve for each thing that stands there. :doc:`/studies` has
the table.
"""

import matplotlib.pyplot as plt
import pandas as pd

results = pd.read_csv("../docs/data/cifar100-full.csv")  # from the folder of the examples

# %%
# Batch normalisation learns fastest and furthest, and gains nothing from the tenth epoch on. The
# others underfit, and dropout in the blocks makes that worse, the more the higher its rate, and the
# least after the pooling.
columns = {
    "validation_accuracy": "validation accuracy",
    "validation_loss": "validation loss",
    "training_loss": "training loss",
}
placements = results["placement"].unique()
colours = {name: f"C{number}" for number, name in enumerate(results["variant"].unique())}
figure, rows = plt.subplots(
    len(placements),
    3,
    figsize=(11, 3 * len(placements) + 0.6),
    layout="constrained",
    sharex=True,
    sharey="col",
    squeeze=False,
)
for panels, placement in zip(rows, placements, strict=True):
    networks = results[results["placement"] == placement].groupby("variant", sort=False)
    for panel, (column, title) in zip(panels, columns.items(), strict=True):
        for variant, epochs in networks:
            panel.plot(epochs["epoch"], epochs[column], color=colours[variant], label=variant)
        panel.set(title=f"{title}, {placement.replace('_', ' ')}", xticks=range(0, 17, 4))
for panel in rows[-1]:
    panel.set_xlabel("epoch")
lines = rows[0, 0].get_legend_handles_labels()[0]
names = [line.get_label().replace("_", " ") for line in lines]
figure.legend(lines, names, loc="outside lower center", ncols=5)
plt.show()
