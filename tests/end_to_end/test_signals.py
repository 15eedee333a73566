"""Rules 8 to 12: the caller's wait() sees the program's end, and every signal arrives once."""

from __future__ import annotations

import os
import pty
import random
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import is_alive, needs, until

COUNT = """
import signal, sys, time
seen = []
for n in map(int, sys.argv[1].split(",")):
    signal.signal(n, lambda n, frame: seen.append(n))
print("ready", flush=True)
end = time.monotonic() + float(sys.argv[2])
while time.monotonic() < end: time.sleep(0.02)
print(seen)
"""


@pytest.mark.parametrize("code", [0, 1, 2, 3, 42, 77, 124, 126, 127, 128, 130, 255])
def test_the_status_is_the_programs(lab: Any, code: int) -> None:
    """Every exit status passes, those that wrappers use for themselves too."""
    assert lab.run("--", "sh", "-c", f"exit {code}").status == code


@pytest.mark.parametrize("number", [1, 2, 3, 4, 6, 7, 8, 9, 11, 13, 14, 15, 10, 12, 24, 25, 31, 34, 64])
def test_death_by_a_signal_is_death_by_that_signal(lab: Any, number: int) -> None:
    """The shell says `Segmentation fault`, not `exit 139`; and there is no second core file."""
    result = lab.run(
        "-c",
        f"import os, signal\nif {number} != 9: signal.signal({number}, signal.SIG_DFL)\nos.kill(os.getpid(), {number})",
    )

    assert result.status == -number
    assert result.attempt["signal"]["number"] == number
    assert result.attempt["exit_code"] is None
    assert not list(lab.folder.glob("core*"))


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT, signal.SIGALRM, 40]
)
def test_a_signal_to_the_wrapper_alone_reaches_the_program_once(lab: Any, number: int) -> None:
    """`kill PID` of a supervisor, systemd or a container runtime knows only our pid."""
    lab.script("count.py", COUNT)

    with lab.start("count.py", str(int(number)), "0.6") as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        assert process.stdout.readline() == f"[{int(number)}]\n".encode()


def test_queued_real_time_signals_all_arrive(lab: Any) -> None:
    """Real-time signals queue; none is lost or merged."""
    lab.script(
        "queue.py",
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {36, 37}); print('ready', flush=True)\n"
        "print(sorted(signal.sigwaitinfo({36, 37}).si_signo for _ in range(10)))",
    )

    with lab.start("queue.py") as process:
        process.stdout.readline()
        for _ in range(5):
            process.send_signal(36)
            process.send_signal(37)
        seen = process.stdout.readline()

    assert seen == b"[36, 36, 36, 36, 36, 37, 37, 37, 37, 37]\n"


def test_a_program_that_ignores_a_signal_goes_on(lab: Any) -> None:
    """No time limit of our own after a signal."""
    lab.script(
        "deaf.py",
        "import signal, time\nsignal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(1); print('done')",
    )

    with lab.start("deaf.py") as process:
        process.stdout.readline()
        process.terminate()
        assert process.stdout.read() == b"done\n"
    assert process.returncode == 0


def test_a_graceful_end_after_a_signal_is_a_success(lab: Any) -> None:
    """A server that is told to stop, and stops with 0, has passed."""
    lab.script(
        "server.py",
        "import signal, sys\nsignal.signal(15, lambda *_: sys.exit(0)); print('up', flush=True); signal.pause()",
    )

    with lab.start("server.py") as process:
        process.stdout.readline()
        process.terminate()
        process.communicate()

    assert lab.record()["status"] == "passed"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_ended_by_the_user_is_aborted(lab: Any, number: int) -> None:
    """Nobody needs to be told that they pressed Ctrl-C."""
    lab.script("wait.py", "import signal; signal.signal(2, signal.SIG_DFL); print('up', flush=True); signal.pause()")

    with lab.start("wait.py") as process:
        process.stdout.readline()
        process.send_signal(number)
        _, stderr = process.communicate()

    assert process.returncode == -number
    assert lab.record()["status"] == "aborted"
    assert stderr == b""


def test_kill_minus_nine_of_the_wrapper_ends_the_program(lab: Any) -> None:
    """A supervisor that is gone cannot record, so nothing goes on in its name."""
    lab.script("wait.py", "import os, time; print(os.getpid(), flush=True); time.sleep(60)")

    with lab.start("wait.py") as process:
        pid = int(process.stdout.readline())
        process.kill()
        until(lambda: not is_alive(pid), 5)

    shown = lab.ask("inspect", "--json").stdout
    assert b'"interrupted"' in shown


def test_stop_and_continue_are_seen_by_the_caller(lab: Any) -> None:
    """`waitpid(WUNTRACED)` of a shell sees the job stop by the same signal, and go on."""
    lab.script("wait.py", "import os, time; print(os.getpid(), flush=True); time.sleep(60)")
    process = lab.start("wait.py", start_new_session=True)
    pid = int(process.stdout.readline())

    os.kill(pid, signal.SIGSTOP)
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status) and os.WSTOPSIG(status) == signal.SIGSTOP

    os.kill(process.pid, signal.SIGCONT)
    until(lambda: Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] in b"SR", 5)
    process.terminate()
    process.communicate()
    assert process.returncode == -signal.SIGTERM


