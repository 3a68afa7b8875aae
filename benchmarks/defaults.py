"""Accuracy, log loss and time of classifiers as they come, without any tuning."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from benchmarks._libraries import OURS
from benchmarks._plots import draw_bars, figure
from benchmarks._report import Options, Report, number
from benchmarks._worker import Worker

DATA = ("breast cancer", "wine", "digits", "iris", "Sonar")
CLASSIFIERS = (
    OURS, "MLPClassifier", "HistGradientBoostingClassifier", "LogisticRegression",
)  # fmt: skip
FOLDS = 10
_METHOD = """\
`DropoutMLPClassifier()` beside three classifiers of scikit-learn, each with its defaults but for
`random_state`, behind a `StandardScaler`, in {repeats} repeats of stratified {folds}-fold
cross-validation, the same folds for all; one core, seconds a fit with what was compiled before. The
defaults were chosen on other data, 36 classification tables of the KEEL repository: see the guide,
"Which rate?"."""


def measure(options: Options) -> Iterator[dict[str, Any]]:
    for data in DATA:
        for name in CLASSIFIERS:
            with Worker(cores=1) as worker:
                repeats = 1 if options.quick else 10
                yield from worker(folds, name, data, repeats)


def folds(name: str, data: str, repeats: int) -> list[dict[str, Any]]:
    """Cross-validate one classifier on one table; return each fold's scores."""
    import warnings

    from sklearn.model_selection import RepeatedStratifiedKFold, cross_validate
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    warnings.simplefilter("ignore")  # some say that they have not converged
    X, y = _table(data)
    pipeline = make_pipeline(StandardScaler(), _classifier(name))
    pipeline.fit(X, y)  # compiles
    scores = cross_validate(
        pipeline,
        X,
        y,
        cv=RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=repeats, random_state=0),
        scoring=("accuracy", "neg_log_loss"),
    )
    each = zip(
        scores["test_accuracy"], scores["test_neg_log_loss"], scores["fit_time"], strict=True
    )
    return [
        {"data": data, "classifier": name, "fold": fold}
        | {"accuracy": accuracy, "log_loss": -loss, "seconds": seconds}
        for fold, (accuracy, loss, seconds) in enumerate(each)
    ]


def report(samples: pd.DataFrame) -> Report:
    means = samples.groupby(["data", "classifier"])[["accuracy", "log_loss", "seconds"]].mean()
    tables = {
        f"{caption}, mean over the folds": _by_classifier(means[column])
        for column, caption in [
            ("accuracy", "Accuracy"), ("log_loss", "Log loss"), ("seconds", "Seconds a fit"),
        ]
    }  # fmt: skip
    made, axes = figure(1, 1, (7, 2.2))
    average = means.log_loss.groupby("classifier").mean()[list(CLASSIFIERS)]
    title = "Log loss, mean over the five tables"
    draw_bars(axes, average, unit="", title=title, scale="linear")
    repeats = samples.groupby(["data", "classifier"]).size().min() // FOLDS
    return Report(
        title="Defaults",
        method=_METHOD.format(repeats=repeats, folds=FOLDS),
        tables=tables,
        figure=made,
    )


def _by_classifier(values: pd.Series) -> pd.DataFrame:
    wide = values.unstack().loc[list(DATA), list(CLASSIFIERS)]
    wide.loc["mean"] = wide.mean()
    return wide.map(number).rename_axis("data").reset_index()


def _table(data: str) -> Any:
    from sklearn import datasets

    if data == "Sonar":
        from skdropout.datasets import fetch_sonar

        return fetch_sonar(return_X_y=True)
    return getattr(datasets, f"load_{data.replace(' ', '_')}")(return_X_y=True)


def _classifier(name: str) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    from skdropout import DropoutMLPClassifier

    makers = (
        DropoutMLPClassifier, MLPClassifier, HistGradientBoostingClassifier, LogisticRegression,
    )  # fmt: skip
    return dict(zip(CLASSIFIERS, makers, strict=True))[name](random_state=0)
