"""The network in PyTorch, in skorch.

Two things make skorch faster here than its defaults, and both are in its documentation or advised
by its maintainers: the dataset hands out whole batches (``__getitems__``), where the default makes
one call for each row; and the callbacks that print and average the losses are off.
"""

import itertools
from typing import Any

import numpy as np
import torch
from skorch import NeuralNetBinaryClassifier
from skorch.dataset import Dataset
from torch import nn

from benchmarks._libraries import Recipe


class Batches(Dataset):
    """Rows that are fetched a batch at a time."""

    def __getitems__(self, rows: list[int]) -> tuple[Any, Any]:
        return self[rows]


def as_tensors(batch: tuple[Any, Any]) -> list[torch.Tensor]:
    return [torch.as_tensor(part) for part in batch]


class Network(nn.Module):
    def __init__(self, recipe: Recipe, n_features: int) -> None:
        super().__init__()
        self.recipe = recipe
        widths = (n_features, *recipe.hidden)
        self.hidden = nn.ModuleList(
            nn.Linear(before, after) for before, after in itertools.pairwise(widths)
        )
        self.input_dropout = nn.Dropout(recipe.input_dropout)
        self.dropout = nn.Dropout(recipe.dropout)
        self.logits = nn.Linear(widths[-1], 1)
        for layer in (*self.hidden, self.logits):
            nn.init.normal_(layer.weight, std=0.05)
            nn.init.zeros_(layer.bias)

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        if self.input_dropout.p:
            X = self.input_dropout(X)
        for layer in self.hidden:
            X = self.dropout(torch.relu(layer(X)))
        return self.logits(X).squeeze(-1)


class MaxNormNet(NeuralNetBinaryClassifier):
    """Projects the hidden kernels back after each step; torch keeps a unit's weights in a row."""

    def fit(self, X: Any, y: Any, **options: Any) -> Any:
        self.set_params(module__n_features=X.shape[1])
        return super().fit(X, np.asarray(y, np.float32), **options)

    def train_step(self, batch: Any, **options: Any) -> dict[str, Any]:
        step = super().train_step(batch, **options)
        max_norm = self.module_.recipe.max_norm
        if max_norm is not None:
            with torch.no_grad():
                for layer in self.module_.hidden:
                    layer.weight.copy_(torch.renorm(layer.weight, 2, 0, max_norm))
        return step


def skorch_classifier(recipe: Recipe) -> Any:
    return MaxNormNet(
        Network,
        module__recipe=recipe,
        module__n_features=1,
        optimizer=torch.optim.SGD,
        optimizer__momentum=recipe.momentum,
        lr=recipe.learning_rate,
        batch_size=recipe.batch_size,
        max_epochs=recipe.epochs,
        dataset=Batches,
        iterator_train__shuffle=True,
        iterator_train__collate_fn=as_tensors,
        iterator_valid__collate_fn=as_tensors,
        train_split=None,
        callbacks="disable",
        verbose=0,
    )
