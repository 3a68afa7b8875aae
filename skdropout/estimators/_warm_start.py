"""Going on from an earlier fit: whether that is possible, and the history of both."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from skdropout.estimators._fitted import FittedNetwork
from skdropout.networks import Network
from skdropout.training import TrainingResult, name_of

_WAYS_OUT = (
    "Set the parameters back, or start anew: clone the estimator, or use "
    "set_params(warm_start=False) and fit."
)


def given_weights(values: Sequence[np.ndarray], network: Network) -> TrainingResult:
    """Return the weights that a fit is to start from, or say why they do not fit the network."""
    weights = [np.array(value, dtype=np.float32) for value in values]
    expected = [tuple(variable.shape) for variable in network.build().weights]
    if [value.shape for value in weights] != expected:
        raise ValueError(
            "initial_weights expects the weights_ of an estimator with the same network, of the "
            f"shapes {expected}, got {[value.shape for value in weights]}."
        )
    return TrainingResult(weights, [], {}, 0, None)


def kept_for(optimizer: Any, result: TrainingResult) -> TrainingResult:
    """Return what a fit goes on from; another optimiser has a state and steps of its own."""
    if result.optimizer == name_of(optimizer):
        return result
    return replace(result, optimizer_state=[], n_steps=0)


def reject_another_start(network: Network, fitted: FittedNetwork[Any]) -> None:
    """Raise unless the weights of the last fit fit into the network, and know its inputs."""
    now, before = network.structure, fitted.network_.structure
    changed = [f.name for f in fields(now) if getattr(now, f.name) != getattr(before, f.name)]
    if changed:
        hint = ""
        if not {"conv_dropout", "head_dropout"}.isdisjoint(changed):
            hint = " There is a dropout layer only where the rate is above 0."
        raise ValueError(
            f"the network is not the one of the last fit (other {', '.join(changed)}), so its "
            f"weights cannot be trained on.{hint} {_WAYS_OUT}"
        )
    if fitted.rescale != fitted._rescaled_by:
        raise ValueError(
            f"rescale={fitted.rescale!r} is not that of the last fit, {fitted._rescaled_by!r}, to "
            f"whose inputs the weights belong. {_WAYS_OUT}"
        )


def joined(
    before: dict[str, list[float]], history: dict[str, list[float]]
) -> dict[str, list[float]]:
    """Append a history to an earlier one, with nan for what one of them did not measure."""
    blank, blank_before = ([np.nan] * len(part["loss"]) for part in (history, before))
    return {
        name: before.get(name, blank_before) + history.get(name, blank)
        for name in {**before, **history}
    }
