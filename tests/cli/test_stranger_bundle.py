"""Reading words on packed sessions that nobody's aitrack has made: no traceback of ours, no time, no memory."""

from __future__ import annotations

import io
import json
import os
import random
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aitrack.cli.app import main
from aitrack.cli.inspect import SECTIONS
from tests.cli.command import ROOT, aitrack

ID = "06h0znrnkcbxw3jb"
PROGRAM = """
import logging, subprocess, sys, threading, aitrack
log = logging.getLogger("job")
class Row:
    def __init__(self, **fields): self.__dict__.update(fields)
def load(row, depth=3):
    if depth: return load(row, depth - 1)
    try:
        return row.values["price"]
    except KeyError as error:
        raise ValueError(f"row {row.number} has no price") from error
with aitrack.session("nightly"):
    aitrack.snapshot("start", rows=[{"id": n, "name": "otter"} for n in range(9)])
    for number in range(30): aitrack.event("page", number=number)
    subprocess.run(["true"]); log.warning("slow %s", 3); print("line\\n" * 200)
    load(Row(number=17, values={"id": 17, "name": "otter"}, nested=[[1, [2, [3]]]] * 5))
"""
_SCRAPS: tuple[Any, ...] = (
    None, True, 0, -1, 3, 2**63, 1e308, float("nan"), "", "x", "\x00\x1b[31m", "\ud800", "../../dev/zero", "/proc/self/fd/0",
    "‹redacted:x:3›", [], {}, [[]], [None], [1, "a", {}], {"a": None}, {"": {"": []}}, "x" * 5000, list(range(300)),
    [{"name": 3, "value": []}], "(" * 3000, "[" * 3000, "9" * 6000, "{1:" * 200,
)  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The members of a real session, packed: a program with causes, locals, events, output and a child."""
    home = tmp_path_factory.mktemp("home")
    (home / "job.py").write_text(PROGRAM)
    aitrack(home, "run", "--retries", "1", "--retry-on", "any", "--delay", "0", "job.py")
    assert aitrack(home, "bundle", "last", "-o", str(home / "x.zip")).returncode == 0
    with zipfile.ZipFile(home / "x.zip") as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{ID}/{name}", data)
    return out.getvalue()


def places(value: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each part of a JSON value, however deep it is."""
    left: list[tuple[tuple[Any, ...], Any]] = [((), value)]
    while left:
        path, part = left.pop()
        yield path
        items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
        left += [((*path, key), inner) for key, inner in items]


def changed(value: Any, chance: random.Random) -> Any:
    """Return *value* with a few parts replaced, dropped, doubled or moved."""
    for _ in range(chance.randrange(1, 5)):
        value = json.loads(json.dumps(value))
        found = list(places(value))
        if len(found) > 20_000:
            break  # fifty of fifty of fifty are no longer a file
        path = chance.choice(found)
        if not path:
            return chance.choice(_SCRAPS) if chance.random() < 0.2 else value
        above = value
        for key in path[:-1]:
            above = above[key]
        kind = chance.randrange(5)
        if kind == 0:
            del above[path[-1]]
        elif kind == 1 and isinstance(above, list):
            above.extend([above[path[-1]]] * chance.choice((1, 50)))
        elif kind == 2:
            other = value
            for key in chance.choice(list(places(value))):
                other = other[key]
            above[path[-1]] = json.loads(json.dumps(other))
        else:
            above[path[-1]] = chance.choice(_SCRAPS)
    return value


