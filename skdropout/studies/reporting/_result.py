"""What a study hands back, and what it leaves in its folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skdropout.studies._errors import writing
from skdropout.studies.reporting._page import Listing, notebook_view

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class StudyResult:
    """What a study found, and where it is written; printing it shows the gist.

    Attributes
    ----------
    name : str
        The study's name.
    verdict : str
        What the evidence says, in a sentence for each condition.
    results : DataFrame
        The numbers as computed: a row per network, repeat and fold; or per variant, placement,
        condition, seed and pass.
    summary : DataFrame
        A row per network, or per condition, placement and variant, beside the published numbers
        where there are any.
    comparisons : DataFrame
        A row per pair: difference, 95% confidence interval, p-value, and p adjusted by Holm.
    curves : DataFrame
        Loss and accuracy per epoch or pass.
    listings : tuple of Listing
        The summary as texts.
    out : Path
        The folder with ``results.csv``, ``study.json``, the figures and ``report.html``.
    candidates : DataFrame or None
        Of a comparison: the inner score of every strength in every outer fold.
    recommended : Pipeline or None
        Of a comparison: the estimator to use, unfitted, its strength and epochs chosen on all rows.
    """

    name: str
    verdict: str
    results: "pd.DataFrame"
    summary: "pd.DataFrame"
    comparisons: "pd.DataFrame"
    curves: "pd.DataFrame"
    listings: tuple[Listing, ...]
    out: Path
    candidates: "pd.DataFrame | None" = None
    recommended: Any = None

    @property
    def report(self) -> Path:
        """The page that tells it all."""
        return self.out / "report.html"

    def _repr_html_(self) -> str:
        return notebook_view(self.verdict.split("\n\n"), self.listings)

    def __str__(self) -> str:
        tables = "\n\n".join(listing.text() for listing in self.listings)
        return f"{tables}\n\n{self.verdict}\n\nReport: {self.report}"


def write_report(folder: Path, figures: Mapping[str, "Figure"], html: str) -> None:
    """Write the figures and the page."""
    from skdropout.studies.reporting._figures import save_png

    for name, figure in figures.items():
        with writing(folder / f"{name}.png"):
            save_png(figure, folder / f"{name}.png")
    with writing(folder / "report.html"):
        (folder / "report.html").write_text(html, encoding="utf-8")
