"""What a study hands back, and what it leaves in its folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skdropout.studies._errors import writing
from skdropout.studies.reporting._page import Listing, notebook_view

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Conclusion:
    """What a study has to say: all that is shown and written once its cells are finished.

    Attributes
    ----------
    verdicts : sequence of str
        What the evidence says, in sentences, the most important first.
    summary, comparisons : DataFrame
        A row per variant, and a row per pair.
    listings : sequence of Listing
        The summary as texts.
    figures : dict of str to Figure or None
        Figures by the names of their files; None for one that there is not, or not any more.
    page : str
        The report.
    files : dict of str to str
        Whatever else is written, by name.
    recommended : Pipeline or None
        The estimator to use.
    """

    verdicts: Sequence[str]
    summary: "pd.DataFrame"
    comparisons: "pd.DataFrame"
    listings: Sequence[Listing]
    figures: Mapping[str, "Figure | None"]
    page: str
    files: Mapping[str, str] = field(default_factory=dict)
    recommended: Any = None


@dataclass(frozen=True)
class StudyResult:
    """What a study found, and where it is written; printing it shows the gist.

    Attributes
    ----------
    name : str
        The study's name.
    verdict : str
        What the evidence says in words, the most important first.
    results : DataFrame
        The numbers as computed: a row per variant, repeat and fold; or per variant, placement,
        condition, seed and epoch.
    summary : DataFrame
        A row per variant, or per condition, placement and variant, beside the published numbers
        where there are any.
    comparisons : DataFrame
        A row per pair: difference, 95% confidence interval, p-value, and p adjusted by Holm. Of a
        comparison, also the probabilities of being ``better``, practically the ``same`` and
        ``worse``, and the ``verdict`` that follows.
    curves : DataFrame
        Losses and scores per epoch.
    listings : tuple of Listing
        The summary as texts.
    out : Path
        The folder with ``results.csv``, ``summary.csv``, ``comparisons.csv``, ``study.json``, the
        figures and ``report.html``.
    candidates : DataFrame or None
        Of a comparison: the inner score of every strength in every outer fold.
    recommended : Pipeline or None
        Of a comparison: the estimator to use, unfitted, its strength and epochs chosen on all rows.
        It is fitted on what :func:`~skdropout.studies.load_rows` makes of the data.
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


def write_conclusion(folder: Path, conclusion: Conclusion) -> None:
    """Write figures, tables, the page, and whatever else there is."""
    from skdropout.studies.reporting._figures import save_png

    for name, figure in conclusion.figures.items():
        path = folder / f"{name}.png"
        with writing(path):
            if figure is None:
                path.unlink(missing_ok=True)
            else:
                save_png(figure, path)
    tables = {"summary.csv": conclusion.summary, "comparisons.csv": conclusion.comparisons}
    texts = {
        name: table.to_csv(index=table.index.name is not None, lineterminator="\n")
        for name, table in tables.items()
    }
    for name, text in {**texts, **conclusion.files, "report.html": conclusion.page}.items():
        with writing(folder / name):
            # A file's name need not be text; Python reads back what this writes of it.
            (folder / name).write_bytes(text.encode(errors="backslashreplace"))
