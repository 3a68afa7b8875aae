"""The candidates for the defaults, on a folder of tables of the KEEL repository."""

import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks._plots import draw_bars, figure
from benchmarks._report import Options, Report, number
from benchmarks._worker import Worker

CANDIDATES = (
    {"hidden_layer_sizes": (100,), "dropout": 0.5, "alpha": 0, "batch_size": 32, "epochs": 100},
    {"hidden_layer_sizes": (100,), "dropout": 0.2, "alpha": 0, "batch_size": 64, "epochs": 100},
    {"hidden_layer_sizes": (100,), "dropout": 0.0, "alpha": 2, "batch_size": 32, "epochs": 100},
    {"hidden_layer_sizes": (100,), "dropout": 0.2, "alpha": 2, "batch_size": 32, "epochs": 150},
    {"hidden_layer_sizes": (100,), "dropout": 0.1, "alpha": 2, "batch_size": 64, "epochs": 180},
    {"hidden_layer_sizes": (200,), "dropout": 0.3, "alpha": 2, "batch_size": 64, "epochs": 140},
    {"hidden_layer_sizes": (200,), "dropout": 0.2, "alpha": 2, "batch_size": 64, "epochs": 130},
    {"hidden_layer_sizes": (200,), "dropout": 0.1, "alpha": 2, "batch_size": 64, "epochs": 120},
)
PEER, ROWS, FOLDS, LEVEL = "MLPClassifier", 1000, 5, 0.005
_METHOD = """\
Candidates for the defaults of `DropoutMLPClassifier` beside `MLPClassifier()` on {tables} tables,
with at most {rows:,} rows of each: stratified {folds}-fold cross-validation, repeated {repeats}
times, the same folds for all, on standardised inputs. *Lower* counts the tables on which the mean
log loss is lower than that of `MLPClassifier()`, *level* those on which the mean accuracy is no
more than half a point below its accuracy, and *both* those of which both is true."""


def measure(options: Options) -> Iterator[dict[str, Any]]:
    if options.keel is None:
        raise SystemExit("candidates needs --keel FOLDER, a folder of KEEL's .dat files.")
    paths = sorted(options.keel.glob("*.dat"))
    if not paths:
        raise SystemExit(f"there is no .dat file in {options.keel}.")
    for path in paths:
        with Worker(cores=1) as worker:
            yield from worker(scores, str(path), 1 if options.quick else 2)


def scores(path: str, repeats: int) -> list[dict[str, Any]]:
    """Cross-validate every candidate, and the peer, on one table; return each fold's scores."""
    import warnings

    from sklearn.metrics import accuracy_score, log_loss
    from sklearn.model_selection import RepeatedStratifiedKFold
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline

    from skdropout import DropoutMLPClassifier
    from skdropout.studies.reading import Reading, load_table

    warnings.simplefilter("ignore")  # some say that they have not converged
    frame = _read_keel(Path(path))
    frame = frame.sample(min(len(frame), ROWS), random_state=0)
    reading = Reading(missing=("<null>",), min_class_rows=FOLDS)
    table = load_table(frame, target=-1, task="classification", reading=reading)
    networks = {PEER: MLPClassifier(random_state=0)} | {
        str(number): DropoutMLPClassifier(**settings, random_state=0)
        for number, settings in enumerate(CANDIDATES)
    }
    X, y, classes = table.features, table.targets, range(len(table.classes))
    found = []
    folds = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=repeats, random_state=0)
    for fold, (train, test) in enumerate(folds.split(X, y)):
        for name, network in networks.items():
            pipeline = make_pipeline(*table.steps, network).fit(X.iloc[train], y[train])
            chances = pipeline.predict_proba(X.iloc[test])
            found.append(
                {
                    "table": Path(path).stem,
                    "fold": fold,
                    "candidate": name,
                    "log_loss": log_loss(y[test], chances, labels=classes),
                    "accuracy": accuracy_score(y[test], chances.argmax(axis=1)),
                }
            )
    return found


def _read_keel(path: Path) -> pd.DataFrame:
    """Read a table: lines of @attribute name the columns, and the rows follow @data."""
    head, rows = re.split(r"(?im)^@data\s*$", path.read_text("utf-8"), maxsplit=1)
    names = re.findall(r"(?im)^@attribute\s+([^\s{\[]+)", head)
    return pd.read_csv(
        StringIO(rows), names=names, skipinitialspace=True, dtype=str, keep_default_na=False
    )


def report(samples: pd.DataFrame) -> Report:
    samples = samples.astype({"candidate": str})
    means = samples.groupby(["candidate", "table"])[["log_loss", "accuracy"]].mean()
    peer = means.loc[PEER]
    rows = []
    for name, settings in enumerate(CANDIDATES):
        own = means.loc[str(name)]
        lower = own["log_loss"] < peer["log_loss"]
        level = own["accuracy"] >= peer["accuracy"] - LEVEL
        counts = {"lower": lower.sum(), "level": level.sum(), "both": (lower & level).sum()}
        rows.append(_words(settings) | counts | _rounded(own))
    blank = dict.fromkeys(rows[0], "")
    table = pd.DataFrame([*rows, blank | {"units": f"`{PEER}()`"} | _rounded(peer)])
    made, axes = figure(1, 1, (7, 3))
    losses = means["log_loss"].groupby("candidate").mean()
    names = {PEER: PEER} | {str(n): _label(settings) for n, settings in enumerate(CANDIDATES)}
    bars = losses[list(names)].rename(names)
    draw_bars(axes, bars, unit="", title="Log loss, mean over the tables", scale="linear")
    return Report(
        title="Candidates for the defaults",
        method=_METHOD.format(
            tables=samples["table"].nunique(),
            rows=ROWS,
            repeats=samples["fold"].nunique() // FOLDS,
            folds=FOLDS,
        ),
        tables={"Tables on which a candidate is better": table},
        figure=made,
    )


def _words(settings: dict[str, Any]) -> dict[str, Any]:
    names = {"hidden_layer_sizes": "units", "batch_size": "batch"}
    values = settings | {"hidden_layer_sizes": settings["hidden_layer_sizes"][0]}
    return {names.get(name, name): f"{value:g}" for name, value in values.items()}


def _label(settings: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in _words(settings).items())


def _rounded(means: pd.DataFrame) -> dict[str, str]:
    return {
        "log loss": number(means["log_loss"].mean()),
        "accuracy": number(means["accuracy"].mean()),
    }
