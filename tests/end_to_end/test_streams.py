"""Rules 4 to 7: every byte arrives as it would, and nothing is read, kept or waited for that would not be."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import is_alive, needs, until


def test_both_streams_arrive_unchanged_through_pipes(lab: Any) -> None:
    """Every byte value, without a newline at the end."""
    lab.script("bytes.py", "import os; os.write(1, bytes(range(256)) * 999); os.write(2, b'err\\xff')")

    result = lab.run("bytes.py")

    assert (result.stdout, result.stderr) == (bytes(range(256)) * 999, b"err\xff")


def test_lines_of_both_streams_keep_their_order_in_one_pipe(lab: Any) -> None:
    """`2>&1 |` shows a log as the program wrote it."""
    lab.script("mix.py", "import os\nfor n in range(300): os.write(1 + n % 2, b'%d\\n' % n)")

    result = lab.run("mix.py", stderr=subprocess.STDOUT)

    assert result.stdout == b"".join(b"%d\n" % n for n in range(300))


def test_output_arrives_when_it_is_written(lab: Any) -> None:
    """A prompt without a newline is there before the answer."""
    lab.script("ask.py", "import os; os.write(1, b'name? '); os.write(1, b'hello ' + os.read(0, 100))")

    with lab.start("ask.py", stdin=subprocess.PIPE) as process:
        assert os.read(process.stdout.fileno(), 100) == b"name? "
        process.stdin.write(b"you")
        process.stdin.close()
        assert process.stdout.read() == b"hello you"


def test_nothing_is_read_ahead_from_stdin(lab: Any) -> None:
    """What the program leaves is there for the next reader."""
    lab.script("one.py", "import os; os.read(0, 1)")
    read_end, write_end = os.pipe()
    os.write(write_end, b"abc")

    lab.run("one.py", stdin=read_end)

    assert os.read(read_end, 100) == b"bc"


def test_a_reader_that_leaves_ends_the_writer(lab: Any) -> None:
    """`| head -1` ends the program by SIGPIPE, at once."""
    process = lab.start("--", "yes", stderr=subprocess.DEVNULL)
    process.stdout.read(2)
    process.stdout.close()

    assert process.wait(10) == -signal.SIGPIPE


def test_a_reader_that_leaves_while_the_program_is_silent_breaks_its_next_write(lab: Any) -> None:
    """The first write after the reader has left fails, as it does bare."""
    lab.script(
        "late.py",
        "import os, sys, signal, time\nsignal.signal(signal.SIGPIPE, signal.SIG_IGN)\nos.write(1, b'x'); sys.stdin.read(1)\n"
        "time.sleep(0.3)\ntry: os.write(1, b'y')\nexcept BrokenPipeError: sys.exit(7)\n",
    )
    process = lab.start("late.py", stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdout.read(1)
    process.stdout.close()
    process.stdin.write(b"g")
    process.stdin.close()

    assert process.wait(10) == 7


def test_a_closed_stdout_of_the_program_is_an_end_for_the_reader(lab: Any) -> None:
    """The end of the stream comes when the program closes it, not when it ends."""
    lab.script("close.py", "import os, sys; os.write(1, b'x'); os.close(1); sys.stdin.read()")

    with lab.start("close.py", stdin=subprocess.PIPE) as process:
        assert process.stdout.read() == b"x"
        assert process.poll() is None
        process.stdin.close()


def test_a_regular_file_is_the_programs_own(lab: Any) -> None:
    """A descriptor that is a file is passed through: same file, same offset, seekable."""
    lab.script(
        "file.py",
        "import os, sys; print(os.lseek(1, 0, 1)); sys.stdout.flush(); os.lseek(1, 0, 0); os.write(1, b'X'); sys.exit(3)",
    )
    out = lab.folder / "out"
    out.write_bytes(b"before\n")

    with out.open("r+b") as stream:
        stream.seek(0, 2)
        result = lab.run("file.py", stdout=stream)

    assert out.read_bytes() == b"Xefore\n7\n"
    assert result.attempt["output"]["stdout"]["bytes"] == 2


def test_what_was_added_to_a_file_is_recorded(lab: Any) -> None:
    """`>> log` of a cron job that fails still shows its output."""
    out = lab.folder / "log"
    out.write_bytes(b"old lines\n")

    with out.open("ab") as stream:
        lab.run("--", "sh", "-c", "echo new; echo bad >&2; exit 4", stdout=stream, stderr=stream)

    folder = lab.sessions()[-1] / "attempts/1"
    assert (folder / "stdout.log").read_bytes().startswith(b"new\nbad\n")
    assert b"old" not in (folder / "stdout.log").read_bytes()


def test_inherited_descriptors_reach_the_program(lab: Any) -> None:
    """A jobserver, a lock, a log: whatever the caller opened and left inheritable."""
    read_end, write_end = os.pipe()
    os.set_inheritable(write_end, True)
    lab.script("fd.py", f"import os; os.write({write_end}, b'hi')")

    lab.run("fd.py", pass_fds=[write_end])

    assert os.read(read_end, 10) == b"hi"


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_standard_descriptors_stay_closed(lab: Any, closed: tuple[int, ...]) -> None:
    """A program that is started without stdout must not find a file of ours there."""
    lab.script(
        "closed.py",
        "import os, sys\ndef is_open(n):\n try: os.fstat(n); return True\n except OSError: return False\n"
        "closed = [n for n in range(3) if not is_open(n)]\nopen('seen', 'w').write(str(closed))",
    )

    def close() -> None:
        for descriptor in closed:
            os.close(descriptor)

    process = subprocess.Popen(
        lab.command("closed.py"), cwd=lab.folder, env=lab.env, preexec_fn=close, stdin=subprocess.DEVNULL
    )

    assert process.wait(20) == 0
    assert (lab.folder / "seen").read_text() == str(list(closed))


def test_a_nonblocking_pipe_stays_nonblocking_and_a_blocking_one_blocking(lab: Any) -> None:
    """The flags of the caller's open file are not ours to change."""
    read_end, write_end = os.pipe()
    with lab.start("--", "sh", "-c", "echo x; exit 1", stdout=write_end) as process:
        process.wait(20)

    assert os.get_blocking(write_end)
    os.set_blocking(write_end, False)
    with lab.start("--", "sh", "-c", "echo x; exit 1", stdout=write_end) as process:
        process.wait(20)
    assert not os.get_blocking(write_end)
    assert os.read(read_end, 10) == b"x\nx\n"


