"""A prompt on the frames of a recorded failure, with the words of pdb: nothing is running, and nothing runs.

Each command is a method that returns lines; who reads and prints them is the
command line's business.  All that is shown came out of the bundle, so it works
for a session of another machine as well.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from aitrack.errors import UsageError
from aitrack.model import is_object
from aitrack.report import failure as words
from aitrack.report.expressions import NotKnown, evaluate
from aitrack.report.history import change_text, history_lines
from aitrack.report.recorded import Recorded, read
from aitrack.report.sections import words_of
from aitrack.report.steps import history_of
from aitrack.report.text import cut, safe
from aitrack.report.trail import led_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aitrack.analysis.explanation import Explanation
    from aitrack.model import Attempt, Failure, Frame, Local

_WIDE = 400  # columns of one value; `pp` shows it whole
_AROUND = 5


class Postmortem:
    """Where one stands in the chain and on the stack, and what can be asked there."""

    def __init__(self, explanation: Explanation) -> None:
        """Stand at the frame to look at first; UsageError when nothing failed."""
        self.explanation = explanation
        self.bundle = explanation.bundle
        attempt = self.bundle.last_failed
        if attempt is None or attempt.failure is None:
            raise UsageError(
                f"`{self.bundle.id[-6:]}` has no failure to look into", hint="name one of `aitrack list --failed`"
            )
        self.attempt: Attempt = attempt
        self.links: list[Failure] = list(_links(attempt.failure))
        known, frame = words.blamed(attempt.failure)
        self.link = next((number for number, link in enumerate(self.links) if link is known), 0)
        self.at = next((n for n, one in enumerate(self.frames) if one is frame), len(self.frames) - 1)

    @property
    def frames(self) -> list[Frame]:
        """The frames of the exception one looks at, outermost first."""
        return self.links[self.link].frames

    @property
    def frame(self) -> Frame | None:
        """The frame one stands in."""
        return self.frames[self.at] if 0 <= self.at < len(self.frames) else None

    def greeting(self) -> list[str]:
        """Return what is shown first: the failure, why, and the place."""
        return [words.title(self.links[self.link]), *self.here(), "`help` lists the commands"]

    def do(self, line: str) -> list[str] | None:
        """Return the answer to *line*; None when it ends the session."""
        word, _, rest = line.strip().partition(" ")
        if not word:
            return []
        name = _SHORT.get(word, word)
        if name == "quit":
            return None
        command: Callable[[str], list[str]] | None = _COMMANDS.get(name, (None, ""))[0]
        if command is None or (rest.strip()[:1] == "=" and rest.strip()[:2] != "=="):
            return self.show(line.strip())
        bound: Callable[[str], list[str]] = getattr(self, command.__name__)
        return bound(rest.strip())

    def here(self, _: str = "") -> list[str]:
        """Where one stands, with the line of source."""
        frame = self.frame
        if frame is None:
            return ["no frame was recorded"]
        code, carets = words.source(frame)
        lines = [f"> {words.place(frame, self.bundle.session.command.cwd, 100)} {words.called(frame)}()"]
        return lines + [f"-> {cut(code, _WIDE)}"] * bool(code) + [f"   {carets[:_WIDE]}"] * bool(carets)

    def up(self, rest: str) -> list[str]:
        """Go to the caller."""
        return self._move(-_count(rest), "this is the outermost frame")

    def down(self, rest: str) -> list[str]:
        """Go to what was called."""
        return self._move(_count(rest), "this is the innermost frame")

    def _move(self, steps: int, end: str) -> list[str]:
        target = min(max(self.at + steps, 0), len(self.frames) - 1)
        if target == self.at or not self.frames:
            return [end]
        self.at = target
        return self.here()

    def go(self, rest: str) -> list[str]:
        """Go to a frame by its number."""
        if (number := _whole(rest)) is None or number >= len(self.frames):
            return [f"`frame N` takes 0 to {len(self.frames) - 1}; `where` lists them"]
        self.at = number
        return self.here()

    def where(self, _: str) -> list[str]:
        """The stack, outermost first."""
        cwd = self.bundle.session.command.cwd
        lines: list[str] = []
        for number, frame in enumerate(self.frames):
            if frame.omitted:
                lines.append(f"  … {frame.omitted} frames omitted")
                continue
            mark = ">" if number == self.at else " "
            lines.append(f"{mark}{number:>3} {words.place(frame, cwd, 80)} {words.called(frame)}()")
        return [*lines, f"     {words.title(self.links[self.link])}"]

    def chain(self, rest: str) -> list[str]:
        """The exceptions behind this one; `chain N` goes to one."""
        if (number := _whole(rest)) is not None and number < len(self.links):
            self.link = number
            self.at = len(self.frames) - 1
            return self.greeting()[:-1]
        return [f"{'>' if n == self.link else ' '}{n:>3} {words.title(link)}" for n, link in enumerate(self.links)]

    def source(self, rest: str) -> list[str]:
        """The source around the line."""
        frame = self.frame
        context = frame.context if frame else None
        if frame is None or context is None or not context.lines:
            return self.here()
        if context.stale:
            return ["the file had changed since the program read it: its source was not recorded"]
        wide = _count(rest) if rest else _AROUND * 3
        lines: list[str] = []
        for number, text in enumerate(context.lines, context.start):
            if frame.line is None or abs(number - frame.line) <= wide:
                lines.append(f"{'->' if number == frame.line else '  '} {number:>5}  {cut(safe(text.rstrip()), _WIDE)}")
        return lines

    def arguments(self, _: str) -> list[str]:
        """The arguments of the function."""
        names = self._parameters()
        if names is None:
            return ["the `def` line was not recorded; these are all variables", *self.variables("")]
        known = self._names()
        return [known.line(name) for name in names if name in known] or ["it takes none that were recorded"]

    def variables(self, _: str) -> list[str]:
        """All variables of the frame."""
        known = self._names()
        return [known.line(name) for name in known] or ["no variables were recorded here"]

    def show(self, rest: str) -> list[str]:
        """The value of an expression."""
        return self._evaluated(rest, _WIDE)

    def show_whole(self, rest: str) -> list[str]:
        """The same, one part a line."""
        return self._evaluated(rest, None)

    def _evaluated(self, rest: str, columns: int | None) -> list[str]:
        if not rest:
            return ["`p` takes an expression: a name, `NAME.field`, `NAME['key']`, `len(NAME)`"]
        try:
            found = evaluate(rest, self._names())
        except NotKnown as error:
            return [f"*** {safe(str(error))}"]
        return [cut(safe(found.text), columns)] if columns else list(_parts(found))

    def kind(self, rest: str) -> list[str]:
        """The type of a value."""
        try:
            found = evaluate(rest, self._names())
        except NotKnown as error:
            return [f"*** {safe(str(error))}"]
        return [
            safe(
                found.type
                or (type(found.value).__name__ if found.is_whole else found.text.partition(" ")[0].lstrip("<"))
            )
        ]

    def history(self, rest: str) -> list[str]:
        """How a variable changed, where the attempt was followed step by step."""
        frame = self.frame
        steps = history_of(self.bundle, self.attempt.n, frame, rest) if frame else []
        lines = [f"  line {line}: {safe(name)} = {cut(safe(value), _WIDE)}" for line, name, value in steps]
        told = f"`{safe(rest)}`" if rest else "this frame"
        return lines or [f"no history of {told} was recorded; a retry follows functions that failed before"]

    def why(self, _: str) -> list[str]:
        """What is known of the cause."""
        failure = self.links[0]
        lines = [words.title(failure)]
        known, frame = words.blamed(failure)
        if reason := words.because(failure, known):
            lines.append(f"because   {reason}")
        if failure.blame and failure.blame.why:
            lines.append(f"why       {safe(failure.blame.why)}")
        if frame:
            lines.append(f"place     {words.place(frame, self.bundle.session.command.cwd, 80)} {words.called(frame)}()")
        lines += [
            f"caught    {safe(f'{one.type}: {one.message} at {one.file}:{one.line}')}"
            for one in self.explanation.caught[:4]
        ]
        if trail := led_here(self.bundle, self.attempt, 300):
            lines.append(f"led here  {trail}")
        lines += [f"{label:<9} {text}" for label, text in history_lines(self.explanation) if label != "suspects"]
        return lines + [f"suspect   {words_of(suspect)}" for suspect in self.explanation.suspects[:3]]

    def diff(self, _: str) -> list[str]:
        """What is different from the last success."""
        changes = [change_text(change) for change in self.explanation.changes]
        if self.explanation.last_success is None:
            return ["no earlier run of this program passed"]
        return changes or ["nothing that was recorded of its surroundings differs from the last success"]

    def output(self, rest: str) -> list[str]:
        """The last lines that the program wrote."""
        most = _count(rest) if rest else 20
        for stream in ("stderr", "stdout"):
            told = [safe(line) for line in self.bundle.output(self.attempt.n, stream).rstrip("\n").split("\n") if line]
            if told:
                return [f"last of {stream}", *(f"| {cut(line, _WIDE)}" for line in told[-most:])]
        return ["no output was recorded"]

    def explain_commands(self, _: str) -> list[str]:
        """This list."""
        shorts = {name: short for short, name in _SHORT.items()}
        rows = [(f"{shorts[name]}, {name}" if name in shorts else name, told) for name, (_, told) in _COMMANDS.items()]
        return [
            *(f"  {name:<14} {told}" for name, told in rows),
            "  q, quit        leave",
            "anything else is an expression",
        ]

    def words(self) -> list[str]:
        """Return what a line may begin with: commands and names of variables."""
        return [*_COMMANDS, *self._names()]

    def _names(self) -> _Variables:
        """Return the variables of the frame."""
        return _Variables(self.frame.locals if self.frame else [])

    def _parameters(self) -> list[str] | None:
        """Return the names in the function's `def` line, when that is among the recorded source."""
        frame = self.frame
        context = frame.context if frame else None
        if frame is None or context is None or frame.line is None:
            return None
        above = context.lines[: max(0, frame.line - context.start)]
        for number in range(len(above) - 1, -1, -1):
            text = above[number].strip()
            if text.removeprefix("async ").startswith(f"def {frame.function}("):
                return _parameters_of(above[number:])
        return None


