"""Programs that do their worst: the wrapper changes nothing, hangs nowhere, and still tells what failed."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from tests.interpreters import require

# name -> the program; each fails in `boom` on the line that says so
PROGRAMS = {
    "repr_raises": "class X:\n def __repr__(s): raise RuntimeError('repr')\n__str__ = None",
    "repr_recurses": "class X:\n def __repr__(s): return repr(s)",
    "repr_sleeps": "import time\nclass X:\n def __repr__(s): time.sleep(60); return ''",
    "repr_prints": "class X:\n def __repr__(s): print('SEEN'); return 'SEEN'",
    "repr_exits": "import os\nclass X:\n def __repr__(s): os._exit(9)",
    "getattr_raises": "class X:\n def __getattribute__(s, n): print('SEEN ' + n); raise SystemExit(9)",
    "class_lies": "class X:\n __class__ = property(lambda s: print('SEEN') or dict)\n def __len__(s): print('SEEN'); return 9",
    "len_lies": "class X(dict):\n def __len__(s): print('SEEN'); return -1\n def __iter__(s): print('SEEN'); return iter(())\n def items(s): print('SEEN')",
    "str_subclass": "class X(str):\n def __new__(c): return str.__new__(c, 'text')\n def __str__(s): print('SEEN')\n def encode(s, *a): print('SEEN')",
    "eq_and_hash": "class X:\n def __eq__(s, o): print('SEEN')\n def __hash__(s): print('SEEN'); return 1\n def __bool__(s): print('SEEN')",
    "metaclass": "class M(type):\n def __getattribute__(c, n): print('SEEN'); raise ValueError\n def __instancecheck__(c, o): print('SEEN')\nclass X(metaclass=M): pass",
    "slots": "class X:\n __slots__ = ('a', 'b')\n def __init__(s): s.a = 1",
    "property_dict": "class X:\n @property\n def __dict__(s): print('SEEN'); return {}",
    "big_bytes": "X = lambda: b'x' * (1 << 28)",
    "long_list": "X = lambda: list(range(3_000_000))",
    "deep_nesting": "def X():\n x = []\n for _ in range(100_000): x = [x]\n return x",
    "cycle": "def X():\n x = {}; x['self'] = x; return [x, x]",
    "huge_int": "X = lambda: 1 << 4_000_000",
    "proxy": "import weakref\nclass Y: pass\nkeep = Y()\nX = lambda: weakref.proxy(keep)",
    "surrogates": "X = lambda: {'\\udcff': '\\ud800', 'nul': '\\0', 'esc': '\\x1b[2J'}",
    "many_locals": "X = lambda: {str(n): object() for n in range(20_000)}",
    "generator": "def g():\n yield 1\nX = g",
    "finalizer": "class X:\n def __del__(s): print('deleted')",
}
BODY = "\ndef boom(value):\n    kept = value\n    other = 1\n    raise LookupError('the cause')\nboom(X())\n"


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("version", ["3.8", "3.13"])
def test_hostile_values_are_pictured_without_running_them(lab: Any, name: str, version: str) -> None:
    """Same output, same status, the right exception and line, in good time."""
    lab.python = require(version)
    source = PROGRAMS[name] + BODY
    lab.script("hostile.py", source)
    line = source[: source.index("    raise LookupError")].count("\n") + 1

    bare = lab.bare(lab.python, "hostile.py")
    begun = time.monotonic()
    wrapped = lab.run("hostile.py")
    took = time.monotonic() - begun

    assert (wrapped.status, wrapped.stdout) == (bare.status, bare.stdout)
    assert wrapped.stderr.rpartition(b"aitrack: ")[0] == bare.stderr
    failure = wrapped.failure
    assert (failure["type"], failure["message"]) == ("LookupError", "the cause")
    assert failure["frames"][-1]["line"] == line
    assert {local["name"] for local in failure["frames"][-1]["locals"]} >= {"kept", "other"}
    assert took < 8


FAILURES = {
    "str_raises": ("class E(Exception):\n def __str__(s): raise ValueError('no')\nraise E('x')", "E"),
    "str_prints": ("class E(Exception):\n def __str__(s): print('once'); return 'said'\nraise E('x')", "E"),
    "recursion": ("def f(n): return f(n + 1)\nf(0)", "RecursionError"),
    "mutual_recursion": ("def f(n): return g(n)\ndef g(n): return f(n)\nf(0)", "RecursionError"),
    "memory": (
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (700 << 20, 700 << 20))\nx = bytearray(2 << 30)",
        "MemoryError",
    ),
    "syntax": ("exec('def f(:')", "SyntaxError"),
    "import": ("import does_not_exist_x", "ModuleNotFoundError"),
    "unicode": ("raise ValueError('\\ud800 \\x1b[31m \\0 \\u202e')", "ValueError"),
    "long_message": ("raise ValueError('y' * 5_000_000)", "ValueError"),
    "chain": ("try:\n  1 / 0\nexcept Exception as e:\n  raise KeyError('outer') from e", "KeyError"),
    "own_cause": ("e = ValueError('x')\ne.__cause__ = e\nraise e", "ValueError"),
    "changed_source": ("open(__file__, 'w').write('# other\\n' * 50)\nraise OSError(5, 'gone')", "OSError"),
    "deleted_source": ("import os; os.unlink(__file__)\nraise OSError(5, 'gone')", "OSError"),
    "no_modules": ("import sys\nsys.modules.clear()\nraise ValueError('bare')", "ValueError"),
    "no_builtins": (
        "import builtins\nbuiltins.open = builtins.repr = builtins.len = builtins.isinstance = None\nraise ValueError('bare')",
        "ValueError",
    ),
    "excepthook": ("import sys\nsys.excepthook = lambda *a: print('mine')\nraise ValueError('hooked')", "ValueError"),
    "excepthook_dies": ("import sys\nsys.excepthook = None\nraise ValueError('hooked')", "ValueError"),
    "closed_stderr": ("import sys\nsys.stderr.close()\nraise ValueError('unheard')", "ValueError"),
    "closed_descriptors": ("import os\nos.closerange(3, 2000)\nraise ValueError('alone')", "ValueError"),
    "chdir": ("import os\nos.chdir('/')\nraise ValueError('moved')", "ValueError"),
    "base_exception": ("class B(BaseException): pass\nraise B('base')", "B"),
    "exit_in_atexit": ("import atexit\natexit.register(lambda: print('bye'))\nraise ValueError('x')", "ValueError"),
}


def without_addresses(text: bytes) -> bytes:
    return re.sub(rb"0x[0-9a-f]+", b"0x", text)


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("version", ["3.8", "3.11", "3.13"])
def test_hostile_failures_end_as_bare_and_are_named(lab: Any, name: str, version: str) -> None:
    """Nothing that a program breaks on its way out breaks its record."""
    lab.python = require(version)
    source, kind = FAILURES[name]

    lab.script("failing.py", source)
    bare = lab.bare(lab.python, "failing.py")
    lab.script("failing.py", source)
    wrapped = lab.run("failing.py")

    assert (wrapped.status, wrapped.stdout) == (bare.status, bare.stdout)
    assert without_addresses(wrapped.stderr.rpartition(b"aitrack: ")[0]) == without_addresses(bare.stderr)
    assert wrapped.failure["type"] == kind


def test_source_that_is_not_utf8_is_shown(lab: Any) -> None:
    """A coding line is respected, as Python does."""
    lab.script("latin.py", "# -*- coding: latin-1 -*-\nname = 'caf\u00e9'\nraise ValueError(name)\n".encode("latin-1"))

    failure = lab.run("latin.py").failure

    assert failure["message"] == "caf\u00e9"
    assert any("caf\u00e9" in line for line in failure["frames"][-1]["context"]["lines"])


def test_ten_megabytes_in_one_line_of_stderr_are_survived(lab: Any) -> None:
    """Linear time, whatever is in there."""
    lab.script(
        "wide.py",
        "import sys\nsys.stderr.write('Traceback (most recent call last):\\n' + '(' * 10_000_000 + '\\n'); sys.exit(1)",
    )

    begun = time.monotonic()
    result = lab.run("wide.py")

    assert result.status == 1
    assert time.monotonic() - begun < 8
    assert result.failure is not None
