"""Threads, tasks and child processes: each failure is recorded where it happened, in the process that had it."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest
from target import INJECT, Target


def test_a_thread_that_dies(target: Target, monitored: str) -> None:
    """The program goes on and may even exit with 0."""
    script = target.script(
        "import threading\ndef work(n):\n    raise ValueError(n)\nt = threading.Thread(target=work, args=(7,), name='worker')\n"
        "t.start()\nt.join()\n"
    )

    ran = target.run(monitored, script)

    (failure,) = ran.failures("thread")
    assert (ran.code, failure["type"], failure["message"]) == (0, "ValueError", "7")
    assert (failure["thread"]["name"], failure["thread"]["main"]) == ("worker", False)
    assert failure["frames"][-1]["locals"][0]["value"] == "7"


def test_a_task_that_nobody_awaits(target: Target, monitored: str) -> None:
    """Its exception is only reported by the event loop."""
    script = target.script(
        "import asyncio\nasync def bad(n):\n    raise KeyError(n)\nasync def main():\n"
        "    asyncio.create_task(bad('k'), name='poller')\n    await asyncio.sleep(0.01)\nasyncio.run(main())\n"
    )

    (failure,) = target.run(monitored, script).failures("task")

    assert (failure["type"], failure["message"]) == ("KeyError", "'k'")
    assert failure["frames"][-1]["function"] == "bad"


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_child_of_multiprocessing(target: Target, monitored: str, method: str) -> None:
    """It leaves by `os._exit`, without exit handlers."""
    script = target.script(
        f"""
import multiprocessing
def work(n):
    raise ValueError(n)
if __name__ == '__main__':
    context = multiprocessing.get_context('{method}')
    child = context.Process(target=work, args=(7,))
    child.start()
    child.join()
    print(child.exitcode)
"""
    )

    ran = target.run(monitored, script)

    (failure,) = ran.failures("process")
    assert (ran.code, ran.out, failure["type"]) == (0, b"1\n", "ValueError")
    (record,) = ran.all("failure")
    process = [found for found in ran.all("process") if found["spool"] == record["spool"]]
    assert process and process[0]["ppid"] > 1


def test_a_forked_child_writes_its_own_file(target: Target, python: str) -> None:
    """Two processes must not write into one spool."""
    script = target.script(
        "import os, sys\npid = os.fork()\nif pid == 0:\n    raise ValueError('child')\n_, status = os.waitpid(pid, 0)\n"
        "print(os.WEXITSTATUS(status))\nsys.stdout.flush()\nraise KeyError('parent')\n"
    )

    ran = target.run(python, script)

    assert ran.out == b"1\n"
    assert {record["spool"]: record["failure"]["type"] for record in ran.all("failure")}.__len__() == 2
    for record in ran.all("failure"):
        (process,) = [p for p in ran.all("process") if p["spool"] == record["spool"] and "argv" in p]
        assert record["spool"] == f"spool-{process['pid']}"


def test_a_subprocess_has_its_own_record(target: Target, oldest_and_newest: str) -> None:
    """The failed child is what explains a CalledProcessError."""
    target.script("raise ValueError('inner')\n", "child.py")
    script = target.script("import subprocess, sys\nsubprocess.run([sys.executable, 'child.py'], check=True)\n")

    ran = target.run(oldest_and_newest, script)

    assert sorted(failure["type"] for failure in ran.failures("main")) == ["CalledProcessError", "ValueError"]


@pytest.mark.parametrize("flag", ["-I", "-E", "-S"])
def test_a_blind_interpreter_runs_as_bare(target: Target, python: str, flag: str) -> None:
    """Nothing is seen of it and nothing is printed."""
    ran = target.run(python, flag, "-c", "raise SystemExit(3)")

    assert (ran.code, ran.out, ran.err, ran.records) == (3, b"", b"", [])


def test_old_interpreters_run_as_bare(target: Target) -> None:
    """The file is found by them too: it must parse, and do nothing."""
    root = os.path.expanduser(os.environ.get("PYENV_ROOT", "~/.pyenv")) + "/versions"
    found = [
        name for name in (os.listdir(root) if os.path.isdir(root) else []) if name.startswith(("2.7", "3.6", "3.7"))
    ]
    if not found:
        pytest.skip("no Python 2.7, 3.6 or 3.7 was found")

    for name in found:
        ran = target.run(f"{root}/{name}/bin/python", "-c", "import sys; sys.stdout.write('fine')")
        assert (ran.code, ran.out, ran.err, ran.records) == (0, b"fine", b"", [])


@pytest.mark.parametrize("text", ["print('theirs')\n", "import nothing_like_it\n", "raise SystemError('x')\n"])
def test_the_users_own_sitecustomize_runs(target: Target, python: str, text: str) -> None:
    """It prints what it prints bare, also when it fails."""
    (target.work / "own").mkdir()
    target.script(text, "own/sitecustomize.py")
    bare = target.bare(python, "-c", "1/0", env={"PYTHONPATH": str(target.work / "own")})

    ran = target.run(python, "-c", "1/0", env={"PYTHONPATH": f"{INJECT}:{target.work / 'own'}"})

    assert (ran.code, ran.out, ran.err) == (bare.code, bare.out, bare.err)
    assert len(ran.failures("main")) == 1


def test_an_unwritable_store_changes_nothing(target: Target, python: str) -> None:
    """Without a spool the collector does nothing at all."""
    ran = target.run(python, "-c", "1/0", env={"AITRACK_SPOOL": "/nonexistent/a/b/c/d/e/f/g"})
    bare = target.bare(python, "-c", "1/0")

    assert (ran.code, ran.out, ran.err, ran.records) == (bare.code, bare.out, bare.err, [])


def test_finalizers_run_in_their_order(target: Target, python: str) -> None:
    """Nothing is kept alive by its record."""
    script = target.script(
        """
