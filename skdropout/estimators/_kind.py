"""What one kind of estimator has of its own: its network, its inputs and its targets."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from sklearn.utils import Tags
from sklearn.utils.validation import _check_sample_weight, validate_data

from skdropout.estimators._frames import known_frame
from skdropout.estimators._parameters import TrainingParameters, initializer_name
from skdropout.estimators._single_precision import warn_of_lost_digits
from skdropout.estimators._targets import Target
from skdropout.networks import Network
from skdropout.training import Objective

T = TypeVar("T", bound=Target)


@dataclass(kw_only=True, eq=False, repr=False)
class NetworkKind(TrainingParameters, ABC, Generic[T]):
    """What fitting asks of every estimator, and the checks of its data."""

    _row_types: ClassVar[Any]  # number types that the network takes its inputs in

    _target: T = field(init=False)

    @abstractmethod
    def _describe_network(self, **common: Any) -> Network:
        """Describe the network that the parameters ask for; ``common`` is what all have."""

    @abstractmethod
    def _checked_target(self, y: Any) -> np.ndarray:
        """Check that a target is of a kind that can be learnt."""

    @abstractmethod
    def _target_of(self, y: np.ndarray, classes: Any) -> T:
        """Say how a first target is encoded."""

    def _take_target(self, target: T) -> None:
        """Keep what has been learnt of the target."""
        self._target = target

    @abstractmethod
    def _objective(self, target: T) -> Objective:
        """Say what training minimises, or why it cannot be minimised for this target."""

    def _loss_weight(self, y: np.ndarray, sample_weight: np.ndarray | None) -> np.ndarray | None:
        """Return the factor that each row's target puts on its loss."""
        return None

    def _network_for(self, input_shape: tuple[int, ...], n_outputs: int) -> Network:
        """Describe the network for inputs of a shape."""
        return self._describe_network(
            input_shape=input_shape,
            n_outputs=n_outputs,
            kernel_initializer=initializer_name(self.kernel_initializer),
            rescaled=self.rescale is not None,
        )

    @abstractmethod
    def _as_table(self, X: Any, *, reset: bool) -> tuple[Any, tuple[int, ...] | None]:
        """Return features of any shape as rows, and the shape of one input where it is known."""

    @abstractmethod
    def _as_inputs(
        self, rows: np.ndarray, shape: tuple[int, ...] | None, *, reset: bool
    ) -> np.ndarray:
        """Return checked rows as the network's inputs."""

    @property
    @abstractmethod
    def _input_shape(self) -> tuple[int, ...]:
        """The shape of one input, once rows have been checked."""

    @property
    def _row_options(self) -> dict[str, Any]:
        return {"dtype": self._row_types, "order": "C", "accept_sparse": "csr"}

    def _check_X(self, X: Any) -> np.ndarray:  # noqa: N802 (X, as in scikit-learn)
        """Check features, as scikit-learn does, for predictions."""
        table, shape = self._as_table(known_frame(X), reset=False)
        rows = validate_data(self, table, reset=False, **self._row_options)
        return self._as_inputs(rows, shape, reset=False)

    def _check_X_y(self, X: Any, y: Any, *, reset: bool) -> tuple[np.ndarray, Any]:  # noqa: N802 (X, as in scikit-learn)
        """Check features, and that there is a target for each row."""
        table, shape = self._as_table(known_frame(X), reset=reset)
        rows, y = validate_data(self, table, y, reset=reset, multi_output=True, **self._row_options)
        if reset:
            warn_of_lost_digits(table, rows)
        return self._as_inputs(rows, shape, reset=reset), y

    def _check_weight(self, sample_weight: Any, X: np.ndarray) -> np.ndarray | None:
        """Check that there is a weight for each row, and not only zeros."""
        if sample_weight is None:
            return None
        checked = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        if not checked.any():
            raise ValueError("all sample weights are zero, which leaves no row to train on.")
        return checked

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self.rescale != "center"
        return tags
