"""Rules 1 to 3: the program is who it would be without the wrapper, and starts or fails to start as bare."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

PROBE = """
import json, os, resource, signal, sys
facts = {
    "argv": sys.argv, "orig_argv": getattr(sys, "orig_argv", None), "path": sys.path, "flags": str(sys.flags),
    "name": __name__, "file": globals().get("__file__"), "spec": str(globals().get("__spec__")).partition("loader=")[0],
    "cwd": os.getcwd(), "umask": os.umask(0), "nice": os.nice(0), "pgrp": os.getpgrp() == os.getpgid(os.getppid()),
    "sid": os.getsid(0), "cmdline": open("/proc/self/cmdline").read(), "executable": sys.executable,
    "limits": [resource.getrlimit(n) for n in range(10)], "affinity": sorted(os.sched_getaffinity(0)),
    "mask": sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, []))),
    "ignored": [l for l in open("/proc/self/status") if l.startswith(("SigIgn", "SigBlk"))],
    "fds": [n for n in range(256) if os.path.exists(f"/proc/self/fd/{n}")],
    "depth": len(__import__("inspect").stack()), "recursion": sys.getrecursionlimit(),
    "trace": [sys.gettrace() is None, sys.getprofile() is None],
    "modules": sorted(n for n in sys.modules if "aitrack" not in n), "encoding": [sys.stdout.encoding, sys.stdin.encoding],
    "env": sorted((k, v) for k, v in os.environ.items() if not k.startswith("AITRACK_") and k not in ("PYTHONPATH",)),
    "threads": __import__("threading").active_count(),
}
print(json.dumps(facts))
"""


def facts_of(result: Any) -> dict[str, Any]:
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def without_pipes(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in ("pgrp",)}


@pytest.mark.parametrize("form", ["script", "module", "code", "stdin", "folder", "zip", "pyc"])
def test_every_form_of_python_target_sees_what_it_sees_bare(lab: Any, form: str) -> None:
    """argv, `__main__`, sys.path, flags, signals, limits, descriptors, modules: all the same."""
    lab.script("probe.py", PROBE)
    words: list[str] = {
        "script": ["probe.py"], "module": ["-m", "probe"], "code": ["-c", PROBE], "stdin": ["-"], "folder": ["folder"],
        "zip": ["app.zip"], "pyc": ["probe.pyc"],
    }[form]  # fmt: skip
    if form == "folder":
        lab.script("folder/__main__.py", PROBE)
    if form == "zip":
        with zipfile.ZipFile(lab.folder / "app.zip", "w") as archive:
            archive.writestr("__main__.py", PROBE)
    if form == "pyc":
        import py_compile

        py_compile.compile(str(lab.folder / "probe.py"), str(lab.folder / "probe.pyc"))
    given = PROBE.encode() if form == "stdin" else None

    bare, wrapped = lab.python_both(*words, "a", "--", "-x", "", "ü", input=given)

    assert without_pipes(facts_of(bare)) == without_pipes(facts_of(wrapped))
    assert bare.stderr == wrapped.stderr


def test_words_that_are_not_text_survive(lab: Any) -> None:
    """A file name in Latin-1 is still that file's name."""
    lab.script("show.py", "import sys, os; os.write(1, b'|'.join(os.fsencode(a) for a in sys.argv[1:]))")

    result = lab.run("show.py", b"caf\xe9", b"\xff\xfe", "a b", "")

    assert result.stdout == b"caf\xe9|\xff\xfe|a b|"


def test_a_dash_dash_behind_the_target_is_dropped_once(lab: Any) -> None:
    """`job.py -- -x` gives the program `-x`; a second `--` is its own."""
    lab.script("show.py", "import sys; print(sys.argv[1:])")

    assert lab.run("show.py", "--", "--", "-x").stdout == b"['--', '-x']\n"
    assert lab.run("-m", "show", "--", "-x").stdout == b"['-x']\n"
    assert lab.run("--", "echo", "--", "-x").stdout == b"-- -x\n"


@pytest.mark.parametrize(
    "words",
    [
        ["missing.py"], ["-m", "missing_module"], ["empty_folder"], ["broken.py"], ["-c", "1 +"], ["notes.txt"], ["unreadable.py"],
        ["-m", "package_without_main"],
    ],
)  # fmt: skip
def test_python_says_itself_why_it_cannot_start(lab: Any, words: list[str]) -> None:
    """Missing script or module, a syntax error, a folder without `__main__`: Python's words and status."""
    (lab.folder / "empty_folder").mkdir()
    lab.script("broken.py", "def f(:\n")
    lab.script("notes.txt", "this is not python\n")
    lab.script("package_without_main/__init__.py", "")
    lab.script("unreadable.py", "print(1)").chmod(0)

    bare, wrapped = lab.python_both(*words)
    ours = b"\naitrack: "

    assert wrapped.status == bare.status
    assert wrapped.stderr.partition(ours)[0].rstrip() == bare.stderr.rstrip()


