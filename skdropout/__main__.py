"""The command line: ``skdropout study`` runs comparisons and writes their reports."""

import argparse
import atexit
import gc
import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from skdropout import __version__
from skdropout.studies import (
    STUDIES,
    StudyError,
    StudyResult,
    run_dense_study,
    run_image_study,
)

USER_ERROR, INTERRUPTED = 2, 130
DEFAULT = ("breast_cancer", "digits")
_EPILOG = """\
examples:
  skdropout study                                   two small studies, nothing to download
  skdropout study sonar --repeats 20 --jobs 2       the published comparison of dense networks
  skdropout study my.csv --target label             the same on your own table
  skdropout study cifar100 --train-size 10000       the published comparison on images
  skdropout study --images photos                   the same on your own images

A study that was stopped goes on where it was when it is started again with the same arguments.
"""

Study = Callable[..., StudyResult]


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(USER_ERROR, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, default=None
        The words after the program's name; by default those it was started with.

    Returns
    -------
    int
        0 if all went well, 2 for arguments or data that cannot be used, 130 after Ctrl-C.
    """
    options = vars(_parser().parse_args(arguments))
    # The program, unlike the package, may quieten TensorFlow for itself and its workers.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # At its end Python would look through a million objects of TensorFlow for garbage: a second.
    atexit.register(gc.freeze)
    try:
        for study, data, its_options in _studies(options):
            print(study(data, **its_options), flush=True)
    except (StudyError, OSError) as error:
        print(f"skdropout: error: {error}", file=sys.stderr)
        return USER_ERROR
    except KeyboardInterrupt as stop:
        print(f"\n{stop or 'Stopped.'}", file=sys.stderr)
        return INTERRUPTED
    return 0


def _studies(options: Mapping[str, Any]) -> list[tuple[Study, str, dict[str, Any]]]:
    """Work out which studies to run, each with those of the options that it has."""
    given = {name: v for name, v in options.items() if name not in ("names", "images")}
    if "images" in options:
        if options["names"]:
            raise StudyError(f"give either --images or {options['names'][0]}, not both.")
        chosen: list[tuple[Study, str]] = [(run_image_study, options["images"])]
    else:
        chosen = [(_study_of(name), name) for name in options["names"] or DEFAULT]
    known = set().union(*(_defaults(study) for study, _ in chosen))
    if strange := [f"--{name}".replace("_", "-") for name in given if name not in known]:
        names = " and ".join(data for _, data in chosen)
        raise StudyError(f"{names} has no option {', '.join(strange)}; see skdropout study --help.")
    several = len(chosen) > 1 and "out" in given
    return [
        (
            study,
            data,
            {name: v for name, v in given.items() if name in _defaults(study)}
            | ({"out": str(Path(given["out"]) / Path(data).stem)} if several else {}),
        )
        for study, data in chosen
    ]


def _study_of(name: str) -> Study:
    """Find the study that a name or a file calls for."""
    if name in STUDIES:
        return STUDIES[name]
    if not name:
        raise StudyError(f"the name of the study is empty; known: {', '.join(STUDIES)}.")
    if Path(name).suffix == ".npz" or Path(name).is_dir():
        raise StudyError(f"{name} looks like images: use --images {name}.")
    if Path(name).suffix or Path(name).exists():
        return run_dense_study
    near = get_close_matches(name, STUDIES, n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(STUDIES)}."
    raise StudyError(f"there is no study or file named {name!r}; {hint}")


def _defaults(study: Study) -> dict[str, Any]:
    return {name: p.default for name, p in inspect.signature(study).parameters.items()}


def _parser() -> argparse.ArgumentParser:
    """Describe the command line; options that are not given stay out of the result."""
    parser = _Parser(prog="skdropout", description="Dropout and batch normalisation, compared.")
    parser.add_argument("--version", action="version", version=f"skdropout {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    study = commands.add_parser(
        "study",
        help="compare networks and write a report",
        description="Compare networks with and without dropout; write results, figures, a report.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
    )
    study.add_argument(
        "names",
        nargs="*",
        default=[],
        metavar="NAME or FILE.csv",
        help=f"{', '.join(STUDIES)}, or a table with a header (default: {' and '.join(DEFAULT)})",
    )
    _add(
        study.add_argument_group("tables"),
        run_dense_study,
        target=(str, "COLUMN", "column of the CSV file to predict: classes or a quantity"),
        task=(str, "TASK", "classification or regression (default: what the column looks like)"),
        repeats=(int, "N", "number of whole cross-validations"),
        folds=(int, "N", "folds of each cross-validation"),
        seed=(int, "N", "seed of the first cross-validation"),
        epochs=(int, "N", "passes over the training rows (default: as on Sonar)"),
    )
    images = study.add_argument_group("images")
    images.add_argument(
        "--images",
        metavar="PATH",
        help="your own: a folder with a folder per class, or an .npz file with X and y",
    )
    _add(
        images,
        run_image_study,
        train_size=(int, "N", "training images to draw (default: all)"),
        validation_size=(int, "N", "validation images to keep (default: all)"),
        passes=(int, "N", "passes over the training images (default: as published)"),
        placements=(_words, "A,B", "where in the blocks"),
        variants=(_words, "A,B", "what stands there"),
        conditions=(_words, "A,B", "what is done to the inputs"),
        seeds=(int, "N", "number of times that everything is trained"),
        precision=(str, "TYPE", "float32 or mixed_bfloat16"),
    )
    _add(
        study.add_argument_group("all"),
        run_dense_study,
        engine=(str, "ENGINE", "what trains the networks, compiled or keras"),
        jobs=(int, "N", "processes, -1 for one per core; scores do not depend on it"),
        cluster=(str, "ADDRESS", "a Dask scheduler, as tcp://HOST:PORT, or local (with --jobs)"),
        out=(str, "DIR", "folder to write (default: skdropout-study-NAME)"),
    )
    return parser


def _add(group: Any, study: Study, **options: tuple[Callable[[str], Any], str, str]) -> None:
    """Add options whose defaults are those of a study's parameters."""
    for name, (kind, metavar, text) in options.items():
        default = _defaults(study)[name]
        if default is not None:
            shown = default if isinstance(default, (str, int)) else ",".join(default)
            text = f"{text} (default: {shown})"
        group.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar=metavar, help=text)


def _words(text: str) -> list[str]:
    """Split a list at its commas."""
    return [word.strip() for word in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
