"""Errors that a user can act on.

Anything else that escapes is a bug in aitrack and keeps its traceback.
Nothing is imported here: `run` loads this module before the program starts.
"""

from __future__ import annotations


class AitrackError(Exception):
    """One line for the user, a hint for the next step, and an exit status."""

    exit_code = 125  # as env(1), nice(1) and timeout(1): the wrapper itself failed

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(AitrackError):
    """The command line asks for something impossible."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration file or variable asks for something impossible."""


class NotFound(AitrackError):  # noqa: N818 - a state of things, in the words of the field
    """There is no such session, pattern or breaker."""

    exit_code = 1


class StoreError(AitrackError):
    """The store cannot be read or written."""


class CannotExecute(AitrackError):  # noqa: N818 - a state of things, in the words of the field
    """The command exists and cannot be started."""

    exit_code = 126


class CommandNotFound(AitrackError):  # noqa: N818 - a state of things, in the words of the field
    """The command does not exist."""

    exit_code = 127


class BreakerOpen(AitrackError):  # noqa: N818 - a state of things, in the words of the field
    """A circuit breaker or a lock refused the run: nothing was started."""

    exit_code = 75  # EX_TEMPFAIL: try again later
