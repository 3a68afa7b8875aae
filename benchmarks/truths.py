"""Tables whose truth is known: what `skdropout compare` says of each, and how often it errs."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from benchmarks._plots import GREY, figure, tidy
from benchmarks._report import Options, Report
from skdropout import DropoutMLPClassifier
from skdropout.studies.compared._findings import Findings
from skdropout.studies.compared._nested import choose
from skdropout.studies.compared._planning import TABLES, design_comparison, plan_comparison
from skdropout.studies.compared._variants import CONTROL
from skdropout.studies.designing import Design, Folds, Material, fit_and_score, material_of
from skdropout.studies.reading import load_table

_SMALL = {"hidden_layer_sizes": (20,), "learning_rate": 0.005, "batch_size": 32, "rescale": None}
#: Other batch sizes shuffle otherwise, and do nothing else: variants without any effect.
_PLACEBOS = {
    f"placebo_{number}": {"batch_size": [size]} for number, size in enumerate((28, 30, 34, 36), 1)
}
#: New rows that say what a variant is worth in truth, and tables drawn for that.
_NEW_ROWS, _DRAWS = 3000, 6
_METHOD = """\
**Planted effects.** Five tables by a known rule, the whole comparison with its defaults on each
({repeats} repeats of 5 folds; for the 3,000 rows 1): what it says of the variants; of *noise*, what
it would say if the naive guess were not looked at first. *Noisy copies*: 400 rows of 100 features,
two signals in fifty noisy copies each, the label is the sign of their product; dropping inputs
forces the network to use many copies. *Short documents*: 150 rows that count 300 words, fifteen in
each document; an L2 penalty keeps rare words from deciding. *Linear, plenty*: 3,000 rows, a linear
boundary in five features, nothing to cure. *Threshold*: 120 rows, ten features, the label is a
threshold of the first and the others are noise. *Noise*: 100 rows, labels by chance.

**Truth.** Some variants choose strength and epochs on {draws} other tables of such a kind, and are
scored on {new_rows:,} new rows each: the mean difference from "none".