class _Variables(Mapping[str, Recorded]):
    """The variables of a frame, each taken apart when it is asked for: one may be as long as a book."""

    def __init__(self, variables: list[Local]) -> None:
        self._known = {local.name: local for local in variables if local.name[:1] not in ("", ".")}

    def __getitem__(self, name: str) -> Recorded:
        local = self._known[name]
        return read(local.value or "", _size(local.cut), local.type)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def line(self, name: str) -> str:
        """Return `NAME (type) = value` on one line; only of a short value it is worth while to know its kind."""
        local = self._known[name]
        value = local.value or ""
        is_plain = len(value) <= _WIDE and self[name].kind == "value"
        kind = f" ({safe(local.type)})" if local.type and not is_plain else ""
        return f"{safe(name)}{kind} = {cut(safe(value[: 2 * _WIDE]), _WIDE)}"


def _links(failure: Failure) -> Iterator[Failure]:
    yield failure
    yield from failure.chain
    waiting = list(failure.exceptions)
    while waiting:
        member = waiting.pop(0)
        yield member
        waiting += member.exceptions


def _parameters_of(lines: list[str]) -> list[str] | None:
    """Return the parameters of the `def` that *lines* begin with; it may go over several."""
    for end in range(1, min(len(lines), 20) + 1):
        text = "\n".join([lines[0].strip(), *lines[1:end]])
        try:
            tree = ast.parse(f"{text}\n    pass" if text.rstrip().endswith(":") else text)
        except (SyntaxError, ValueError):
            continue
        found = tree.body[0]
        if isinstance(found, (ast.FunctionDef, ast.AsyncFunctionDef)):
            taken = found.args
            every = [*taken.posonlyargs, *taken.args, taken.vararg, *taken.kwonlyargs, taken.kwarg]
            return [one.arg for one in every if one]
    return None


