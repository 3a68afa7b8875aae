"""Which of a model's values is which.

They come in four orders: as ``model.weights``, in which results keep them; the trainable ones
apart from the others, as stateless calls take them; the kernels apart from all other trainable
ones, which a training loop carries end to end in one vector, since each of them would be some
kernels more to compile; and all end to end, because handing over one value costs less than handing
over a dozen.
"""

import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops


@dataclass(frozen=True)
class Value:
    """What is known of a variable: its role in its layer, shape and type, and its place.

    ``place`` is its position among the weights; the seed states of random layers have none.
    """

    role: str
    shape: tuple[int, ...]
    dtype: str
    constrained: bool
    place: int | None

    @property
    def is_kernel(self) -> bool:
        """Whether penalties and decay act on it, which leave biases and normalisation alone."""
        return self.role == "kernel"


class Layout:
    """The values of one model: ``weights``, and the ``trainable`` and ``frozen`` among all.

    Of a model that is part of ``whole``, the weights are those of the whole.
    """

    def __init__(self, model: keras.Model, whole: keras.Model | None = None) -> None:
        weights = (whole or model).weights
        places = {id(variable): place for place, variable in enumerate(weights)}

        def value(variable: Any) -> Value:
            return Value(
                role=variable.name,
                shape=tuple(variable.shape),
                dtype=variable.dtype,
                constrained=getattr(variable, "constraint", None) is not None,
                place=places.get(id(variable)),
            )

        self.weights = [value(variable) for variable in weights]
        self.trainable = [value(variable) for variable in model.trainable_variables]
        self.frozen = [value(variable) for variable in model.non_trainable_variables]

    @property
    def size(self) -> int:
        """How many numbers all weights are."""
        return sum(math.prod(value.shape) for value in self.weights)

    @property
    def n_seed_states(self) -> int:
        """How many random layers there are."""
        return sum(value.place is None for value in self.frozen)

    def split(
        self, weights: list[Any], seed_states: list[Any] | None = None
    ) -> tuple[list[Any], list[Any]]:
        """Take weights and seed states apart into the values of trainable and frozen variables.

        Where nothing is drawn, the seed states do not matter.
        """
        if seed_states is None:
            none = [value for value in self.frozen if value.place is None]
            seed_states = [np.zeros(value.shape, value.dtype) for value in none]
        states = iter(seed_states)
        trainable, frozen = (
            [next(states) if value.place is None else weights[value.place] for value in values]
            for values in (self.trainable, self.frozen)
        )
        return trainable, frozen

    def join(self, trainable: list[Any], frozen: list[Any]) -> list[Any]:
        """Put the values of trainable and frozen variables in the order of the weights."""
        return self._in_order([*self.trainable, *self.frozen], [*trainable, *frozen])

    @property
    def carried(self) -> list[Value]:
        """What a training loop carries of the trainable variables."""
        kernels, others = self.by_role(self.trainable)
        size = sum(math.prod(value.shape) for value in others)
        return [*kernels, Value("vector", (size,), "float32", constrained=False, place=None)]

    def carry(self, trainable: list[Any]) -> list[Any]:
        """Lay the trainable values end to end, but for the kernels, which come first."""
        kernels, others = self.by_role(trainable)
        return [*kernels, packed(others)]

    def spread(self, carried: list[Any]) -> list[Any]:
        """Take what a training loop carries apart again, in the order of the trainable ones."""
        *kernels, vector = carried
        _, others = self.by_role(self.trainable)
        given = {True: iter(kernels), False: iter(_apart(vector, others))}
        return [next(given[value.is_kernel]) for value in self.trainable]

    def keep(self, carried: list[Any], frozen: list[Any]) -> Any:
        """Lay all weights end to end, as a training loop has them."""
        pairs = zip(self.frozen, frozen, strict=True)
        return packed([*carried, *(given for value, given in pairs if value.place is not None)])

    def kept(self, vector: Any) -> list[Any]:
        """Take what `keep` has laid end to end apart again, in the order of the weights."""
        kernels, others = self.by_role(self.trainable)
        frozen = [value for value in self.frozen if value.place is not None]
        values = [*kernels, *others, *frozen]
        return self._in_order(values, _apart(vector, values))

    def _in_order(self, values: list[Value], given: list[Any]) -> list[Any]:
        """Put what is given of some values, all weights among them, in the order of the weights."""
        known = {value.place: one for value, one in zip(values, given, strict=True)}
        return [known[place] for place in range(len(self.weights))]

    def by_role(self, trainable: list[Any]) -> tuple[list[Any], list[Any]]:
        """Tell kernels from the other trainable variables, or the values of both."""
        pairs = [*zip(self.trainable, trainable, strict=True)]
        kernels, others = (
            [given for value, given in pairs if value.is_kernel == wanted]
            for wanted in (True, False)
        )
        return kernels, others

    def rates(self, frozen: list[Any]) -> list[Any]:
        """Pick the dropout rates out of the values of the frozen variables."""
        pairs = zip(self.frozen, frozen, strict=True)
        return [given for value, given in pairs if value.role == "rate"]

    def seed_states(self, frozen: list[Any]) -> list[Any]:
        """Pick the seed states out of the frozen variables, or out of their values.

        They say which masks the random layers draw next: a seed and a count each.
        """
        pairs = zip(self.frozen, frozen, strict=True)
        return [given for value, given in pairs if value.place is None]

    def unpack(self, vector: Any) -> list[Any]:
        """Take weights that lie end to end apart again."""
        return _apart(vector, self.weights)


def packed(weights: list[Any]) -> Any:
    """Lay weights end to end."""
    if isinstance(weights[0], np.ndarray):
        return np.concatenate([value.ravel() for value in weights])
    return ops.concatenate([ops.reshape(value, (-1,)) for value in weights])


def _apart(vector: Any, values: list[Value]) -> list[Any]:
    reshape = np.reshape if isinstance(vector, np.ndarray) else ops.reshape
    starts = np.cumsum([0, *(math.prod(value.shape) for value in values)]).tolist()
    return [
        reshape(vector[start:end], value.shape)
        for value, start, end in zip(values, starts, starts[1:], strict=False)
    ]
