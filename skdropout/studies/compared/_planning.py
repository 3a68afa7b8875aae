"""From data and wishes to a plan: what is checked and decided before anything runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path
from typing import Any

from skdropout.studies._checks import did_you_mean
from skdropout.studies._errors import StudyError
from skdropout.studies.compared._effort import estimated, n_fits
from skdropout.studies.compared._nested import compute_cell
from skdropout.studies.compared._values import described
from skdropout.studies.compared._variants import (
    CONTROL,
    IMAGE_CONTROL,
    TABLE_CONTROL,
    chosen_variants,
    image_variants,
    table_variants,
)
from skdropout.studies.compared._yardsticks import image_yardsticks, table_yardsticks
from skdropout.studies.designing import Design, Folds, Material, Variant, Yardstick
from skdropout.studies.evidence import Score
from skdropout.studies.reading import ImageSet, Table
from skdropout.studies.running import Plan

_KEY: Mapping[str, type] = {"variant": str, "repeat": int, "fold": int}
_FEWEST_EPOCHS = 10


def _table_network(material: Material, n_train: int) -> Any:
    """Return a network that can overfit, in batches that grow with the table."""
    from skdropout import DropoutMLPClassifier, DropoutMLPRegressor

    kind = DropoutMLPClassifier if material.classes else DropoutMLPRegressor
    batch_size = int(min(max(2 ** round(log2(max(n_train, 1) / 64)), 32), 256))
    # The steps before the network scale already.
    return kind(hidden_layer_sizes=(200,), batch_size=batch_size, rescale=None)


def _image_network(material: Material, n_train: int) -> Any:
    """Return a network that can overfit, with as many blocks as the images have room for."""
    from skdropout import BNConvClassifier

    side = min(material.X.shape[1:3])
    blocks = min(max(int(log2(side)) - 1, 1), 3)
    filters = (16, 32, 64) if side < 16 else (32, 64, 128)
    return BNConvClassifier(filters=filters[:blocks], batch_size=64)


@dataclass(frozen=True)
class Defaults:
    """What is different for tables and for images."""

    control: Mapping[str, Any]
    variants: Callable[[Any], dict[str, Variant]]
    yardsticks: Callable[[bool], dict[str, Yardstick]]
    network: Callable[[Material, int], Any]
    estimators: tuple[str, ...]
    repeats: int
    inner_folds: int
    steps: int
    epochs: int


TABLES = Defaults(
    control=TABLE_CONTROL,
    variants=table_variants,
    yardsticks=table_yardsticks,
    network=_table_network,
    estimators=("DropoutMLPClassifier", "DropoutMLPRegressor"),
    repeats=5,
    inner_folds=4,
    steps=20_000,
    epochs=240,
)
IMAGES = Defaults(
    control=IMAGE_CONTROL,
    variants=image_variants,
    yardsticks=image_yardsticks,
    network=_image_network,
    estimators=("BNConvClassifier",),
    repeats=1,
    inner_folds=1,
    steps=2_500,
    epochs=30,
)


def design_comparison(
    material: Material,
    *,
    defaults: Defaults,
    estimator: Any,
    variants: Sequence[str] | Mapping[str, Any] | None,
    folds: int,
    inner_folds: int | None,
    seed: int,
    epochs: int | None,
    scoring: str | None,
    engine: str | None,
    precision: str | None,
) -> Design[Folds]:
    """Decide how the variants are compared, after checking that they can be."""
    resampling = Folds(folds, inner_folds or defaults.inner_folds, seed)
    resampling.check(material.name, material.y, material.classes)
    n_train = int(len(material.y) * (1 - 1 / folds) * 0.75)
    if estimator is None:
        estimator = defaults.network(material, n_train)
    base = _base(material, estimator, defaults, precision)
    control = {**defaults.control, "engine": engine or base.engine}
    known = base.get_params()  # not every network has every regulariser
    base.set_params(**{name: value for name, value in control.items() if name in known})
    steps = -(-n_train // int(base.batch_size))
    most = min(max(defaults.steps // steps, _FEWEST_EPOCHS), defaults.epochs)
    yardsticks = defaults.yardsticks(bool(material.classes))
    design = Design(
        estimator=base,
        variants=chosen_variants(defaults.variants(base), variants, base, yardsticks),
        yardsticks=yardsticks,
        resampling=resampling,
        epochs=epochs or most,
        score=_score(scoring, material),
    )
    _check_reported(design)
    return design


def _check_reported(design: Design[Folds]) -> None:
    """Refuse networks whose validation curve is not that of what chooses, or does not tell it."""
    wanted: dict[str, Any] = {"loss": "squared_error"}
    otherwise = ""
    if design.score.name == "log_loss":
        wanted = {"label_smoothing": 0.0, "class_weight": None}
        otherwise = " or scoring='accuracy'"
    for name, variant in design.variants.items():
        who = "estimator" if name == CONTROL else f"variant {name!r}"
        for strength in variant.strengths.values():
            given = {**design.estimator.get_params(), **strength}
            for parameter, value in wanted.items():
                if given.get(parameter, value) != value:
                    raise StudyError(
                        f"{who} has {parameter}={given[parameter]!r}, and {design.score.title} "
                        "cannot be read off its validation loss, which chooses strength and "
                        f"epochs. Use {parameter}={value!r}{otherwise}."
                    )
            if given.get("learning_rate_schedule") == "cosine":
                raise StudyError(
                    f"{who} has learning_rate_schedule='cosine', whose rates depend on where "
                    "training ends: no best number of epochs can be read off a longer training. "
                    "Use 'constant', 'inverse_time' or 'exponential'."
                )


def _score(scoring: str | None, material: Material) -> Score:
    scores = {name: s for name, s in material.scores.items() if s.chooses}
    if scoring is None:
        return next(iter(scores.values()))
    if scoring not in scores:
        raise StudyError(f"scoring has no {scoring!r}{did_you_mean(scoring, scores)}")
    return scores[scoring]


def _base(material: Material, estimator: Any, defaults: Defaults, precision: str | None) -> Any:
    """Return the network that all variants start from: a copy of the package's, or the user's."""
    from sklearn.base import clone, is_classifier

    import skdropout

    if not isinstance(estimator, tuple(getattr(skdropout, name) for name in defaults.estimators)):
        names = " or ".join(defaults.estimators)
        raise StudyError(f"estimator expects a {names}, got {estimator!r}.")
    if is_classifier(estimator) != bool(material.classes):
        kind = "classes" if material.classes else "a quantity"
        raise StudyError(f"{material.name} asks for {kind}, and estimator is {estimator!r}.")
    base = clone(estimator)
    if precision is not None:
        if not hasattr(base, "precision"):
            raise StudyError("precision belongs to images; networks for tables compute in float32.")
        base.set_params(precision=precision)
    return base.set_params(
        early_stopping=False, warm_start=False, callbacks=None, random_state=None, verbose=0
    )


def plan_comparison(
    material: Material,
    design: Design[Folds],
    *,
    repeats: int,
    data: Table | ImageSet,
    reading: Mapping[str, Any],
    jobs: int,
) -> Plan:
    """Describe what is computed; `reading` says what was asked for of how to read the data."""
    resampling = design.resampling
    names = [*design.variants, *design.yardsticks]
    scores = dict.fromkeys(material.scores, float)
    cores = 1 if isinstance(data, ImageSet) else None
    return Plan(
        name=material.name,
        identity={
            "study": f"compare {material.name}",
            "arguments": {
                "repeats": repeats,
                "folds": resampling.folds,
                "inner_folds": resampling.inner_folds,
                "seed": resampling.seed,
                "epochs": design.epochs,
                "scoring": design.score.name,
                "variants": {
                    name: described(variant.strengths)
                    for name, variant in design.variants.items()
                },
            },
            "protocol": {
                "estimator": {
                    "class": type(design.estimator).__name__,
                    **described(design.estimator.get_params()),
                },
                "steps": [repr(step) for step in material.steps],
            },
            "data": data.describe(),
            "reading": described(reading),
        },
        source=str(Path(data.path).resolve()) if data.path not in ("", "-") else "",
        # Repeat by repeat, so that what is finished early is a whole comparison already.
        cells=[
            (name, repeat, fold)
            for repeat in range(repeats)
            for fold in range(resampling.folds)
            for name in names
        ],
        key=tuple(_KEY),
        schemas={
            "curves": {**_KEY, "epoch": int, "validation": float, "training_loss": float},
            "candidates": {
                **_KEY, "strength": str, "epochs": int, "validation": float,
                "at_the_last_epoch": int,
            },
            "results": {
                **_KEY, "strength": str, "epochs": int, **scores, "fit_seconds": float,
                "choice_seconds": float,
            },
        },
        compute=compute_cell,
        data=(material, design),
        growing=("repeats", "variants"),
        files=(*Plan.files, "recommended.py"),
        unit="cell",
        fits=lambda cell: n_fits(cell, design),
        cores=cores,
        announce=lambda missing: "\n".join(
            [*data.overview(), estimated(missing, material, design, jobs, cores)]
        ),
    )  # fmt: skip
