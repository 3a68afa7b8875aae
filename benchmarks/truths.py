"""Tables whose truth is known: what `skdropout compare` says of each, and how often it errs."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from benchmarks._plots import draw_bars, figure
from benchmarks._report import Options, Report
from skdropout import DropoutMLPClassifier
from skdropout.studies.compared._findings import Findings
from skdropout.studies.compared._planning import TABLES, design_comparison, plan_comparison
from skdropout.studies.designing import material_of
from skdropout.studies.reading import load_table

_SMALL = {"hidden_layer_sizes": (20,), "learning_rate": 0.005, "batch_size": 32, "rescale": None}
#: Other batch sizes shuffle otherwise, and do nothing else: variants without any effect.
_PLACEBOS = {
    f"placebo_{number}": {"batch_size": [size]} for number, size in enumerate((28, 30, 34, 36), 1)
}
_METHOD = """\
**Planted effects.** Five tables by a known rule, the whole comparison with its defaults on each
({repeats} repeats of 5 folds; for the 3,000 rows 1): what it says of the variant that the rule is
about; of *noise*, what it would say if the naive guess were not looked at first. *Noisy copies*: 60
rows of 100 features, five signals in twenty noisy copies each. *Many weak signals*: 100 rows of 50
features, all of some weight, a tenth of the labels wrong. *Linear, plenty*: 3,000 rows, a linear
boundary in five features. *Threshold*: 120 rows, ten features, the label is a threshold of the
first. *Noise*: 100 rows, labels by chance.

**False claims.** {tables} tables of 100 rows and 5 features with a noisy linear boundary, on which
"none" is compared with four placebos: networks that are "none" in all but the size of their
batches, 28 to 36 instead of 32 rows. Whatever is claimed of a placebo is false. At the stated
level, at most 5% of the tables have any claim ("better" or "worse")."""


def measure(options: Options) -> Iterator[dict[str, Any]]:
    n_tables, repeats = (4, 1) if options.quick else (200, 5)
    for what, (X, y, few) in _planted().items():
        found = compare_cells(
            X, y, repeats=1 if few else repeats, epochs=5 if options.quick else None
        )
        for row in found.to_dict("records"):
            yield {"kind": "planted", "what": what, **row}
    tasks = (delayed(_placebos)(seed, 5 if options.quick else 60) for seed in range(n_tables))
    for rows in Parallel(n_jobs=2, return_as="generator")(tasks):
        yield from rows


def compare_cells(
    X: np.ndarray, y: np.ndarray, *, repeats: int, jobs: int = 2, **wishes: Any
) -> pd.DataFrame:
    """Compare without a folder, pictures or yardsticks; return the differences from "none"."""
    table = load_table(X, y=y)
    material = material_of(table)
    usual = {"estimator": None, "variants": None, "folds": 5, "inner_folds": None, "seed": 7,
             "epochs": None, "scoring": None, "engine": "compiled", "precision": None}  # fmt: skip
    design = design_comparison(material, defaults=TABLES, **(usual | wishes))
    plan = plan_comparison(material, design, repeats=repeats, data=table, jobs=jobs)
    cells = [cell for cell in plan.cells if cell[0] in design.variants]
    run = Parallel(n_jobs=jobs, backend="threading")
    computed = run(delayed(plan.compute)(cell, *plan.data) for cell in cells)
    results = pd.DataFrame([row for tables in computed for row in tables["results"]])
    return Findings(material, design, {"results": results}, design.score.practical).variants


def _placebos(seed: int, epochs: int) -> list[dict[str, Any]]:
    generator = np.random.default_rng([2014, seed])
    X = generator.normal(size=(100, 5))
    y = (X @ generator.normal(size=5) + generator.normal(size=100) > 0).astype(int)
    found = compare_cells(
        X, y, estimator=DropoutMLPClassifier(**_SMALL), variants=_PLACEBOS, repeats=1,
        inner_folds=1, epochs=epochs, jobs=1,
    )  # fmt: skip
    return [{"kind": "placebo", "what": seed, **row} for row in found.to_dict("records")]


def _planted() -> dict[str, tuple[np.ndarray, np.ndarray, bool]]:
    generator = np.random.default_rng(2014)
    signals = generator.normal(size=(60, 5))
    copies = np.repeat(signals, 20, axis=1) + 2 * generator.normal(size=(60, 100))
    weak = generator.normal(size=(100, 50))
    label = weak @ generator.normal(size=50) > 0
    plenty = generator.normal(size=(3000, 5))
    above = plenty @ np.array([2.0, -1.0, 1.0, 0.5, 0.0]) + generator.normal(size=3000) > 0
    threshold = generator.normal(size=(120, 10))
    return {
        "noisy copies": (copies, (signals.sum(axis=1) > 0).astype(int), False),
        "many weak signals": (weak, (label ^ (generator.random(100) < 0.1)).astype(int), False),
        "linear, plenty": (plenty, above.astype(int), True),
        "threshold": (threshold, (threshold[:, 0] > 0.3).astype(int), False),
        "noise": (generator.normal(size=(100, 10)), generator.integers(2, size=100), False),
    }


def report(samples: pd.DataFrame) -> Report:
    planted = samples[samples.kind == "planted"]
    placebo = samples[samples.kind == "placebo"]
    claimed = placebo["verdict"].isin(["better", "worse"])
    tables = placebo.groupby("what")
    any_claim = claimed.groupby(placebo["what"]).any()
    spans = [f"{row.low:+.3f} to {row.high:+.3f}" for row in planted.itertuples()]
    columns = ["what", "variant", "difference", "interval", "better", "same", "worse", "verdict"]
    shown = planted.assign(interval=spans)[columns]
    counts = pd.DataFrame(
        {
            "tables": [tables.ngroups],
            "with a false claim": [int(any_claim.sum())],
            "share": [f"{any_claim.mean():.1%}"],
            "claims of": [len(placebo)],
            "false claims": [int(claimed.sum())],
            "practically the same": [int((placebo["verdict"] == "practically the same").sum())],
            "cannot tell": [int((placebo["verdict"] == "cannot tell").sum())],
        }
    )
    made, axes = figure(1, 1, (7, 1.6))
    draw_bars(axes, placebo["verdict"].value_counts(), unit="", title="what is said of placebos")
    return Report(
        title="Tables whose truth is known",
        method=_METHOD.format(repeats=5, tables=tables.ngroups),
        tables={"False claims": counts, "Planted effects, log loss": shown},
        figure=made,
    )
