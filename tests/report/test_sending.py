"""Sending: the standard variables, real requests to a real server, and errors in one line."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from aitrack.errors import AitrackError, UsageError
from aitrack.report.exporting import exported
from aitrack.report.sending import send, target
from tests.report import explained


class _Receiver(HTTPServer):
    """Keeps what it was sent, and answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.got: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: _Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[_Receiver]:
    """A server on a free port of this machine."""
    server = _Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_otlp_goes_to_the_path_for_traces(tmp_path: Path, receiver: _Receiver) -> None:
    """A collector listens at `/v1/traces` below the endpoint; headers carry the key."""
    text = exported(explained.failed(tmp_path), "otlp")

    send(
        "otlp",
        text,
        {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{receiver.place}/base/",
            "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20b,x=y",
        },
    )

    ((path, headers, body),) = receiver.got
    assert path == "/base/v1/traces"
    assert (headers["Content-Type"], headers["api-key"], headers["x"]) == ("application/json", "a b", "y")
    assert json.loads(body)["resourceSpans"]


def test_a_sentry_envelope_goes_to_its_project(tmp_path: Path, receiver: _Receiver) -> None:
    """The DSN holds key, host and project."""
    text = exported(explained.failed(tmp_path), "sentry")

    assert send("sentry", text, {"SENTRY_DSN": f"http://abc@{receiver.place}/7"}) == receiver.place

    ((path, headers, body),) = receiver.got
    assert path == "/api/7/envelope/"
    assert "sentry_key=abc" in headers["X-Sentry-Auth"]
    assert body == text.encode()


def test_a_refusal_is_an_error(receiver: _Receiver) -> None:
    """Who sends must learn that nothing arrived; a redirect is not followed with the key."""
    for status in (302, 403, 500):
        receiver.status = status
        with pytest.raises(AitrackError, match=str(status)):
            send("otlp", "{}", {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{receiver.place}"})


def test_nobody_there_is_an_error(receiver: _Receiver) -> None:
    """One line, no traceback."""
    place = receiver.place
    receiver.shutdown()
    receiver.server_close()

    with pytest.raises(AitrackError, match="did not take"):
        send("otlp", "{}", {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{place}"})


@pytest.mark.parametrize(
    ("name", "environ"),
    [
        ("otlp", {}),
        ("otlp", {"OTEL_EXPORTER_OTLP_ENDPOINT": "file:///etc/passwd"}),
        ("sentry", {}),
        ("sentry", {"SENTRY_DSN": "nonsense"}),
        ("junit", {}),
    ],
)
def test_without_an_endpoint_nothing_is_sent(name: str, environ: dict[str, str]) -> None:
    """The message names the variable."""
    with pytest.raises(UsageError):
        target(name, environ)
