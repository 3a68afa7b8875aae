"""What is compared: kinds of regularisation, each with a small grid of strengths."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from math import ceil
from typing import Any

from skdropout.studies._checks import did_you_mean
from skdropout.studies._errors import StudyError
from skdropout.studies.compared._values import plain
from skdropout.studies.designing import ONLY, Variant

CONTROL = "none"

_STOPPING = "the inner folds choose for every variant when to stop, within the comparison's epochs"
#: What no variant may bring, and why.
_CHOSEN_ELSEWHERE: Mapping[str, str] = {
    "epochs": _STOPPING,
    "early_stopping": _STOPPING,
    "random_state": "all variants share their seeds, which follow from the comparison's seed",
}


def _grid(name: str, values: Sequence[Any], **others: Any) -> dict[str, dict[str, Any]]:
    """Name strengths after the one parameter that varies."""
    return {f"{value:g}": {name: value, **others} for value in values}


def _pairs(first: str, second: str, pairs: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Name strengths after two parameters that vary together."""
    return {f"{a:g} and {b:g}": {first: a, second: b} for a, b in pairs}


#: What the control leaves out of a network for tables, and every variant starts from.
TABLE_CONTROL: Mapping[str, Any] = {
    "input_dropout": 0.0,
    "dropout": 0.0,
    "max_norm": None,
    "batch_norm": False,
    "alpha": 0.0,
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
}

#: The same of a network for images; augmentation is a regulariser, too.
IMAGE_CONTROL: Mapping[str, Any] = {
    "batch_norm": False,
    "conv_dropout": 0.0,
    "spatial_dropout": False,
    "placement": "before_activation",
    "head": "dense",
    "head_dropout": 0.0,
    "max_norm": None,
    "alpha": 0.0,
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "augment": None,
}


def table_variants(estimator: Any) -> dict[str, Variant]:
    """Return the variants for tables, from the simplest to the most complicated."""
    return _by_name(
        Variant(CONTROL, "no regularisation but stopping in time", {ONLY: {}}),
        Variant(
            "l2", "an L2 penalty", _grid("alpha", (0.3, 1.0, 3.0, 10.0)),
            "The usual penalty, for scale.",
        ),
        Variant(
            "dropout_hidden", "dropout in the hidden layers",
            _grid("dropout", (0.1, 0.2, 0.35, 0.5)),
            "Drop 20 to 50% of the hidden units (Srivastava et al. 2014).",
        ),
        Variant(
            "dropout_inputs", "dropout on the inputs", _grid("input_dropout", (0.1, 0.2, 0.35)),
            "Drop some 20% of the inputs (Srivastava et al. 2014).",
        ),
        Variant(
            "dropout_both", "dropout on inputs and hidden units",
            _pairs("input_dropout", "dropout", ((0.1, 0.2), (0.2, 0.2), (0.2, 0.5), (0.35, 0.5))),
            "Dropout works best on visible and hidden units (Srivastava et al. 2014).",
        ),
        Variant(
            "max_norm", "a max-norm constraint", _grid("max_norm", (4.0, 2.0, 1.0, 0.5)),
            "Limit the norm of each unit's weights (Srivastava et al. 2014).",
        ),
        Variant(
            "dropout_max_norm", "dropout with a max-norm constraint",
            _pairs("dropout", "max_norm", ((0.2, 1.0), (0.2, 0.5), (0.5, 1.0), (0.5, 0.5))),
            "Dropout profits from a max-norm constraint (Srivastava et al. 2014).",
        ),
        Variant(
            "batch_norm", "batch normalisation", {"on": {"batch_norm": True}},
            "Normalise before each activation (Ioffe and Szegedy 2015).",
        ),
        Variant(
            "paper_recipe", "the whole recipe of the dropout paper", _recipe(estimator),
            "A larger network, dropout, max-norm and fast decaying SGD, together "
            "(Srivastava et al. 2014, appendix A).",
        ),
    )  # fmt: skip


def _recipe(estimator: Any) -> dict[str, dict[str, Any]]:
    """Return all that the source's appendix A advises, together, at three learning rates."""
    rate = 0.5
    sizes = estimator.hidden_layer_sizes
    sizes = (sizes,) if isinstance(sizes, int) else tuple(sizes)
    # The squared error curves by 2, the cross-entropy by at most 1/4: an eighth of the rate.
    scale = 1.0 if hasattr(estimator, "class_weight") else 1 / 8
    return {
        f"rate {learning_rate:g}": {
            "hidden_layer_sizes": tuple(ceil(size / (1 - rate)) for size in sizes),
            "input_dropout": 0.2,
            "dropout": rate,
            "max_norm": 4.0,
            "optimizer": "sgd",
            "learning_rate": scale * learning_rate,
            "learning_rate_schedule": "inverse_time",
            "momentum": 0.95,
        }
        for learning_rate in (0.01, 0.03, 0.1)
    }


