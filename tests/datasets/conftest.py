"""A machine without any data, and a server on it that stands for the network."""

import http.server
import threading

import pytest

from skdropout.datasets import _storage


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Hide the user's own data and give the path of an empty cache that stands for theirs."""
    import pooch

    monkeypatch.delenv("SKDROPOUT_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")  # which is heeded before NO_PROXY
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.setattr(_storage, "_PAUSE", 0.0)
    return tmp_path / "cache" / "skdropout"


class _Server(http.server.ThreadingHTTPServer):
    """Answers each request with the next of `answers`, the last for ever; `requests` counts."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/file"
        self.answers = []
        self.requests = 0

    def next_answer(self):
        self.requests += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, body, length = self.server.next_answer()
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with _Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()
