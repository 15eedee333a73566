"""The collector keeps its promises in each interpreter it may meet: it loads, it is small, it is alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from aitrack.collector import wire

sys.path.insert(0, str(Path(__file__).parent.parent / "collector"))

from target import VERSIONS, Target, interpreters

COLLECTOR = Path(wire.__file__).parent
SOURCES = sorted(COLLECTOR.glob("*.py"))


@pytest.fixture
def target(tmp_path: Path) -> Target:
    """Return a place to run programs in."""
    return Target(tmp_path)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_module_compiles(version: str) -> None:
    """A construct that an old interpreter does not know would make the collector silent there."""
    executable = interpreters().get(version)
    if executable is None:
        pytest.skip(f"Python {version} was not found on PATH or among pyenv's versions")
    code = "import sys\nfor path in sys.argv[1:]:\n    compile(open(path, 'rb').read(), path, 'exec')\n"

    done = subprocess.run([executable, "-c", code, *map(str, SOURCES)], capture_output=True, timeout=60)

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_only_the_standard_library_is_imported(path: Path) -> None:
    """It lives in somebody else's environment; of ours there is only this folder."""
    names = {name.stem for name in SOURCES}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert all(alias.name.partition(".")[0] in sys.stdlib_module_names for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            assert node.level == 1 and (node.module or node.names[0].name) in names
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").partition(".")[0] in sys.stdlib_module_names


def test_the_injected_folder_holds_one_file() -> None:
    """Any other file there would shadow a module of the user's."""
    names = [path.name for path in (COLLECTOR / "inject").iterdir() if path.name != "__pycache__"]

    assert [name for name in names if not name.endswith(".pyc")] == ["sitecustomize.py"]


@pytest.mark.parametrize("version", VERSIONS)
def test_ten_thousand_exceptions_and_calls_take_no_memory(target: Target, version: str) -> None:
    """What is kept is bounded: two megabytes for a program that never stops."""
    executable = interpreters().get(version)
    if executable is None:
        pytest.skip(f"Python {version} was not found on PATH or among pyenv's versions")
    script = target.script(
        """
import resource
def f(n):
    try: {}[n]
    except KeyError: return n
for n in range(200): f(n)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for n in range(300_000): f(n)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    )

    assert int(target.run(executable, script).out) < 2048


def test_the_cache_is_made_anew_when_it_is_damaged(target: Target) -> None:
    """A torn or foreign file in the store must cost time and nothing else."""
    script = target.script("1 / 0\n")
    assert target.run(sys.executable, script).failure["type"] == "ZeroDivisionError"
    for path in (target.home / "cache").iterdir():
        path.write_bytes(path.read_bytes()[:100])

    ran = target.run(sys.executable, script)

    assert ran.failure["type"] == "ZeroDivisionError"
    assert target.bare(sys.executable, script).err == ran.err


def test_a_read_only_cache_changes_nothing(target: Target) -> None:
    """A store that cannot be written costs the cache, never the record."""
    (target.home / "cache").write_text("a file where a folder should be")

    assert target.run(sys.executable, target.script("1 / 0\n")).failure["type"] == "ZeroDivisionError"