def image_variants(estimator: Any) -> dict[str, Variant]:
    """Return the variants for images, from the simplest to the most complicated."""
    return _by_name(
        Variant(CONTROL, "no regularisation but stopping in time", {ONLY: {}}),
        Variant(
            "dropout_head", "dropout in the dense head", _grid("head_dropout", (0.25, 0.5)),
            "Use dropout only between fully connected layers.",
        ),
        Variant(
            "dropout_blocks", "dropout in the blocks",
            _grid("conv_dropout", (0.1, 0.25), placement="after_pooling"),
            "Dropout inside convolutional blocks is useless.",
        ),
        Variant(
            "spatial_dropout", "spatial dropout in the blocks",
            _grid("conv_dropout", (0.1, 0.25), spatial_dropout=True, placement="after_pooling"),
            "Drop whole feature maps (Tompson et al. 2015).",
        ),
        Variant(
            "batch_norm", "batch normalisation before the activation",
            {"on": {"batch_norm": True}},
            "Normalise before the activation (Ioffe and Szegedy 2015).",
        ),
        Variant(
            "batch_norm_after", "batch normalisation after the activation",
            {"on": {"batch_norm": True, "placement": "after_activation"}},
            "Normalise after the activation.",
        ),
        Variant(
            "batch_norm_head", "batch normalisation with dropout in the head",
            _grid("head_dropout", (0.25, 0.5), batch_norm=True),
            "Batch normalisation in the blocks, dropout in the head.",
        ),
        Variant(
            "gap", "global average pooling instead of the dense head", {"on": {"head": "gap"}},
            "Global average pooling needs no dropout (Lin et al. 2014).",
        ),
        Variant(
            "augmentation", "augmentation",
            {name: {"augment": name} for name in ("shift", "flip", "flip_shift")},
            "Shifted and mirrored images, where these mean the same.",
        ),
    )  # fmt: skip


def _by_name(*variants: Variant) -> dict[str, Variant]:
    return {variant.name: variant for variant in variants}


def chosen_variants(
    known: Mapping[str, Variant],
    asked: Sequence[str] | Mapping[str, Any] | None,
    estimator: Any,
    yardsticks: Iterable[str],
) -> dict[str, Variant]:
    """Return the variants that were asked for, the control always among them and first."""
    taken = (CONTROL, *yardsticks)
    if asked is None:
        return dict(known)
    if isinstance(asked, str):
        asked = [asked]
    chosen = {CONTROL: known[CONTROL]}
    for name in asked:
        if isinstance(asked, Mapping) and asked[name] is not None:
            chosen[name] = _own(name, asked[name], estimator, taken)
        elif name in known:
            chosen[name] = known[name]
        else:
            raise StudyError(f"there is no variant {name!r}{did_you_mean(str(name), known)}")
    if len(chosen) == 1:
        raise StudyError(
            f"variants names nothing to hold against {CONTROL!r}; "
            f"known: {', '.join(n for n in known if n != CONTROL)}."
        )
    return chosen


def _own(
    name: str, grid: Mapping[str, Sequence[Any]], estimator: Any, taken: Sequence[str]
) -> Variant:
    """Make a variant of a name and a parameter grid, its strengths in the grid's order."""
    from sklearn.model_selection import ParameterGrid

    if not str(name).isidentifier() or name in taken:
        raise StudyError(
            "a variant's name must be letters, digits and underscores, and not "
            f"{', '.join(map(repr, taken))}; got {name!r}."
        )
    try:
        strengths = list(ParameterGrid(dict(grid)))
    except (TypeError, ValueError) as error:
        raise StudyError(
            f"variant {name!r} expects a parameter grid, such as {{'dropout': [0.2, 0.5]}}; {error}"
        ) from error
    known = estimator.get_params()
    if strange := [key for key in strengths[0] if key not in known]:
        raise StudyError(
            f"variant {name!r} sets {strange[0]!r}, which {type(estimator).__name__} does not have"
            f"{did_you_mean(strange[0], known)}"
        )
    if chosen := [key for key in strengths[0] if key in _CHOSEN_ELSEWHERE]:
        raise StudyError(
            f"variant {name!r} sets {chosen[0]!r}, but {_CHOSEN_ELSEWHERE[chosen[0]]}. "
            "Leave it out of the grid."
        )
    return Variant(name, name.replace("_", " "), _by_strength(strengths))


def _by_strength(strengths: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Name strengths after their values, and objects after their class, numbered if need be."""
    named: dict[str, dict[str, Any]] = {}
    for strength in strengths:
        values = {key: plain(value) for key, value in strength.items()}
        name = first = ", ".join(f"{key} {_shown(value)}" for key, value in values.items())
        numbers = count(2)
        while name in named and named[name] != values:
            name = f"{first} ({next(numbers)})"
        named[name] = values
    return named


def _shown(value: Any) -> str:
    return type(value).__name__ if hasattr(value, "get_config") else str(value)