import gc, threading
class F:
    def __init__(self, n): self.n = n
    def __del__(self): print('gone', self.n)
def work():
    f = F('thread')
    raise ValueError('x')
threading.excepthook = lambda *a: None
t = threading.Thread(target=work); t.start(); t.join()
print('joined')
try:
    f = F('caught')
    raise KeyError(f)
except KeyError: pass
del f
print('end')
g = F('global')
raise ValueError(F('last'))
"""
    )

    assert target.run(python, script).out == target.bare(python, script).out


def test_stacks_are_written_on_the_signal(target: Target, python: str) -> None:
    """A program that hangs is asked where it is; it goes on afterwards."""
    spool = target.home / "sessions" / "2026" / "11" / "24" / "hang" / "attempts" / "1"
    spool.mkdir(parents=True)
    script = target.script(
        "import threading, time\ndef wait(n):\n    print('ready', flush=True)\n    time.sleep(0.6)\n"
        "threading.Thread(target=time.sleep, args=(0.5,), name='helper').start()\nwait(42)\nprint('done')\n"
    )
    env = target.environment(
        PYTHONPATH=str(INJECT), AITRACK_SPOOL=str(spool), AITRACK_COLLECT=f"stacks={signal.SIGRTMAX - 2}"
    )
    with subprocess.Popen([python, script], env=env, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline() == b"ready\n"
        os.kill(child.pid, signal.SIGRTMAX - 2)

        rest = child.stdout.read()

    from aitrack.collector import wire

    records, damaged = wire.read_bytes((spool / f"spool-{child.pid}").read_bytes())
    assert (child.wait(), rest, damaged) == (0, b"done\n", 0)
    assert [record["signal"] for record in records if record["kind"] == "armed"] == [signal.SIGRTMAX - 2]
    (stacks,) = [record for record in records if record["kind"] == "stacks"]
    main = next(thread for thread in stacks["threads"] if thread["main"])
    assert main["frames"][-1]["function"] == "wait"
    assert main["frames"][-1]["locals"] == [
        {"name": "n", "type": "int", "value": "42", "id": main["frames"][-1]["locals"][0]["id"]}
    ]
    assert {thread["name"] for thread in stacks["threads"]} == {"MainThread", "helper"}
    assert b"most recent call first" in (spool / "native.txt").read_bytes()


def test_a_killed_process_leaves_what_it_had_written(target: Target, oldest_and_newest: str) -> None:
    """After `kill -9` a reader knows at least that there was a process with a collector."""
    ran = target.run(oldest_and_newest, "-c", "import os; os.kill(os.getpid(), 9)")

    assert ran.code == -9
    assert [record["kind"] for record in ran.records] == ["process"]


def test_a_capture_is_bounded_in_time(target: Target, oldest_and_newest: str) -> None:
    """The worst heap must not make a failure slow."""
    script = target.script(
        """
class N:
    def __init__(self, d): self.a = [N(d - 1) for _ in range(4)] if d else list(range(30)); self.text = ('x%d y ' % d) * 300
def f(d):
    big = N(3); many = {str(i): ('v%d ' % i) * 200 for i in range(30)}; token = 'abcd1234'
    return f(d - 1) if d else 1 / 0
f(60)
"""
    )
    target.run(oldest_and_newest, script)
    ran = target.run(oldest_and_newest, script)

    (record,) = ran.all("failure")
    assert ran.failure["type"] == "ZeroDivisionError"
    assert record["seconds"] < 0.6


def test_threads_that_fail_at_the_same_moment(target: Target, monitored: str) -> None:
    """Each of them is recorded, also by a collector that has not yet loaded what a failure needs."""
    script = target.script(
        """
import threading
gate = threading.Barrier(8)
def work(n):
    gate.wait()
    raise ValueError(n)
threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    )

    ran = target.run(monitored, script)

    assert sorted(failure["message"] for failure in ran.failures("thread")) == [str(n) for n in range(8)]


def test_threads_that_fail_one_after_another(target: Target, monitored: str) -> None:
    """The exception of the second may lie where that of the first has lain."""
    script = target.script(
        """
import threading
def work():
    raise ValueError
for _ in range(3):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
"""
    )

    assert len(target.run(monitored, script).failures("thread")) == 3


def test_a_file_that_could_not_grow_is_still_readable(target: Target, oldest_and_newest: str) -> None:
    """A full disk, here a limit, tears a line; what comes later must not be lost with it."""
    script = target.script(
        "import os, resource\nhard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]\n"
        "pid = os.fork()\nif pid == 0:\n    resource.setrlimit(resource.RLIMIT_FSIZE, (600, hard))\n    1 / 0\nos.waitpid(pid, 0)\n1 / 0\n"
    )
    from aitrack.collector import wire

    spool = target.home / "sessions" / "2026" / "11" / "24" / "full" / "attempts" / "1"
    spool.mkdir(parents=True)
    env = target.environment(PYTHONPATH=str(INJECT), AITRACK_SPOOL=str(spool))
    subprocess.run([oldest_and_newest, script], env=env, capture_output=True, timeout=60)

    counts = [wire.read_bytes(path.read_bytes()) for path in spool.glob("spool-*")]
    assert sorted(damaged for _, damaged in counts) == [0, 1]
    assert all(records[0]["kind"] == "process" for records, _ in counts)
