"""Old sessions under today's rules: secrets go, the form stays."""

from __future__ import annotations

import json

from aitrack.collector.redact import Redactor
from aitrack.store.redaction import mapped
from aitrack.store.scrub import scrubbed

REDACTOR = Redactor(b"k" * 32)


def test_json_stays_json_and_text_stays_text() -> None:
    """By the strings of a record, by the lines of a log."""
    record = scrubbed(b'{"a": ["password=hunter2horse", 3], "b": null}', REDACTOR)
    lines = scrubbed(b'{"m": "password=hunter2horse"}\npassword=hunter2horse\n', REDACTOR)

    assert json.loads(record)["a"][1] == 3
    assert json.loads(lines.split(b"\n")[0])["m"].startswith("password=")
    assert b"hunter2horse" not in record + lines


def test_what_holds_no_secret_is_not_touched_by_a_byte() -> None:
    """Sessions are immutable unless a rule acts."""
    for data in (b'{"a" : 1}\n', b"plain\r\ntext", b"\x00\xff"):
        assert scrubbed(data, REDACTOR) == data


def test_values_are_redacted_at_any_depth() -> None:
    """Nested as deep as a record goes."""
    assert "hunter2horse" not in str(mapped({"a": [{"b": "token=hunter2horse"}]}, REDACTOR.text))
