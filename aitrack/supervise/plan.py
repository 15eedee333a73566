"""What to run, and how it ended."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from aitrack.config import Settings

    Form = Literal["script", "module", "code", "command"]


class RunPlan:
    """One command as it will be started: its words, its form, and the settings that hold for it.

    `argv` are the words of the new process, the first `own_words` of them the target itself. `executable` is the
    file to start, or None when `argv[0]` is looked up on PATH as execvp(3) does. `script` is what people call the
    thing: a path, a module, a command's name.
    """

    __slots__ = ("argv", "cwd", "environ", "executable", "form", "own_words", "script", "settings")

    def __init__(
        self,
        form: Form,
        argv: list[str],
        executable: str | None,
        script: str,
        cwd: str,
        environ: dict[bytes, bytes],
        settings: Settings,
        own_words: int = 1,
    ) -> None:
        self.form: Form = form
        self.argv = argv
        self.executable = executable
        self.script = script
        self.cwd = cwd
        self.environ = environ
        self.settings = settings
        self.own_words = own_words

    def with_words(self, argv: list[str]) -> RunPlan:
        """Return the same plan with other words."""
        settings, own = self.settings, self.own_words
        return RunPlan(self.form, argv, self.executable, self.script, self.cwd, self.environ, settings, own)


class Exited:
    """It returned a status."""

    __slots__ = ("code",)

    def __init__(self, code: int) -> None:
        self.code = code


class Signalled:
    """A signal ended it; `core` says whether the kernel wrote a core file."""

    __slots__ = ("core", "signal")

    def __init__(self, signal: int, core: bool) -> None:
        self.signal = signal
        self.core = core


class TimedOut:
    """Its time was over and its tree was ended; `status` is the wait status of its first process."""

    __slots__ = ("status",)

    def __init__(self, status: int) -> None:
        self.status = status


class NotStarted:
    """It could not be started: 126 or 127, and why."""

    __slots__ = ("code", "reason")

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason


Outcome = Exited | Signalled | TimedOut | NotStarted
