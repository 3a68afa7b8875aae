"""The page of a comparison, and its table for the terminal."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skdropout.studies.compared._findings import Findings
from skdropout.studies.compared._sentences import (
    cautions,
    chance,
    difference,
    held_fixed,
    interval,
    late_epochs,
    number,
    unit,
)
from skdropout.studies.compared._variants import CONTROL
from skdropout.studies.designing import Design, Folds
from skdropout.studies.evidence import p_number
from skdropout.studies.reporting import (
    Bullets,
    Code,
    Listing,
    Picture,
    Section,
    again,
    page,
    to_svg,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def list_variants(findings: Findings) -> Listing:
    """Tabulate scores and differences."""
    summary, tables, design = findings.summary, findings.comparisons, findings.design
    score = design.score
    rows_of = {row["variant"]: row for table in tables for row in table.to_dict("records")}
    rows = []
    for name in summary.index:
        shown = summary.loc[name]
        cells = [name, str(shown["strength"]), _epochs(shown["epochs"])]
        cells.append(number(score, shown[score.name]))
        row = rows_of.get(name)
        cells += ["", "", "", ""] if row is None else _evidence(row, design)
        rows.append(cells)
    header = ["variant", "strength", "epochs", score.title, f"difference{unit(score)}",
              "95% interval", "p, adj.", "better/same/worse"]  # fmt: skip
    against = {table["against"].iloc[0] for table in tables if len(table)}
    others = sorted(against - {CONTROL})
    caption = (
        f"Means over the outer folds; strength chosen most often, median of the epochs. "
        f"Differences of networks are from {CONTROL!r}"
        + (f", those of the other models from {others[0]!r}" if others else "")
        + ". Intervals, each by itself, and p, adjusted by Holm's method, by the corrected "
        "resampled t-test; the three probabilities by the Bayesian correlated t-test."
    )
    return Listing(header, rows, caption)


def list_scores(findings: Findings) -> Listing:
    """Tabulate all scores."""
    summary, scores = findings.summary, findings.material.scores
    rows = [
        [
            str(name),
            *(number(score, summary.loc[name, column]) for column, score in scores.items()),
            f"{summary.loc[name, 'fit_seconds']:.2g}",
        ]
        for name in summary.index
    ]
    header = ["variant", *(score.title for score in scores.values()), "seconds a fit"]
    return Listing(header, rows, "Means over the outer folds.")


def _evidence(row: Mapping[Any, Any], design: Design[Folds]) -> list[str]:
    score = design.score
    return [
        difference(score, row["difference"]),
        interval(row, score),
        p_number(row["p_holm"]),
        f"{chance(row['better'])} / {chance(row['same'])} / {chance(row['worse'])}",
    ]


def _epochs(epochs: float) -> str:
    return f"{epochs:.0f}" if epochs else ""


def comparison_page(
    findings: Findings,
    figures: Mapping[str, "Figure | None"],
    *,
    overview: Sequence[str],
    verdicts: Sequence[str],
    program: str,
    command: str,
    sha256: str,
    notes: Sequence[str],
) -> str:
    """Write the report."""
    design = findings.design
    score = design.score
    captions = {
        "differences": "Difference of each variant from the control, and of the models that are no "
        "networks from the best network, with 95% intervals. The grey band is the region of "
        "practical equivalence; the percentages are the probabilities of being better, "
        "practically the same, and worse.",
        "strengths": f"Validation {score.title} on the inner folds at each strength and its best "
        "epoch, minus the control's in the same outer fold: mean over the outer folds, and the "
        "range that holds four fifths of them.",
        "epochs": f"Validation {score.title} and training loss over the epochs, in each outer fold "
        "of the first repeat (thin; training ends once the curve has turned) and on average. "
        "Dotted: the epochs chosen (median).",
    }
    titles = {
        "differences": "Does it help?",
        "strengths": "At which strength?",
        "epochs": "When to stop?",
    }
    pictures = [
        Section(titles[name], [Picture(to_svg(figure), captions[name])])
        for name, figure in figures.items()
        if figure is not None
    ]
    pictures[0] = Section(pictures[0].title, [list_variants(findings), *pictures[0].pieces])
    warnings = [Bullets(said)] if (said := cautions(findings)) else []
    name = findings.material.name
    # Rows and images from Python have no name of their own.
    data = {"table": "this table", "images": "these images"}.get(name, name)
    return page(
        f"Does regularisation help on {data}?",
        "Networks that differ in their regularisation alone, each at the strength and for the "
        "epochs that suit it.",
        verdicts,
        [
            Section("The data", [Bullets(overview)]),
            *pictures,
            Section("All scores", [list_scores(findings)]),
            Section("What to use", [*warnings, Code(program)]),
            Section("How it was done", [Bullets([*_method(findings), *notes])]),
            Section(
                "What each variant is",
                [
                    Bullets(
                        [
                            f"{name}: {variant.text}. {variant.why}".strip()
                            for name, variant in design.variants.items()
                        ]
                    )
                ],
            ),
            again(
                command,
                "With more --repeats or --variants it goes on where it is. Beside this page: "
                "results.csv (a row per variant and outer fold), candidates.csv (a row per "
                "strength), curves.csv, summary.csv, comparisons.csv, recommended.py, and "
                f"study.json with the arguments, the versions and the SHA-256 of the data, "
                f"{sha256}.",
            ),
        ],
    )


def _method(findings: Findings) -> list[str]:
    design = findings.design
    score, resampling, choosing = design.score, design.resampling, findings.score_of_choosing
    inner = (
        f"on {resampling.inner_folds} inner folds"
        if resampling.inner_folds > 1
        else "on a quarter of the rows, set aside"
    )
    seed, repeats = resampling.seed, findings.repeats
    runs = (
        f"once, with seed {seed}"
        if repeats == 1
        else f"{repeats} times, with the seeds {seed} to {seed + repeats - 1}"
    )
    lines = [
        f"Outer cross-validation in {resampling.folds} folds, {runs}. In each outer fold "
        f"every variant chooses its strength and its epochs {inner} of the "
        f"training rows, by the mean validation {score.title} after each epoch; that choice "
        "is trained on all training rows and scored once on the test rows. Nothing that scores has "
        "chosen anything.",
        f"The control, {CONTROL!r}, has no regulariser, but the same choice of epochs.",
        held_fixed(design),
        f"Practically the same: differences of {score.title} up to {findings.practical:.3g} either "
        "way.",
        *late_epochs(findings),
    ]
    if choosing is not None:
        outcome = (
            f"gives a {score.title} of {number(score, choosing)}: an estimate for the procedure as "
            "a whole"
        )
        if choosing != choosing:
            outcome = "gives no score, since training diverges with it in some"
        lines.append(
            "Choosing among the variants is a choice, too. Taking in each outer fold the network "
            f"that its inner folds prefer {outcome}."
        )
    return lines
