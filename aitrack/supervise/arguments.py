"""The command line of `aitrack run`, parsed without a library.

Options stand before the target; all after it is the program's. The table of options is `aitrack.config.keys`, which
is loaded only when an option is given, so that a plain `aitrack run job.py` does not pay for it.
"""

from __future__ import annotations

import posix

from aitrack.errors import UsageError
from aitrack.store import layout, ownership
from aitrack.supervise import target
from aitrack.supervise.plan import RunPlan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from aitrack.config.keys import Key
    from aitrack.supervise.plan import Form

_SHORT = {"-q": "--quiet", "-v": "--verbose"}
_READERS_OPTIONS = {"--config": "config", "--profile": "profile"}  # say where to read settings, and are none
_READERS_FLAGS = {"--trust-project": True, "--no-trust-project": False}
_SHORTHANDS = {"--cron": ("--output", "success")}
# ways out and remedies are lists of tables; each of these options adds one
_ENTRIES = {
    "--fallback-args": ("fallback", "args"),
    "--fallback-env": ("fallback", "env"),
    "--fallback-cached": ("fallback", "cached"),
    "--fallback-text": ("fallback", "text"),
    "--fallback-file": ("fallback", "file"),
}


class Words:
    """The words of a command line: what stands before the target, and the target."""

    __slots__ = ("after", "config", "form", "name", "options", "profile", "trust")

    def __init__(self) -> None:
        self.options: list[tuple[str, str | None]] = []
        self.form: Form = "command"
        self.name = ""
        self.after: list[str] = []
        self.config: str | None = None
        self.profile: str | None = None
        self.trust: bool | None = None


def split(words: list[str]) -> Words:
    """Cut *words* into options and target."""
    found = Words()
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--":
            return _command(found, words[at + 1 :])
        if word in ("-m", "-c"):
            if at + 1 == len(words):
                raise UsageError(f"`{word}` needs a value", hint="aitrack run -m MODULE, aitrack run -c CODE")
            return _python(found, word, words[at + 1], words[at + 2 :])
        if word[:2] in ("-m", "-c") and word[:2] != "--":
            return _python(found, word[:2], word[2:], words[at + 1 :])
        if word == "-" or word[:1] != "-":
            return _target(found, word, words[at + 1 :])
        at += _option(found, word, words[at + 1 :])
    raise UsageError(
        "there is nothing to run", hint="aitrack run [OPTIONS] SCRIPT.py [ARGS], or aitrack run -- COMMAND"
    )


def _command(found: Words, words: list[str]) -> Words:
    if not words or not words[0]:
        raise UsageError("there is no command behind `--`", hint="aitrack run [OPTIONS] -- COMMAND [ARGS]")
    found.form, found.name, found.after = "command", words[0], words[1:]
    return found


def _without_dashes(words: list[str]) -> list[str]:
    return words[1:] if words[:1] == ["--"] else words


def _python(found: Words, flag: str, value: str, words: list[str]) -> Words:
    found.form = "module" if flag == "-m" else "code"
    found.name, found.after = value, _without_dashes(words)
    return found


def _target(found: Words, word: str, words: list[str]) -> Words:
    if not word:
        raise UsageError("the target is empty", hint="aitrack run [OPTIONS] SCRIPT.py [ARGS]")
    found.form = "script" if word == "-" or target.is_for_python(word) else "command"
    found.name, found.after = word, _without_dashes(words)
    return found


def _option(found: Words, word: str, rest: list[str]) -> int:
    """Take the option *word*, with its value from *rest* where it needs one; return how many words that were."""
    name, equals, value = word.partition("=")
    name = _SHORT.get(name, name)
    if name in _SHORTHANDS and not equals:
        found.options.append(_SHORTHANDS[name])
        return 1
    if takes_no_value(name):
        if equals and value.lower() not in ("true", "false"):
            raise UsageError(f"`{name}` takes no value")
        if name in _READERS_FLAGS:
            found.trust = _READERS_FLAGS[name] is (value.lower() != "false")
        else:
            found.options.append((name, value or None))
        return 1
    if not equals and not rest:
        raise UsageError(f"`{name}` needs a value")
    value = value if equals else rest[0]
    if name in _READERS_OPTIONS:
        setattr(found, _READERS_OPTIONS[name], value)
    else:
        found.options.append((name, value))
    return 1 if equals else 2


