"""What a notebook shows of an estimator: scikit-learn's diagram, and its network beneath."""

from copy import copy
from typing import Any

from sklearn.base import BaseEstimator

from skdropout.networks import draw

_SOME_LENGTH = 1 << 30  # stands for lengths that the data will bring; no image is as long


class Model:
    """Stands for a Keras model that nobody has asked for yet."""

    def __repr__(self) -> str:
        return "built on first use"


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

    def _get_fitted_attr_html(self, doc_link: str = "") -> Any:
        """Have scikit-learn, which reads all attributes, not build the Keras model for it."""
        shown = copy(self)
        shown.__dict__["model_"] = vars(self).get("model_", Model())
        return super(DrawnEstimator, shown)._get_fitted_attr_html(doc_link)

    def _drawing(self) -> str:
        estimator: Any = self
        if hasattr(self, "network_"):
            return draw(estimator.network_, fitted=True)
        try:
            network = estimator._network_for((_SOME_LENGTH, _SOME_LENGTH, 1), 1)
            return draw(network, fitted=False)
        except (AttributeError, TypeError, ValueError):  # parameters that fit will complain of
            return ""
