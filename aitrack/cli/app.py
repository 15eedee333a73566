"""The command line: finds the word, calls it, and turns errors into one line and a status."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from aitrack.errors import AitrackError, UsageError

if TYPE_CHECKING:
    from aitrack.cli.grammar import Word

# each word and the module that does it, in the order of the help
WORDS = {
    "run": "run",
    "inspect": "inspect",
    "list": "list",
    "patterns": "patterns",
    "usage": "usage",
    "prompts": "prompts",
    "debug": "debug",
    "open": "open",
    "diff": "diff",
    "rerun": "rerun",
    "bisect": "bisect",
    "preflight": "preflight",
    "explain": "explain",
    "breaker": "breaker",
    "bundle": "bundle",
    "export": "export",
    "report": "report",
    "import": "importing",
    "path": "path",
    "pin": "pin",
    "unpin": "pin",
    "purge": "purge",
    "redact": "redact",
    "store": "store",
    "reindex": "patterns",
    "ui": "ui",
    "config": "config",
    "doctor": "doctor",
    "help": "help",
}


def main(argv: list[str] | None = None) -> int:
    """Do what *argv* (without the program's name) says; return the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        status = _dispatch(words)
        sys.stdout.flush()
        _tidy(words)
        return status
    except AitrackError as error:
        _tell(error)
        return error.exit_code
    except BrokenPipeError:
        _silence_stdout()  # `| head` has seen enough
        return 0
    except KeyboardInterrupt:
        return 130


def _tidy(words: list[str]) -> None:
    """Apply the store's limits after the answer, once a day, where sessions were looked at anyway."""
    if words[:1] in (["list"], ["patterns"]):
        from aitrack.cli.purge import tidy

        tidy()


def _dispatch(words: list[str]) -> int:
    if "_AITRACK_COMPLETE" in os.environ:
        from aitrack.cli.typed import complete

        return complete()
    if not words or words[0] in ("-h", "--help", "--install-completion", "--show-completion"):
        from aitrack.cli.typed import show_help

        return show_help(words[:2] or ["--help"])
    if words[0] in ("--version", "-V", "version"):
        return _version()
    if words[0] not in WORDS:
        raise _no_word(words[0])
    if _asks_for_help(words):
        from aitrack.cli.typed import show_help

        return show_help([*_names(words), "--help"])
    from aitrack.cli.grammar import call

    return call(load(words[0]), words[1:])


def load(name: str) -> Word:
    """Return the word *name*, importing its module alone."""
    module = import_module(f"aitrack.cli.{WORDS[name]}")
    word: Word = getattr(module, name.upper())
    return word


def _names(words: list[str]) -> list[str]:
    """Return the word, and the one below it where there is one: what help is asked for."""
    below = {inner.name for inner in load(words[0]).below}
    return words[:1] + [word for word in words[1:2] if word in below]


def _asks_for_help(words: list[str]) -> bool:
    before = words[: words.index("--")] if "--" in words else words
    if words[0] == "run":
        before = words[:2]  # behind the target all options are the program's
    return "-h" in before or "--help" in before


def _no_word(word: str) -> UsageError:
    from aitrack.cli.grammar import suggestion

    if word.startswith("-"):
        hint = suggestion(word, ["--help", "--version"]) or "options stand behind a word; see `aitrack --help`"
        return UsageError(f"there is no option `{word}`", hint=hint)
    if os.path.exists(word) or word.endswith(".py"):
        return UsageError(f"there is no word `{word}`", hint=f"did you mean `aitrack run {word}`?")
    return UsageError(f"there is no word `{word}`", hint=suggestion(word, list(WORDS)) or "see `aitrack --help`")


def _version() -> int:
    from aitrack import __version__

    print(f"aitrack {__version__}")
    return 0


def _tell(error: AitrackError) -> None:
    from aitrack.report.text import safe

    hint = f"hint: {safe(error.hint)}\n" if error.hint else ""
    try:
        sys.stdout.flush()
        sys.stderr.write(f"error: {safe(str(error))}\n{hint}")  # stderr escapes what it cannot encode
    except OSError:
        pass


def _silence_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush does not complain."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        pass
