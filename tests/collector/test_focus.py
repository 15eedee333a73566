"""The second attempt looks closer: functions that failed are followed line by line, with the values that changed."""

from __future__ import annotations

from pathlib import Path

from target import INJECT, Target

SCRIPT = """
def step(total, n, password):
    for k in range(n):
        total += k
        if k == 3:
            total = None
    return total
def main():
    try: open('nope')
    except OSError: pass
    step(0, 6, 'hunter2xyz')
main()
"""


def second_attempt(target: Target, python: str, words: str, script: str) -> list[dict[str, object]]:
    """Run a failing script twice in one session and return what the second attempt recorded."""
    import subprocess

    from aitrack.collector import wire

    session = target.home / "sessions" / "2026" / "11" / "24" / "again" / "attempts"
    for number in (1, 2):
        spool = session / str(number)
        spool.mkdir(parents=True)
        env = target.environment(PYTHONPATH=str(INJECT), AITRACK_SPOOL=str(spool))
        if number == 2:
            env["AITRACK_COLLECT"] = words
        done = subprocess.run([python, script], env=env, cwd=target.work, capture_output=True, timeout=60)
        assert done.returncode == 1 and done.stderr.startswith(b"Traceback")
    (path,) = (session / "2").glob("spool-*")
    assert b"hunter2xyz" not in path.read_bytes()
    return wire.read_bytes(path.read_bytes())[0]


def test_the_failing_functions_are_followed_on_a_second_attempt(target: Target, python: str) -> None:
    """The history of a variable says when it became None."""
    records = second_attempt(target, python, "escalate=2", target.script(SCRIPT))

    (focus,) = [record for record in records if record["kind"] == "focus"]
    step = next(function for function in focus["functions"] if function["function"] == "step")
    changes = [(entry["line"], entry["changed"]["total"]) for entry in step["steps"] if "total" in entry["changed"]]
    assert changes[:5] == [(3, "0"), (5, "1"), (5, "3"), (5, "6"), (3, "None")]


def test_functions_are_named_by_a_file(target: Target, oldest_and_newest: str) -> None:
    """The supervisor knows the suspects of earlier sessions."""
    script = target.script(SCRIPT)
    named = Path(target.folder) / "focus"
    named.write_text(f"{script}\tmain\n")

    records = second_attempt(target, oldest_and_newest, f"focus={named}", script)

    (focus,) = [record for record in records if record["kind"] == "focus"]
    assert [function["function"] for function in focus["functions"]] == ["main"]


def test_the_trail_of_old_interpreters_on_a_second_attempt(target: Target, python: str) -> None:
    """Before 3.12 first executions, operations and swallowed exceptions are only seen then."""
    records = second_attempt(target, python, "escalate=2", target.script(SCRIPT))

    raised = [record["failure"]["type"] for record in records if record["kind"] == "raised"]
    opened = [
        record["event"]["data"]["path"]
        for record in records
        if record["kind"] == "event" and record["event"]["kind"] == "open"
    ]
    assert raised[0] == "FileNotFoundError"
    assert opened == ["nope"]
    assert any(record["kind"] == "coverage" for record in records)


def test_tracing_can_be_asked_for_and_refused(target: Target, oldest_and_newest: str) -> None:
    """`--trace off` records no trail at all."""
    script = target.script("def f(): return 1\nf()\n")

    assert target.run(oldest_and_newest, script, env={"AITRACK_COLLECT": "trace=lines"}).all("coverage")
    assert not target.run(oldest_and_newest, script, env={"AITRACK_COLLECT": "trace=off"}).all("coverage")
