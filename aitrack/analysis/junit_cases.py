"""The test cases of a JUnit XML file, read as it comes: a stranger's file can be endless, nested, or a trap.

The standard tree keeps every element until the end, and expands what a document type declares; of a file without
cases nothing would remain, but a gigabyte of memory had been taken. So the parser is asked for its events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from aitrack.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

_PIECE = 1 << 16
_DEEPEST = 100
_LONGEST_TAG = 4 << 20  # bytes without an event of the parser, which holds them until there is one
_LONGEST_TEXT = 1 << 20  # signs of what a case says
_LONGEST_VALUE = 20_000  # signs of an attribute


@dataclass
class Case:
    """A `testcase` with the attributes of its `testsuite`, and its first `failure`, else its first `error`."""

    own: dict[str, str]
    suite: dict[str, str]
    problems: dict[str, Problem] = field(default_factory=dict[str, "Problem"])

    @property
    def problem(self) -> Problem | None:
        """What went wrong, if anything did."""
        return self.problems.get("failure") or self.problems.get("error")


@dataclass
class Problem:
    """A `failure` or an `error`."""

    own: dict[str, str]
    text: str = ""


class _Reader:
    """Takes the events of the parser; finished cases wait in `done`."""

    def __init__(self) -> None:
        self.done: list[Case] = []
        self.quiet = 0  # bytes since the last event
        self._open: list[str] = []
        self._suite: dict[str, str] = {}
        self._case: Case | None = None
        self._problem: Problem | None = None
        self._text: list[str] = []
        self._room = 0

    def begins(self, name: str, given: dict[str, str]) -> None:
        self.quiet = 0
        self._open.append(name)
        if len(self._open) > _DEEPEST:
            raise UsageError(f"it is nested more than {_DEEPEST} deep")
        own = {key[:100]: value[:_LONGEST_VALUE] for key, value in list(given.items())[:100]}
        if name == "testsuite":
            self._suite = own
        elif name == "testcase":
            self._case = Case(own, self._suite)
        elif self._case and name in ("failure", "error") and name not in self._case.problems:
            self._problem = self._case.problems[name] = Problem(own)
            self._text, self._room = [], _LONGEST_TEXT

    def ends(self, name: str) -> None:
        self.quiet = 0
        self._open.pop()
        if name in ("failure", "error") and self._problem:
            self._problem.text = "".join(self._text)
            self._problem = None
        elif name == "testcase" and self._case:
            self.done.append(self._case)
            self._case = None

    def says(self, text: str) -> None:
        self.quiet = 0
        if self._problem and self._room > 0:
            self._text.append(text[: self._room])
            self._room -= len(text)

    def declares(self, *_: Any) -> None:
        raise UsageError("it has a document type: entities are not expanded")


def cases(file: IO[bytes]) -> Iterator[Case]:
    """Yield each test case of *file*; UsageError, with what is wrong as its words, when it is none of a test run."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.begins
    parser.EndElementHandler = reader.ends
    parser.CharacterDataHandler = reader.says
    parser.StartDoctypeDeclHandler = reader.declares
    try:
        while part := file.read(_PIECE):
            reader.quiet += len(part)
            if reader.quiet > _LONGEST_TAG:
                raise UsageError(f"a part of it is longer than {_LONGEST_TAG >> 20} MiB")
            parser.Parse(part, False)
            yield from reader.done
            reader.done.clear()
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # of an encoding that there is not
        raise UsageError(f"it is not XML: {error}") from None
