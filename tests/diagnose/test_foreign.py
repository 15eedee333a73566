"""Failures of other languages, as their real tools print them where the machine has them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from aitrack.diagnose.failure import Evidence, diagnose
from aitrack.diagnose.stderr import parse


def words_of(command: list[str], folder: Path, **files: str) -> str:
    """Return what *command* prints on stderr in *folder* with *files*; skip without its tool."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]} here")
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LC_ALL": "C"}
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, cwd=folder, env=environment, check=False).stderr


def last(failure: dict[str, Any] | None) -> tuple[str, int, str]:
    """Return (file name, line, function) of the innermost frame."""
    assert failure is not None
    frame = failure["frames"][-1]
    return os.path.basename(frame["file"]), frame["line"], frame["function"]


def test_node_with_a_cause(tmp_path: Path) -> None:
    """The `[cause]` block is the root; the code of a system error stays a fact."""
    program = "function load() {\n  const inner = new TypeError('inner');\n  throw new Error('boom', {cause: inner});\n}\nload();\n"

    failure = parse(words_of(["node", "x.js"], tmp_path, x__js=program))

    assert failure is not None
    assert (failure["type"], failure["message"]) == ("Error", "boom")
    assert last(failure) == ("x.js", 3, "load")
    assert [(link["relation"], link["type"], link["message"]) for link in failure["chain"]] == [
        ("cause", "TypeError", "inner")
    ]


def test_node_refused_connection(tmp_path: Path) -> None:
    """A retry needs to know that nobody listened."""
    program = "require('net').connect(1, '127.0.0.1');\n"

    failure = parse(words_of(["node", "x.js"], tmp_path, x__js=program))

    assert failure is not None
    assert failure["message"].startswith("connect ECONNREFUSED")
    assert failure["facts"]["code"] == "ECONNREFUSED"


def test_node_fetch_hides_the_network_in_a_type_error(tmp_path: Path) -> None:
    """`TypeError: fetch failed` is no bug of the program; its cause tells."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    text = words_of(["node", "x.js"], tmp_path, x__js=f"fetch('http://127.0.0.1:{port}/').then(console.log);\n")

    failure, _ = diagnose(Evidence(exit_code=1, stderr_tail=text))

    assert failure is not None
    assert failure["chain"], text
    assert (failure["category"], failure["kind"]) == ("transient", "refused")


def test_an_event_that_nobody_listened_to_is_one_failure() -> None:
    """node prints two stacks for it, and the fields after the second."""
    text = (
        "node:events:497\n      throw er; // Unhandled 'error' event\n      ^\n\nError: connect ECONNREFUSED 127.0.0.1:1\n"
        "    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)\nEmitted 'error' event on Socket instance at:\n"
        "    at emitErrorNT (node:internal/streams/destroy:169:8) {\n  code: 'ECONNREFUSED'\n}\n\nNode.js v20.20.2\n"
    )

    failure = parse(text)

    assert failure is not None
    assert failure["message"] == "connect ECONNREFUSED 127.0.0.1:1"
    assert failure["frames"][-1]["file"] == "node:net"
    assert failure["facts"] == {"code": "ECONNREFUSED"}


def test_javas_own_frames_are_not_the_users() -> None:
    """The socket is the runtime's."""
    failure = parse(
        'Exception in thread "main" java.net.ConnectException: Connection refused\n'
        "\tat java.base/sun.nio.ch.Net.connect0(Native Method)\n\tat app.Main.main(Main.java:5)\n"
    )

    assert failure is not None
    assert [frame["in_app"] for frame in failure["frames"]] == [True, False]


def test_the_fields_of_a_cause_are_its_own() -> None:
    """node prints them in braces, one in the other."""
    text = (
        "Error: db down\n    at f (/srv/z.js:1:76) {\n  [cause]: Error: connect refused\n      at g (node:net:1:2) {\n"
        "    errno: -111,\n    code: 'ECONNREFUSED'\n  },\n  code: 'EOUTER'\n}\n\nNode.js v20\n"
    )

    failure = parse(text)

    assert failure is not None
    assert failure["facts"] == {"code": "EOUTER"}
    assert failure["chain"][0]["facts"] == {"errno": -111, "code": "ECONNREFUSED"}


@pytest.mark.slow
def test_java_with_a_cause(tmp_path: Path) -> None:
    """`Caused by` is the root."""
    program = (
        'class Main {\n  static void g() throws Exception { throw new java.io.IOException("inner"); }\n'
        '  static void f() {\n    try { g(); } catch (Exception e) {\n      throw new IllegalStateException("boom", e);\n    }\n  }\n'
        "  public static void main(String[] a) { f(); }\n}\n"
    )

    failure = parse(words_of(["java", "Main.java"], tmp_path, Main__java=program))

    assert failure is not None
    assert (failure["qualified"], failure["message"]) == ("java.lang.IllegalStateException", "boom")
    assert last(failure) == ("Main.java", 5, "Main.f")
    assert [(link["type"], link["message"]) for link in failure["chain"]] == [("IOException", "inner")]


@pytest.mark.slow
def test_rust_panic(tmp_path: Path) -> None:
    """A panic names its place in the first line."""
    words_of(
        ["rustc", "x.rs"], tmp_path, x__rs='fn main() {\n    let v: Vec<u8> = vec![];\n    println!("{}", v[5]);\n}\n'
    )

    failure = parse(words_of([str(tmp_path / "x")], tmp_path))

    assert last(failure)[:2] == ("x.rs", 3)
    assert failure is not None
    assert "index out of bounds" in failure["message"]


