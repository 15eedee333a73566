"""Signals that reach the wrapper: which of them the program has seen already, and how to end as it ended.

A signal that the terminal sent went to the whole foreground group, the program included; one that somebody sent
to the wrapper alone did not. `si_code` tells them apart. A hang-up is forwarded in either case: the kernel sends
it to the leader of the session only when that is what lost its terminal.
"""

from __future__ import annotations

import _signal
import posix

from aitrack.supervise import kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aitrack.supervise.clean import Origin

_STOPS = frozenset({_signal.SIGTSTP, _signal.SIGTTIN, _signal.SIGTTOU})
ENDS = frozenset({_signal.SIGHUP, _signal.SIGINT, _signal.SIGTERM, _signal.SIGQUIT})


def is_new_to_the_program(info: kernel.SignalInfo, program: int) -> bool:
    """Say whether the wrapper alone got this signal, so that it must be passed on to *program*."""
    if info.number == _signal.SIGCHLD and info.code > 0:
        return False  # the kernel tells of our own children
    if info.sender == program and info.code in (kernel.SI_USER, kernel.SI_TKILL):
        return False  # the program signalled its whole group, or whoever is its parent
    if info.number == _signal.SIGHUP:
        return True
    return info.code != kernel.SI_KERNEL


def forward(info: kernel.SignalInfo, program: int) -> None:
    """Send the signal on to *program*, with its value when it was a queued one."""
    try:
        if info.number == _signal.SIGCONT and kernel.stat_fields(program)[:1] != [b"T"] and _just_continued(info):
            return
        if info.code == kernel.SI_QUEUE:
            kernel.queue_signal(program, info.number, info.value)
        else:
            posix.kill(program, info.number)
    except ProcessLookupError:
        pass


def _just_continued(info: kernel.SignalInfo) -> bool:
    """Say whether a SIGCONT went to the group: the shell's `fg` continues the program and us with one call."""
    return info.sender != 0 and posix.getpgid(info.sender) == info.sender


def stop_as(number: int, origin: Origin) -> None:
    """Stop as the program stopped, so that a shell sees the job as stopped; returns when continued."""
    if number in _STOPS:
        _signal.signal(number, _signal.SIG_DFL)
        _signal.pthread_sigmask(_signal.SIG_UNBLOCK, {number})
        posix.kill(posix.getpid(), number)
        _signal.pthread_sigmask(_signal.SIG_BLOCK, {number})
    else:
        posix.kill(posix.getpid(), _signal.SIGSTOP)


def end_as(number: int) -> int:
    """End by the signal that ended the program, without a core file of our own.

    Returns 128 + *number* where a signal cannot end us: as PID 1 of a container.
    """
    if posix.getpid() == 1:
        return 128 + number
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if number not in (_signal.SIGKILL, _signal.SIGSTOP):
        _signal.signal(number, _signal.SIG_DFL)
    posix.kill(posix.getpid(), number)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, {number})
    return 128 + number
