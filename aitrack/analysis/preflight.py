"""What all successful runs of a program had and this one would lack, asked before it starts."""

from __future__ import annotations

import os
import shutil
import socket
from collections import Counter
from typing import TYPE_CHECKING, Any

from aitrack.analysis.changes import Facts, facts_of
from aitrack.analysis.explanation import open_session
from aitrack.analysis.history import current_index
from aitrack.model import is_object
from aitrack.store.coverage import inputs_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aitrack.store.bundle import Bundle
    from aitrack.store.index import SqliteIndex

_RUNS = 20
_PLACES = 10  # files and hosts that are tried
_TIMEOUT = 1.0  # seconds for one host

Lack = dict[str, str]


def lacking(home: str, script: str, argv: list[str], environ: Mapping[str, str], cwd: str) -> tuple[list[Lack], int]:
    """Return (what is lacking: `what`, `name`, `text`; how many successful runs it was judged by).

    *argv* are the program's own arguments, without interpreter and script.
    """
    with current_index(home) as index:
        runs = _successes(index, home, script, cwd)
        largest = _largest(index, [run.id for run in runs])
    if not runs:
        return [], 0
    facts = [facts_of(run) for run in runs]
    found = [
        *_variables(facts, environ),
        *_arguments(runs[0], argv, cwd),
        *_files(runs, cwd),
        *_hosts(runs),
        *_room(largest, cwd),
    ]
    return found, len(runs)


def _successes(index: SqliteIndex, home: str, script: str, cwd: str) -> list[Bundle]:
    """Return the newest successful runs of *script*, by the name that was used or its full path."""
    names = {script, os.path.join(cwd, script), os.path.relpath(os.path.join(cwd, script), cwd)}
    marks = ",".join("?" * len(names))
    where = f"s.status = 'passed' AND s.script IN (SELECT id FROM word WHERE text IN ({marks}))"
    found: list[Bundle] = []
    for row in index.rows(where, names):
        bundle = open_session(index, home, row["id"])
        if bundle:
            found.append(bundle)
        if len(found) == _RUNS:
            break
    return found


def _variables(facts: list[Facts], environ: Mapping[str, str]) -> Iterator[Lack]:
    """Yield the variables that every successful run had.  One run proves little: it takes two."""
    counts = Counter(key[1] for one in facts for key in one if key[0] == "variable")
    for name, count in sorted(counts.items()):
        if count == len(facts) >= 2 and name not in environ:
            yield _lack("variable", name, f"variable {name} is not set; it was in all {count} successful runs")


def _arguments(newest: Bundle, argv: list[str], cwd: str) -> Iterator[Lack]:
    """Yield arguments that name a file that is not there, where the last success named one that is."""
    before = {key[1]: value for key, value in facts_of(newest).items() if key[0] == "argument"}
    for place, word in enumerate([word for word in argv if not word.startswith("-")], 1):
        earlier = before.get(str(place))
        if not isinstance(earlier, str) or not _is_path(earlier) or not os.path.exists(os.path.join(cwd, earlier)):
            continue
        if not os.path.exists(os.path.join(cwd, word)):
            yield _lack(
                "argument", word, f"argument {place}: `{word}` does not exist; the last success had `{earlier}`"
            )


def _is_path(word: str) -> bool:
    return "/" in word or "." in word.strip(".")


def _files(runs: list[Bundle], cwd: str) -> Iterator[Lack]:
    """Yield files that all successful runs read and that are gone."""
    counts: Counter[str] = Counter()
    told = 0
    for run in runs:
        read = set(_read_files(run))
        told += bool(read)
        counts.update(read)
    usual = [path for path, count in counts.most_common() if count == told]
    for path in usual[:_PLACES]:
        if not os.path.exists(os.path.join(cwd, path)):
            yield _lack("file", path, f"file {path} does not exist; all successful runs read it")


def _read_files(run: Bundle) -> Iterator[str]:
    for number in run.attempt_numbers[-1:]:
        yield from inputs_of(run.attempt_files(number))
        for event in run.events(number):
            path, mode = event.data.get("path"), str(event.data.get("mode") or "r")
            if event.kind == "open" and isinstance(path, str) and not set(mode) & set("wax"):
                yield path


def _hosts(runs: list[Bundle]) -> Iterator[Lack]:
    """Yield hosts that successful runs talked to and that do not answer."""
    addresses: Counter[tuple[str, int]] = Counter()
    for run in runs:
        for number in run.attempt_numbers[-1:]:
            addresses.update({place for event in run.events(number) if (place := _address(event.data))})
    for (host, port), count in addresses.most_common(_PLACES):
        if count * 2 < len(runs):
            continue
        try:
            socket.create_connection((host, port), _TIMEOUT).close()
        except OSError as error:
            yield _lack("host", f"{host}:{port}", f"host {host}:{port} does not answer: {error}")


def _address(data: dict[str, Any]) -> tuple[str, int] | None:
    host, port = data.get("host"), data.get("port")
    if isinstance(data.get("address"), str) and not host:
        host, _, port = data["address"].rpartition(":")
        port = int(port) if str(port).isdecimal() and len(port) < 6 else None
    return (host, port) if isinstance(host, str) and host and isinstance(port, int) else None


def _largest(index: SqliteIndex, ids: list[str]) -> tuple[int, int]:
    """Return the most (memory, output) that one of the runs *ids* took."""
    marks = ",".join("?" * len(ids))
    rows = index.query(f"SELECT MAX(max_rss), MAX(output_bytes) FROM session WHERE id IN ({marks})", ids)
    return rows[0][0] or 0, rows[0][1] or 0


def _room(largest: tuple[int, int], cwd: str) -> Iterator[Lack]:
    from aitrack.analysis.memory import available

    memory, output = largest
    free = available()
    if free is not None and memory > free:
        text = f"{free >> 20} MiB of memory are free; a successful run took {memory >> 20} MiB"
        yield _lack("memory", "memory", text)
    try:
        disk = shutil.disk_usage(cwd).free
    except OSError:
        return
    if output > disk:
        yield _lack("disk", cwd, f"{disk >> 20} MiB of disk are free; a successful run wrote {output >> 20} MiB")


def open_breakers(home: str, names: list[str], settings: Any) -> Iterator[Lack]:
    """Yield the breakers among *names* that would refuse the run."""
    from aitrack.policy.breaker import BreakerPolicy
    from aitrack.store.state import State

    state = State(home)
    try:
        for name in names:
            row = state.show(name, BreakerPolicy.from_settings(settings, name))
            if is_object(row) and row["state"] in ("open", "forced_open") and row.get("open_for_left_s") != 0:
                yield _lack("breaker", name, f"breaker {name} is {row['state']}")
    finally:
        state.close()


def _lack(what: str, name: str, text: str) -> Lack:
    return {"what": what, "name": name, "text": text}
