"""Rules 13 to 19: inside its interpreter the program finds what it would find, and its failures are explained."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import needs
from tests.interpreters import VERSIONS, require

STATE = """
import sys, json
before = sorted(sys.modules)
import gc, threading, warnings, logging, builtins, faulthandler, signal, os, io, atexit
state = {
    "modules": [n for n in before if "aitrack" not in n],
    "path": sys.path, "meta_path": [str(f).partition(" at 0x")[0] for f in sys.meta_path], "hooks": len(sys.path_hooks),
    "excepthook": sys.excepthook is sys.__excepthook__, "unraisable": sys.unraisablehook is sys.__unraisablehook__,
    "display": sys.displayhook is sys.__displayhook__, "thread_hook": threading.excepthook is getattr(threading, "__excepthook__", threading.excepthook),
    "threads": threading.active_count(), "filters": str(warnings.filters), "handlers": str(logging.getLogger().handlers),
    "gc": [len(gc.callbacks), gc.get_threshold(), gc.isenabled(), gc.get_freeze_count()], "trace": [sys.gettrace(), sys.getprofile()],
    "builtins": sorted(n for n in dir(builtins)), "open": builtins.open is io.open, "faulthandler": faulthandler.is_enabled(),
    "stdout": type(sys.stdout).__name__, "handlers_of_signals": [str(signal.getsignal(n)) for n in range(1, 32)],
    "monitoring": [sys.monitoring.get_tool(n) for n in (0, 1, 2, 5)] if hasattr(sys, "monitoring") else None,
    "last": [hasattr(sys, n) for n in ("last_exc", "last_value", "last_traceback")],
    "audit": os.environ.get("PYTHONSTARTUP"), "recursion": sys.getrecursionlimit(), "children": open("/proc/thread-self/children").read(),
    "sitecustomize": "sitecustomize" in sys.modules, "usercustomize": "usercustomize" in sys.modules,
}
print(json.dumps(state))
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_the_interpreter_looks_as_it_does_bare(lab: Any, version: str) -> None:
    """No module, hook, thread, filter, handler or callback that a program could find."""
    lab.python = require(version)
    lab.script("state.py", STATE)

    bare, wrapped = lab.python_both("state.py")

    expected, found = json.loads(bare.stdout), json.loads(wrapped.stdout)
    if version in ("3.8", "3.9"):  # the module of the one callback that is given up; later Pythons load it anyway
        found["modules"].remove("atexit")
    assert expected == found


@pytest.mark.parametrize("version", VERSIONS)
def test_an_uncaught_exception_is_explained_and_its_traceback_is_pythons(lab: Any, version: str) -> None:
    """stderr is byte for byte the bare one plus our line; the record has the frames with their values."""
    lab.python = require(version)
    lab.script(
        "load.py",
        "def parse(row):\n    total = 812.5\n    return total + row['price']\n\ndef main():\n    rows = [{'id': 17, 'name': 'otter'}]\n"
        "    for row in rows:\n        parse(row)\n\nmain()\n",
    )

    bare, wrapped = lab.python_both("load.py")

    assert wrapped.status == bare.status == 1
    theirs, _, ours = wrapped.stderr.rpartition(b"aitrack: ")
    assert theirs == bare.stderr
    assert ours.startswith(b"`load.py` failed: KeyError: 'price'") and ours.count(b"\n") == 1
    failure = wrapped.failure
    assert (failure["type"], failure["message"], failure.get("source", "collector")) != (
        "KeyError",
        "'price'",
        "stderr",
    )
    frame = failure["frames"][-1]
    assert (os.path.basename(frame["file"]), frame["line"], frame["function"], frame["in_app"]) == (
        "load.py",
        3,
        "parse",
        True,
    )
    assert {local["name"]: local["value"] for local in frame["locals"]}["total"] == "812.5"