def _size(cut_: object) -> int | None:
    """Return how long a value was whose picture was cut."""
    if is_object(cut_):
        sizes = [value for name in ("items", "signs", "bytes") if isinstance(value := cut_.get(name), int)]
        return sizes[0] if len(sizes) == 1 else None
    return None


def _parts(found: Recorded) -> Iterator[str]:
    """Yield a value one part a line."""
    if found.fields:
        yield safe(found.text.partition(" ")[0].lstrip("<"))
        yield from (f"  {safe(name)} = {safe(part.text)}" for name, part in found.fields.items())
    elif found.pairs:
        yield from (f"  {safe(key.text)}: {safe(value.text)}" for key, value in found.pairs)
    elif found.items:
        yield from (f"  {number:>3} {safe(part.text)}" for number, part in enumerate(found.items))
    else:
        yield safe(found.text)
    if found.size is not None and found.size > len(found.items) + len(found.pairs) > 0:
        yield f"  … {found.size} in all"


def _count(text: str) -> int:
    return _whole(text) or 1


def _whole(text: str) -> int | None:
    """Return the number that was typed, if it is one that can be meant."""
    return int(text) if text.isdecimal() and len(text) < 5 else None


def editor_place(explanation: Explanation) -> tuple[str, int]:
    """Return (file, line) of the failing place; UsageError when there is none on this machine."""
    attempt = explanation.bundle.last_failed
    failure = attempt.failure if attempt else None
    _, frame = words.blamed(failure) if failure else (None, None)
    syntax = failure.syntax if failure else None
    file, line = (frame.file, frame.line) if frame else (syntax.file or "", syntax.line) if syntax else ("", None)
    if not file:
        raise UsageError(f"`{explanation.bundle.id[-6:]}` has no place in a file", hint="see `aitrack inspect`")
    cwd = explanation.bundle.session.command.cwd or ""
    path = os.path.join(cwd, file)
    if not os.path.isfile(path):
        raise UsageError(f"`{path}` is not on this machine", hint="`aitrack debug` shows the recorded source")
    return path, line or 1


