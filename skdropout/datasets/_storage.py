"""Data files: where they are looked for, how they are fetched, and the check before they are read.

A file is looked for in `data_home`, then in the folder that the environment variable
`SKDROPOUT_DATA` names, then in the user's cache; the first folder that has it wins. What is in none
of them is downloaded into `data_home` if that was given, else into the cache. `SKDROPOUT_DATA` is
only read: it is the place for a shared, often write-protected copy.
"""

import hashlib
import os
import shutil
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

DataHome = str | os.PathLike[str] | None

_ATTEMPTS = 3
_PAUSE = 1.0  # seconds between two attempts
_TIMEOUT = (10, 60)  # seconds to connect, and between two pieces of the answer
_CHUNK = 1 << 16  # bytes

# Threads wait for one download instead of each making its own. Processes need no lock: a finished
# file is moved into place in one step, so at worst the same bytes are fetched twice.
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Source:
    """Where a data set comes from, and how to recognise its files.

    Attributes
    ----------
    name : str
        What people call the data set.
    url : str
        What to download: the only file itself or, with `archive_sha256`, a tar archive of all.
    files : mapping of str to tuple of str
        For each file, by its path inside a data folder, the SHA-256 of every accepted form.
    embedded : str
        The scikit-learn loader that serves the same purpose without a download.
    archive_sha256 : str or None, default=None
        The SHA-256 of the archive, if `url` leads to one.
    """

    name: str
    url: str
    files: Mapping[str, tuple[str, ...]]
    embedded: str
    archive_sha256: str | None = None


@contextmanager
def open_verified(
    source: Source, name: str, *, data_home: DataHome, download_if_missing: bool
) -> Iterator[BufferedReader]:
    """Open the file `name` of `source` for reading, fetched if need be and its hash checked.

    The check and the caller read through one handle, so a file that is exchanged in between does
    no harm.
    """
    path = _find(source, name, data_home, download_if_missing)
    with open(path, "rb") as stream:
        advice = f"It was not read. Delete it and fetch the {source.name} data again."
        _verify(stream, source.files[name], str(path), advice)
        yield stream


def _verify(stream: BufferedReader, accepted: Iterable[str], what: str, advice: str) -> None:
    """Raise OSError unless the SHA-256 of the file is an accepted one; then rewind it."""
    found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found not in accepted:
        raise OSError(
            f"{what} is altered or cut short: its SHA-256 is {found}, "
            f"expected {' or '.join(accepted)}. {advice}"
        )
    stream.seek(0)


def _find(source: Source, name: str, data_home: DataHome, download_if_missing: bool) -> Path:
    """Give the path of a file in the first folder that has it, after a download if none has."""
    import pooch

    named = [data_home, os.environ.get("SKDROPOUT_DATA") or None, pooch.os_cache("skdropout")]
    folders = [Path(folder).expanduser().absolute() for folder in named if folder is not None]
    ours = folders[-1 if data_home is None else 0]
    failure = None
    with _LOCK:
        for folder in folders:
            if (folder / name).is_file():
                return folder / name
        if download_if_missing:
            try:
                _download(source, ours)
                return ours / name
            except OSError as error:  # no network, no such page, wrong bytes, no room, no right
                failure = error
    raise FileNotFoundError(_what_to_do(source, name, folders, ours, failure)) from failure


def _what_to_do(
    source: Source, name: str, folders: list[Path], ours: Path, failure: OSError | None
) -> str:
    """Say where a file was looked for, why it was not downloaded, and how to go on without."""
    why = "download_if_missing is False" if failure is None else f"the download failed: {failure}"
    put = f"put it into {ours}" if source.archive_sha256 is None else f"unpack it in {ours}"
    return (
        f"The {source.name} data are not here: no file {name!r} in "
        f"{', '.join(map(str, folders))}; and {why}\n"
        f"Either fetch {source.url} elsewhere and {put}, so that {ours / name} exists; "
        "or name the folder that has the file, with data_home= or the environment variable "
        f"SKDROPOUT_DATA; or use {source.embedded}, which needs no download."
    )


def _download(source: Source, folder: Path) -> None:
    """Fetch the files that `folder` lacks; none appears there before its hash was found right."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".skdropout-", dir=folder) as scratch:
        answer = Path(scratch, "answer")
        _transfer(source, answer)
        if source.archive_sha256 is None:
            parts = dict.fromkeys(source.files, answer)
        else:
            _verify_download(source, answer, (source.archive_sha256,))
            parts = {name: Path(scratch, str(i)) for i, name in enumerate(source.files)}
            _unpack(answer, parts)
        for name, part in parts.items():
            _verify_download(source, part, source.files[name])
            place = folder / name
            if not place.exists():
                place.parent.mkdir(exist_ok=True)
                os.replace(part, place)


def _transfer(source: Source, path: Path) -> None:
    """Write what the URL gives to `path`, with a few attempts; only an archive takes long."""
    import pooch

    with ExitStack() as responses:

        def close_at_the_end(response: Any, **_: Any) -> None:
            """Leave no socket open where pooch gives up on a response half-way."""
            responses.callback(response.close)

        get = pooch.HTTPDownloader(
            progressbar=source.archive_sha256 is not None,
            chunk_size=_CHUNK,
            timeout=_TIMEOUT,
            hooks={"response": close_at_the_end},
        )
        for left in reversed(range(_ATTEMPTS)):
            try:
                get(source.url, path, None)
                return
            except OSError:
                if not left:
                    raise
                time.sleep(_PAUSE)


def _verify_download(source: Source, path: Path, accepted: Iterable[str]) -> None:
    """Check a file that has just come from the network."""
    with open(path, "rb") as stream:
        advice = "It was deleted; perhaps the server sent an error page."
        _verify(stream, accepted, f"the answer of {source.url}", advice)


def _unpack(archive: Path, parts: Mapping[str, Path]) -> None:
    """Copy the named plain files of a tar archive to paths of our choice, and nothing else."""
    with tarfile.open(archive) as members:
        for member in members:
            content = members.extractfile(member) if member.isreg() else None
            if content is not None and member.name in parts:
                with content, open(parts[member.name], "wb") as part:
                    shutil.copyfileobj(content, part)
