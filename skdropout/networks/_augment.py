"""Random flips and shifts of the training images."""

from typing import Any

import keras
from keras import ops

_LARGEST_SHIFT = 8  # one part in so many of an axis: 4 of 32 pixels


@keras.saving.register_keras_serializable("skdropout")
class Augment(keras.layers.Layer):
    """Mirror images left to right and move them by whole pixels, in training only.

    An image is mirrored with probability one half, and moved by up to an eighth of each axis in
    either direction; what comes into view repeats the pixels of the edge.

    Parameters
    ----------
    kinds : {"flip", "shift", "flip_shift"}
        What to do.
    """

    def __init__(self, kinds: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kinds = kinds
        self.seed_generator = keras.random.SeedGenerator(seed=0)

    def call(self, images: Any, training: bool = False) -> Any:
        if not training:
            return images
        n_images, (height, width, channels) = ops.shape(images)[0], images.shape[1:]
        # One draw a step, as in dropout: a fit that is restored counts on it.
        chances = keras.random.uniform((n_images, 3), dtype="float32", seed=self.seed_generator)
        down, across, mirrored = ops.split(chances, 3, axis=1)
        rows, columns = self._moved(down, height), self._moved(across, width)
        if "flip" in self.kinds:
            columns = ops.where(mirrored < 0.5, width - 1 - columns, columns)
        first = ops.reshape(ops.arange(n_images, dtype="int32") * height, (-1, 1))
        pixels = ops.expand_dims((first + rows) * width, 2) + ops.expand_dims(columns, 1)
        return ops.take(ops.reshape(images, (-1, channels)), pixels, axis=0)

    def _moved(self, chances: Any, length: int) -> Any:
        """Return, for each image, the old place of each position along an axis."""
        places = ops.expand_dims(ops.arange(length, dtype="int32"), 0)
        most = length // _LARGEST_SHIFT if "shift" in self.kinds else 0
        by = ops.cast(chances * (2 * most + 1), "int32") - most
        return ops.clip(places + by, 0, length - 1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "kinds": self.kinds}
