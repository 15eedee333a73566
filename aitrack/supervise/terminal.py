"""A terminal in between: the program writes to ours, we copy to the caller's.

The program keeps the caller's session, controlling terminal and stdin; only stdout and stderr are replaced, so job
control and Ctrl-C work as before. Size and modes are those of the real one, and modes that the program sets on
ours (a full-screen program does) are set on the real one too.
"""

from __future__ import annotations

import fcntl
import posix
import struct
import termios


class Terminal:
    """A pair of pseudo-terminal ends that mirrors the terminal behind *descriptor*."""

    __slots__ = ("master", "modes", "real", "sink", "slave")

    def __init__(self, descriptor: int) -> None:
        self.real = descriptor
        self.master, self.slave = posix.openpty()
        self.modes = termios.tcgetattr(descriptor)
        termios.tcsetattr(self.slave, termios.TCSANOW, self.modes)
        self.resize()
        posix.set_blocking(self.master, False)
        try:
            flags = posix.O_WRONLY | posix.O_NONBLOCK | posix.O_NOCTTY | posix.O_CLOEXEC
            self.sink = posix.open(f"/proc/self/fd/{descriptor}", flags)
        except OSError:
            self.sink = posix.dup(descriptor)

    def resize(self) -> None:
        """Give ours the size of the real one."""
        empty = struct.pack("HHHH", 0, 0, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, fcntl.ioctl(self.real, termios.TIOCGWINSZ, empty))

    def mirror(self) -> None:
        """Set on the real terminal what the program has set on ours since the last look."""
        try:
            modes = termios.tcgetattr(self.master)
            if modes != self.modes:
                self.modes = modes
                termios.tcsetattr(self.real, termios.TCSANOW, modes)
        except (OSError, termios.error):
            pass