def options() -> dict[str, tuple[str, Key]]:
    """Return every option by its spelling, with the key that it sets; flags have a `--no-` form too."""
    from aitrack.config.keys import KEYS
    from aitrack.config.values import flag

    table = {f"--{key.option}": (name, key) for name, key in KEYS.items() if key.option}
    table |= {f"--no-{word[2:]}": entry for word, entry in table.items() if entry[1].kind is flag}
    return table


def takes_no_value(name: str) -> bool:
    """Say whether the option *name* is a flag; an unknown option is an error with the nearest spelling."""
    from aitrack.config.values import flag

    if name in _READERS_OPTIONS or name in _ENTRIES:
        return False
    if name in _READERS_FLAGS:
        return True
    table = options()
    if name not in table:
        from difflib import get_close_matches

        near = get_close_matches(name, [*table, *_READERS_OPTIONS, *_READERS_FLAGS, *_SHORTHANDS, *_ENTRIES], 1, 0.6)
        raise UsageError(
            f"there is no option `{name}`",
            hint=f"did you mean `{near[0]}`?"
            if near
            else "options of a program stand behind it; see `aitrack run --help`",
        )
    return table[name][1].kind is flag


def overrides(given: list[tuple[str, str | None]]) -> dict[str, Any]:
    """Return the settings that *given* options make, by key; a repeated list option adds up."""
    if not given:
        return {}
    from aitrack.config import values

    table = options()
    found: dict[str, Any] = {}
    for name, value in given:
        if name in _ENTRIES:
            _add_entry(found, name, value or "")
            continue
        key, entry = table[name]
        if entry.kind is values.flag:
            found[key] = (value is None or value.lower() == "true") != name.startswith("--no-")
        elif entry.kind in (values.words, values.names) and value is not None:
            found.setdefault(key, []).extend(values.words(value))
        elif entry.kind in (values.pairs, values.table) and value is not None:
            found.setdefault(key, []).append(value)
        else:
            found[key] = value
    return found


def _add_entry(found: dict[str, Any], name: str, value: str) -> None:
    """Add the table that an option such as `--fallback-text` stands for."""
    from aitrack.config import values

    key, part = _ENTRIES[name]
    checks: dict[str, Callable[[Any], Any]] = {"cached": values.duration, "env": values.pairs, "args": values.command}
    try:
        check: Callable[[Any], Any] = checks.get(part) or values.text
        entry = {part: check([value] if part == "env" else value)}
    except ValueError as error:
        raise UsageError(f"`{name}`: {error}") from None
    found.setdefault(key, []).append(entry)


def parse(words: list[str], environ: dict[bytes, bytes]) -> RunPlan:
    """Return the plan that the command line *words* and the settings around it make.

    Raises `UsageError` for what cannot be meant.
    """
    from aitrack import config

    found = split(words)
    cwd = posix.getcwd()
    home = layout.home(environ)
    cache = f"{home}/cache" if ownership.is_ours(home) else None
    settings = config.load(cwd, environ, overrides(found.options), found.config, found.profile, cache, found.trust)
    if found.form == "command":
        return RunPlan("command", [found.name, *found.after], None, found.name, cwd, environ, settings)
    python = target.interpreter(environ, settings.value("python") if "python" in settings else None)
    flag = {"module": ["-m"], "code": ["-c"]}.get(found.form, [])
    argv = [python, *flag, found.name, *found.after]
    script = "-c" if found.form == "code" else found.name
    return RunPlan(found.form, argv, python, script, cwd, environ, settings, 2 + len(flag))
