"""What an exception carries beside its text: HTTP status, headers, errno, the program's own word."""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from .messages import os_error_number
from .values import class_dict, class_name, instance_dict, mro, slots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator

    from .redact import Redactor

_STATUS_NAMES = ("status_code", "http_status", "status", "code", "http_code", "statusCode")
_HEADERS = ("retry-after", "retry-after-ms", "date", "x-should-retry", "content-type", "server")
_HEADER_BEGINNINGS = ("x-ratelimit-", "ratelimit-", "anthropic-ratelimit-", "x-request-id", "request-id")
_HEADER_NAMES = ("headers", "hdrs", "response_headers", "_headers")
_MOST_HEADERS = 40


def facts(error: BaseException, redactor: Redactor) -> dict[str, Any]:
    """Return the facts that a retry policy can use, read from raw fields alone."""
    found: dict[str, Any] = {}
    number = os_error_number(error)
    if number is not None:
        found["errno"] = number
    own = _fields(error)
    response = own.get("response")
    inner = response if type(response) is dict else _fields(response) if response is not None else {}
    status = _status(own) or _status(inner) or _aws_status(inner)
    if status is not None:
        found["http_status"] = status
    headers = _headers(own) or _headers(inner) or _aws_headers(inner)
    if headers:
        found["headers"] = {name: redactor.cut(value, 200, name) for name, value in headers.items()}
    code = own.get("code", own.get("error_code"))
    if type(code) is str and len(code) < 60:
        found["code"] = redactor.text(code)
    declared = _declared(error, own)
    if declared:
        found["declared"] = declared
    return found


def _fields(value: object) -> dict[str, Any]:
    found = slots(value)
    found.update(instance_dict(value) or {})
    return found


def _status(fields: dict[str, Any]) -> int | None:
    for name in _STATUS_NAMES:
        value = fields.get(name)
        if type(value) is not int and value is not None and any(base is int for base in mro(type(value))):
            value = int.__int__(value)  # http.HTTPStatus
        if type(value) is int and 100 <= value < 600:
            return value
    return None


def _aws_status(response: dict[str, Any]) -> int | None:
    metadata = response.get("ResponseMetadata")
    value = metadata.get("HTTPStatusCode") if type(metadata) is dict else None
    return value if type(value) is int else None


def _aws_headers(response: dict[str, Any]) -> dict[str, str]:
    metadata = response.get("ResponseMetadata")
    return _chosen(_pairs(metadata.get("HTTPHeaders"))) if type(metadata) is dict else {}


def _headers(fields: dict[str, Any]) -> dict[str, str]:
    for name in _HEADER_NAMES:
        value = fields.get(name)
        if value is not None:
            chosen = _chosen(_pairs(value))
            if chosen:
                return chosen
    return {}


def _pairs(headers: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the headers of a dict, an email message (urllib), requests' and httpx' holders."""
    if type(headers) is dict:
        yield from list(headers.items())
        return
    inside = _fields(headers)
    for name in ("_headers", "_list", "_store"):
        held = inside.get(name)
        entries = list(held) if type(held) is list else _values_of(held)
        for entry in entries[:200]:
            if type(entry) is tuple and len(entry) >= 2:
                yield entry[-2], entry[-1]


def _values_of(held: Any) -> list[Any]:
    is_dict = any(base is dict for base in mro(type(held)))
    return list(dict.values(held)) if is_dict else []


def _chosen(pairs: Iterator[tuple[Any, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        name, value = _text(name).lower(), _text(value)
        if name and (name in _HEADERS or name.startswith(_HEADER_BEGINNINGS)) and len(found) < _MOST_HEADERS:
            found[name] = value
    return found


def _text(value: Any) -> str:
    if type(value) is bytes:
        return value.decode("latin-1")
    return value if type(value) is str else str(value) if type(value) is int else ""


def _declared(error: BaseException, own: dict[str, Any]) -> str | None:
    """Return `aitrack_category` of the exception or of its class."""
    value = own.get("aitrack_category")
    if value is None:
        for base in mro(type(error)):
            value = class_dict(base).get("aitrack_category")
            if value is not None:
                break
    return value if type(value) is str and len(value) < 60 else None


def name_of(error: BaseException) -> str:
    """Return the short name of an exception's class."""
    return class_name(type(error))
