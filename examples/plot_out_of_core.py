"""
A table that does not fit into memory
=====================================

``partial_fit`` trains on a block of rows at a time, so that only the block has to be in memory.
Here the table is a file of 100,000 rows that is read through a memory map.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from skdropout import DropoutMLPClassifier

N_ROWS, N_FEATURES, BLOCK = 100_000, 20, 8192


def write_table(path):
    """Write rows of features and their class to a file, a block at a time."""
    rng = np.random.default_rng(0)
    shape = (N_ROWS, N_FEATURES + 1)
    table = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    for start in range(0, N_ROWS, BLOCK):
        block = table[start : start + BLOCK]
        block[:, :-1] = rng.normal(size=(len(block), N_FEATURES))
        signal = block[:, 0] * block[:, 1] + block[:, 2]
        block[:, -1] = signal + rng.normal(scale=0.5, size=len(block)) > 0


def blocks(table, rows):
    """Yield features and classes of some rows, a block at a time."""
    for start in range(rows.start, rows.stop, BLOCK):
        block = np.array(table[start : min(start + BLOCK, rows.stop)])
        yield block[:, :-1], block[:, -1].astype(int)


# %%
# The inputs are scaled by what the first block says of them. The last tenth of the file is for
# testing.

training, testing = range(N_ROWS * 9 // 10), range(N_ROWS * 9 // 10, N_ROWS)
network = DropoutMLPClassifier(64, dropout=0.1, batch_size=256, random_state=0)
accuracies = []
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "table.npy"
    write_table(path)
    table = np.load(path, mmap_mode="r")
    for _ in range(5):
        for X, y in blocks(table, training):
            network.partial_fit(X, y, classes=[0, 1])
        right = [network.predict(X) == y for X, y in blocks(table, testing)]
        accuracies.append(float(np.mean(np.concatenate(right))))
    del table
print("accuracy after each pass over the file:", np.round(accuracies, 3))

# %%
fig, ax = plt.subplots(layout="constrained")
ax.plot(range(1, 6), accuracies, "o-")
ax.set(xlabel="passes over the file", ylabel="accuracy on the last tenth", xticks=range(1, 6))
plt.show()