_SHORT = {
    "w": "where",
    "bt": "where",
    "u": "up",
    "d": "down",
    "f": "frame",
    "l": "list",
    "a": "args",
    "h": "help",
    "?": "help",
    "q": "quit",
    "exit": "quit",
    "EOF": "quit",
}
_COMMANDS: dict[str, tuple[Callable[..., list[str]], str]] = {
    "where": (Postmortem.where, "the stack; `>` marks where you stand"),
    "up": (Postmortem.up, "go to the caller; `up N`"),
    "down": (Postmortem.down, "go to what was called; `down N`"),
    "frame": (Postmortem.go, "go to frame N"),
    "list": (Postmortem.source, "the source around the line"),
    "source": (Postmortem.source, "the same"),
    "args": (Postmortem.arguments, "the arguments of the function"),
    "locals": (Postmortem.variables, "all variables of the frame"),
    "p": (Postmortem.show, "the value of an expression: `p row['price']`, `p order.total`, `p len(rows)`"),
    "pp": (Postmortem.show_whole, "the same, one part a line"),
    "whatis": (Postmortem.kind, "the type of a value"),
    "history": (Postmortem.history, "how a variable changed: `history NAME`"),
    "chain": (Postmortem.chain, "the exceptions behind this one; `chain N` goes to one"),
    "why": (Postmortem.why, "what is known of the cause"),
    "diff": (Postmortem.diff, "what is different from the last success"),
    "output": (Postmortem.output, "the last lines that the program wrote"),
    "help": (Postmortem.explain_commands, "this list"),
}
