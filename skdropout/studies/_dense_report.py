"""The report of the dense study."""

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skdropout.studies._dense import RECIPES, SHARED, DenseProtocol, recipe_of
from skdropout.studies.evidence import interval, p_number, points
from skdropout.studies.reading import NAMES, Table, Task
from skdropout.studies.reporting import (
    Bullets,
    Code,
    Listing,
    Paragraph,
    Picture,
    Section,
    page,
    to_svg,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def list_networks(summary: "pd.DataFrame", repeats: int, task: Task) -> Listing:
    """Tabulate the networks for reading, the published figures first."""
    published = "published" in summary
    several = repeats > 1
    header = ["network", *["published"] * published, "first run"]
    header += ["all runs", "sd of runs"] * several + [task.loss_title, "s a fit"]
    rows = []
    for name, row in summary.iterrows():
        cells = [str(name)]
        if published:
            cells.append(_percent(row.published, row.published_sd))
        cells.append(_percent(row.first_run, row.first_run_sd))
        if several:
            cells += [_percent(row[task.score], row.sd_over_folds), f"{100 * row.sd_over_runs:.2f}"]
        rows.append(
            [
                *cells,
                f"{row[task.loss]:.3f}" if row[task.loss] < 1000 else f"{row[task.loss]:,.0f}",
                f"{row.fit_seconds:.2f}",
            ]
        )
    caption = (
        f"{_capital(task.score_title)}, with its standard deviation over folds in brackets. The "
        "first run splits the rows with the seed given; the others with the seeds after it. "
        f"{_capital(task.loss_title)} is a mean, seconds are a median."
    )
    return Listing(header, rows, caption)


def list_differences(comparisons: "pd.DataFrame", task: Task) -> Listing:
    """Tabulate every pairwise difference."""
    rows = [
        [
            f"{row['network']} − {row['against']}",
            points(row["difference"]),
            interval(row["low"], row["high"]),
            p_number(row["p_value"]),
            p_number(row["p_holm"]),
        ]
        for row in comparisons.to_dict("records")
    ]
    caption = (
        f"Differences of {task.score_title} in percentage points, by the corrected resampled "
        "paired t-test (Nadeau and Bengio 2003). The last column adjusts p by Holm's method for "
        f"the {len(comparisons)} comparisons made."
    )
    return Listing(["difference", "points", "95% interval", "p", "p, adjusted"], rows, caption)


def dense_page(
    *,
    table: Table,
    protocol: DenseProtocol,
    identity: Mapping[str, Any],
    verdict: str,
    summary: "pd.DataFrame",
    comparisons: "pd.DataFrame",
    figures: Mapping[str, "Figure"],
    notes: Sequence[str],
) -> str:
    """Write the report."""
    arguments, data = identity["arguments"], identity["data"]
    repeats = arguments["repeats"]
    task, title = table.task, _capital(table.task.score_title)
    counts = f"{data['rows']} rows, {data['features']} features"
    if table.classes:
        counts += f", {len(table.classes)} classes"
    scores = (
        f"Above: each dot is the {task.score_title} of one whole cross-validation; their spread is "
        "what a single run may show by luck. Below: each pair's difference with its 95% interval."
    )
    training = (
        f"Loss and {task.score_title} on the rows trained on, as training sees them, that is with "
        "dropout at work; the mean of the first run's folds and their range."
    )
    return page(
        f"Does dropout help on {table.name}?",
        f"Three dense networks compared; {counts}.",
        [verdict],
        [
            Section(
                title,
                [
                    list_networks(summary, repeats, task),
                    Picture(to_svg(figures[task.score]), scores),
                ],
            ),
            Section("Differences", [list_differences(comparisons, task)]),
            Section("Training", [Picture(to_svg(figures["training"]), training)]),
            Section("How it was done", [Bullets([*_method(table, protocol, repeats), *notes])]),
            Section(
                "Run it again",
                [
                    Code(command(table, arguments)),
                    Paragraph(
                        "results.csv beside this page has one row per network, run and fold; "
                        "study.json the arguments, the versions and the SHA-256 of the data, "
                        f"{data['sha256']}."
                    ),
                ],
            ),
        ],
    )


def command(table: Table, arguments: Mapping[str, Any]) -> str:
    """Say what to type for the same results: in Python, where the table came as a frame."""
    options = ("target", "task", "repeats", "folds", "seed", "epochs", "engine")
    given = {name: arguments[name] for name in options if arguments[name] is not None}
    if not table.path and table.name not in NAMES:
        passed = ", ".join(f"{name}={value!r}" for name, value in given.items())
        return f"run_dense_study(table, {passed})"
    words = ["skdropout", "study", table.path or table.name]
    for name, value in given.items():
        words += [f"--{name}", str(value)]
    return shlex.join(words)


def _method(table: Table, protocol: DenseProtocol, repeats: int) -> list[str]:
    """Describe the protocol, and what the comparison cannot tell."""
    sizes = "-".join(map(str, (table.n_inputs, *protocol.hidden_layer_sizes)))
    before = ", ".join(type(step).__name__ for step in table.steps)
    recipes = [
        f"{name}: " + ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in recipe.items())
        for name in RECIPES
        for recipe in [recipe_of(name, table.task)]
    ]
    return [
        f"Pipeline of {before} and a network {sizes} with {SHARED['activation']} and initial "
        f"kernels from N(0, 0.05), trained by plain SGD on the {table.task.objective} with "
        f"batches of {SHARED['batch_size']} for {protocol.epochs} epochs.",
        *recipes,
        f"{table.task.splitter} cross-validation in {protocol.folds} folds, shuffled, {repeats} "
        f"times with the seeds from {protocol.seed} on. The networks of a fold share rows and "
        "seed.",
        "The recipes with dropout also have max-norm, a higher learning rate and more momentum, as "
        "published: a difference belongs to the recipe as a whole.",
        f"Always answering the {table.task.naive} would score "
        f"{100 * table.task.naive_score(table.targets):.1f}%.",
        *([] if table.name in NAMES else [table.reason]),
        *table.notes,
    ]


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _percent(mean: float, sd: float) -> str:
    return f"{100 * mean:.2f}% ({100 * sd:.2f})"
