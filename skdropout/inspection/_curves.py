"""Curves of loss and accuracy over the epochs."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from skdropout.inspection._runs import curves_of, listed, network_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BANDS = ("range", "sd")


class TrainingCurvesDisplay:
    """Loss and accuracy over the epochs of one fit, or of several with a band around their mean.

    Use `from_estimator` or `from_history` to make one; what it holds are its parameters. Training
    curves are drawn through and validation curves dashed, or through where they are alone. A dot
    marks the epoch that early stopping chose.

    Parameters
    ----------
    curves : dict of str to ndarray of shape (n_runs, n_epochs)
        The values of each measure, named as in ``history_``, after each epoch of each run; nan
        where a run has none.
    best_epochs : sequence of (int or None) of length n_runs, default=None
        The epoch of each run, counted from 0, that early stopping chose.
    name : str, default=None
        What the legend calls the runs.

    Attributes
    ----------
    ax_ : matplotlib Axes, or ndarray of shape (n_measures,) of them
        The panels, one for each measure.
    figure_ : matplotlib Figure
        The figure that they are in.
    lines_ : list of matplotlib Line2D
        The curves, or their means over the runs: panel by panel, training before validation.
    bands_ : list of matplotlib PolyCollection
        The band of each line, if there are several runs.
    dots_ : list of matplotlib PathCollection
        The dots of each panel, if early stopping chose an epoch.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Scores against the number of training rows.
    sklearn.model_selection.ValidationCurveDisplay : Scores against a parameter.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_validate
    >>> from skdropout import DropoutMLPClassifier, TrainingCurvesDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> network = DropoutMLPClassifier(dropout=0.2, epochs=20, early_stopping=True, random_state=0)
    >>> runs = cross_validate(network, X, y, cv=3, return_estimator=True)["estimator"]
    >>> display = TrainingCurvesDisplay.from_estimator(runs, name="20% dropout")
    >>> [axis.get_ylabel() for axis in display.ax_]
    ['loss', 'accuracy']
    """

    def __init__(
        self,
        *,
        curves: Mapping[str, np.ndarray],
        best_epochs: Sequence[int | None] | None = None,
        name: str | None = None,
    ) -> None:
        self.curves = curves
        self.best_epochs = best_epochs
        self.name = name

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, name: str | None = None, ax: Any = None, **options: Any
    ) -> Self:
        """Draw the curves of a fitted estimator, or of several as runs of the same.

        Parameters
        ----------
        estimator : estimator or list of estimators
            Fitted networks of this package; for a pipeline its last step counts, for a search its
            best estimator.
        name : str, default=None
            What the legend calls them.
        ax : matplotlib Axes or array-like of them, default=None
            The panels to draw in, one for each measure; None makes a figure.
        **options
            What `plot` takes besides.

        Returns
        -------
        display : TrainingCurvesDisplay
            The display, drawn.
        """
        networks = [network_of(one) for one in listed(estimator)]
        return cls.from_history(
            [network.history_ for network in networks],
            best_epochs=[network.best_epoch_ for network in networks],
            name=name,
            ax=ax,
            **options,
        )

    @classmethod
    def from_history(
        cls,
        history: Any,
        *,
        best_epochs: Sequence[int | None] | None = None,
        name: str | None = None,
        ax: Any = None,
        **options: Any,
    ) -> Self:
        """Draw the curves of a history, or of several as runs of the same.

        Parameters
        ----------
        history : mapping of str to sequence of float, or list of them
            What ``history_`` is; also what Keras's ``Model.fit`` returns, or a frame with a row for
            each epoch.
        best_epochs : sequence of (int or None), default=None
            The epoch to mark in each history, counted from 0.
        name : str, default=None
            What the legend calls them.
        ax : matplotlib Axes or array-like of them, default=None
            The panels to draw in, one for each measure; None makes a figure.
        **options
            What `plot` takes besides.

        Returns
        -------
        display : TrainingCurvesDisplay
            The display, drawn.
        """
        curves = curves_of(listed(history))
        return cls(curves=curves, best_epochs=best_epochs, name=name).plot(ax, **options)

    def plot(
        self,
        ax: Any = None,
        *,
        measures: str | Sequence[str] | None = None,
        band: str | None = "range",
        legend: bool = True,
        line_kw: Mapping[str, Any] | None = None,
        band_kw: Mapping[str, Any] | None = None,
    ) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of them, default=None
            The panels to draw in, one for each measure; None makes a figure.
        measures : str or sequence of str, default=None
            What to show, such as ``"loss"``; None shows all there is.
        band : {"range", "sd"} or None, default="range"
            What the band around the mean of several runs shows: from the lowest to the highest,
            one standard deviation to either side, or no band. After the end of a run, mean and
            band are those of the others.
        legend : bool, default=True
            Whether each panel has a legend.
        line_kw, band_kw : dict, default=None
            What matplotlib's ``plot`` takes for the lines, and ``fill_between`` for the bands.

        Returns
        -------
        display : TrainingCurvesDisplay
            The display itself.
        """
        from matplotlib.cbook import normalize_kwargs
        from matplotlib.lines import Line2D
        from matplotlib.ticker import MaxNLocator

        if band is not None and band not in BANDS:
            raise ValueError(f"band expects 'range', 'sd' or None, got {band!r}.")
        if measures is None:
            measures = list(dict.fromkeys(name.removeprefix("val_") for name in self.curves))
        measures = [measures] if isinstance(measures, str) else list(measures)
        if not measures:
            raise ValueError("measures expects at least one curve to show, got an empty list.")
        for measure in measures:
            if not {measure, f"val_{measure}"} & set(self.curves):
                known = ", ".join(self.curves)
                raise ValueError(f"measures: there is no {measure!r} among the curves ({known}).")
        self._check_best_epochs()
        panels = _panels(ax, len(measures))
        self.lines_: list[Any] = []
        self.bands_: list[Any] = []
        self.dots_: list[Any] = []
        style = normalize_kwargs(dict(line_kw or {}), Line2D)
        for panel, measure in zip(panels, measures, strict=True):
            for name in (measure, f"val_{measure}"):
                if name in self.curves:
                    self._line(panel, name, band, style, {"alpha": 0.15, **(band_kw or {})})
                    style.setdefault("color", self.lines_[-1].get_color())
            self._dots(panel, measure, style)
            panel.set(xlabel="epoch", ylabel=measure.replace("_", " "))
            panel.xaxis.set_major_locator(MaxNLocator(integer=True))
            if legend:
                panel.legend()
        self.ax_ = panels if len(panels) > 1 else panels[0]
        self.figure_ = panels[0].figure
        return self

    def _check_best_epochs(self) -> None:
        n_runs, n_epochs = next(iter(self.curves.values())).shape
        given = self._best
        if len(given) > n_runs or any(e is not None and not 0 <= e < n_epochs for e in given):
            raise ValueError(
                f"best_epochs expects an epoch from 0 to {n_epochs - 1} for each of the {n_runs} "
                f"runs, got {given}."
            )

    def _line(
        self,
        panel: "Axes",
        name: str,
        band: str | None,
        style: dict[str, Any],
        shade: dict[str, Any],
    ) -> None:
        """Draw one measure's curve or mean and band; epochs are counted from 1 on the axis."""
        runs = np.ma.masked_invalid(self.curves[name])
        epochs = np.arange(1, runs.shape[1] + 1)
        mean = runs.mean(axis=0)
        dashed = self._both and name.startswith("val_")
        style = {"linestyle": "--" if dashed else "-", "label": self._label(name), **style}
        self.lines_ += panel.plot(epochs, mean, **style)
        if len(runs) == 1 or band is None:
            return
        low, high = runs.min(axis=0), runs.max(axis=0)
        if band == "sd":
            spread = runs.std(axis=0, ddof=1).filled(0)
            low, high = mean - spread, mean + spread
        shade = {"color": self.lines_[-1].get_color(), "linewidth": 0, **shade}
        self.bands_.append(panel.fill_between(epochs, low, high, **shade))

    def _dots(self, panel: "Axes", measure: str, style: dict[str, Any]) -> None:
        """Mark the best epoch of each run on its validation curve, or else on the other."""
        validation = f"val_{measure}"
        values = self.curves[validation if validation in self.curves else measure]
        chosen = [(n, e) for n, e in enumerate(self._best) if e is not None]
        if not chosen:
            return
        label = None if self.name else "best epoch"
        places = [(epoch + 1, values[run, epoch]) for run, epoch in chosen]
        dots = panel.scatter(
            *zip(*places, strict=True), color=style["color"], label=label, zorder=3
        )
        self.dots_.append(dots)

    @property
    def _best(self) -> list[int | None]:
        return [] if self.best_epochs is None else np.asarray(self.best_epochs).tolist()

    @property
    def _both(self) -> bool:
        """Whether there are curves of the training and of the validation rows."""
        return len({name.startswith("val_") for name in self.curves}) > 1

    def _label(self, name: str) -> str:
        kind = "validation" if name.startswith("val_") else "training"
        parts = [self.name] if self.name else []
        return ", ".join([*parts, kind] if self._both or not parts else parts)


def _panels(ax: Any, n_measures: int) -> np.ndarray:
    """Return the axes to draw in, new ones unless they are given."""
    if ax is None:
        import matplotlib.pyplot as plt

        size = (4.8 * n_measures, 3.8)
        return plt.subplots(1, n_measures, figsize=size, layout="constrained", squeeze=False)[1][0]
    panels = np.ravel(ax)
    if len(panels) != n_measures:
        raise ValueError(
            f"ax expects one Axes for each of the {n_measures} measures, got {len(panels)}; "
            "measures=['loss'] draws the losses alone."
        )
    return panels
