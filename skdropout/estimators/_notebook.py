"""What a notebook shows of an estimator: scikit-learn's diagram, and its network beneath."""

from typing import Any

from skdropout.networks import draw

_SOME_LENGTH = 1 << 30  # stands for lengths that the data will bring; no image is as long


class DrawnNetwork:
    """Adds a drawing of the network to scikit-learn's HTML representation.

    A mixin that stands before scikit-learn's classes, whose methods mypy cannot see from here. The
    drawing is made from the description of the network, so neither showing a fitted estimator nor
    one that has seen no data imports Keras.
    """

    def _repr_html_inner(self) -> str:
        return super()._repr_html_inner() + self._drawing()  # type: ignore[misc]  # sklearn's own

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        bundle = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]  # sklearn's own
        if "text/html" in bundle:
            bundle["text/html"] += self._drawing()
        return bundle

    def _drawing(self) -> str:
        estimator: Any = self
        if hasattr(self, "network_"):
            return draw(estimator.network_, fitted=True)
        try:
            network = estimator._describe_network((_SOME_LENGTH, _SOME_LENGTH, 1), 1)
            return draw(network, fitted=False)
        except (AttributeError, TypeError, ValueError):  # parameters that fit will complain of
            return ""