def test_the_run_ends_when_the_program_ends(lab: Any) -> None:
    """A background child that holds the pipe does not hold the run; what it writes later still arrives."""
    with lab.start("--", "sh", "-c", "(sleep 2; echo late) & echo now") as process:
        begun = time.monotonic()
        assert process.wait(10) == 0
        assert time.monotonic() - begun < 1.8
        assert process.stdout.read() == b"now\nlate\n"


def test_a_daemon_lives_on(lab: Any) -> None:
    """What the program leaves running is not ours to end."""
    needs("setsid")
    result = lab.run("--", "sh", "-c", "setsid sleep 20 >/dev/null 2>&1 </dev/null & echo $!")
    pid = int(result.stdout)

    assert is_alive(pid)
    os.kill(pid, signal.SIGKILL)


def test_a_slow_reader_gets_everything(lab: Any) -> None:
    """A full pipe makes the program wait; the wrapper neither drops nor hoards."""
    lab.script("much.py", "import os\nfor n in range(400): os.write(1, b'%05d' % n + b'x' * 9995)")

    with lab.start("much.py") as process:
        time.sleep(0.5)
        status = Path(f"/proc/{process.pid}/status").read_text()
        peak = int(status.partition("VmHWM:")[2].split()[0])
        stdout = process.stdout.read()

    assert stdout == b"".join(b"%05d" % n + b"x" * 9995 for n in range(400))
    assert peak < 60_000  # kB


