"""
CIFAR-100 at full length
========================

A study leaves a line for each epoch of each network in its ``results.csv``. These are the fifteen
networks of the published CIFAR-100 comparison, trained for all of the 10,000 steps, and those of
the first place once more, with inputs whose channels are standardised: a row of panels for each
place in the block, a curve for each thing that stands there. :doc:`/studies` has the table.
"""

import matplotlib.pyplot as plt
import pandas as pd

files = [f"../docs/data/cifar100-{run}.csv" for run in ("full", "standardised")]
results = pd.concat(map(pd.read_csv, files))  # from the folder of the examples

# %%
# Batch normalisation learns fastest and furthest, and from the tenth epoch on its validation loss
# falls no further. The others underfit, and dropout in the blocks makes that worse, the more the
# higher its rate, and the least after the pooling. With standardised inputs they underfit less, and
# a rate of 0.1 costs next to nothing.
columns = {
    "validation_accuracy": "validation accuracy",
    "validation_loss": "validation loss",
    "training_loss": "training loss",
}
blocks = results.groupby(["condition", "placement"], sort=False)
colours = {name: f"C{number}" for number, name in enumerate(results["variant"].unique())}
figure, rows = plt.subplots(
    len(blocks),
    3,
    figsize=(11, 2.7 * len(blocks) + 0.6),
    layout="constrained",
    sharex=True,
    sharey="col",
)
for panel, title in zip(rows[0], columns.values(), strict=True):
    panel.set_title(title)
for panels, ((condition, placement), block) in zip(rows, blocks, strict=True):
    inputs = "" if condition == "as_published" else f",\ninputs {condition}"
    panels[0].set_ylabel(f"{placement.replace('_', ' ')}{inputs}")
    for panel, column in zip(panels, columns, strict=True):
        for variant, epochs in block.groupby("variant", sort=False):
            panel.plot(epochs["epoch"], epochs[column], color=colours[variant], label=variant)
for panel in rows[-1]:
    panel.set(xlabel="epoch", xticks=range(0, 17, 4))
lines = rows[0, 0].get_legend_handles_labels()[0]
names = [line.get_label().replace("_", " ") for line in lines]
figure.legend(lines, names, loc="outside lower center", ncols=5)
plt.show()
