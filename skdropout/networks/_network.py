"""What every description of a network can do."""

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

if TYPE_CHECKING:
    import keras


class Layer:
    """One layer of a description: the name of its class, its own name, and its options."""

    def __init__(self, kind: str, name: str, **options: Any) -> None:
        self.kind, self.name, self.options = kind, name, options


@dataclass(frozen=True, kw_only=True)
class Network(ABC):
    """A frozen, hashable, picklable description of an architecture.

    It holds no Keras object. ``build`` makes a real Keras model from it, which ends in logits.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one input, without the axis of the rows.
    n_outputs : int
        Number of logits.
    kernel_initializer : str
        Name of a Keras initializer, or its JSON configuration.
    rescaled : bool
        Whether the network begins with a `Rescale` layer.
    max_norm : float or None
        Largest Euclidean norm of the weights that lead into one hidden unit.
    """

    input_shape: tuple[int, ...]
    n_outputs: int
    kernel_initializer: str = "glorot_uniform"
    rescaled: bool = True
    max_norm: float | None = None

    name: ClassVar[str]
    inputs: ClassVar[str]

    @abstractmethod
    def layers(self) -> Iterator[Layer]:
        """Yield the layers from the inputs to the logits."""

    def build(self, *, fused: bool) -> "keras.Model":
        """Build the Keras model; ``fused`` says that it will run inside an XLA program."""
        import keras

        from skdropout.networks._layers import keras_layer

        inputs = outputs = keras.Input(self.input_shape, name=self.inputs)
        for layer in self.layers():
            outputs = keras_layer(layer, self.kernel_initializer, fused)(outputs)
        return keras.Model(inputs, outputs, name=self.name)

    @property
    @abstractmethod
    def structure(self) -> Self:
        """The same network with all that a compiled program takes as data set to fixed values."""

    @property
    def dropout_rates(self) -> tuple[float, ...]:
        """The rates of the dropout layers, from the input to the output."""
        return tuple(layer.options["rate"] for layer in self.layers() if layer.kind == "Dropout")

    @property
    def batch_normalised(self) -> bool:
        """Whether training uses statistics of the batch."""
        return any(layer.kind == "BatchNormalization" for layer in self.layers())

    @property
    def fewest_rows(self) -> int:
        """Rows that a training step needs: two where batch normalisation gets one value of each.

        The variance of one value is zero, whatever it is, so all inputs would look the same.
        """
        lengths = self.input_shape[:-1]
        for layer in self.layers():
            window = layer.options.get("pool_size", (1,) * len(lengths))
            lengths = tuple(length // by for length, by in zip(lengths, window, strict=True))
            if layer.kind == "BatchNormalization" and math.prod(lengths) == 1:
                return 2
        return 1

    @abstractmethod
    def fuses_at(self, batch_size: int) -> bool:
        """Whether XLA trains it faster than TensorFlow's own kernels, called one by one."""

    def initial_weights(
        self,
        model: "keras.Model",
        seed: np.random.SeedSequence,
        rescaling: tuple[np.ndarray, np.ndarray] | None = None,
        earlier: list[np.ndarray] | None = None,
    ) -> list[np.ndarray]:
        """Return the values that ``model.weights`` start a fit with, in their order.

        ``model`` is any model that this network, or one of the same structure, has built; its own
        values are neither read nor changed. ``rescaling`` is the shift and factor of the inputs.
        Where training goes on from ``earlier`` values, only the dropout rates are set anew.
        """
        rates = iter(self.dropout_rates)
        seeds = seed.generate_state(len(model.weights)).tolist()
        values: list[np.ndarray] = []
        for number, variable in enumerate(model.weights):
            shape, role = tuple(variable.shape), variable.name
            if role == "rate":
                values.append(np.array(next(rates), np.float32))
            elif earlier is not None:
                values.append(earlier[number])
            elif role == "kernel":
                initializer = initializer_from(self.kernel_initializer, seeds[number])
                values.append(np.asarray(initializer(shape, dtype="float32")))
            elif role in ("shift", "factor") and rescaling is not None:
                value = rescaling[role == "factor"]
                values.append(np.broadcast_to(value, shape).astype(np.float32))
            else:
                values.append(np.full(shape, _CONSTANT[role], np.float32))
        return values


def custom_objects() -> dict[str, type]:
    """Return the layers of the networks that are not Keras's own.

    Returns
    -------
    dict of str to type
        What ``keras.saving.load_model`` takes as ``custom_objects``.
    """
    from skdropout.networks._layers import OURS

    return dict(OURS)


_CONSTANT = {"bias": 0, "beta": 0, "gamma": 1, "moving_mean": 0, "moving_variance": 1}


def initializer_from(description: str, seed: int = 0) -> Any:
    """Return the Keras initializer that a name or a JSON configuration stands for.

    Without a seed, Keras would draw one from Python's global generator.
    """
    import keras

    if description in ("ones", "zeros"):
        return keras.initializers.get(description)
    config: dict[str, Any] = {"class_name": description, "config": {"seed": None}}
    if description.startswith("{"):
        config = json.loads(description)
    if "seed" in config["config"]:
        config["config"]["seed"] = seed
    return keras.initializers.get(config)


def thinned_layers(model: "keras.Model") -> list[Any]:
    """Let a model's dropout layers drop units also in prediction, and return these layers."""
    from skdropout.networks._layers import Dropout

    layers = [layer for layer in model.layers if isinstance(layer, Dropout)]
    for layer in layers:
        layer.thin()
    return layers
