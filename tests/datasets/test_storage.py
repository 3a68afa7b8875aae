"""Where a file is looked for, how it gets there, and that no unknown byte is ever read."""

import contextlib
import dataclasses
import hashlib
import io
import os
import socket
import tarfile
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import pytest

from skdropout.datasets import _storage

BYTES = b"the bytes that are expected\n"
OTHER_FORM = BYTES[:-1]


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def answer(content, status=200, length=None):
    return status, content, len(content) if length is None else length


def put(folder, content=BYTES, name="table.csv"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def read(source, name="table.csv", data_home=None, download_if_missing=True):
    """Give the file that was opened and what it holds."""
    with _storage.open_verified(
        source, name, data_home=data_home, download_if_missing=download_if_missing
    ) as stream:
        return stream.name, stream.read()


@pytest.fixture
def source(server):
    server.answers = [answer(BYTES)]
    return _storage.Source(
        name="Test",
        url=server.url,
        files={"table.csv": (sha256(BYTES), sha256(OTHER_FORM))},
        embedded="sklearn.datasets.load_iris",
    )


class TestLookup:
    def test_first_folder_that_has_the_file_wins(
        self, source, server, cache, tmp_path, monkeypatch
    ):
        monkeypatch.setenv("SKDROPOUT_DATA", str(tmp_path / "shared"))
        expected = [put(cache), put(tmp_path / "shared"), put(tmp_path / "home")]

        while expected:
            path = expected.pop()
            assert read(source, data_home=tmp_path / "home") == (str(path), BYTES)
            path.unlink()

        assert server.requests == 0

    def test_cache_is_read_when_nothing_is_named(self, source, server, cache):
        path = put(cache)
        assert read(source) == (str(path), BYTES)
        assert server.requests == 0

    def test_relative_variable_starts_at_the_working_directory(self, source, tmp_path, monkeypatch):
        path = put(tmp_path / "shared")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("SKDROPOUT_DATA", "shared")
        assert read(source, download_if_missing=False) == (str(path), BYTES)

    def test_empty_variable_names_no_folder(self, source, tmp_path, monkeypatch):
        put(tmp_path)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("SKDROPOUT_DATA", "")
        with pytest.raises(FileNotFoundError):
            read(source, download_if_missing=False)

    def test_tilde_is_the_users_home(self, source, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        path = put(tmp_path / "data")
        assert read(source, data_home="~/data", download_if_missing=False)[0] == str(path)

    @pytest.mark.parametrize("content", [BYTES, OTHER_FORM])
    def test_every_known_form_is_accepted(self, source, tmp_path, content):
        put(tmp_path, content)
        assert read(source, data_home=tmp_path)[1] == content


class TestAlteredFile:
    @pytest.mark.parametrize("content", [b"", BYTES[:7], BYTES + b"x", BYTES.upper()])
    def test_is_neither_read_nor_replaced(self, source, server, cache, tmp_path, content):
        put(cache)  # a good copy further down the list does not hide the bad one
        path = put(tmp_path, content)

        with pytest.raises(OSError, match=r"altered or cut short") as error:
            read(source, data_home=tmp_path)

        assert not isinstance(error.value, FileNotFoundError)
        for part in (str(path), sha256(content), sha256(BYTES), sha256(OTHER_FORM), "Delete"):
            assert part in str(error.value)
        assert path.read_bytes() == content
        assert server.requests == 0

    def test_exchanged_after_the_check_is_not_read(self, source, tmp_path):
        path = put(tmp_path)
        with _storage.open_verified(
            source, "table.csv", data_home=tmp_path, download_if_missing=False
        ) as stream:
            os.replace(put(tmp_path, b"something else", "other"), path)
            assert stream.read() == BYTES


class TestDownload:
    def test_goes_to_the_cache_and_happens_once(
        self, source, server, cache, tmp_path, monkeypatch, capfd
    ):
        monkeypatch.setenv("SKDROPOUT_DATA", str(tmp_path / "shared"))
        for _ in range(2):
            assert read(source) == (str(cache / "table.csv"), BYTES)
        assert server.requests == 1
        assert os.listdir(cache) == ["table.csv"]
        assert not (tmp_path / "shared").exists()
        assert capfd.readouterr() == ("", "")

    def test_goes_to_data_home_if_given(self, source, cache, tmp_path):
        home = tmp_path / "some" / "where"
        assert read(source, data_home=home) == (str(home / "table.csv"), BYTES)
        assert not cache.exists()

    def test_survives_a_passing_failure(self, source, server, cache):
        server.answers = [answer(b"busy", 503), answer(BYTES, length=99), answer(BYTES)]
        assert read(source)[1] == BYTES
        assert server.requests == 3

    @pytest.mark.parametrize(
        ("reply", "reason"),
        [
            (answer(b"<html>please log in</html>"), sha256(b"<html>please log in</html>")),
            (answer(BYTES[:9], length=len(BYTES)), "IncompleteRead"),
            (answer(b"gone", 404), "404"),
        ],
    )
    def test_that_fails_leaves_nothing_behind(self, source, server, cache, reply, reason):
        server.answers = [reply]
        with pytest.raises(FileNotFoundError, match=reason):
            read(source)
        assert os.listdir(cache) == []

    def test_into_a_folder_that_cannot_be_made_says_so(self, source, tmp_path):
        put(tmp_path, name="home")  # a file where a folder should be
        with pytest.raises(FileNotFoundError, match="home"):
            read(source, data_home=tmp_path / "home")

    def test_by_two_threads_is_made_once(self, source, server, cache):
        gate = threading.Barrier(2)

        def task(_):
            gate.wait(timeout=10)
            return read(source)

        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(task, range(2))) == [(str(cache / "table.csv"), BYTES)] * 2
        assert server.requests == 1

    def test_by_two_processes_ends_well(self, source, server, cache, monkeypatch):
        monkeypatch.setattr(_storage, "_LOCK", contextlib.nullcontext())  # processes share no lock
        both_asked = threading.Barrier(2)
        reply = server.next_answer

        def slow():
            both_asked.wait(timeout=10)
            return reply()

        monkeypatch.setattr(server, "next_answer", slow)
        with ThreadPoolExecutor(2) as pool:
            contents = list(pool.map(lambda _: read(source)[1], range(2)))
        assert contents == [BYTES] * 2
        assert os.listdir(cache) == ["table.csv"]


class TestWithoutNetwork:
    def test_error_says_what_to_do(self, source, cache, tmp_path, monkeypatch):
        monkeypatch.setenv("SKDROPOUT_DATA", str(tmp_path / "shared"))
        with socket.socket() as unused:  # bound but not listening: nobody answers at this port
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}/table.csv"
            with pytest.raises(FileNotFoundError) as error:
                read(dataclasses.replace(source, url=url))
        message = str(error.value)
        for part in (url, str(tmp_path / "shared"), f"put it into {cache}", "SKDROPOUT_DATA"):
            assert part in message
        assert "sklearn.datasets.load_iris" in message
        assert "download failed" in message
        assert isinstance(error.value.__cause__, OSError)

    def test_download_if_missing_false_asks_nobody(self, source, server, tmp_path):
        with pytest.raises(FileNotFoundError, match="download_if_missing is False") as error:
            read(source, data_home=tmp_path / "home", download_if_missing=False)
        for part in (server.url, f"put it into {tmp_path / 'home'}", "sklearn.datasets.load_iris"):
            assert part in str(error.value)
        assert server.requests == 0
        assert not (tmp_path / "home").exists()


