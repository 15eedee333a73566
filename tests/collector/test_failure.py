"""What a failure record says: the exception with all it links to, its frames, its values."""

from __future__ import annotations

import pytest
from target import Target


def test_message_frames_and_locals(target: Target, python: str) -> None:
    """The first question of anyone is what, where, and with which values."""
    script = target.script(
        "def price(row):\n    total = 2\n    return row['price'] * total\n\nprice({'id': 17, 'cost': '4.20'})\n"
    )

    failure = target.run(python, script).failure

    assert (failure["type"], failure["message"], failure["message_source"]) == ("KeyError", "'price'", "args")
    assert [(frame["function"], frame["line"]) for frame in failure["frames"]] == [("<module>", 5), ("price", 3)]
    frame = failure["frames"][-1]
    assert frame["file"] == script and frame["in_app"] and frame["code"] == "return row['price'] * total"
    assert {local["name"]: local["value"] for local in frame["locals"]} == {
        "row": "{'id': 17, 'cost': '4.20'}",
        "total": "2",
    }
    assert frame["context"]["lines"][2] == "    return row['price'] * total"


def test_column_spans_count_characters(target: Target, python: str) -> None:
    """The interpreter counts bytes; a line with accents must still be marked in the right place."""
    script = target.script("é = {}\nx = 'éé' + é['a']\n")

    frame = target.run(python, script).failure["frames"][0]

    if "col" in frame:  # 3.11 and later
        assert frame["code"][frame["col"] : frame["end_col"]] == "é['a']"


def test_chain_notes_suppression_and_groups(target: Target, python: str) -> None:
    """The cause is often not the exception that is printed last."""
    script = target.script(
        """
def load():
    try:
        {}['a']
    except KeyError as error:
        raise ValueError('bad') from error
try:
    load()
except ValueError:
    try:
        raise OSError(2, 'No such file or directory', 'x.csv')
    except OSError:
        raise RuntimeError('no data') from None
"""
    )

    failure = target.run(python, script).failure

    assert (failure["type"], failure["chain"]) == ("RuntimeError", [])
    hidden = failure["suppressed"][0]
    assert (hidden["type"], hidden["message"]) == ("FileNotFoundError", "[Errno 2] No such file or directory: 'x.csv'")
    assert hidden["facts"]["errno"] == 2


def test_cause_and_context_in_the_order_of_the_traceback(target: Target, python: str) -> None:
    """Newest first, each with the relation that Python prints."""
    script = target.script(
        """
try:
    try:
        1 / 0
    except ZeroDivisionError as error:
        raise ValueError('b') from error
except ValueError:
    raise KeyError('c')
"""
    )

    failure = target.run(python, script).failure

    assert [(link["relation"], link["type"]) for link in failure["chain"]] == [
        ("context", "ValueError"),
        ("cause", "ZeroDivisionError"),
    ]


def test_a_group_has_its_members(target: Target, monitored: str) -> None:
    """Of many failures at once each one counts."""
    script = target.script(
        """
def one(): raise ValueError('a')
def collect():
    found = []
    for call in (one, lambda: 1 / 0):
        try: call()
        except Exception as error: found.append(error)
    error = ExceptionGroup('several', [found[0], ExceptionGroup('inner', [found[1]])])
    error.add_note('while collecting')
    raise error
collect()
"""
    )

    failure = target.run(monitored, script).failure

    assert failure["message"] == "several (2 sub-exceptions)"
    assert failure["notes"] == ["while collecting"]
    assert [member["type"] for member in failure["exceptions"]] == ["ValueError", "ExceptionGroup"]
    assert failure["exceptions"][1]["exceptions"][0]["type"] == "ZeroDivisionError"


def test_a_syntax_error_says_where(target: Target, python: str) -> None:
    """There is no frame of it."""
    script = target.script("x = 1\ny = = 2\n")

    failure = target.run(python, script).failure

    assert failure["type"] == "SyntaxError"
    assert (failure["syntax"]["file"], failure["syntax"]["line"], failure["syntax"]["text"]) == (script, 2, "y = = 2")


def test_http_facts_come_from_raw_fields(target: Target, oldest_and_newest: str) -> None:
    """A retry policy needs status and headers; no property of the program is asked for them."""
    script = target.script(
        """
import email.message
class Response:
    def __init__(self):
        self.status_code = 429
        self.headers = {'Retry-After': '30', 'X-RateLimit-Remaining': '0', 'Set-Cookie': 'sid=abcd1234'}
class ApiError(Exception):
    aitrack_category = 'overload'
    def __init__(self, message, response):
        super().__init__(message)
        self.response = response
    def __str__(self): raise SystemExit(99)
raise ApiError('too many', Response())
"""
    )

    ran = target.run(oldest_and_newest, script)

    assert ran.failure["facts"] == {
        "http_status": 429,
        "headers": {"retry-after": "30", "x-ratelimit-remaining": "0"},
        "declared": "overload",
    }
    assert ran.failure["custom_str"]


def test_a_changed_source_is_not_shown(target: Target, python: str) -> None:
    """Wrong lines are worse than none."""
    script = target.script("import os\nos.utime(__file__, (4e9, 4e9))\nraise ValueError\n")

    frame = target.run(python, script).failure["frames"][0]

    assert frame["context"]["stale"] is True
    assert frame["context"]["lines"] == []


