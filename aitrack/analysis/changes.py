"""What is different from the last success: the differences found, and which of them is decisive.

A difference counts little when passing runs differ from each other in the same
thing (run ids, build numbers), when the new value was there in a run that
passed, and much when the failure speaks of it and when runs that had it failed.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aitrack.model import is_list, is_object
from aitrack.store.coverage import functions_of, inputs_of
from aitrack.store.facts import root_of

if TYPE_CHECKING:
    from aitrack.store.bundle import Bundle
    from aitrack.store.members import Members

Key = tuple[str, str]  # what it is (argument, variable, package ...) and its name
Facts = dict[Key, Any]

_OURS = ("AITRACK_", "PYTHONPATH")
_PER_RUN = {"_", "SHLVL", "OLDPWD", "PWD", "COLUMNS", "LINES", "SSH_CLIENT", "SSH_CONNECTION", "SSH_TTY", "WINDOWID"}
# how often a thing of this kind turns out to be the cause, before anything is known
_PRIOR = {
    "code": 1.2,
    "file": 1.1,
    "argument": 1.0,
    "package": 1.0,
    "variable": 0.9,
    "limit": 0.9,
    "python": 0.8,
    "git": 0.7,
    "folder": 0.7,
    "host": 0.5,
}
_DECISIVE = 2.0
_PARTS = {
    "python": ("version", "implementation"),
    "git": ("commit", "branch", "dirty"),
    "host": ("name_hash", "os", "arch", "cpus", "memory"),
}
_LISTED = {"package", "file", "limit"}  # compared where both runs told of any
_SINGLE = {"python", "git", "host", "code"}  # compared where both runs told this one


@dataclass(frozen=True)
class Run:
    """What one session had, and how it ended."""

    facts: Facts
    failed: bool


def facts_of(bundle: Bundle) -> Facts:
    """Return everything about *bundle*'s run that another run may have had differently."""
    record = bundle.record
    found: Facts = {}
    _arguments(record, found)
    _variables(_part(record, "env"), found)
    for kind, names in _PARTS.items():
        found.update({(kind, name): value for name in names if (value := _part(record, kind).get(name)) is not None})
    for kind, part in (("limit", "limits"), ("package", "packages")):
        found.update({(kind, name): value for name, value in _part(record, part).items()})
    command = _part(record, "command")
    if cwd := command.get("cwd"):
        found["folder", "cwd"] = cwd
    argv: Any = command.get("argv")
    if is_list(argv) and argv and command.get("form") in ("script", "module", "code"):
        found["python", "executable"] = argv[0]  # as it was started; what a shim led to only failures tell
    if environment := record.get("environment"):
        found["environment", "name"] = environment
    for number in bundle.attempt_numbers[-1:]:
        _touched_by(bundle.attempt_files(number), found)
    return found


def _touched_by(attempt: Members, found: Facts) -> None:
    """Take the code that ran, by what each function was, and the files that were read, by size and time."""
    for (file, function), facts in functions_of(attempt).items():
        found["code", f"{file}::{function}"] = facts.digest
    for path, (size, changed) in inputs_of(attempt).items():
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(changed))
        found["file", path] = f"{size} bytes, {moment}"


def _part(record: dict[str, Any], name: str) -> dict[str, Any]:
    value = record.get(name)
    return value if is_object(value) else {}


def _arguments(record: dict[str, Any], found: Facts) -> None:
    """Take the words behind the script: options by their name, the others by their place."""
    command = _part(record, "command")
    argv: Any = command.get("argv")
    words = [str(word) for word in argv] if is_list(argv) else []
    script = command.get("script")
    behind = words[words.index(script) + 1 :] if script in words else words[1:]
    place = 0
    waiting = ""
    for word in behind:
        if word.startswith("-") and len(word) > 1 and not word[1:2].isdigit():
            name, equals, value = word.partition("=")
            found["argument", name] = value if equals else True
            waiting = "" if equals else name
        elif waiting:
            found["argument", waiting] = word
            waiting = ""
        else:
            place += 1
            found["argument", str(place)] = word


def _variables(env: dict[str, Any], found: Facts) -> None:
    for part, hide in (("kept", False), ("hidden", True)):
        for name, value in _part(env, part).items():
            if not name.startswith(_OURS) and name not in _PER_RUN:
                found["variable", name] = f"‹hidden {value}›" if hide else value


