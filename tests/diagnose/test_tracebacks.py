"""Python tracebacks read from text: every form, every version, hostile input."""

from __future__ import annotations

import glob
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.diagnose import tracebacks
from aitrack.diagnose.stderr import failures, parse
from aitrack.diagnose.text import lines_of

_FOUND = sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/*/bin/python")))
INTERPRETERS = [sys.executable, *(path for path in _FOUND if "/2.7" not in path)]


def stderr_of(program: str, folder: Path, interpreter: str = sys.executable, *options: str) -> str:
    """Return what *program* really prints on stderr."""
    path = folder / "program.py"
    path.write_text(program)
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    command = [interpreter, *options, str(path)]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, env=environment, check=False).stderr


def places(failure: dict[str, Any]) -> list[tuple[str, int]]:
    """Return (function, line) of each frame."""
    return [(frame["function"], frame["line"]) for frame in failure["frames"]]


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_type_message_and_frames_are_read_on_every_version(interpreter: str, tmp_path: Path) -> None:
    """A blind interpreter (3.6, `-S`) leaves nothing but this text."""
    program = "def parse(row):\n    return row['price'] * 2\n\nparse({'id': 1})\n"

    failure = parse(stderr_of(program, tmp_path, interpreter))

    assert failure is not None
    assert (failure["type"], failure["message"], failure["source"]) == ("KeyError", "'price'", "stderr")
    assert places(failure) == [("<module>", 4), ("parse", 2)]
    assert failure["frames"][-1]["code"] == "return row['price'] * 2"
    assert failure["frames"][-1]["file"] == str(tmp_path / "program.py")


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_a_chain_is_flat_and_newest_first(interpreter: str, tmp_path: Path) -> None:
    """`raise ... from` and a failing handler are two different relations."""
    program = (
        "def load():\n    try:\n        {}['a']\n    except KeyError as error:\n        raise ValueError('bad') from error\n"
        "try:\n    load()\nexcept ValueError:\n    1 / 0\n"
    )

    failure = parse(stderr_of(program, tmp_path, interpreter))

    assert failure is not None
    assert failure["type"] == "ZeroDivisionError"
    assert [(link["relation"], link["type"]) for link in failure["chain"]] == [
        ("context", "ValueError"),
        ("cause", "KeyError"),
    ]


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_a_script_that_cannot_be_compiled_has_a_place_but_no_frames(interpreter: str, tmp_path: Path) -> None:
    """Python prints no header for it; the line is what the user needs."""
    failure = parse(stderr_of("good = 1\nx = = 3\n", tmp_path, interpreter))

    assert failure is not None
    assert failure["type"] == "SyntaxError"
    assert failure["frames"] == []
    assert (failure["syntax"]["line"], failure["syntax"]["text"]) == (2, "x = = 3")


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_a_recursion_keeps_its_repetitions_as_a_number(interpreter: str, tmp_path: Path) -> None:
    """The depth is no part of what failed, but the cycle is."""
    failure = parse(stderr_of("def down():\n    down()\ndown()\n", tmp_path, interpreter))

    assert failure is not None
    assert failure["type"] == "RecursionError"
    assert any(frame.get("repeated", 0) > 900 for frame in failure["frames"])


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups came with 3.11")
def test_a_group_keeps_its_members_nested_and_its_cause(tmp_path: Path) -> None:
    """Each leaf of a group is a failure of its own."""
    program = (
        "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n"
        "    raise ExceptionGroup('many', [ValueError(1), ExceptionGroup('inner', [KeyError('x'), TypeError('y')])]) from error\n"
    )

    failure = parse(stderr_of(program, tmp_path))

    assert failure is not None
    assert failure["message"] == "many (2 sub-exceptions)"
    first, inner = failure["exceptions"]
    assert (first["type"], inner["message"]) == ("ValueError", "inner (2 sub-exceptions)")
    assert [member["type"] for member in inner["exceptions"]] == ["KeyError", "TypeError"]
    assert [link["type"] for link in failure["chain"]] == ["ZeroDivisionError"]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes came with 3.11")
def test_notes_are_kept_apart_from_the_message(tmp_path: Path) -> None:
    """A note is advice of the program's author; a template of the message must not hold it."""
    failure = parse(stderr_of("e = ValueError('bad')\ne.add_note('look at line 3')\nraise e\n", tmp_path))

    assert failure is not None
    assert (failure["message"], failure["notes"]) == ("bad", ["look at line 3"])


def test_a_thread_that_died_does_not_hide_the_end_of_the_program(tmp_path: Path) -> None:
    """Both are printed; only the main one explains the exit status."""
    program = (
        "import threading\nthread = threading.Thread(target=lambda: {}['k'])\nthread.start()\nthread.join()\n"
        "raise ValueError('the end')\n"
    )

    found = failures(stderr_of(program, tmp_path))

    assert [failure["type"] for failure in found] == ["KeyError", "ValueError"]
    assert found[0]["thread"]["main"] is False


def test_an_exception_ignored_at_shutdown_does_not_win(tmp_path: Path) -> None:
    """Finalizers fail after the program has: the last words are not always the reason."""
    program = "class Noisy:\n    def __del__(self):\n        raise OSError('late')\nkeep = Noisy()\nraise ValueError('first')\n"

    failure = parse(stderr_of(program, tmp_path))

    assert failure is not None
    assert failure["type"] == "ValueError"


def test_a_native_crash_shows_its_python_frames_outermost_first(tmp_path: Path) -> None:
    """`faulthandler` prints the newest first; everywhere else the outermost is first."""
    program = "import os\ndef crash():\n    os.kill(os.getpid(), 11)\ncrash()\n"

    failure = parse(stderr_of(program, tmp_path, sys.executable, "-X", "faulthandler"))

    assert failure is not None
    assert failure["type"] == "SIGSEGV"
    assert places(failure) == [("<module>", 4), ("crash", 3)]


def test_markers_tell_which_part_of_the_line_failed() -> None:
    """`~~~^^^` marks the operation, its operands included."""
    text = (
        'Traceback (most recent call last):\n  File "/srv/a.py", line 7, in total\n    return a["x"] + b["y"]\n'
        "                    ~^^^^^\nKeyError: 'y'\n"
    )

    failure = parse(text)

    assert failure is not None
    assert failure["frames"][0]["span"] == [16, 22]


def test_colours_and_log_prefixes_do_not_matter() -> None:
    """3.13 colours a traceback on a terminal; compose puts a name before each line."""
    text = (
        "web_1  | \x1b[35mTraceback (most recent call last):\x1b[0m\n"
        'web_1  |   File \x1b[35m"/srv/a.py"\x1b[0m, line \x1b[35m3\x1b[0m, in \x1b[35mrun\x1b[0m\n'
        "web_1  |     go()\n"
        "web_1  | \x1b[1;35mValueError\x1b[0m: \x1b[35mbad\x1b[0m\n"
    )

    failure = parse(text)

    assert failure is not None
    assert (failure["type"], failure["message"], places(failure)) == ("ValueError", "bad", [("run", 3)])


def test_the_last_failure_wins() -> None:
    """A logged and survived traceback comes before the one that ended the run."""
    one = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nKeyError: 1\n'
    other = 'Traceback (most recent call last):\n  File "b.py", line 2, in g\nTypeError: 2\n'

    failure = parse(f"{one}\nworking on\n\n{other}")

    assert failure is not None
    assert failure["type"] == "TypeError"


def test_a_multi_line_message_is_kept_whole() -> None:
    """Pydantic tells the field in the second line."""
    text = (
        'Traceback (most recent call last):\n  File "a.py", line 1, in f\n'
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for Order\nprice\n  Field required [type=missing]\n"
    )

    failure = parse(text)

    assert failure is not None
    assert failure["message"].splitlines() == [
        "1 validation error for Order",
        "price",
        "  Field required [type=missing]",
    ]
    assert failure["type"] == "ValidationError"
    assert failure["qualified"] == "pydantic_core._pydantic_core.ValidationError"


def test_a_path_may_hold_quotes_and_commas() -> None:
    """The line number is looked for from the end."""
    failure = parse('Traceback (most recent call last):\n  File "/a/", line 9/x.py", line 3, in f\nValueError\n')

    assert failure is not None
    assert (failure["frames"][0]["file"], failure["frames"][0]["line"]) == ('/a/", line 9/x.py', 3)


def test_a_torn_traceback_keeps_its_frames() -> None:
    """The tail of the output may end in the middle."""
    failure = parse('Traceback (most recent call last):\n  File "a.py", line 3, in f\n    go()\n')

    assert failure is not None
    assert places(failure) == [("f", 3)]


@pytest.mark.parametrize(
    "cut", ["", "‹gap: 12345 bytes›\n", "half a line of code\n", "early output\n‹gap: 9 bytes›\n    f(x)\n    ^^^^\n"]
)
def test_a_traceback_without_its_head_is_read(cut: str) -> None:
    """Only the last 16 KiB of the output are looked at; a deep traceback is longer."""
    text = (
        f'{cut}  File "a.py", line 3, in f\n    go()\n  File "b.py", line 5, in go\n    deep()\nKeyError: 1\n\n'
        "During handling of the above exception, another exception occurred:\n\n"
        'Traceback (most recent call last):\n  File "c.py", line 1, in <module>\nValueError: bad\n'
    )

    failure = parse(text)

    assert failure is not None
    assert (failure["type"], [link["type"] for link in failure["chain"]]) == ("ValueError", ["KeyError"])
    assert places(failure["chain"][0]) == [("f", 3), ("go", 5)]


def test_a_printed_stack_is_no_failure() -> None:
    """`traceback.print_stack()` has no exception line."""
    assert parse('  File "a.py", line 3, in f\n    go()\n  File "b.py", line 5, in go\nall is well\n') is None


def test_a_rich_box_is_read() -> None:
    """typer draws its tracebacks in a box by default."""
    text = (
        "╭───────── Traceback (most recent call last) ─────────╮\n│ /srv/a.py:12 in main                                │\n"
        "│ ❱ 12 │   go()                                       │\n╰─────────────────────────────────────────────────────╯\nValueError: bad\n"
    )

    failure = parse(text)

    assert failure is not None
    assert (failure["type"], places(failure)) == ("ValueError", [("main", 12)])


HOSTILE = [
    "Traceback (most recent call last):\n" * 200_000,
    '  File "' * 1_000_000,
    "Traceback (most recent call last):\n" + '  File "a", line 1, in f\n' * 300_000,
    "  + Exception Group Traceback (most recent call last):\n" + "  | " * 2_000_000,
    "  + Exception Group Traceback (most recent call last):\n"
    + "".join(" " * (2 * depth) + "+-+---------------- 1 ----------------\n" for depth in range(1, 1500)),
    "\x1b[" * 3_000_000,
    "at " * 3_000_000,
    "    at f (\n" * 500_000,
    ": error: " * 1_000_000,
    "a" * 8_000_000 + ": b",
    "(" * 4_000_000 + ")" * 4_000_000,
    "x.sh: line " * 700_000,
    "panic: x\n" * 700_000,
    "thread 'main' panicked at " * 300_000,
    "\r" * 5_000_000,
    "Caused by: x.Y: z\n" * 400_000,
    "thread 'x' panicked at y:1:2:\nm\nstack backtrace:\n" + "   1: f\n             at x.rs:1:2\n" * 150_000,
]


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(HOSTILE)))
def test_ten_hostile_megabytes_take_linear_time(index: int) -> None:
    """A failing program chooses its own last words."""
    text = HOSTILE[index]
    begun = time.perf_counter()

    parse(text)

    assert time.perf_counter() - begun < 1.0 * max(len(text) / 1_000_000, 2)


@given(st.text(max_size=400))
def test_any_text_is_read_without_an_error(text: str) -> None:
    """Diagnosis runs after a failure; it must not be the second one."""
    parse(text)
    parse(f"Traceback (most recent call last):\n{text}\nValueError: {text}")


_PIECES = st.sampled_from([
    "Traceback (most recent call last):", '  File "a.py", line 3, in f', "    go()", "    ^^^^", "ValueError: bad", "",
    "During handling of the above exception, another exception occurred:", "  + Exception Group Traceback (most recent call last):",
    "  | ExceptionGroup: x (1 sub-exception)", "  +-+---------------- 1 ----------------", "    | KeyError: 1",
    "    +------------------------------------", "Fatal Python error: Aborted", "Current thread 0x1 (most recent call first):",
    "    at f (x.js:1:2)", "Error: boom", "Caused by: x.Y: z", "panic: x", "goroutine 1 [running]:", "\t/x.go:3 +0x1", "make: *** [x] Error 1",
    "x.c:1:2: error: y", "FAILED t.py::test_a - X: y", "x.sh: line 3: y: z", "boom at x.pl line 3.", "}", "  [cause]: TypeError: x",
])  # fmt: skip


@given(st.lists(_PIECES, max_size=30))
def test_any_order_of_known_lines_is_read_without_an_error(pieces: list[str]) -> None:
    """Two processes may write into one stderr."""
    found = failures("\n".join(pieces))

    assert all(isinstance(failure["type"], str) and isinstance(failure["frames"], list) for failure in found)


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(categories=["L", "N"], include_characters="/._- "), min_size=1, max_size=20),
            st.integers(1, 99999),
            st.sampled_from(["f", "<module>", "<lambda>", "run"]),
        ),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(["ValueError", "pkg.mod.CustomError", "KeyError"]),
    st.text(st.characters(categories=["L", "N", "P"]), max_size=40),
)
def test_what_python_would_print_is_read_back(frames: list[tuple[str, int, str]], type_: str, message: str) -> None:
    """Printing and reading are inverse for frames, type and message."""
    lines = ["Traceback (most recent call last):"]
    lines += [f'  File "{file}", line {line}, in {function}' for file, line, function in frames]
    lines += [f"{type_}: {message}" if message else type_]

    found = tracebacks.find(lines_of("\n".join(lines)))

    assert [item[2]["qualified"] for item in found] == [type_]
    assert found[0][2]["message"] == message
    assert [(frame["file"], frame["line"], frame["function"]) for frame in found[0][2]["frames"]] == frames