**False claims.** {tables} tables of 100 rows and 5 features with a noisy linear boundary, on which
"none" is compared with four placebos: networks that are "none" in all but the size of their
batches, 28 to 36 instead of 32 rows. Whatever is claimed of a placebo is false. At the stated
level, at most 5% of the tables have any claim ("better" or "worse")."""


def measure(options: Options) -> Iterator[dict[str, Any]]:
    n_tables, n_draws, repeats = (4, 1, 1) if options.quick else (200, _DRAWS, 5)
    epochs = 5 if options.quick else None
    for kind, (draw, n_rows) in _PLANTED.items():
        X, y = draw(np.random.default_rng([2016, n_rows]), n_rows)
        found = compare_cells(X, y, repeats=1 if n_rows > 1000 else repeats, epochs=epochs)
        for row in found.to_dict("records"):
            yield {"kind": "planted", "what": kind, **row}
    for kind, variants in _CURED_BY.items():
        for number in range(n_draws):
            yield from _true_differences(kind, variants, number, epochs)
    tasks = (delayed(_placebos)(seed, epochs or 60) for seed in range(n_tables))
    for rows in Parallel(n_jobs=2, return_as="generator")(tasks):
        yield from rows


def compare_cells(
    X: np.ndarray, y: np.ndarray, *, repeats: int, jobs: int = 2, **wishes: Any
) -> pd.DataFrame:
    """Compare without a folder, pictures or yardsticks; return the differences from "none"."""
    table = load_table(X, y=y)
    material = material_of(table)
    design = _design(material, **wishes)
    plan = plan_comparison(material, design, repeats=repeats, data=table, reading={}, jobs=jobs)
    cells = [cell for cell in plan.cells if cell[0] in design.variants]
    run = Parallel(n_jobs=jobs, backend="threading")
    computed = run(delayed(plan.compute)(cell, *plan.data) for cell in cells)
    results = pd.DataFrame([row for tables in computed for row in tables["results"]])
    practical = design.score.practical * design.score.scale(material.y)
    return Findings(material, design, {"results": results}, practical).variants


def _design(material: Material, **wishes: Any) -> Design[Folds]:
    usual = {"estimator": None, "variants": None, "folds": 5, "inner_folds": None, "seed": 7,
             "epochs": None, "scoring": None, "engine": "compiled", "precision": None}  # fmt: skip
    return design_comparison(material, defaults=TABLES, **(usual | wishes))


def _true_differences(
    kind: str, variants: list[str], number: int, epochs: int | None
) -> Iterator[dict[str, Any]]:
    draw, n_rows = _PLANTED[kind]
    X, y = draw(np.random.default_rng([2015, number]), n_rows + _NEW_ROWS)
    rows, new = np.split(np.arange(len(y)), [n_rows])
    material = material_of(load_table(X, y=y))
    small = material_of(load_table(X[rows], y=y[rows]))
    design = _design(small, variants=variants, epochs=epochs)

    def log_loss(name: str) -> float:
        chosen = choose(name, material, design, rows, 0, number)
        model = design.network(name, chosen.strength, epochs=chosen.epochs, seed=number)
        return fit_and_score(model, material, rows, new).scores["log_loss"]

    names = list(design.variants)
    found = Parallel(n_jobs=2, backend="threading")(delayed(log_loss)(name) for name in names)
    losses = dict(zip(names, found, strict=True))
    for name in names[1:]:
        difference = losses[name] - losses[CONTROL]
        yield {"kind": "truth", "what": kind, "variant": name, "difference": difference}


def _placebos(seed: int, epochs: int) -> list[dict[str, Any]]:
    generator = np.random.default_rng([2014, seed])
    X = generator.normal(size=(100, 5))
    y = (X @ generator.normal(size=5) + generator.normal(size=100) > 0).astype(int)
    found = compare_cells(
        X, y, estimator=DropoutMLPClassifier(**_SMALL), variants=_PLACEBOS, repeats=1,
        inner_folds=1, epochs=epochs, jobs=1,
    )  # fmt: skip
    return [{"kind": "placebo", "what": seed, **row} for row in found.to_dict("records")]


def _noisy_copies(generator: np.random.Generator, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    signals = generator.normal(size=(n_rows, 2))
    copies = np.repeat(signals, 50, axis=1) + 2.5 * generator.normal(size=(n_rows, 100))
    return copies, (signals.prod(axis=1) > 0).astype(int)


def _documents(generator: np.random.Generator, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    words = np.random.default_rng(6)  # the language is the same in each draw
    usual, tilt = words.gamma(0.5, size=300) + 0.01, np.exp(0.6 * words.normal(size=300))
    rates = np.stack([usual / tilt, usual * tilt])
    y = generator.integers(2, size=n_rows)
    return generator.poisson(15 * (rates / rates.sum(axis=1, keepdims=True))[y]).astype(float), y


def _linear(generator: np.random.Generator, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    X = generator.normal(size=(n_rows, 5))
    above = X @ np.array([2.0, -1.0, 1.0, 0.5, 0.0]) + generator.normal(size=n_rows) > 0
    return X, above.astype(int)


def _threshold(generator: np.random.Generator, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    X = generator.normal(size=(n_rows, 10))
    return X, (X[:, 0] > 0.3).astype(int)


def _noise(generator: np.random.Generator, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    return generator.normal(size=(n_rows, 10)), generator.integers(2, size=n_rows)


_PLANTED = {
    "noisy copies": (_noisy_copies, 400),
    "short documents": (_documents, 150),
    "linear, plenty": (_linear, 3000),
    "threshold": (_threshold, 120),
    "noise": (_noise, 100),
}
_CURED_BY = {
    "noisy copies": [
        *("dropout_hidden", "dropout_inputs", "dropout_both", "max_norm", "dropout_max_norm"),
    ],
    "short documents": ["l2", "dropout_inputs"],
    "threshold": ["l2", "dropout_hidden", "dropout_max_norm"],
}


def report(samples: pd.DataFrame) -> Report:
    planted = samples[samples.kind == "planted"]
    placebo = samples[samples.kind == "placebo"]
    claimed = placebo["verdict"].isin(["better", "worse"])
    tables = placebo.groupby("what")
    any_claim = claimed.groupby(placebo["what"]).any()
    spans = [f"{row.low:+.3f} to {row.high:+.3f}" for row in planted.itertuples()]
    truth = samples[samples.kind == "truth"].groupby(["what", "variant"])["difference"].mean()
    keys = pd.MultiIndex.from_frame(planted[["what", "variant"]])
    true = [f"{value:+.3f}" if value == value else "" for value in truth.reindex(keys)]
    columns = [
        *("what", "variant", "difference", "interval", "true", "better", "same", "worse"),
        "verdict",
    ]
    shown = planted.assign(interval=spans, true=true)[columns]
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
    known = planted.assign(true=truth.reindex(keys).to_numpy()).dropna(subset="true")
    made, axes = figure(1, 1, (6, 4.2))
    for verdict, rows in known.groupby("verdict"):
        reach = [rows["difference"] - rows["low"], rows["high"] - rows["difference"]]
        axes.errorbar(rows["true"], rows["difference"], reach, fmt="o", capsize=3, label=verdict)
    axes.axline((0, 0), slope=1, color=GREY, linestyle=":")
    axes.set(xlabel="true difference in log loss", ylabel="estimate, 95% interval")
    axes.legend(frameon=False)
    tidy(axes)
    return Report(
        title="Tables whose truth is known",
        method=_METHOD.format(repeats=5, tables=tables.ngroups, draws=_DRAWS, new_rows=_NEW_ROWS),
        tables={"False claims": counts, "Planted effects, log loss": shown},
        figure=made,
    )
