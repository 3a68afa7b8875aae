"""
CIFAR-100 at full length
========================

A study leaves a line for each epoch of each network in its ``results.csv``. These are the networks
of the published CIFAR-100 comparison that have been trained for all of the 10,000 steps so far, by
what stands before each activation in their blocks. :doc:`/studies` has the table.
"""

import matplotlib.pyplot as plt
import pandas as pd

results = pd.read_csv("../docs/data/cifar100-full.csv")  # from the folder of the examples

# %%
# Batch normalisation learns fastest and furthest, and overfits from the eleventh epoch on. The
# others underfit, and dropout before the activations makes that worse, the more the higher its
# rate.
columns = {
    "validation_accuracy": "validation accuracy",
    "validation_loss": "validation loss",
    "training_loss": "training loss",
}
figure, panels = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
for panel, (column, title) in zip(panels, columns.items(), strict=True):
    for variant, epochs in results.groupby("variant", sort=False):
        panel.plot(epochs["epoch"], epochs[column], label=variant.replace("_", " "))
    panel.set(title=title, xlabel="epoch", xticks=range(0, 17, 4))
figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
plt.show()