CHILDREN = {
    "subprocess": "import subprocess, sys; subprocess.run([sys.executable, 'boom.py'], check=True)",
    "fork": "import os\nif os.fork() == 0:\n    import boom\npid, status = os.wait()\nraise SystemExit(os.WEXITSTATUS(status))",
    "spawn": "import multiprocessing as m, sys, target\nif __name__ == '__main__':\n    p = m.get_context('spawn').Process(target=target.run)\n"
    "    p.start(); p.join(); sys.exit(p.exitcode)",
    "forkserver": "import multiprocessing as m, sys, target\nif __name__ == '__main__':\n    p = m.get_context('forkserver').Process(target=target.run)\n"
    "    p.start(); p.join(); sys.exit(p.exitcode)",
    "pool": "import concurrent.futures as f, target\nif __name__ == '__main__':\n    with f.ProcessPoolExecutor(1) as p: p.submit(target.run).result()",
    "thread": "import threading, sys, target\nt = threading.Thread(target=target.run); t.start(); t.join(); sys.exit(1)",
    "task": "import asyncio, target\nasync def main(): await asyncio.create_task(job())\nasync def job(): target.run()\nasyncio.run(main())",
    "shell": "import os, sys; sys.exit(os.system(sys.executable + ' boom.py') and 5)",
}


@pytest.mark.parametrize("route", CHILDREN)
@pytest.mark.parametrize("version", ["3.8", "3.13"])
def test_a_failure_is_found_whatever_way_it_happened(lab: Any, route: str, version: str) -> None:
    """In a thread, a task, a fork, a spawned or a plain child: the true place is recorded."""
    lab.python = require(version)
    lab.script("boom.py", "import target\ntarget.run()\n")
    lab.script("target.py", "def run():\n    answer = {}\n    return answer['missing_key']\n")
    lab.script("main.py", CHILDREN[route])

    bare, wrapped = lab.python_both("main.py")

    assert wrapped.status == bare.status != 0
    attempt = wrapped.attempt
    found = [attempt["failure"], *attempt.get("errors", [])]
    linked = [link for failure in found for link in [failure, *failure.get("chain", [])]]
    places = {
        (f["type"], os.path.basename(f["frames"][-1]["file"]), f["frames"][-1]["line"])
        for f in linked
        if f.get("frames")
    }
    assert ("KeyError", "target.py", 3) in places


def test_the_users_own_sitecustomize_still_runs(lab: Any) -> None:
    """It is imported as it would be, and sees no sign of ours."""
    lab.script("site/sitecustomize.py", "import sys; sys.marked = __name__, __file__\n")
    lab.script("show.py", "import sys, sitecustomize; print(sys.marked, sitecustomize.__file__)")

    bare, wrapped = lab.python_both("show.py", env={"PYTHONPATH": "site"})

    assert bare.stdout == wrapped.stdout != b""


def test_a_broken_sitecustomize_of_the_user_prints_what_it_prints(lab: Any) -> None:
    """Python's own complaint, once."""
    lab.script("site/sitecustomize.py", "1 / 0\n")

    bare, wrapped = lab.python_both("-c", "print('on')", env={"PYTHONPATH": "site"})

    assert (bare.stdout, bare.stderr) == (wrapped.stdout, wrapped.stderr)


@pytest.mark.parametrize(
    "flags", [["-I"], ["-E"], ["-S"], ["-s"], ["-B"], ["-O"], ["-X", "dev"], ["-W", "error"], ["-u"]]
)
def test_flags_of_the_interpreter_are_respected(lab: Any, flags: list[str]) -> None:
    """Where the inside is blind the outside view is complete, and nothing is printed."""
    lab.script("boom.py", "print('x'); {}['k']\n")
    words = [lab.python, *flags, "boom.py"]

    bare, wrapped = lab.bare(*words), lab.run("--", *words)

    assert bare.stdout == wrapped.stdout
    assert wrapped.stderr.rpartition(b"aitrack: ")[0] == bare.stderr
    assert wrapped.failure["type"] == "KeyError"
    assert wrapped.failure["frames"][-1]["line"] == 1


@pytest.mark.parametrize("binary", ["2.7", "3.6", "3.7"])
def test_an_old_interpreter_is_left_alone(lab: Any, binary: str) -> None:
    """Our file parses there and does nothing."""
    python = require(binary)

    bare, wrapped = lab.bare(python, "-c", "print(1)"), lab.run("--", python, "-c", "print(1)")

    assert (bare.stdout, bare.stderr, bare.status) == (wrapped.stdout, wrapped.stderr, wrapped.status)


@pytest.mark.parametrize(
    "name",
    ["json.py", "re.py", "os.py", "linecache.py", "traceback.py", "_blake2.py", "select.py", "threading.py", "ast.py"],
)
def test_neighbour_files_named_like_modules_are_not_ours_to_import(lab: Any, name: str) -> None:
    """A `json.py` beside the script is the user's; we neither run it nor fall over it."""
    lab.script(name, "open('imported', 'w').close(); raise RuntimeError('imported by somebody')\n")
    lab.script("boom.py", "secret = 'x'\n{}['missing']\n")

    bare, wrapped = lab.python_both("boom.py")
    bare_imported = (lab.folder / "imported").exists()

    assert wrapped.stderr.rpartition(b"aitrack: ")[0] == bare.stderr
    assert (lab.folder / "imported").exists() == bare_imported
    assert wrapped.failure["type"] == "KeyError"