def mutated(members: dict[str, bytes], chance: random.Random) -> bytes:
    """Return a packed session with something wrong in it."""
    members = dict(members)
    if chance.random() < 0.2:  # then readers look into the spools
        for name in ("attempts/2/failure.json", "attempts/2/events.ndjson"):
            members.pop(name, None)
        members["session.json"] = members["session.json"].replace(b'"failed"', b'"interrupted"')
    for name in chance.sample(sorted(members), chance.randrange(1, 4)):
        lines = members[name].split(b"\n")
        at = chance.randrange(len(lines))
        if name.endswith((".json", ".ndjson")) or "spool-" in name:
            try:
                whole = name.endswith(".json")
                text = members[name] if whole else lines[at]
                new = json.dumps(changed(json.loads(text), chance)).encode("utf-8", "surrogatepass")
                members[name] = new if whole else b"\n".join([*lines[:at], new, *lines[at + 1 :]])
                continue
            except ValueError:
                pass
        data = bytearray(members[name] or b"x")
        for _ in range(chance.randrange(1, 20)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        members[name] = bytes(data[: chance.randrange(len(data) + 1)] if chance.random() < 0.3 else data)
    packed = bytearray(zipped(members))
    if chance.random() < 0.15:
        for _ in range(chance.randrange(1, 12)):
            packed[chance.randrange(len(packed))] = chance.randrange(256)
    return bytes(packed)


def words(path: Path, out: Path) -> list[list[str]]:
    """Return the command lines that read a packed session."""
    good = out / "good.zip"
    commands = [
        "w",
        "up",
        "down",
        "l",
        "a",
        "locals",
        "p row",
        "why",
        "diff",
        "p 1 + 1",
        "env",
        "chain",
        "chain 1",
        "history",
        "output",
        "frame ²",
        "frame 0",
        "pp row",
        "whatis row",
        "p row.values",
        "p len(row)",
    ]
    return [
        ["inspect", str(path)], ["inspect", str(path), "--all"], ["inspect", str(path), "--json"],
        ["inspect", str(path), "--html", str(out / "page.html")],
        ["debug", str(path), *(part for command in commands for part in ("--command", command))],
        *(["inspect", str(path), "--section", section] for section in SECTIONS),
        ["rerun", str(path), "--dry-run"], ["rerun", str(path)], ["explain", str(path)], ["open", str(path), "--path"],
        ["diff", str(path), str(good)], ["diff", str(good), str(path), "--json"], ["diff", str(path), "last"],
        ["path", str(path)], ["pin", str(path)], ["bundle", str(path)], ["bisect", str(path)], ["import", str(path)],
        ["store", "scrub", str(path)], ["inspect", str(path), "--follow"],
        *(["export", str(path), "--as", kind] for kind in ("otlp", "sentry", "junit", "sarif", "perfetto", "github", "markdown")),
    ]  # fmt: skip


def read_all(path: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Read the session at *path* in every way; each ends with a status that is documented."""
    for command in words(path, out):
        assert main(list(command)) in (0, 1, 2), command
        said = capsys.readouterr()
        assert "Traceback (most recent call last)" not in said.err, command


def check(
    seeds: range,
    base: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AITRACK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    path = tmp_path / "stranger.zip"
    (tmp_path / "good.zip").write_bytes(zipped(base))
    for seed in seeds:
        path.write_bytes(mutated(base, random.Random(seed)))
        begun = time.process_time()
        try:
            read_all(path, tmp_path, capsys)
        except BaseException as error:
            raise AssertionError(f"seed {seed}") from error
        assert time.process_time() - begun < 2 * len(words(path, tmp_path)), seed


def test_the_session_itself_is_read_without_a_word_of_damage(
    base: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the mutations start from is a good one."""
    monkeypatch.setenv("AITRACK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    (tmp_path / "x.zip").write_bytes(zipped(base))
    (tmp_path / "good.zip").write_bytes(zipped(base))

    read_all(tmp_path / "x.zip", tmp_path, capsys)
    main(["inspect", str(tmp_path / "x.zip"), "--json"])

    assert json.loads(capsys.readouterr().out).get("problems", []) == []


def test_no_mutation_makes_a_reader_crash(
    base: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stranger's bundle is data, whatever is in it."""
    check(range(25), base, tmp_path, monkeypatch, capsys)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_none_of_many_mutations_makes_a_reader_crash(
    base: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two thousand of them."""
    check(range(100, 100 + int(os.environ.get("AITRACK_TEST_SEEDS", "2000"))), base, tmp_path, monkeypatch, capsys)


def _large_local(members: dict[str, bytes]) -> dict[str, bytes]:
    failure = json.loads(members["attempts/2/failure.json"])
    failure["frames"][-1]["locals"] = [{"name": "row", "type": "list", "value": "[" + "[]," * 2_000_000 + "]"}]
    return members | {"attempts/2/failure.json": json.dumps(failure).encode()}


def _many_frames(members: dict[str, bytes]) -> dict[str, bytes]:
    failure = json.loads(members["attempts/2/failure.json"])
    failure["frames"] = failure["frames"] * 8000
    return members | {"attempts/2/failure.json": json.dumps(failure).encode()}


def _many_events(members: dict[str, bytes]) -> dict[str, bytes]:
    line = b'{"t_ns":1,"seq":1,"pid":1,"kind":"event","data":{"name":"x"}}\n'
    return members | {f"attempts/{number}/events.ndjson": line * 120_000 for number in range(1, 9)}


def _many_lists(members: dict[str, bytes]) -> dict[str, bytes]:
    return members | {"attempts/2/failure.json": b'{"type":"E","notes":[' + b"[],[[]]," * 1_000_000 + b"0]}"}


def _deep(members: dict[str, bytes]) -> dict[str, bytes]:
    deep = '{"type":"E","exceptions":[' * 900 + "]}" * 900
    return members | {"attempts/2/failure.json": deep.encode(), "session.json": b"[" * 100_000}


def _many_attempts(members: dict[str, bytes]) -> dict[str, bytes]:
    attempt = members["attempts/2/attempt.json"]
    return members | {f"attempts/{number}/attempt.json": attempt for number in range(4000)}


BOMBS: tuple[Callable[[dict[str, bytes]], dict[str, bytes]], ...] = (
    _large_local, _many_frames, _many_events, _many_lists, _deep, _many_attempts,
)  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("way", [["--html", "page.html"], ["--json"], ["--all"], ["debug"]])
def test_a_small_file_does_not_unfold_to_gigabytes(
    base: dict[str, bytes], tmp_path: Path, bomb: Callable[[dict[str, bytes]], dict[str, bytes]], way: list[str]
) -> None:
    """A few kilobytes took 4.4 GB and a minute and a half of their reader."""
    (tmp_path / "x.zip").write_bytes(zipped(bomb(dict(base))))
    command = (
        ["debug", "x.zip", "--command", "p row", "--command", "p len(row)"]
        if way == ["debug"]
        else ["inspect", "x.zip", *way]
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AITRACK_")}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, *command],
        env={**kept, "AITRACK_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
    )

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert b"Traceback" not in done.stderr, done.stderr[-2000:]
    assert int(done.stderr.splitlines()[-1]) < 300 << 10  # KiB
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < 6


# The peak of its own memory: what getrusage says of a child begins with what its parent had before the exec.
_LIMITED = """
import sys
from aitrack.cli.app import main
from aitrack.cli.inspect import SECTIONS
status = main(sys.argv[1:])
(peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
sys.stderr.write(f"\\n{peak}\\n")
sys.exit(status)
"""