def test_a_deleted_source_is_said_to_be_missing(target: Target, python: str) -> None:
    """The line number stays true; the text cannot be known."""
    script = target.script("import os\nos.remove(__file__)\nraise ValueError\n")

    frame = target.run(python, script).failure["frames"][0]

    assert frame["context"]["missing"] == "missing"
    assert frame["line"] == 3


def test_a_source_in_another_encoding(target: Target, python: str) -> None:
    """A declaration in the first lines counts."""
    path = target.work / "latin.py"
    path.write_bytes("# -*- coding: latin-1 -*-\nx = 'é'\nraise ValueError(x)\n".encode("latin-1"))

    failure = target.run(python, str(path)).failure

    assert failure["message"] == "é"
    assert failure["frames"][0]["context"]["lines"][1] == "x = 'é'"


@pytest.mark.parametrize("form", ["-c", "-m", "stdin", "zip", "folder", "pyc"])
def test_every_form_of_target(target: Target, oldest_and_newest: str, form: str) -> None:
    """A script, a module, a text, an archive: the inside is seen alike."""
    import subprocess
    import zipfile

    text = "def f(n):\n    return 1 / n\nf(0)\n"
    target.script(text, "mod.py")
    (target.work / "app").mkdir()
    target.script(text, "app/__main__.py")
    with zipfile.ZipFile(target.work / "app.zip", "w") as archive:
        archive.writestr("__main__.py", text)
    subprocess.run(
        [oldest_and_newest, "-c", "import py_compile; py_compile.compile('mod.py', 'm.pyc')"],
        cwd=target.work,
        check=True,
    )
    arguments = {
        "-c": ["-c", text],
        "-m": ["-m", "mod"],
        "stdin": ["-"],
        "zip": ["app.zip"],
        "folder": ["app"],
        "pyc": ["m.pyc"],
    }[form]

    options = {"input_text": text} if form == "stdin" else {}
    failure = target.run(oldest_and_newest, *arguments, **options).failure

    assert (failure["type"], failure["frames"][-1]["function"], failure["frames"][-1]["line"]) == (
        "ZeroDivisionError",
        "f",
        2,
    )


def test_no_planted_secret_reaches_the_disk(target: Target, python: str) -> None:
    """Not from the environment, an argument, a local, a message, a source line, a name that only hints."""
    secrets = ["env-S3cret-91", "arg-S3cret-92", "loc-S3cret-93", "lit-S3cret-94", "key-S3cret-95", "fld-S3cret-96"]
    script = target.script(
        """
import os, sys
class Client:
    def __init__(self): self.api_key = 'fld-S3cret-96'
def login(user, password, config, client):
    token = 'lit-S3cret-94'
    raise RuntimeError('refused: ' + os.environ['DB_PASSWORD'] + ' ' + sys.argv[2] + ' ' + password)
login('bob', 'loc-' + 'S3cret-93', {'secret_key': 'key-' + 'S3cret-95'}, Client())
"""
    )

    ran = target.run(python, script, "--token", "arg-S3cret-92", env={"DB_PASSWORD": "env-S3cret-91"})

    assert ran.failure["message"].startswith("refused: ‹redacted:password:13› ‹redacted:token:13›")
    assert not [secret for secret in secrets if secret.encode() in ran.raw]
    assert b"'bob'" in ran.raw


def test_strict_mode_keeps_no_values(target: Target, oldest_and_newest: str) -> None:
    """Types and shapes alone: no text of the program, its data or its output."""
    script = target.script("def f(rows, name):\n    raise ValueError('about ' + name)\nf([1, 2, 3], 'otter')\n")

    ran = target.run(oldest_and_newest, script, env={"AITRACK_COLLECT": "privacy=strict"})

    assert b"otter" not in ran.raw
    assert {"name": "rows", "type": "list", "value": "<list of 3>"} in ran.failure["frames"][-1]["locals"]


def test_a_success_leaves_a_small_record(target: Target, python: str) -> None:
    """Most runs pass; what they keep must be little."""
    ran = target.run(python, target.script("print('fine')\n"))

    assert ran.out == b"fine\n"
    assert ran.failures() == []
    assert len(ran.raw) < 1000
    assert ran.all("end") == [{"kind": "end", "failed": False, "spool": ran.all("end")[0]["spool"]}]


def test_nothing_is_visible_but_our_own_name(target: Target, python: str) -> None:
    """A program that looks at its modules, hooks and descriptors sees a bare interpreter."""
    script = target.script(
        """
import sys
print(sorted(name for name in sys.modules if 'aitrack' not in name))
print(sys.path, sys.argv, sys.flags, sys.excepthook is sys.__excepthook__, sys.gettrace(), sys.getprofile())
print(sys.getrecursionlimit(), [p for p in sys.path_importer_cache if 'inject' in p], sys.meta_path, sys.path_hooks)
import threading, os, gc
print([t.name for t in threading.enumerate()], gc.callbacks, threading.excepthook is threading.__excepthook__ if hasattr(threading, '__excepthook__') else 0)
print([fd for fd in map(int, os.listdir('/proc/self/fd')) if fd < 256], len(os.listdir('/proc/self/fd')) <= 5)
"""
    )
    bare = target.bare(python, script, env={"PYTHONPATH": ""})

    ran = target.run(python, script)

    assert _plain(ran.out) == _plain(bare.out)


def _plain(text: bytes) -> bytes:
    """Return what a program printed; before 3.10 `atexit` has to stay visible (the README says so)."""
    import re

    return re.sub(rb"0x[0-9a-f]+", b"", text.replace(b"'atexit', ", b""))