def test_python_variables_of_the_user_reach_the_program_and_not_us(lab: Any) -> None:
    """PYTHONHOME, PYTHONVERBOSE and friends are the program's."""
    environment = {
        "PYTHONVERBOSE": "1",
        "PYTHONHOME": "/nonexistent",
        "PYTHONSTARTUP": "/nonexistent",
        "PYTHONINSPECT": "1",
    }

    result = lab.run("--", "sh", "-c", "echo $PYTHONHOME $PYTHONVERBOSE", env=environment)

    assert (result.stdout, result.stderr, result.status) == (b"/nonexistent 1\n", b"", 0)


def test_no_file_appears_beside_the_program_or_in_tmpdir(lab: Any, tmp_path: Path) -> None:
    """The working folder, the script's folder and TMPDIR look as after a bare run."""
    lab.script("job/boom.py", "import helper\nhelper.run()\n")
    lab.script("job/helper.py", "def run(): {}['x']\n")
    temporary = tmp_path / "tmp"
    temporary.mkdir()

    lab.run("job/boom.py", env={"TMPDIR": str(temporary)})

    assert sorted(str(p.relative_to(lab.folder)) for p in lab.folder.rglob("*") if p.is_file() and p.suffix != ".pyc") == [
        "job/boom.py", "job/helper.py",
    ]  # fmt: skip
    assert not list(temporary.iterdir())
    assert [p.name.partition(".")[0] for p in lab.folder.rglob("*.pyc")] == ["helper"]


def test_a_failing_pytest_run_says_the_same_and_is_recorded(lab: Any) -> None:
    """A test runner is a program like any other; the failing test's place is kept."""
    lab.script("test_it.py", "def test_sum():\n    got = 1 + 1\n    assert got == 3\n")
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", "test_it.py"]
    environment = {"PYTHONPATH": os.pathsep.join(p for p in __import__("sys").path if "site-packages" in p)}

    bare, wrapped = lab.python_both(*words, env=environment)

    assert bare.status == wrapped.status == 1
    assert bare.stdout.splitlines()[:8] == wrapped.stdout.splitlines()[:8]
    assert "AssertionError" in json.dumps(wrapped.attempt["failure"])
    assert "test_it.py" in json.dumps(wrapped.attempt["failure"])


def test_a_command_that_is_not_python_is_seen_from_outside(lab: Any) -> None:
    """Status, signal, output and resources are complete; the inside is honestly absent."""
    needs("bash")
    result = lab.run(
        "--", "bash", "-c", "echo out; echo 'job.sh: line 3: data.csv: No such file or directory' >&2; exit 3"
    )
    attempt = result.attempt

    assert attempt["exit_code"] == 3
    assert attempt["collector"]["state"] == "absent"
    assert attempt["resources"]["max_rss_bytes"] > 0
    assert b"No such file" in (lab.sessions()[-1] / "attempts/1/stderr.log").read_bytes()


@pytest.mark.parametrize("tool", ["node", "make", "perl", "ruby", "java"])
def test_other_languages_fail_with_their_own_words(lab: Any, tool: str) -> None:
    """The failure's message is the one that the language printed."""
    needs(tool)
    programs = {
        "node": ("job.js", "function load(x) { return x.price.amount }\nload({})\n", ["node", "job.js"], "TypeError"),
        "make": ("Makefile", "all:\n\t@echo building; false\n", ["make"], "make"),
        "perl": ("job.pl", "sub load { die \"no price\" } load();\n", ["perl", "job.pl"], "no price"),
        "ruby": ("job.rb", "def load; raise 'no price'; end\nload\n", ["ruby", "job.rb"], "no price"),
        "java": ("Job.java", "class Job { public static void main(String[] a) { Object o = null; o.hashCode(); } }\n", ["java", "Job.java"],
                 "NullPointerException"),
    }  # fmt: skip
    name, text, words, expected = programs[tool]
    lab.script(name, text)

    result = lab.run("--", *words)

    assert expected in result.failure["type"] + str(result.failure["message"])
    assert result.status != 0
