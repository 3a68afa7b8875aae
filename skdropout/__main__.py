"""The command line: ``skdropout compare`` on one's own data, ``skdropout study`` as published."""

import argparse
import atexit
import csv
import gc
import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, NoReturn

from skdropout import __version__, _terminal
from skdropout.studies import (
    STUDIES,
    Reading,
    StudyError,
    StudyResult,
    compare_regularisers,
    repeat_cifar100,
    repeat_sonar,
)

USER_ERROR, INTERRUPTED = 2, 130
_COMPARE_EPILOG = """\
examples:
  skdropout compare                                  breast cancer, nothing to download
  skdropout compare table.csv --target label         your own table
  skdropout compare photos                           a folder with a folder of images per class
  skdropout compare sonar --variants dropout_both,l2 two variants against none

Stopped, a comparison goes on where it was when it is started again with the same arguments, and
with more --repeats a finished one is extended.
"""
_STUDY_EPILOG = """\
examples:
  skdropout study sonar --repeats 20 --jobs 2       the published comparison of dense networks
  skdropout study cifar100 --train-size 10000       the published comparison on images

A study that was stopped goes on where it was when it is started again with the same arguments.
For your own data there is skdropout compare.
"""

Run = Callable[..., StudyResult]


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        option, _, problem = message.removeprefix("argument ").partition(": ")
        if problem == "expected one argument":  # which "-1,-2" is not taken for
            message += f"; write {option}=VALUE where the value begins with -"
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
    _terminal.prepare()
    options = vars(_parser().parse_args(arguments))
    # The program, unlike the package, may quieten TensorFlow for itself and its workers.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # At its end Python would look through a million objects of TensorFlow for garbage: a second.
    atexit.register(gc.freeze)
    try:
        _terminal.show(options.pop("run")(options))
    except MemoryError:
        print("skdropout: error: the memory ran out. Use less data.", file=sys.stderr)
        return USER_ERROR
    except (StudyError, OSError) as error:
        print(f"skdropout: error: {error}", file=sys.stderr)
        return USER_ERROR
    except KeyboardInterrupt as stop:
        print(f"\n{str(stop) or 'Stopped.'}", file=sys.stderr)
        return INTERRUPTED
    return 0


def _compare(options: dict[str, Any]) -> StudyResult:
    """Compare regularisers; what says how to read the data goes into one object."""
    known = {field.name for field in fields(Reading)}
    reading = Reading(**{name: options.pop(name) for name in list(options) if name in known})
    return compare_regularisers(options.pop("data"), reading=reading, **options)


def _study(options: dict[str, Any]) -> StudyResult:
    """Run a published study with those of the options that it has."""
    name = options.pop("name")
    study: Run = STUDIES[name]
    strange = [f"--{o}".replace("_", "-") for o in options if o not in _defaults(study)]
    if strange:
        raise StudyError(f"{name} has no option {', '.join(strange)}; see skdropout study --help.")
    return study(**options)


def _defaults(function: Run) -> dict[str, Any]:
    return {name: p.default for name, p in inspect.signature(function).parameters.items()}


def _parser() -> argparse.ArgumentParser:
    """Describe the command line; options that are not given stay out of the result."""
    parser = _Parser(
        prog="skdropout", description="Which regularisation helps a network, and how surely."
    )
    parser.add_argument("--version", action="version", version=f"skdropout {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _describe_compare(
        _command(
            commands,
            "compare",
            _compare,
            "find out which regularisation helps on your data",
            "Compare kinds of regularisation on a table or on images, each at the strength and for "
            "the epochs that suit it; write results, figures, a report.",
            _COMPARE_EPILOG,
        )
    )
    _describe_study(
        _command(
            commands,
            "study",
            _study,
            "repeat a published comparison",
            "Repeat a published comparison exactly; write results, figures, a report.",
            _STUDY_EPILOG,
        )
    )
    return parser  # fmt: skip


def _command(
    commands: Any, name: str, run: Callable[..., Any], help: str, description: str, epilog: str
) -> Any:
    command = commands.add_parser(
        name,
        help=help,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
    )
    command.set_defaults(run=run)
    return command


def _describe_compare(command: Any) -> None:
    command.add_argument(
        "data",
        nargs="?",
        default="breast_cancer",
        metavar="DATA",
        help="breast_cancer, digits or sonar; a table file; a folder with a folder of images per "
        "class; an .npz file (default: breast_cancer)",
    )
    _add(
        command.add_argument_group("what is compared"),
        compare_regularisers,
        target=(str, "COLUMN", "column of the table to predict: classes or a quantity"),
        task=(str, "TASK", "classification or regression (default: what the column looks like)"),
        variants=(None, "A,B", "what to hold against none (default: all)"),
        repeats=(int, "N", "whole cross-validations (default: 5, images 1); more extend it"),
        folds=(int, "N", "outer folds, which score"),
        inner_folds=(int, "N", "inner folds, which choose (default: 4, images 1)"),
        seed=(int, "N", "seed of the first cross-validation"),
        epochs=(int, "N", "the most epochs that may be chosen (default: by the rows)"),
        scoring=(str, "SCORE", "what chooses and is tested: log_loss or accuracy, rmse or r2"),
        practical=(float, "X", "differences up to this make no practical difference"),
        precision=(str, "TYPE", "float32 or mixed_bfloat16, for images"),
    )
    jobs = "cells at a time, -1 for one per core; scores do not depend on it"
    _add_common(command, compare_regularisers, "skdropout-compare-NAME", jobs)
    reading = command.add_argument_group("how the data are read")
    for field in fields(Reading):
        _add_reading(reading, field.name, field.default)


