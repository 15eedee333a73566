"""What led to a failure: first executions, operations, log records, swallowed exceptions, ways out."""

from __future__ import annotations

from target import Ran, Target


def events(ran: Ran, kind: str) -> list[dict[str, object]]:
    """Return the data of the events of one kind."""
    return [record["event"]["data"] for record in ran.all("event") if record["event"]["kind"] == kind]


def test_a_swallowed_exception_is_named(target: Target, monitored: str) -> None:
    """The crash comes later and elsewhere; the cause is the row that a parser skipped."""
    script = target.script(
        """
def parse(row):
    try:
        return int(row)
    except ValueError:
        return None
def total(rows):
    return sum(rows)
total([parse(row) for row in ['1'] * 3000 + ['x7']])
"""
    )

    ran = target.run(monitored, script)

    (raised,) = ran.all("raised")
    assert raised["failure"]["message"] == "invalid literal for int() with base 10: 'x7'"
    assert [frame["function"] for frame in raised["failure"]["frames"]][-1] == "parse"
    assert (raised["handled"]["function"], raised["handled"]["line"]) == ("parse", 5)


def test_first_executions_end_with_the_branch_that_was_new(target: Target, monitored: str) -> None:
    """The line that ran for the first time just before the end is the first suspect."""
    script = target.script(
        """
def step(n):
    if n == 40:
        n = None
    return n + 1
for n in range(50):
    step(n)
"""
    )

    first = events(target.run(monitored, script), "first")

    assert (first[-1]["function"], first[-1]["line"], first[-1]["what"]) == ("step", 4, "line")


def test_operations_come_in_order(target: Target, monitored: str) -> None:
    """What was opened, run and logged tells the story."""
    target.script("1,2\n", "data.csv")
    script = target.script(
        """
import logging, pathlib, subprocess
logging.getLogger('app').warning('about to read %s', 'data.csv')
text = open('data.csv').read()
pathlib.Path('out.txt').write_text(text)
subprocess.run(['true', '--password', 'hunter2x'])
logging.getLogger('app').info('never seen')
1 / 0
"""
    )

    ran = target.run(monitored, script)

    unordered = ("first", "span", "tally")
    kinds = [record["event"]["kind"] for record in ran.all("event") if record["event"]["kind"] not in unordered]
    assert kinds == ["log", "open", "open", "exec"]
    assert events(ran, "log")[0]["text"] == "about to read data.csv"
    assert [event["path"] for event in events(ran, "open")] == ["data.csv", "out.txt"]
    assert events(ran, "open")[0]["size"] == 4
    assert events(ran, "exec")[0]["argv"] == ["true", "--password", "‹redacted:password:8›"]
    assert all(event["file"] == script for kind in ("open", "exec") for event in events(ran, kind))
    numbers = [record["seq"] for record in ran.all("event") if "seq" in record]
    assert numbers == sorted(numbers)


def test_an_exit_without_a_traceback(target: Target, monitored: str) -> None:
    """`sys.exit(3)` after a printed error leaves no exception to look at."""
    script = target.script(
        """
import sys
def main():
    try:
        {}['price']
    except KeyError as error:
        print('error:', error, file=sys.stderr)
        sys.exit(3)
main()
"""
    )

    ran = target.run(monitored, script)

    (record,) = ran.all("exit")
    assert (ran.code, record["value"]) == (3, 3)
    assert [(frame["function"], frame["line"]) for frame in record["frames"]] == [("<module>", 9), ("main", 8)]
    assert ran.all("raised")[-1]["failure"]["message"] == "'price'"


def test_an_exit_of_argparse(target: Target, monitored: str) -> None:
    """The line of the program that asked for the arguments is the one that exited."""
    script = target.script(
        "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--n', type=int)\nparser.parse_args()\n"
    )

    ran = target.run(monitored, script, "--n", "x")

    (record,) = ran.all("exit")
    assert (ran.code, record["value"]) == (2, 2)
    assert [frame["line"] for frame in record["frames"] if frame["in_app"]] == [4]


def test_os_exit_is_announced(target: Target, monitored: str) -> None:
    """No event exists for `os._exit`; the call of it is seen."""
    script = target.script("import os\ntry: 1 / 0\nexcept ZeroDivisionError: pass\nos._exit(4)\n")

    ran = target.run(monitored, script)

    assert (ran.code, ran.all("exit")[0]["value"]) == (4, 4)
    assert ran.all("raised")[0]["failure"]["type"] == "ZeroDivisionError"


def test_coverage_of_a_passing_run(target: Target, monitored: str) -> None:
    """A bit for each line that ran, counted from the first line of its function, and a hash of the function."""
    script = target.script("def f(x):\n    if x:\n        return 1\n    return 2\nf(0)\n")
    moved = target.script("\n\ndef f(x):\n    if x:\n        return 1\n    return 2\nf(1)\n", "moved.py")

    (record,) = target.run(monitored, script).all("coverage")
    (other,) = target.run(monitored, moved).all("coverage")

    functions = {entry[0]: entry for entry in record["files"][script]}
    assert functions["f"][1] == 1
    assert int(functions["f"][3], 16) == 0b1010  # lines 2 and 4
    changed = {entry[0]: entry for entry in other["files"][moved]}["f"]
    assert (changed[2], int(changed[3], 16)) == (functions["f"][2], 0b110)


def test_files_before_and_after(target: Target, monitored: str) -> None:
    """What a run changed is part of its story, also when it passes."""
    target.script("old\n", "kept.txt")
    target.script("old\n", "doomed.txt")
    script = target.script(
        "import os\nopen('kept.txt').close()\nopen('new.txt', 'w').write('1234')\nos.remove('doomed.txt')\n"
    )

    (record,) = target.run(monitored, script).all("files")

    assert {file["path"]: (file["change"], file["size"]) for file in record["files"]} == {
        "kept.txt": ("read", 4),
        "new.txt": ("created", 4),
        "doomed.txt": ("deleted", None),
    }


def test_a_program_with_its_own_tools_runs_as_bare(target: Target, monitored: str) -> None:
    """A debugger, a tracer or a monitoring tool gets all it asks for."""
    script = target.script(
        """
import sys
seen = []
def trace(frame, event, arg):
    seen.append((event, frame.f_lineno)); return trace
def f(x):
    y = x + 1
    return y
sys.settrace(trace); f(1); sys.settrace(None)
print(seen)
m = sys.monitoring
print([m.get_tool(n) for n in (0, 1, 2, 5)])
def use():
    for n in range(6):
        if n != 4 or True:
            sys.monitoring.use_tool_id(n, 'mine')
    lines = []
    sys.monitoring.register_callback(4, m.events.LINE, lambda code, line: lines.append(line))
    sys.monitoring.set_events(4, m.events.LINE)
    f(2)
    sys.monitoring.set_events(4, 0)
    print(lines)
use()
"""
    )

    ran = target.run(monitored, script)

    assert (ran.code, ran.out, ran.err) == (0, target.bare(monitored, script).out, b"")


def test_a_loop_that_raises_for_ever_is_left_alone(target: Target, monitored: str) -> None:
    """After so many exceptions they are the program's way of life."""
    script = target.script("for n in range(20000):\n    try: {}[n]\n    except KeyError: pass\n1 / 0\n")

    ran = target.run(monitored, script)

    assert ran.failure["type"] == "ZeroDivisionError"
    assert any("up to the first" in note["text"] for note in ran.all("note"))