def pack(*members):
    """Make a tar archive of (name, content) pairs; content None is a link out of the folder."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if content is None:
                member.type, member.linkname = tarfile.SYMTYPE, "../../secret"
            else:
                member.size = len(content)
            archive.addfile(member, io.BytesIO(content or b""))
    return packed.getvalue()


class TestArchive:
    FILES: ClassVar = {"box/a": b"first", "box/b": b"second"}

    def source(self, server, packed):
        server.answers = [answer(packed)]
        return _storage.Source(
            name="Boxed",
            url=server.url,
            files={name: (sha256(content),) for name, content in self.FILES.items()},
            embedded="sklearn.datasets.load_iris",
            archive_sha256=sha256(packed),
        )

    def test_only_the_named_files_come_out(self, server, tmp_path):
        source = self.source(
            server,
            pack(
                ("../evil", b"evil"),
                (str(tmp_path / "absolute"), b"evil"),
                ("box/../../evil", b"evil"),
                ("box/extra", b"not asked for"),
                ("link", None),
                *self.FILES.items(),
            ),
        )
        home = tmp_path / "home"
        for name, content in self.FILES.items():
            assert read(source, name, home) == (str(home / name), content)
        assert server.requests == 1
        found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
        assert found == {"home", "home/box", "home/box/a", "home/box/b"}

    @pytest.mark.parametrize("content", [b"FIRST", None])
    def test_with_a_wrong_member_gives_no_file(self, server, tmp_path, content):
        put(tmp_path, b"first", "secret")
        source = self.source(server, pack(("box/b", b"second"), ("box/a", content)))
        with pytest.raises(FileNotFoundError):
            read(source, "box/b", tmp_path / "home")
        assert not (tmp_path / "home" / "box" / "a").exists()
        assert not list((tmp_path / "home").glob(".*"))

    def test_of_unknown_hash_is_not_opened(self, server, tmp_path, monkeypatch):
        source = self.source(server, pack(*self.FILES.items()))
        server.answers = [answer(pack(("box/a", b"first")))]
        monkeypatch.setattr(tarfile, "open", pytest.fail)
        with pytest.raises(FileNotFoundError, match=source.archive_sha256):
            read(source, "box/a", tmp_path)
        assert os.listdir(tmp_path) == []

    def test_replaces_no_file_that_is_there(self, server, tmp_path):
        altered = put(tmp_path, b"altered", "box/a")
        source = self.source(server, pack(*self.FILES.items()))
        assert read(source, "box/b", tmp_path)[1] == b"second"
        assert altered.read_bytes() == b"altered"
        with pytest.raises(OSError, match="altered or cut short"):
            read(source, "box/a", tmp_path)

    def test_missing_file_error_says_to_unpack_it(self, server, tmp_path):
        source = self.source(server, b"")
        with pytest.raises(FileNotFoundError) as error:
            read(source, "box/a", tmp_path, download_if_missing=False)
        message = str(error.value)
        assert f"unpack it in {tmp_path}, so that {tmp_path / 'box/a'} exists" in message
