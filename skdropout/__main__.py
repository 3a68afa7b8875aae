"""The command line: ``skdropout study`` runs a comparison and writes its report."""

import argparse
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from skdropout import __version__
from skdropout.studies import STUDIES, StudyError, StudyResult, run_dense_study

USER_ERROR, INTERRUPTED = 2, 130
_EPILOG = """\
examples:
  skdropout study                                  breast cancer, embedded in scikit-learn
  skdropout study sonar --repeats 20 --jobs 2      the published comparison
  skdropout study my.csv --target label            your own table
"""


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
    data = options.pop("data")
    # The program, unlike the package, may quieten TensorFlow for itself and its workers.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        run = _study_of(data)
        _check_options(run, options, data)
        print(run(data, **options))
    except (StudyError, OSError) as error:
        print(f"skdropout: error: {error}", file=sys.stderr)
        return USER_ERROR
    except KeyboardInterrupt as stop:
        print(f"\n{stop or 'Stopped.'}", file=sys.stderr)
        return INTERRUPTED
    return 0


def _study_of(data: str) -> Callable[..., StudyResult]:
    """Find the study that a name or a file calls for."""
    if data in STUDIES:
        return STUDIES[data]
    if Path(data).suffix or Path(data).exists():
        return run_dense_study
    near = get_close_matches(data, STUDIES, n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(STUDIES)}."
    raise StudyError(f"there is no study or file named {data!r}; {hint}")


def _check_options(run: Callable[..., StudyResult], options: dict[str, Any], data: str) -> None:
    """Refuse options that belong to another kind of study."""
    strange = [f"--{name}".replace("_", "-") for name in options if name not in _defaults(run)]
    if strange:
        raise StudyError(f"{data} has no option {', '.join(strange)}; see skdropout study --help.")


def _defaults(run: Callable[..., StudyResult]) -> dict[str, Any]:
    return {name: p.default for name, p in inspect.signature(run).parameters.items()}


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
        "data",
        nargs="?",
        default="breast_cancer",
        metavar="NAME or FILE.csv",
        help=f"{', '.join(STUDIES)}, or a CSV file with a header (default: breast_cancer)",
    )
    defaults = _defaults(run_dense_study)

    def add(name: str, kind: Callable[[str], Any], text: str, **more: Any) -> None:
        default = defaults[name]
        text += "" if default is None else f" (default: {default})"
        study.add_argument(f"--{name}", type=kind, help=text, **more)

    add("target", str, "column of the CSV file that holds the classes", metavar="COLUMN")
    add("repeats", int, "number of whole cross-validations", metavar="N")
    add("folds", int, "folds of each cross-validation", metavar="N")
    add("epochs", int, "passes over the training rows (default: as published)", metavar="N")
    add("seed", int, "seed of the first cross-validation", metavar="N")
    add("engine", str, "what trains the networks", choices=["compiled", "keras"])
    add("jobs", int, "processes; -1 is one per core; scores do not depend on it", metavar="N")
    add("out", str, "folder to write (default: skdropout-study-NAME)", metavar="DIR")
    return parser


if __name__ == "__main__":
    sys.exit(main())