def on_a_terminal(lab: Any, *words: str, size: tuple[int, int] = (24, 80), answer: bytes = b"") -> tuple[bytes, int]:
    """Run a command line of aitrack on a terminal of its own; return what it showed and its wait status."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(lab.folder)
        os.execve(words[0], list(words), lab.env)
    termios.tcsetwinsize(master, size)
    if answer:
        os.write(master, answer)
    shown = b""
    while True:
        ready = select.select([master], [], [], 20)[0]
        try:
            part = os.read(master, 4096) if ready else b""
        except OSError:
            part = b""
        if not part:
            break
        shown += part
    status = os.waitpid(pid, 0)[1]
    os.close(master)
    return shown, status


def test_a_terminal_is_passed_through_untouched(lab: Any) -> None:
    """The program's streams are the terminal itself: same device, session and foreground group."""
    lab.script(
        "tty.py",
        "import os\nprint(os.ttyname(0) == os.ttyname(1) == os.ttyname(2), os.getsid(0) == os.getsid(os.getppid()),"
        " os.tcgetpgrp(0) == os.getpgrp(), os.get_terminal_size())",
    )

    shown, status = on_a_terminal(lab, *map(str, lab.command("tty.py")), size=(33, 101))

    assert shown == b"True True True os.terminal_size(columns=101, lines=33)\r\n"
    assert status == 0


def test_capture_all_puts_a_terminal_in_between(lab: Any) -> None:
    """The program still sees a terminal of the same size, and its output is recorded."""
    lab.script(
        "tty.py",
        "import os, sys\nprint(sys.stdout.isatty(), os.get_terminal_size(1)); print('why', file=sys.stderr); sys.exit(3)",
    )
    words = [*map(str, lab.command()), "--capture", "all", "tty.py"]

    shown, status = on_a_terminal(lab, *words, size=(33, 101))

    assert shown.startswith(b"True os.terminal_size(columns=101, lines=33)\r\nwhy\r\n")
    assert os.waitstatus_to_exitcode(status) == 3
    log = lab.sessions()[-1] / "attempts/1/stdout.log"
    assert log.read_bytes().replace(b"\r", b"") == b"True os.terminal_size(columns=101, lines=33)\nwhy\n"


def test_output_on_a_terminal_is_said_to_be_missing(lab: Any) -> None:
    """Who looks for the output learns how to get it."""
    on_a_terminal(lab, *map(str, lab.command("--", "sh", "-c", "echo x; exit 3")))

    assert "--capture all" in lab.ask("inspect", "--all").stdout.decode()


def test_capture_none_reads_nothing(lab: Any) -> None:
    """The caller's own pipe is the program's stdout."""
    result = lab.run("--capture", "none", "--", "sh", "-c", "readlink /proc/self/fd/1 >&2; exit 3")

    assert not (lab.sessions()[-1] / "attempts/1/stdout.log").exists()
    assert result.stderr.startswith(b"pipe:")


def test_a_passing_run_keeps_counts_and_no_text(lab: Any) -> None:
    """`--keep-output` keeps it."""
    lab.run("--", "echo", "hello")
    assert not list(lab.sessions()[-1].glob("attempts/1/*.log"))

    result = lab.run("--keep-output", "--", "echo", "hello")

    assert (lab.sessions()[-1] / "attempts/1/stdout.log").read_bytes() == b"hello\n"
    assert result.attempt["output"]["stdout"]["bytes"] == 6


def test_long_output_keeps_its_two_ends_and_says_what_is_missing(lab: Any) -> None:
    """256 KiB of the beginning and 1 MiB of the end."""
    lab.script("long.py", "import sys\nfor n in range(500_000): print('line', n)\nsys.exit(1)")

    result = lab.run("long.py")

    log = (lab.sessions()[-1] / "attempts/1/stdout.log").read_bytes()
    gap = result.attempt["output"]["stdout"]["gap"]
    assert log.startswith(b"line 0\n") and log.endswith(b"line 499999\n")
    assert 0 <= gap - (len(result.stdout) - (256 << 10) - (1 << 20)) < 100  # cut at the ends of lines
    assert f"gap: {gap} bytes".encode() in log


def test_relaying_leaves_no_descriptor_behind(lab: Any) -> None:
    """The program and its children hold nothing of ours below 256."""
    result = lab.run("--", "sh", "-c", "ls /proc/self/fd")

    assert [n for n in result.stdout.split() if int(n) < 256] == [b"0", b"1", b"2", b"3"]


