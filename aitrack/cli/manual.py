"""The manual page, made of what is there already: the tables of the words and the help topics.

aitrack help --man > aitrack.1
aitrack help --man | man -l -
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aitrack import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aitrack.cli.grammar import Option, Word

_SUMMARY = "run a script under supervision, explain why it fails, recover from transient failures"
_EXAMPLES = (
    ("aitrack run load.py data.csv", "Run a script as without aitrack, and record why it fails."),
    ("aitrack inspect", "Show why the newest run ended as it did."),
    ("aitrack run --retries 3 load.py data.csv", "Try again what can succeed on another attempt."),
    ("aitrack patterns --since 7d", "Show which failures of the week are the same."),
    ("aitrack debug", "Look into the newest failure as with a debugger."),
)


def manual() -> str:
    """Return the manual page in roff, for `man`."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    from aitrack.cli.app import WORDS, load

    yield f'.TH AITRACK 1 "" "aitrack {_plain(__version__)}" "User Commands"'
    yield from (".SH NAME", f"aitrack \\- {_plain(_SUMMARY)}")
    yield from (".SH SYNOPSIS", *_synopsis())
    yield ".SH EXAMPLES"
    for command, told in _EXAMPLES:
        yield from (".TP", _bold(command), _plain(told))
    yield ".SH COMMANDS"
    for name in WORDS:
        yield from _word(load(name), f"aitrack {name}")
    yield from _topics()


def _synopsis() -> Iterator[str]:
    yield from (_bold("aitrack run"), _plain("[OPTIONS] SCRIPT.py|-m MODULE|-c CODE|- [ARGS]"), ".br")
    yield from (_bold("aitrack run"), _plain("[OPTIONS] -- COMMAND [ARGS]"), ".br")
    yield from (_bold("aitrack"), _plain("COMMAND [OPTIONS] [ARGS]"))


def _word(word: Word, called: str) -> Iterator[str]:
    yield f'.SS "{_plain(called)}"'
    yield _plain(word.summary)
    if word.examples:
        yield from (".PP", ".nf", ".RS", *(_plain(example) for example in word.examples), ".RE", ".fi")
    for argument in word.arguments:
        yield from (".TP", f"\\fI{_plain(argument.name.upper())}\\fR", _inline(argument.help))
    for option in word.options:
        yield from _option(option)
    for inner in word.below:
        yield from _word(inner, f"{called} {inner.name}")


def _option(option: Option) -> Iterator[str]:
    value = f" \\fI{_plain('|'.join(option.choices) or option.metavar)}\\fR" if option.metavar else ""
    names = ", ".join(f"\\fB{_plain(name)}\\fR" for name in (option.short, option.name) if name)
    yield from (".TP", names + value, _inline(option.help))


def _topics() -> Iterator[str]:
    from aitrack.cli.help import text_of, topics

    for name in topics():
        title, _, body = text_of(name).partition("\n")
        yield f'.SH "{_plain(title.lstrip("# ").upper())}"'
        yield from _markdown(body)


def _markdown(text: str) -> Iterator[str]:
    """Yield a topic as roff: paragraphs, indented blocks, lists and tables are all that topics use."""
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        lines = block.split("\n")
        if all(line.startswith("    ") for line in lines):
            yield from (".PP", ".nf", ".RS", *(_plain(line[4:]) for line in lines), ".RE", ".fi")
        elif lines[0].startswith("|"):
            yield from _table(lines)
        elif lines[0].startswith("- "):
            for item in re.split(r"\n(?=- )", block):
                yield from (".IP \\(bu 2", _inline(" ".join(item[2:].split())))
        else:
            yield from (".PP", *(_inline(line.lstrip("# ")) for line in lines))


def _table(lines: list[str]) -> Iterator[str]:
    """Yield the rows of a table as definitions: the first cell, then the others."""
    for line in lines[2:]:
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        yield from (".TP", _inline(cells[0]), _inline("; ".join(cells[1:])))


def _inline(text: str) -> str:
    """Return one line with its code in bold."""
    parts = text.split("`")
    shown = "".join(f"\\fB{_escaped(part)}\\fR" if place % 2 else _escaped(part) for place, part in enumerate(parts))
    return _no_request(shown)


def _bold(text: str) -> str:
    return f"\\fB{_escaped(text)}\\fR"


def _plain(text: str) -> str:
    return _no_request(_escaped(text))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")


def _no_request(line: str) -> str:
    """Return *line* so that roff takes it for text: a dot or a quote at its begin is a request."""
    return f"\\&{line}" if line[:1] in (".", "'") else line
