"""Going on from an earlier fit: whether that is possible, and the history of both."""

from dataclasses import fields

import numpy as np

from skdropout.networks import Network


def reject_another_network(network: Network, earlier: Network) -> None:
    """Raise unless the weights of the earlier network fit into this one."""
    now, before = network.structure, earlier.structure
    if now != before:
        changed = [f.name for f in fields(now) if getattr(now, f.name) != getattr(before, f.name)]
        raise ValueError(
            f"the network is not the one of the last fit (other {', '.join(changed)}), so its "
            "weights cannot be trained on. Set the parameters back, or start anew: clone the "
            "estimator, or use set_params(warm_start=False) and fit."
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