def test_ctrl_z_fg_and_ctrl_c_work_in_a_shell(lab: Any) -> None:
    """Job control: the shell sees the job stopped, continues it, and Ctrl-C reaches the program once."""
    needs("/bin/bash")
    lab.script(
        "job.py",
        "import signal, sys, time\nn = []\nsignal.signal(2, lambda *_: n.append(1))\nprint('job is up', flush=True)\n"
        "while not n: time.sleep(0.02)\ntime.sleep(0.3)\nprint('interrupts', len(n), flush=True)\n",
    )
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(lab.folder)
        os.execve("/bin/bash", ["bash", "--norc", "--noprofile", "-i"], {**lab.env, "PS1": "$ ", "HISTFILE": ""})
    shown = b""

    def see(text: bytes) -> None:
        nonlocal shown
        while text not in shown:
            assert select.select([master], [], [], 15)[0], shown
            shown += os.read(master, 4096)
        shown = shown.partition(text)[2]

    os.write(master, " ".join(map(str, lab.command("job.py"))).encode() + b"\n")
    see(b"job is up\r\n")
    os.write(master, b"\x1a")
    see(b"Stopped")
    os.write(master, b"jobs; fg\n")
    see(b"Stopped")
    see(b"job.py\r\n")
    time.sleep(0.3)
    os.write(master, b"\x03")
    see(b"interrupts 1")
    os.write(master, b"exit\n")
    os.close(master)
    os.waitpid(pid, 0)


def test_orphans_are_reaped_and_death_is_a_code_as_pid_1(lab: Any) -> None:
    """As PID 1 of a container no signal can end us, so 128+n it is."""
    needs("unshare")
    if subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "true"], capture_output=True).returncode:
        pytest.skip("no right to make a pid namespace")
    words = [
        "unshare",
        "--pid",
        "--fork",
        "--mount-proc",
        *map(str, lab.command("-c", "import os; os.kill(os.getpid(), 9)")),
    ]

    done = subprocess.run(words, cwd=lab.folder, env=lab.env, capture_output=True, timeout=30)

    assert done.returncode == 137


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])  # of SIGINT see the README's limits
def test_a_signal_at_any_moment_of_the_start_ends_the_wrapper_by_it(lab: Any, number: int) -> None:
    """No traceback, no program left over, no half session that says `running`."""
    lab.script("mark.py", "import signal, time\nsignal.signal(2, signal.SIG_DFL)\ntime.sleep(30)")
    chance = random.Random(int(number))
    lab.run("-c", "pass")
    for _ in range(25):
        process = lab.start("mark.py")
        time.sleep(chance.random() * 0.05)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=20)
        assert process.returncode == -number
        assert number == signal.SIGUSR1 or b"aitrack" not in stderr

    assert b'"running"' not in lab.ask("list", "--json").stdout


def test_a_program_that_signals_its_whole_group_is_signalled_once(lab: Any) -> None:
    """`kill 0` in a script reaches the wrapper as well, and is not sent back."""
    lab.script(
        "group.py",
        COUNT.replace(
            'print("ready", flush=True)', 'import os; os.kill(0, int(sys.argv[1])); print("sent", flush=True)'
        ),
    )

    result = lab.run("group.py", "10", "0.3", start_new_session=True)

    assert result.stdout == b"sent\n[10]\n"


def test_an_attempt_timeout_ends_the_whole_tree(lab: Any) -> None:
    """Status 124, and what the program started is gone with it, even what left its group."""
    lab.script(
        "hang.py",
        "import subprocess, os, time\np = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        "if os.fork() == 0:\n os.setsid()\n if os.fork() == 0:\n  open('orphan', 'w').write(str(os.getpid())); time.sleep(60)\n os._exit(0)\n"
        "print(p.pid, flush=True); time.sleep(60)",
    )

    begun = time.monotonic()
    result = lab.run("--attempt-timeout", "1s", "--kill-after", "500ms", "hang.py")

    assert result.status == 124
    assert time.monotonic() - begun < 5
    assert not is_alive(int(result.stdout))
    assert not is_alive(int((lab.folder / "orphan").read_text()))
    assert result.attempt["timed_out"] is True
    assert result.failure["category"] == "timeout"


def test_a_deaf_program_is_killed_after_the_grace(lab: Any) -> None:
    """TERM first, KILL after `--kill-after`."""
    lab.script("deaf.py", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)")

    begun = time.monotonic()
    result = lab.run("--attempt-timeout", "0.5", "--kill-after", "0.5", "deaf.py")

    assert result.status == 124
    assert 0.9 < time.monotonic() - begun < 5


def test_a_program_in_time_is_not_touched(lab: Any) -> None:
    """A limit that is not reached changes nothing."""
    assert lab.run("--attempt-timeout", "20s", "--", "sh", "-c", "exit 3").status == 3
