"""The figure of the image study: how each variant learns, at each placement."""

from typing import TYPE_CHECKING

from skdropout.inspection import TrainingCurvesDisplay
from skdropout.studies.reporting import legend, log_scale, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: Dropout in one hue, the stronger the darker; what it is held against in others.
_COLOURS = {
    "nothing": "#8a929c",
    "batch_norm": "#3c7dc4",
    "dropout_0.1": "#e8a33d",
    "dropout_0.3": "#d9662b",
    "dropout_0.5": "#a8382f",
}
_MEASURES = {"validation_accuracy": "val_accuracy", "validation_loss": "val_loss"}


def draw_curves(results: "pd.DataFrame", condition: str) -> "Figure":
    """Show accuracy and loss on the validation images after each pass, one row per placement.

    Lines are means over the seeds, bands go from the lowest to the highest.
    """
    ours = results[results["condition"] == condition]
    places = list(ours["placement"].unique())
    figure, axes = new_figure(len(places), 2, heights=[3.4] * len(places), sharey="col")
    for row, place in enumerate(places):
        accuracy, loss = axes[2 * row : 2 * row + 2]
        for variant, runs in ours[ours["placement"] == place].groupby("variant", sort=False):
            TrainingCurvesDisplay.from_history(
                [run[list(_MEASURES)].rename(columns=_MEASURES) for _, run in runs.groupby("seed")],
                name=str(variant).replace("_", " "),
                ax=(accuracy, loss),
                legend=False,
                line_kw={"color": _COLOURS[str(variant)]},
            )
        accuracy.set_ylabel(f"{place.replace('_', ' ')}\nvalidation accuracy")
        loss.set_ylabel("validation loss")
    axes[0].set_ylim(bottom=0)  # the other rows share these two, so all must be drawn by now
    log_scale(axes[1])
    legend(figure, axes[0])
    for axis in axes:
        axis.set_xlabel("passes over the training images" if axis in axes[-2:] else "")
    return figure
