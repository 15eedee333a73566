"""Exports sent to where the standard variables of OpenTelemetry and Sentry point."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from aitrack.errors import AitrackError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMEOUT = 10.0  # seconds, as OpenTelemetry's exporters have it

Target = tuple[str, dict[str, str]]  # (URL, headers)


def send(name: str, text: str, environ: Mapping[str, str] = os.environ, within: float = _TIMEOUT) -> str:
    """Send *text*, an export of the format *name*; return the host that took it."""
    url, headers = target(name, environ)
    _post(url, headers, text.encode(), within)
    return urlsplit(url).netloc.rpartition("@")[2]


def target(name: str, environ: Mapping[str, str]) -> Target:
    """Return where the format *name* goes; UsageError when no variable says it."""
    if name == "otlp":
        return _otlp(environ)
    if name == "sentry":
        return _sentry(environ.get("SENTRY_DSN", ""))
    raise UsageError(f"`{name}` has no endpoint", hint="write it to a file: `--to FILE`")


def _otlp(environ: Mapping[str, str]) -> Target:
    whole = environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
    base = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    url = whole or (base and base.rstrip("/") + "/v1/traces")
    if urlsplit(url).scheme not in ("http", "https"):
        raise UsageError("`OTEL_EXPORTER_OTLP_ENDPOINT` names no http or https endpoint", hint="or use `--to FILE`")
    told = environ.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS") or environ.get("OTEL_EXPORTER_OTLP_HEADERS") or ""
    pairs = [part.partition("=") for part in told.split(",") if "=" in part]
    return url, {"Content-Type": "application/json", **{k.strip(): unquote(v.strip()) for k, _, v in pairs}}


def _sentry(dsn: str) -> Target:
    """Return the envelope endpoint of a DSN: `https://KEY@HOST/PATH/PROJECT`."""
    parts = urlsplit(dsn)
    path, _, project = parts.path.rpartition("/")
    if parts.scheme not in ("http", "https") or not (parts.username and parts.hostname and project):
        raise UsageError("`SENTRY_DSN` is no DSN: `https://KEY@HOST/PROJECT`", hint="or use `--to FILE`")
    host = parts.netloc.rpartition("@")[2]
    key = f"Sentry sentry_version=7, sentry_client=aitrack/1, sentry_key={parts.username}"
    headers = {"Content-Type": "application/x-sentry-envelope", "X-Sentry-Auth": key}
    return f"{parts.scheme}://{host}{path}/api/{project}/envelope/", headers


def _post(url: str, headers: dict[str, str], data: bytes, within: float) -> None:
    """Send *data*; AitrackError unless the answer is a 2xx. A redirect is no answer: headers hold keys."""
    from http.client import HTTPConnection, HTTPException, HTTPSConnection

    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=within)
        connection.request("POST", parts.path + (f"?{parts.query}" if parts.query else ""), data, headers)
        answer = connection.getresponse()
        answer.read(1 << 16)
        connection.close()
    except (OSError, HTTPException, ValueError) as error:
        raise AitrackError(f"`{parts.hostname}` did not take the export: {error}") from None
    if not 200 <= answer.status < 300:
        raise AitrackError(f"`{parts.hostname}` did not take the export: {answer.status} {answer.reason}")
