"""A session whose every text is an attack, and one with ten thousand events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aitrack.analysis.explanation import Explanation, explain
from aitrack.store.bundle import Bundle
from tests.bundles import Store, write_json

ATTACKS = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "\" autofocus onfocus=alert(3) x='",
    "\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m\x9b2J",
    "\u202egnp.exe\u2066\u200b\u2028",
    "::error::pwned\r\n::add-mask::all\n##[error]pwned\n%0A::warning::x",
    "]]></failure><!-- &amp; --><x/>",
    "{{ 7 * 7 }}{% raw %}",
    "| cell | [x](javascript:alert(4)) `code` ![i](http://evil.example/i.png) @everyone #1",
    "\x00\x08\x0b\x0c\x1f\x7f\ufffe\uffff\ud800",
    "section_start:1:x\r\x1b[0K",
)
ATTACK = " ".join(ATTACKS)


def failure(**more: Any) -> dict[str, Any]:
    """Return a failure made of attacks."""
    frame = {
        "file": f"/work/{ATTACK}/load.py",
        "line": 88,
        "end_line": 88,
        "col": 0,
        "end_col": 20,
        "function": f"parse{ATTACK}",
        "in_app": True,
        "code": ATTACK,
        "context": {"start": 87, "lines": [ATTACK, ATTACK, "x" * 100_000]},
        "locals": [
            {"name": f"row{ATTACK}", "type": f"dict{ATTACK}", "value": ATTACK},
            {"name": "long", "type": "str", "value": "y" * 1_000_000},
        ],
    }
    return {
        "type": f"Error{ATTACK}",
        "qualified": f"package.Error{ATTACK}",
        "message": ATTACK,
        "notes": [ATTACK],
        "frames": [frame, {**frame, "in_app": False, "file": "/usr/lib/x.py"}],
        "chain": [{"type": "Cause", "message": ATTACK, "relation": "cause", "frames": [frame]}],
        "exceptions": [],
        "category": "bug",
        "kind": ATTACK,
        "blame": {"path": [], "frame": 0, "why": ATTACK},
        "fingerprint": {"l0": "a", "l1": "b", "l2": "c", "site": ATTACK, "version": 1},
        "source": "collector",
        **more,
    }


def session(home: Path) -> Bundle:
    """Write the hostile session to the store *home* and return it."""
    process = {"pid": 10, "ppid": 1, "argv": ["python", ATTACK], "exit_code": 1}
    child = {"pid": 11, "ppid": 10, "argv": [ATTACK], "exit_code": 0}
    attempt = {
        "exit_code": 1,
        "duration_s": 1.5,
        "signal": None,
        "reason": ATTACK,
        "processes": [process, child],
        "samples": [[t / 10, 50.0 + t % 7, 1e7 + 1e5 * t, 1, 2, 5] for t in range(2000)],
        "output": {"stdout": {"bytes": 10, "lines": 1}, "stderr": {"bytes": 5_000, "lines": 3, "gap": 77}},
    }
    folder = Store(home).session(
        "failed",
        script=ATTACK,
        attempts=[{**attempt, "failure": failure()}, attempt],
        failure=failure(),
        name=ATTACK,
        labels={ATTACK: ATTACK},
        command={"argv": ["python", ATTACK], "form": "script", "script": ATTACK, "cwd": f"/work/{ATTACK}"},
        env={"kept": {ATTACK: ATTACK}, "hidden": {ATTACK: "x"}},
        packages={ATTACK: ATTACK},
        warnings=[{"kind": "x", "text": ATTACK}],
        ci={"provider": "github", "job": ATTACK, "url": "javascript:alert(5)"},
        environment=ATTACK,
    )
    for name in ("stdout.log", "stderr.log"):
        text = "\n".join([*ATTACKS, "z" * 1_200_000, ATTACK])
        (folder / "attempts/2" / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    plain = [{"t_ns": n, "kind": ATTACK, "data": {"path": ATTACK, "type": ATTACK}} for n in range(5)]
    events(folder, plain + _told_by_the_script())
    steps = [{"line": 88, "changed": {f"row{ATTACK}": ATTACK}}]
    frame = failure()["frames"][0]
    focus = {"kind": "focus", "functions": [{"file": frame["file"], "function": frame["function"], "steps": steps}]}
    spool = [{"wire": 1, "kind": "process", "pid": 10, "started_ns": 1}, focus]
    (folder / "attempts/2/spool-10").write_text("".join(json.dumps(one) + "\n" for one in spool))
    write_json(folder / "attempts/2/errors.json", [failure()])
    return Bundle(str(folder))


def _told_by_the_script() -> list[dict[str, Any]]:
    """Return operations and snapshots made of attacks."""
    data = {"name": ATTACK, "category": ATTACK, "status": "failed", "duration_s": 0.1, "args": {ATTACK: ATTACK}}
    error = {"type": ATTACK, "message": ATTACK}
    tokens = {"input_tokens": 1, "output_tokens": 2, "model": ATTACK}
    pictures = {"name": ATTACK, "values": {ATTACK: ATTACK}, "changed": {ATTACK: [ATTACK, ATTACK]}}
    return [
        {"t_ns": 9 * 10**8, "kind": "span", "span": "b", "data": {**data, "parent": "a", "error": error, **tokens}},
        {"t_ns": 10**9, "kind": "span", "span": "a", "data": data},
        {"t_ns": 10**9, "kind": "snapshot", "span": "a", "data": pictures},
    ]


def explained(home: Path) -> Explanation:
    """Return the hostile session with its history."""
    bundle = session(home)
    return explain(str(home), bundle)


def events(folder: Path, found: list[dict[str, Any]], attempt: int = 2) -> None:
    """Write the events of an attempt."""
    lines = "".join(json.dumps({"seq": n, **event}) + "\n" for n, event in enumerate(found))
    (folder / f"attempts/{attempt}/events.ndjson").write_text(lines)


def harmless(text: str) -> bool:
    """Whether no sign of *text* is obeyed by a terminal or reorders a line (tab and newline apart)."""
    return not any(
        (sign < 32 and sign not in (9, 10)) or 127 <= sign < 160 or sign in (0x200B, 0x2028, 0x202E, 0x2066)
        for sign in map(ord, text)
    )
