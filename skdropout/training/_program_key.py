"""What tells programs apart."""

from dataclasses import dataclass

from skdropout.networks import Network
from skdropout.training._objectives import Objective
from skdropout.training._sparse_rows import Room


@dataclass(frozen=True)
class ProgramKey:
    """All that a program depends on: two fits with the same key share one program.

    Parameters
    ----------
    structure : Network
        The network without what is data.
    objective, optimizer, nesterov, batch_size
        Of the plan.
    clips : bool
        Whether gradients are clipped.
    constrained : bool
        Whether units have a largest norm. Most programs serve networks with and without one.
    dtype, validation_dtype : str
        Type of the features, and of those of the validation rows.
    sparse : bool
        Whether the features come as sparse rows.
    weighted, validated : bool
        Whether rows have weights of their own, and whether there are validation rows.
    capacity, validation_capacity : int or None
        Rows that the tables have room for where XLA compiles the loop, which needs fixed shapes.
    room, validation_room : Room or None
        What sparse rows have room for there.
    """

    structure: Network
    objective: Objective
    optimizer: str
    nesterov: bool
    clips: bool
    constrained: bool
    batch_size: int
    dtype: str
    validation_dtype: str
    weighted: bool
    validated: bool
    sparse: bool
    capacity: int | None
    validation_capacity: int | None
    room: Room | None
    validation_room: Room | None

    @property
    def fused(self) -> bool:
        """Whether XLA compiles the loop."""
        return self.capacity is not None

    @property
    def in_place(self) -> bool:
        """Whether weights and slots are variables, of which a call for a few steps has no copy."""
        return self.fused and self.sparse

    @property
    def masked(self) -> bool:
        """Whether the network must be told which rows of a step only fill it up."""
        return self.fused and self.structure.batch_normalised
