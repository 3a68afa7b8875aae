"""What a notebook shows of an estimator: scikit-learn's diagram, and its network beneath."""

from typing import Any

from sklearn.base import BaseEstimator

from skdropout.networks import draw

_SOME_LENGTH = 1 << 30  # stands for lengths that the data will bring; no image is as long


class DrawnEstimator(BaseEstimator):
    """Adds a drawing of the network to scikit-learn's HTML representation.

    It is made from the description of the network, so neither showing a fitted estimator nor one
    that has seen no data imports Keras.
    """

    def _repr_html_inner(self) -> str:
        return super()._repr_html_inner() + self._drawing()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        bundle = super()._repr_mimebundle_(**kwargs)
        if "text/html" in bundle:
            bundle["text/html"] += self._drawing()
        return bundle

    def _drawing(self) -> str:
        estimator: Any = self
        if hasattr(self, "network_"):
            return draw(estimator.network_, fitted=True)
        try:
            network = estimator._network_for((_SOME_LENGTH, _SOME_LENGTH, 1), 1)
            return draw(network, fitted=False)
        except (AttributeError, TypeError, ValueError):  # parameters that fit will complain of
            return ""