@pytest.mark.slow
def test_rust_compiler(tmp_path: Path) -> None:
    """`error[E0425]` and its arrow."""
    failure = parse(words_of(["rustc", "x.rs"], tmp_path, x__rs="fn main() {\n    missing();\n}\n"))

    assert last(failure)[:2] == ("x.rs", 2)
    assert failure is not None
    assert "E0425" in failure["message"]


def test_perl(tmp_path: Path) -> None:
    """`die` ends with the place."""
    failure = parse(words_of(["perl", "x.pl"], tmp_path, x__pl='my $x = 1;\ndie "boom";\n'))

    assert failure is not None
    assert (failure["type"], failure["message"], failure["frames"][0]["line"]) == ("die", "boom", 2)


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_shell_names_the_command_that_is_missing(shell: str, tmp_path: Path) -> None:
    """Two shells, two forms."""
    failure = parse(words_of([shell, "x.sh"], tmp_path, x__sh="true\nno-such-command\n"))

    assert last(failure)[:2] == ("x.sh", 2)
    assert failure is not None
    assert "no-such-command" in failure["message"]


def test_the_first_compile_error_explains_make(tmp_path: Path) -> None:
    """Later errors follow from the first, and make only reports."""
    source = "int main() {\n  y = 3;\n  z = 4;\n}\n"

    failure = parse(words_of(["make"], tmp_path, Makefile="all:\n\tgcc x.c\n", x__c=source))

    assert failure is not None
    assert failure["type"] == "CompileError"
    assert last(failure)[:2] == ("x.c", 2)
    assert "undeclared" in failure["message"]


def test_make_alone_is_a_report(tmp_path: Path) -> None:
    """Without other words the rule that failed is all there is."""
    failure = parse(words_of(["make"], tmp_path, Makefile="all:\n\t@exit 3\n"))

    assert failure is not None
    assert failure["type"] == "make"
    assert last(failure) == ("Makefile", 2, "all")


SAMPLES = [
    (
        "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:\nmain.f(...)\n\t/srv/x.go:5\n"
        "main.main()\n\t/srv/x.go:8 +0x1d\nexit status 2\n",
        ("runtime error", "index out of range [5] with length 3", "x.go", 5),
    ),
    ("thread 'main' panicked at 'boom', src/main.rs:2:5\nnote: run with\n", ("panic", "boom", "main.rs", 2)),
    ("x.rb:2:in `f': boom (RuntimeError)\n\tfrom x.rb:5:in `<main>'\n", ("RuntimeError", "boom", "x.rb", 2)),
    ("x.rb:2:in 'Object#f': boom (Net::ReadTimeout)\n", ("ReadTimeout", "boom", "x.rb", 2)),
    (
        "PHP Fatal error:  Uncaught RuntimeException: boom in /srv/x.php:3\nStack trace:\n#0 {main}\n  thrown in /srv/x.php on line 3\n",
        ("RuntimeException", "boom", "x.php", 3),
    ),
    (
        "Unhandled exception. System.InvalidOperationException: msg\n   at X.F() in /srv/x.cs:line 5\n   at X.Main() in /srv/x.cs:line 9\n",
        ("InvalidOperationException", "msg", "x.cs", 5),
    ),
    ("** (ArithmeticError) bad argument\n    x.ex:5: Mod.f/1\n", ("ArithmeticError", "bad argument", "x.ex", 5)),
    ("prog: file.c:12: main: Assertion `x > 0' failed.\n", ("Assertion", "`x > 0' failed.", "file.c", 12)),
    (
        "src/x.ts(3,5): error TS2304: Cannot find name 'y'.\n",
        ("CompileError", "Cannot find name 'y'. [TS2304]", "x.ts", 3),
    ),
    ("./x.go:3:5: undefined: x\n", ("CompileError", "undefined: x", "x.go", 3)),
    ("--- FAIL: TestX (0.00s)\n    x_test.go:12: want 3\nFAIL\n", ("TestFailure", "want 3", "x_test.go", 12)),
    (
        "tests/test_x.py:12: AssertionError\n=== short test summary info ===\nFAILED tests/test_x.py::test_a - assert 1 == 2\n",
        ("AssertionError", "assert 1 == 2", "test_x.py", 12),
    ),
]


@pytest.mark.parametrize(("text", "expected"), SAMPLES)
def test_recorded_words(text: str, expected: tuple[str, str, str, int]) -> None:
    """Tools that this machine lacks, as they were recorded."""
    failure = parse(text)

    assert failure is not None
    assert (failure["type"], failure["message"], *last(failure)[:2]) == expected


def test_a_cpp_exception_has_its_type_and_words() -> None:
    """The runtime prints both before it aborts."""
    failure = parse("terminate called after throwing an instance of 'std::runtime_error'\n  what():  boom\n")

    assert failure is not None
    assert (failure["qualified"], failure["message"]) == ("std::runtime_error", "boom")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "all is well\n",
        "INFO 12 rows at 3 o'clock\n",
        "meet me at noon\n",
        "  at home\n",
        "a: b: c\n",
        "see line 3 for more\n",
    ],
)
def test_ordinary_words_are_no_failure(text: str) -> None:
    """Nothing is invented from chatter."""
    assert parse(text) is None