def test_the_environment_is_the_callers_but_for_our_names(lab: Any) -> None:
    """Names that no shell accepts and values that are not text reach the program too."""
    environment = {b"PLAIN": b"1", b"a.b-c": b"dots", b"BASH_FUNC_f%%": b"() { :; }", b"LATIN": b"\xe9", b"EMPTY": b""}
    base = {b"PATH": os.environb[b"PATH"], b"AITRACK_HOME": str(lab.home).encode()}
    show = ["/usr/bin/env", "-0"]

    done = subprocess.run(lab.command("--", *show), env={**base, **environment}, capture_output=True, check=True)

    entries = {
        entry for entry in done.stdout.split(b"\0") if entry and not entry.startswith((b"AITRACK_", b"PYTHONPATH="))
    }
    assert entries == {b"PATH=" + base[b"PATH"], *(name + b"=" + value for name, value in environment.items())}


def test_pythonpath_of_the_user_stays_and_ours_is_not_on_sys_path(lab: Any) -> None:
    """The program's imports find what they would find."""
    lab.script("lib/mine.py", "")
    lab.script("show.py", "import sys, mine; print(sys.path)")

    bare, wrapped = lab.python_both("show.py", env={"PYTHONPATH": "lib:/nonexistent"})

    assert bare.stdout == wrapped.stdout


def test_the_python_of_the_active_environment_runs_the_script(lab: Any, tmp_path: Path) -> None:
    """`$VIRTUAL_ENV` wins over PATH; the path is not resolved, or the environment would be lost."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    lab.script("show.py", "import sys; print(sys.executable, sys.prefix)")

    words = [lab.command()[0], "run", "show.py"]
    done = subprocess.run(
        words, cwd=lab.folder, env={**lab.env, "VIRTUAL_ENV": str(tmp_path / "venv")}, capture_output=True, check=True
    )

    assert done.stdout.decode().split() == [str(tmp_path / "venv/bin/python"), str(tmp_path / "venv")]


def test_a_command_is_found_as_execvp_finds_it(lab: Any) -> None:
    """127 when there is none, 126 when it may not be executed, the shell for a text file without `#!`."""
    lab.script("plain", "echo plain $1\n").chmod(0o755)
    lab.script("denied", "#!/bin/sh\n").chmod(0o644)

    assert lab.run("--", "./plain", "x").stdout == b"plain x\n"
    missing = lab.run("--", "no-such-command")
    assert (missing.status, missing.stderr.count(b"\n")) == (127, 1)
    assert missing.session["status"] == "failed"
    assert missing.attempt["exit_code"] == 127
    denied = lab.run("--", "./denied")
    assert (denied.status, denied.stderr.count(b"\n")) == (126, 1)
    assert denied.attempt["exit_code"] == 126


def test_argv0_of_a_command_is_the_word_that_was_typed(lab: Any) -> None:
    """`ps` shows what it shows bare."""
    result = lab.run("--", "sh", "-c", "tr '\\0' ' ' </proc/$$/cmdline")

    assert result.stdout.startswith(b"sh -c ")


def test_an_executable_script_can_name_aitrack_in_its_first_line(lab: Any) -> None:
    """`#!/usr/bin/env -S aitrack run` must not start itself for ever."""
    path = lab.script("tool", "#!/usr/bin/env -S aitrack run\nimport sys; print('ran', sys.argv[1:])\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    folder = os.path.dirname(lab.command()[0])

    done = subprocess.run(
        ["./tool", "x"],
        cwd=lab.folder,
        env={**lab.env, "PATH": f"{folder}:{lab.env['PATH']}"},
        capture_output=True,
        timeout=20,
    )

    assert done.stdout == b"ran ['x']\n"


@pytest.mark.parametrize("ignored", [signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
@pytest.mark.parametrize("disposition", [signal.SIG_IGN, signal.SIG_DFL])
def test_dispositions_are_inherited(lab: Any, ignored: int, disposition: Any) -> None:
    """`nohup` must go on to work, and a pipeline must be able to end its writer."""

    def prepare() -> None:
        signal.signal(ignored, disposition)

    done = subprocess.run(
        lab.command("--", "grep", "SigIgn", "/proc/self/status"), env=lab.env, cwd=lab.folder, preexec_fn=prepare, capture_output=True,
        restore_signals=False,
    )  # fmt: skip

    mask = int(done.stdout.split()[1], 16)
    assert bool(mask >> (ignored - 1) & 1) == (disposition is signal.SIG_IGN)


def test_the_signal_mask_is_inherited(lab: Any) -> None:
    """A caller that blocks a signal for its children blocks it for the program, and for nothing else."""

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGUSR1, signal.SIGTERM})

    words = lab.command("--", "grep", "SigBlk", "/proc/self/status")
    done = subprocess.run(words, env=lab.env, cwd=lab.folder, preexec_fn=prepare, capture_output=True)

    assert int(done.stdout.split()[1], 16) == 1 << (signal.SIGUSR1 - 1) | 1 << (signal.SIGTERM - 1)


def test_disabled_means_that_nothing_is_recorded(lab: Any) -> None:
    """`AITRACK_DISABLE=1` becomes the program: same pid, no session, no variable of ours."""
    lab.script(
        "show.py",
        "import os; print(os.getpid(), sorted(k for k in os.environ if k.startswith(('AITRACK', 'PYTHONPATH'))))",
    )

    process = lab.start("show.py", env={"AITRACK_DISABLE": "1"})
    stdout = process.communicate()[0].decode()

    assert stdout == f"{process.pid} ['AITRACK_DISABLE', 'AITRACK_HOME']\n"
    assert not lab.home.exists()