def test_size_changes_reach_a_program_behind_our_terminal(lab: Any) -> None:
    """A full-screen program redraws when the window is resized."""
    lab.script(
        "resize.py",
        "import os, signal, sys\nsignal.signal(signal.SIGWINCH, lambda *_: os.write(1, str(os.get_terminal_size(1)).encode()))\n"
        "print('ready', flush=True)\nwhile os.get_terminal_size(1).lines != 40: signal.pause()",
    )
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(lab.folder)
        os.execve(lab.command()[0], [*map(str, lab.command("--capture", "all", "resize.py"))], lab.env)
    termios.tcsetwinsize(master, (20, 50))
    shown = b""
    while b"ready" not in shown:
        shown += os.read(master, 100)
    termios.tcsetwinsize(master, (40, 99))
    try:
        while part := os.read(master, 100):
            shown += part
    except OSError:
        pass

    assert b"columns=99, lines=40" in shown
    assert os.waitpid(pid, 0)[1] == 0


@pytest.mark.skipif(not hasattr(fcntl, "F_GETPIPE_SZ"), reason="needs Python 3.10")
def test_a_fifo_by_name_is_relayed_too(lab: Any) -> None:
    """`> fifo` is a pipe like any other."""
    os.mkfifo(lab.folder / "fifo")
    reader = os.open(lab.folder / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(lab.folder / "fifo", os.O_WRONLY)

    lab.run("--", "echo", "through", stdout=writer)

    assert os.read(reader, 100) == b"through\n"


def test_output_of_a_long_run_is_there_before_its_end(lab: Any) -> None:
    """A `kill -9` of the wrapper leaves what was said until then."""
    lab.script("slow.py", "import time; print('so far', flush=True); time.sleep(60)")

    process = lab.start("slow.py")
    log = until(lambda: next(iter(lab.home.glob("sessions/*/*/*/*/attempts/1/stdout.log")), None))
    until(lambda: log.read_bytes() == b"so far\n")
    process.kill()
    process.communicate()

    assert b"interrupted" in lab.ask("list").stdout


@pytest.mark.parametrize(
    "line",
    ["base64.b64encode(os.urandom(600_000)).decode()", "os.urandom(600_000).hex()", "'4 ' * 500_000", "'%' * 900_000",
     "'Cookie: a=' * 90_000", "'sig=' * 250_000", '"passwords=[\'" * 80_000', "'://' * 300_000", "'eyJ' * 300_000"],
)  # fmt: skip
def test_no_text_holds_up_the_program_or_its_end(lab: Any, line: str) -> None:
    """One line of 80 KB took 15 s of the thread that passes output on; a mebibyte took forty minutes."""
    lab.script(
        "long.py",
        f"import base64, os, time\nprint('50% done')\nprint({line}, flush=True)\ntime.sleep(1.5)\nraise SystemExit(3)",
    )
    begun = time.monotonic()

    result = lab.run("long.py")

    assert result.status == 3
    assert time.monotonic() - begun < 1.5 + 4  # start, end, and a machine that does something else
    stored = sum(path.stat().st_size for path in lab.home.rglob("stdout.log"))
    assert 0 < stored < 8 << 20  # a mark may be longer than what it hides


def test_a_time_limit_holds_while_output_is_redacted(lab: Any) -> None:
    """A healthy program was blocked in its own write, and ended minutes after its limit."""
    lab.script("chatty.py", "import base64, os\nwhile True: print('5%', base64.b64encode(os.urandom(50_000)).decode())")
    begun = time.monotonic()

    result = lab.run("--attempt-timeout", "3s", "chatty.py")

    assert result.status == 124
    assert 3 <= time.monotonic() - begun < 7


def test_a_signal_is_passed_on_while_output_is_redacted(lab: Any) -> None:
    """TERM to the wrapper waited for fifteen seconds."""
    lab.script("chatty.py", "import base64, os\nwhile True: print('5%', base64.b64encode(os.urandom(50_000)).decode())")
    with lab.start("chatty.py", stdout=subprocess.DEVNULL) as process:
        time.sleep(2.5)
        begun = time.monotonic()

        process.terminate()
        process.wait(10)

        assert time.monotonic() - begun < 2
