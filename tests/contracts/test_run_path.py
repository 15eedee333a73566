"""What a successful run may import is a list, since every module on it is paid for by every run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BARE = {
    "__future__", "__main__", "_abc", "_codecs", "_frozen_importlib", "_frozen_importlib_external", "_imp", "_io", "_signal", "_thread",
    "_warnings", "_weakref", "abc", "builtins", "codecs", "encodings", "encodings.aliases", "encodings.utf_8", "io", "linecache", "marshal",
    "posix", "sys", "time", "zipimport",
}  # fmt: skip
ALLOWED = {"_ctypes", "errno", "gc", "pwd", "resource", "select", "termios"}
OURS = {
    "aitrack", "aitrack.collector", "aitrack.collector.plain", "aitrack.collector.redact_names", "aitrack.config", "aitrack.errors",
    "aitrack.start", "aitrack.store", "aitrack.store.journal", "aitrack.store.key", "aitrack.store.layout", "aitrack.store.ownership",
    "aitrack.system", "aitrack.system.files", "aitrack.system.git", "aitrack.supervise",
    "aitrack.supervise.arguments", "aitrack.supervise.attempts", "aitrack.supervise.begin", "aitrack.supervise.clean",
    "aitrack.supervise.facts", "aitrack.supervise.kernel", "aitrack.supervise.launch", "aitrack.supervise.plan", "aitrack.supervise.privacy", "aitrack.supervise.pump",
    "aitrack.supervise.run", "aitrack.supervise.say", "aitrack.supervise.session", "aitrack.supervise.signals",
    "aitrack.supervise.streams", "aitrack.supervise.target", "aitrack.supervise.watch",
}  # fmt: skip
LOOK = """
import posix, sys
sys.argv = ["aitrack", "--launched", "default,default,none,", {packages!r}, "run", "--", "true"]
sys.path.insert(0, {root!r})
ended = posix._exit
def tell(status):
    posix.write(2, " ".join(sorted(sys.modules)).encode())  # our stdout has been let go of
    ended(status)
posix._exit = tell
from aitrack.start import main
main(["run", "--", "true"], "default,default,none,", True)
"""


def test_a_successful_run_imports_what_is_listed(tmp_path: Path) -> None:
    """No re, json, os, enum, subprocess, pathlib, typer, rich ... before something has failed."""
    code = LOOK.format(packages=str(ROOT), root=str(ROOT))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/swept").touch()  # not the first run of the day

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8", "-c", code],
        cwd=tmp_path,
        env={"AITRACK_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
    )

    loaded = set(done.stderr.decode().split())
    assert "aitrack.supervise.run" in loaded
    assert loaded - BARE - ALLOWED - OURS == set()


def test_importing_the_package_is_free() -> None:
    """`import aitrack` in a script loads nothing else."""
    code = "import sys; before = set(sys.modules); import aitrack; print(sorted(set(sys.modules) - before))"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)

    assert done.stdout.decode().strip() == "['aitrack']"


def test_the_default_store_is_where_platformdirs_says() -> None:
    """Computed without it on every run."""
    import os

    import platformdirs

    from aitrack.store.layout import home

    environment = {
        os.fsencode(name): os.fsencode(value) for name, value in os.environ.items() if name != "AITRACK_HOME"
    }

    assert home(environment) == platformdirs.user_state_dir("aitrack")
