"""What a worker measures: one fit, or the epochs within fits."""

import itertools
import math
import time
import warnings
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from benchmarks._libraries import OURS, Recipe, classifier

_MOST_EPOCHS = 2000
_PILOT_STEPS = 32


def one_fit(library: str, recipe: dict[str, Any]) -> dict[str, float]:
    """Fit Sonar once: wall and processor seconds, and the accuracy on the training rows."""
    from benchmarks._data import sonar

    X, y = sonar()
    warnings.simplefilter("ignore")  # MLPClassifier says that it has not converged
    model = classifier(library, _recipe(recipe))
    wall, cpu = time.perf_counter(), time.process_time()
    model.fit(X, y)
    seconds = {"seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu}
    return {**seconds, "accuracy": float(model.score(X, y)), "epochs": recipe["epochs"]}


def epoch_samples(
    library: str, recipe: dict[str, Any], shape: tuple[int, int], epochs: int, samples: int
) -> list[float]:
    """Return seconds an epoch, several times, with all that is done once a fit left out.

    One fit is timed with one epoch and one with more; the difference is the epochs'. Keras shows
    its epochs to a callback, so there one fit is enough.
    """
    from benchmarks._data import table

    X, y = table(*shape)
    fit = partial(_seconds, library, _recipe(recipe), X, y)
    if library == "scikeras":
        return _between_epochs(_recipe(recipe), X, y, epochs, samples)
    fit(1)  # what an idle process has given back of its memory takes time to come back
    return [(fit(1 + epochs) - fit(1)) / epochs for _ in range(samples)]


def plan_epochs(
    library: str, recipe: dict[str, Any], shape: tuple[int, int], limit: float, shortest: float
) -> tuple[int, int]:
    """Choose rows and epochs of a sample, so that it lasts `shortest` seconds.

    An epoch beyond the limit is cut to part of its rows.

    Ours are never cut. This also warms the library up: what it compiles, it compiles here.
    """
    rows, features = shape
    batch = recipe["batch_size"]
    pilot = rows if library == OURS else min(rows, _PILOT_STEPS * batch)
    epoch_samples(library, recipe, (pilot, features), 1, 1)
    for epochs in (1, 4, 16, 64, 256):  # a difference as short as the noise says nothing
        seconds = max(1e-6, epoch_samples(library, recipe, (pilot, features), epochs, 1)[0])
        if epochs * seconds > shortest / 10:
            break
    epoch = seconds * math.ceil(rows / batch) / math.ceil(pilot / batch)
    if library != OURS and epoch > limit and rows > 2 * pilot:
        rows = max(pilot, int(limit / seconds * pilot) // batch * batch)
        epoch = seconds * rows / pilot
    return rows, min(_MOST_EPOCHS, math.ceil(shortest / epoch))


def _seconds(library: str, recipe: Recipe, X: Any, y: Any, epochs: int) -> float:
    warnings.simplefilter("ignore")
    model = classifier(library, replace(recipe, epochs=epochs))
    start = time.perf_counter()
    model.fit(X, y)
    return time.perf_counter() - start


def _between_epochs(recipe: Recipe, X: Any, y: Any, epochs: int, samples: int) -> list[float]:
    from benchmarks._keras_peers import Clock

    clock = Clock()
    model = classifier("scikeras", replace(recipe, epochs=1 + epochs * samples))
    model.set_params(callbacks=[clock]).fit(X, y)
    ends = clock.ends[::epochs]
    return [(after - before) / epochs for before, after in itertools.pairwise(ends)]


def _recipe(given: dict[str, Any]) -> Recipe:
    return Recipe(**{**given, "hidden": tuple(given["hidden"])})


def as_json(recipe: Recipe) -> dict[str, Any]:
    """Describe a recipe for a worker."""
    return asdict(recipe)
