"""What was asked for, written so that it can be asked again."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skdropout.studies.compared._program import written
from skdropout.studies.reading import ImageSet, Reading, Table
from skdropout.studies.reporting import command_line


@dataclass(frozen=True)
class Asked:
    """The question of a comparison.

    Attributes
    ----------
    data : Table or ImageSet
        The data as they were read.
    arguments : dict of str to object
        The other arguments that were given, of those that the numbers depend on.
    reading : Reading
        How the data were read.
    """

    data: Table | ImageSet
    arguments: Mapping[str, Any]
    reading: Reading

    @property
    def command(self) -> str:
        """What to type for the same comparison: Python, where the command line cannot say it."""
        own = "estimator" in self.arguments or isinstance(self.arguments.get("variants"), Mapping)
        if own or self._from_python:
            given = "".join(f", {name}={written(value)}" for name, value in self.arguments.items())
            return f"compare_regularisers({self._rows}{given}{self.reading.as_argument()})"
        command = command_line("compare", self._source, self.arguments)
        return " ".join([command, *map(shlex.quote, self.reading.as_options())])

    @property
    def loading(self) -> str:
        """The lines that load the rows again."""
        given = "".join(
            f", {name}={written(self.arguments[name])}"
            for name in ("target", "task")
            if name in self.arguments
        )
        reading = self.reading.as_argument()
        before = ""
        if self._from_python:
            before = f"{self._rows} = ...  # the rows that were compared on\n"
        elif self.data.path not in ("", "-") and not Path(self.data.path).is_absolute():
            before = "# A path from the folder in which the comparison was started.\n"
        return (
            f"from skdropout.studies import {'Reading, ' if reading else ''}load_rows\n\n"
            f"{before}X, y = load_rows({self._rows}{given}{reading})"
        )

    @property
    def _rows(self) -> str:
        """The data as a call has them: by their place, or in variables where Python gave them."""
        if not self._from_python:
            return repr(self._source)
        return "frame" if "target" in self.arguments else "X, y"

    @property
    def _source(self) -> str:
        return self.data.path or self.data.name

    @property
    def _from_python(self) -> bool:
        return not self.data.path and self.data.name in ("table", "images")
