"""A session packed into one zip file to be sent: redacted once more, checksummed, parts left out on demand.

Inside lies one folder, as in the store, with `MANIFEST.json` (what is there,
with checksums) and `history.json` (what the sender's history knew of it: the
receiver has none).  The store's key and the hashes made with it that only
serve masking stay at home.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import time
import zipfile
from typing import TYPE_CHECKING, Any

from aitrack.model import is_list, is_object
from aitrack.store.records import decode
from aitrack.store.redaction import mapped
from aitrack.store.scrub import scrubbed
from aitrack.system.files import read_start

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from aitrack.collector.redact import Redactor
    from aitrack.store.bundle import Bundle

PARTS = ("locals", "env", "output")
MANIFEST, HISTORY = "MANIFEST.json", "history.json"
_KEYS = {  # what of a record goes with a part; `why` quotes values
    "locals": frozenset({"locals", "why", "expression", "changed", "values", "args", "before", "after"}),
    "env": frozenset({"env", "environ", "limits"}),
    "output": frozenset({"stderr_tail", "stdout_tail"}),
}
_READ = 32 << 20  # bytes of one file
# What an archive holds at most, by whoever it was packed; a session of the store has 8 MiB.
MOST_FILES = 5_000
MOST_BYTES = 64 << 20
MOST_BYTES_OF_ONE = 8 << 20


def pack(bundle: Bundle, history: dict[str, Any], redactor: Redactor, without: Collection[str] = ()) -> bytes:
    """Return the zip file of *bundle*; *without* are names of `PARTS`."""
    hidden = frozenset[str]().union(*(_KEYS[part] for part in without))
    files, left_out = _fitting(_contents(bundle.folder, redactor, hidden, "output" in without))
    told = _without(mapped(history, redactor.text), hidden)
    files[HISTORY] = json.dumps(told).encode() + b"\n"
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    manifest = {"schema": 1, "session": bundle.id, "without": sorted(without), "left_out": left_out, "sha256": sums}
    files[MANIFEST] = json.dumps(manifest, indent=1).encode() + b"\n"
    return _zipped(bundle, files)


def _fitting(contents: Iterator[tuple[str, bytes]]) -> tuple[dict[str, bytes], int]:
    """Return as many files as a reader takes, the records first, and how many are left out."""
    files: dict[str, bytes] = {}
    left_out = 0
    room = MOST_BYTES - 2 * MOST_BYTES_OF_ONE  # what the sender's history knows and the manifest come on top
    for name, data in sorted(contents, key=_importance):
        if len(data) > MOST_BYTES_OF_ONE:
            data = data[: data.rfind(b"\n", 0, MOST_BYTES_OF_ONE) + 1]  # whole lines of it; of one value nothing
            left_out += 1
            if not data:
                continue
        if len(data) > room or len(files) >= MOST_FILES - 2:
            left_out += 1
            continue
        files[name] = data
        room -= len(data)
    return files, left_out


def _importance(entry: tuple[str, bytes]) -> tuple[int, str]:
    """A session's own records first, what its interpreters wrote last: others are made of it."""
    name, _ = entry
    base = name.rpartition("/")[2]
    return (0 if base.endswith(".json") else 2 if base.startswith("spool-") else 1, name)


def _zipped(bundle: Bundle, files: dict[str, bytes]) -> bytes:
    moment = time.gmtime(max(float(bundle.record["started_at"]), 315532800))[:6]  # zip knows no year before 1980
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{bundle.id}/{name}", moment)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            archive.writestr(entry, files[name])
    return out.getvalue()


def _contents(
    folder: str, redactor: Redactor, hidden: frozenset[str], without_output: bool
) -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of each file of the session; links and what is no file are passed over."""
    for below, _, names in os.walk(folder):
        for name in sorted(names):
            is_output = name in ("stdout.log", "stderr.log", "native.txt")
            if name.endswith(".tmp") or (without_output and is_output):
                continue
            path = f"{below}/{name}"
            try:
                data = read_start(path, _READ)
            except OSError:
                continue
            if not is_output:
                data = _records(data, hidden)
            yield os.path.relpath(path, folder), scrubbed(data, redactor)


def _records(data: bytes, hidden: frozenset[str]) -> bytes:
    """Return the records of a file without the fields *hidden*: one JSON value, or one a line."""
    try:
        value = decode(data)
    except ValueError:
        lines = [_record(line, hidden) for line in data.split(b"\n")]
        return b"\n".join(line for line in lines if line is not None)
    if is_object(value) and value.get("kind") == "taint":
        return b""
    return json.dumps(_without(value, hidden)).encode() + b"\n" if hidden else data


def _record(line: bytes, hidden: frozenset[str]) -> bytes | None:
    try:
        value = decode(line)
    except ValueError:
        return line if not hidden or not line.strip() else None  # what is torn cannot be searched for fields
    if is_object(value) and value.get("kind") == "taint":
        return None
    return json.dumps(_without(value, hidden)).encode() if hidden else line


def _without(value: Any, hidden: frozenset[str]) -> Any:
    if is_object(value):
        return {key: _without(part, hidden) for key, part in value.items() if key not in hidden}
    return [_without(part, hidden) for part in value] if is_list(value) else value
