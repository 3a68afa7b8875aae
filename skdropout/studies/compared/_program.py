"""The recommended estimator as Python to paste."""

from collections.abc import Iterator
from inspect import signature
from math import inf, isfinite
from typing import Any

from skdropout.studies.compared._values import plain, settings_of

_WIDTH = 99


def as_python(pipeline: Any, source: str, load: str) -> str:
    """Write a program that makes and fits the pipeline.

    Parameters
    ----------
    pipeline : Pipeline
        What to write down.
    source : str
        The command that recommended it.
    load : str
        Lines that load ``X`` and ``y``.
    """
    quoted = source.replace("\\", "\\\\").replace('"""', r"\"\"\"")
    imports = sorted({_import_of(part) for part in _parts(pipeline)})
    return (
        f'"""The network that `{quoted}` recommends."""\n\n'
        + "\n".join(imports)
        + f"\n\npipeline = {written(pipeline, _WIDTH - len('pipeline = '))}\n\n"
        + 'if __name__ == "__main__":\n'
        + "".join(f"    {line}\n" for line in load.splitlines())
        + "    pipeline.fit(X, y)\n"
        + '    print(f"Score on the rows that it was trained on: {pipeline.score(X, y):.3f}")\n'
    )


def written(value: Any, room: float = inf, indent: str = "") -> str:
    """Write a value as Python, on one line where it has the room, or else an item a line.

    What scikit-learn shows cannot be run: it cuts long lists.
    """
    start, items, end = _taken_apart(value)
    one_line = start + ", ".join(label + written(item) for label, item in items)
    one_line += "," * (start == "(" and len(items) == 1) + end
    if len(one_line) <= room or not items:
        return one_line
    inner = indent + "    "
    lines = [
        f"{inner}{label}{written(item, _WIDTH - len(inner + label) - 1, inner)},\n"
        for label, item in items
    ]
    return f"{start}\n{''.join(lines)}{indent}{end}"


def _taken_apart(value: Any) -> tuple[str, list[tuple[str, Any]], str]:
    """Return how a value begins, the labelled items that it holds, and how it ends."""
    value = plain(value)
    if hasattr(value, "get_params") and not isinstance(value, type):
        known = signature(type(value)).parameters
        given = value.get_params(deep=False).items()
        changed = [(f"{n}=", v) for n, v in given if repr(v) != repr(known[n].default)]
        return f"{type(value).__name__}(", changed, ")"
    if hasattr(value, "get_config"):  # an object of Keras
        return f"{type(value).__name__}.from_config(", [("", settings_of(value))], ")"
    if isinstance(value, dict):
        return "{", [(f"{written(key)}: ", item) for key, item in value.items()], "}"
    if isinstance(value, list | tuple):
        start, end = "[]" if isinstance(value, list) else "()"
        return start, [("", item) for item in value], end
    finite = not isinstance(value, float) or isfinite(value)
    return repr(value) if finite else f"float({str(value)!r})", [], ""


def _parts(estimator: Any) -> Iterator[Any]:
    """Yield an estimator, and the estimators and objects of Keras that it holds."""
    yield estimator
    for name, value in estimator.get_params(deep=True).items():
        if hasattr(value, "get_config"):
            yield value
        if hasattr(value, "get_params") and "__" not in name:
            yield from _parts(value)
    for _, step, *_ in getattr(estimator, "transformers", ()):
        if hasattr(step, "get_params"):
            yield from _parts(step)


def _import_of(part: Any) -> str:
    module = type(part).__module__
    if hasattr(part, "get_config"):  # defined in keras.src, which is private
        from keras.saving import serialize_keras_object

        module = serialize_keras_object(part)["module"]
    public = ".".join(piece for piece in module.split(".") if not piece.startswith("_"))
    package = "skdropout" if public.startswith("skdropout.estimators") else public
    return f"from {package} import {type(part).__name__}"