def _add_reading(group: Any, name: str, default: Any) -> None:
    """Add an option of `Reading`, by the type of its default and what its documentation says."""
    flag = f"--{name.replace('_', '-')}"
    text = _documented(Reading, name)
    if isinstance(default, bool) or name == "header":
        group.add_argument(flag, action=argparse.BooleanOptionalAction, help=text)
    elif isinstance(default, tuple):
        group.add_argument(flag, action=_Words, metavar="A,B", help=text)
    else:
        number = isinstance(default, int) or name == "image_size"
        kind, shown = (int, "N") if number else (str, "TEXT")
        group.add_argument(flag, type=kind, metavar=shown, help=text)


def _documented(kind: type, name: str) -> str:
    """Return what the docstring says of a parameter, as the help of an option."""
    if sys.flags.optimize > 1:  # which leaves docstrings out
        return ""
    lines = (inspect.getdoc(kind) or "").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"{name} : ")) + 1
    text: list[str] = []
    for line in lines[start:]:
        if not line.startswith("    "):
            break
        text.append(line.strip())
    return " ".join(text).rstrip(".").replace("%", "%%")


def _describe_study(command: Any) -> None:
    command.add_argument("name", choices=list(STUDIES), metavar="NAME", help=" or ".join(STUDIES))
    _add(
        command.add_argument_group("sonar"),
        repeat_sonar,
        repeats=(int, "N", "number of whole cross-validations"),
        folds=(int, "N", "folds of each cross-validation"),
        seed=(int, "N", "seed of the first cross-validation"),
    )
    _add(
        command.add_argument_group("cifar100"),
        repeat_cifar100,
        train_size=(int, "N", "training images to draw (default: all)"),
        validation_size=(int, "N", "validation images to keep (default: all)"),
        placements=(None, "A,B", "where in the blocks"),
        variants=(None, "A,B", "what stands there"),
        conditions=(None, "A,B", "what is done to the inputs"),
        seeds=(int, "N", "number of times that everything is trained"),
        precision=(str, "TYPE", "float32 or mixed_bfloat16"),
    )
    epochs = " and ".join(f"{_defaults(STUDIES[name])['epochs']} for {name}" for name in STUDIES)
    command.add_argument_group("both").add_argument(
        "--epochs", type=int, metavar="N", help=f"epochs of each fit (default: {epochs})"
    )
    jobs = "fits at a time, -1 for one per core; last digits of cifar100 depend on it"
    _add_common(command, repeat_sonar, "skdropout-study-NAME", jobs)


def _add_common(command: Any, function: Run, folder: str, jobs: str) -> None:
    _add(
        command.add_argument_group("how it is computed"),
        function,
        engine=(str, "ENGINE", "what trains the networks, compiled or keras"),
        jobs=(int, "N", jobs),
        cluster=(str, "ADDRESS", "a Dask scheduler, as tcp://HOST:PORT, or local (with --jobs)"),
        out=(str, "DIR", f"folder to write (default: {folder})"),
    )


class _Words(argparse.Action):
    """Collect words that commas separate; those in double quotes may hold commas themselves."""

    def __call__(
        self, parser: Any, namespace: Any, values: Any, option_string: str | None = None
    ) -> None:
        try:
            (words,) = csv.reader([values], skipinitialspace=True, strict=True)
        except csv.Error as error:
            message = f"{values!r} is no list of words; double quotes stand around whole ones"
            raise argparse.ArgumentError(self, message) from error
        before = getattr(namespace, self.dest, ())
        setattr(namespace, self.dest, (*before, *(word.strip() for word in words if word.strip())))


def _add(group: Any, function: Run, **options: tuple[Any, str, str]) -> None:
    """Add options whose defaults are those of a function's parameters; None makes lists."""
    for name, (kind, metavar, text) in options.items():
        default = _defaults(function)[name]
        if default is not None:
            shown = default if isinstance(default, (str, int)) else ",".join(default)
            text = f"{text} (default: {shown})"
        how: Mapping[str, Any] = {"type": kind} if kind else {"action": _Words}
        group.add_argument(f"--{name.replace('_', '-')}", metavar=metavar, help=text, **how)


if __name__ == "__main__":
    sys.exit(main())