def differences(before: Facts, after: Facts) -> list[tuple[Key, Any, Any]]:
    """Return (key, before, after) of everything that differs; None where it was absent.

    What a run may not have looked at (packages, files, the interpreter) is
    compared only where both did.
    """
    kinds = [{key[0] for key in facts} for facts in (before, after)]
    found: list[tuple[Key, Any, Any]] = []
    for key in sorted(before.keys() | after.keys()):
        if key[0] in _LISTED and not all(key[0] in known for known in kinds):
            continue
        if key[0] in _SINGLE and None in (before.get(key), after.get(key)):
            continue
        if before.get(key) != after.get(key):
            found.append((key, before.get(key), after.get(key)))
    return found


def rank(failing: Facts, success: Facts, history: list[Run], words: str = "") -> list[dict[str, Any]]:
    """Return the changes from *success* to *failing*, most decisive first.  Pure.

    *history* holds other runs of the program, *words* what the failure says:
    its message, the values of its variables, its files.
    """
    passing = [success, *(run.facts for run in history if not run.failed)]
    found = [_judge(*difference, passing, history, words) for difference in differences(success, failing)]
    found.sort(key=lambda change: (-change["score"], change["what"], change["name"]))
    return found


def _judge(key: Key, before: Any, after: Any, passing: list[Facts], history: list[Run], words: str) -> dict[str, Any]:
    evidence: list[str] = []
    score = _PRIOR.get(key[0], 0.6)
    seen = {repr(facts.get(key)) for facts in passing}
    if len(seen) > max(1, len(passing) // 2) and len(passing) > 1:
        score -= 1.5
        evidence.append("differs between passing runs too")
    elif repr(after) in seen:
        score -= 1.0
        evidence.append("runs with this value passed")
    elif len(passing) > 1:
        score += 0.5 * (len(passing) - 1) / len(passing)
        evidence.append(f"the same in {len(passing)} passing runs")
    if _touched(key, before, after, words):
        score += 1.5
        evidence.append("the failure speaks of it")
    lift = _lift(key, after, history)
    if lift > 1.2:
        score += min(1.0, 0.4 * (lift - 1))
        evidence.append(f"runs that have it fail {lift:.1f} times as often")
    return {
        "what": key[0],
        "name": key[1],
        "before": before,
        "after": after,
        "decisive": score >= _DECISIVE,
        "score": round(score, 3),
        "evidence": "; ".join(evidence),
    }


def _touched(key: Key, before: Any, after: Any, words: str) -> bool:
    """Whether the failure names the thing or its value; short words prove nothing."""
    name = os.path.basename(key[1]) if key[0] in ("file", "code") else key[1]  # `load.py::parse_row`
    candidates = [name.lstrip("-")]
    if key[0] in ("argument", "variable", "folder"):
        candidates += [value for value in (before, after) if isinstance(value, str) and "‹" not in value]
    return any(len(word) >= 3 and not word.isdigit() and word in words for word in candidates) or any(
        word.isdigit() and len(word) >= 4 and word in words for word in candidates
    )


def _lift(key: Key, after: Any, history: list[Run]) -> float:
    """Return P(fail | has it) / P(fail | has it not), each with a Beta(1, 1) prior."""
    having = [run.failed for run in history if run.facts.get(key) == after]
    others = [run.failed for run in history if run.facts.get(key) != after]
    if not having:
        return 1.0
    return ((sum(having) + 1) / (len(having) + 2)) / ((sum(others) + 1) / (len(others) + 2))


def words_of(failure: dict[str, Any]) -> str:
    """Return what a failure speaks of: messages, values of variables, files, source."""
    root = root_of(failure)
    told = [str(failure.get("message") or ""), str(root.get("message") or "")]
    frames: Any = root.get("frames")
    for frame in frames[-5:] if is_list(frames) else []:
        if not is_object(frame):
            continue
        file, function = str(frame.get("file") or ""), frame.get("qualname") or frame.get("function")
        told += [file, f"{os.path.basename(file)}::{function}", str(frame.get("code") or "")]
        if not frame.get("in_app"):
            continue
        variables: Any = frame.get("locals")
        for local in variables if is_list(variables) else []:
            if is_object(local):
                told.append(f"{local.get('name')} {local.get('value')}")
    return "\n".join(told)
