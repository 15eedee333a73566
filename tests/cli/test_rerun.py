"""`aitrack rerun`: of one's own session as it was, of a stranger's only what was shown and agreed to."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.bundles import NOW, Store, failure
from tests.cli.command import ROOT

ID = "06h0znrnkcbxw3jb"
LOADERS = (
    "PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP",
    "PYTHONBREAKPOINT", "PYTHONINSPECT", "PYTHONWARNINGS", "PYTHONUSERBASE", "PYTHONPLATLIBDIR", "PYTHONPYCACHEPREFIX",
    "BASH_ENV", "ENV", "NODE_OPTIONS", "PERL5OPT", "RUBYOPT", "JAVA_TOOL_OPTIONS", "GIT_SSH_COMMAND", "IFS", "PS4",
    "EDITOR", "VISUAL", "PAGER", "HOME", "TMPDIR", "VIRTUAL_ENV", "CONDA_PREFIX", "LC_X", "LOCPATH", "NLSPATH",
    "AITRACK_OPT_RETRIES", "AITRACK_HOME", "AITRACK_CONFIG", "GLIBC_TUNABLES", "MALLOC_CHECK_", "SSLKEYLOGFILE",
)  # fmt: skip


def packed(path: Path, **record: Any) -> Path:
    """Write a packed session with the fields *record*."""
    session = {"schema": 1, "status": "failed", "started_at": NOW, **record}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{ID}/session.json", json.dumps(session))
        archive.writestr(f"{ID}/MANIFEST.json", json.dumps({"sha256": {}}))
    return path


def ask(tmp_path: Path, *words: str | Path, **options: Any) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AITRACK_", "VIRTUAL_ENV"))}
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run(
        [sys.executable, "-m", "aitrack", *map(str, words)],
        env={**kept, "AITRACK_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        **options,
    )


def command(tmp_path: Path, *argv: str, form: str = "command") -> dict[str, Any]:
    return {"argv": list(argv), "form": form, "cwd": str(tmp_path)}


def test_a_strangers_command_is_not_run_unasked(tmp_path: Path) -> None:
    """Nobody expects that a word about a file starts what stands in it."""
    path = packed(tmp_path / "x.zip", command=command(tmp_path, "touch", "it ran"))

    refused = ask(tmp_path, "rerun", path)
    shown = ask(tmp_path, "rerun", path, "--dry-run")

    assert refused.returncode == 2 and b"--yes" in refused.stderr
    assert shown.returncode == 0 and b"touch 'it ran'" in shown.stdout and bytes(tmp_path) in shown.stdout
    assert not (tmp_path / "it ran").exists()

    assert ask(tmp_path, "rerun", path, "--yes").returncode == 0
    assert (tmp_path / "it ran").exists()


@pytest.mark.parametrize(("answer", "runs"), [(b"y\n", True), (b"n\n", False), (b"\n", False), (b"\x04", False)])
def test_on_a_terminal_it_asks(tmp_path: Path, answer: bytes, runs: bool) -> None:
    """What is not a yes is a no."""
    path = packed(tmp_path / "x.zip", command=command(tmp_path, "touch", "ran"))
    ours, theirs = pty.openpty()
    os.write(ours, answer)

    done = ask(tmp_path, "rerun", path, stdin=theirs)

    os.close(ours)
    os.close(theirs)
    assert b"[y/N]" in done.stderr and b"touch ran" in done.stderr
    assert (tmp_path / "ran").exists() is runs
    assert done.returncode == (0 if runs else 1)


def test_only_harmless_variables_are_taken_from_a_stranger(tmp_path: Path) -> None:
    """A variable can name a library that is loaded, and a time zone can name a device."""
    kept = dict.fromkeys(LOADERS, "/tmp/evil") | {"TZ": "Europe/Berlin", "LANG": "C.UTF-8", "LC_ALL": "/tmp/evil"}
    code = "import os; print(sorted(name for name, value in os.environ.items() if 'evil' in value), os.environ['TZ'])"
    path = packed(
        tmp_path / "x.zip",
        command=command(tmp_path, "/tmp/evil/python", "-c", code, form="code"),
        env={"kept": kept, "hidden": {}},
    )

    shown = ask(tmp_path, "rerun", path, "--dry-run").stdout.decode()
    done = ask(tmp_path, "rerun", path, "--yes")

    assert [line.split()[1] for line in shown.splitlines() if line.startswith("  set")] == [
        "LANG=C.UTF-8",
        "TZ=Europe/Berlin",
    ]
    assert all(name in shown for name in LOADERS if not name.startswith("AITRACK"))
    assert "that run had the Python /tmp/evil/python" in shown
    assert done.stdout == b"[] Europe/Berlin\n"


@pytest.mark.parametrize(
    ("form", "argv"),
    [
        ("script", ["python", "--fallback-text=x", "y.py"]),
        ("script", ["python", "--", "touch", "ran"]),
        ("module", ["python", "--config", "evil.toml"]),
        ("code", ["python", "-m", "x"]),
        ("script", ["python"]),
        ("script", ["python", ""]),
    ],
)
def test_no_option_of_ours_comes_from_a_stranger(tmp_path: Path, form: str, argv: list[str]) -> None:
    """Settings can run programs."""
    path = packed(tmp_path / "x.zip", command=command(tmp_path, *argv, form=form))

    done = ask(tmp_path, "rerun", path, "--yes")

    assert done.returncode == 2 and b"for Python" in done.stderr
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "record",
    [
        {"command": {"argv": ["true"], "form": "command"}},
        {"command": {"argv": ["true"], "form": "command", "cwd": "/not/there"}},
        {"command": {"argv": ["true"], "form": "command", "cwd": "/\0"}},
        {"command": {"argv": ["true", "\0"], "form": "command", "cwd": "/"}},
        {"command": {"argv": ["true", "x" * 3_000_000], "form": "command", "cwd": "/"}},
        {"command": {"argv": ["true", "‹redacted:name:3›"], "form": "command", "cwd": "/"}},
        {"command": {"argv": [], "form": "command", "cwd": "/"}},
        {"command": 3},
    ],
)
def test_what_cannot_be_run_is_said(tmp_path: Path, record: dict[str, Any]) -> None:
    """One line, and the status of a mistake."""
    done = ask(tmp_path, "rerun", packed(tmp_path / "x.zip", **record), "--yes")

    assert done.returncode == 2 and b"Traceback" not in done.stderr and done.stderr.startswith((b"error", b"aitrack"))


def test_nothing_that_is_shown_reaches_the_terminal_as_a_command(tmp_path: Path) -> None:
    """An escape could hide the rest of the line."""
    evil = "\x1b[2K\r\u202etouch\x9b"
    path = packed(
        tmp_path / "x.zip",
        command=command(tmp_path, "true", evil),
        env={"kept": {f"A{evil}": evil}, "hidden": {f"B{evil}": "x"}},
    )

    done = ask(tmp_path, "rerun", path, "--dry-run")

    assert not {*"\x1b\r\u202e\x9b"} & {*(done.stdout + done.stderr).decode()}


def test_words_that_need_a_folder_of_the_store_take_no_file(tmp_path: Path) -> None:
    """A folder that is named like the session must not be taken for it."""
    path = packed(tmp_path / "x.zip", command=command(tmp_path, "true"), status="running")
    (tmp_path / ID).mkdir()

    for words in (["path"], ["pin"], ["bundle"], ["bisect"], ["store", "scrub"]):
        done = ask(tmp_path, *words, path)
        assert done.returncode == 2 and b"packed session" in done.stderr, words
    assert ask(tmp_path, "inspect", path, "--follow").returncode == 0


def test_ones_own_dry_run_shows_what_differs_from_now(tmp_path: Path) -> None:
    """The command quoted for a shell, and the variables that are otherwise now."""
    Store(tmp_path / "home").session(
        "failed",
        failure=failure(),
        command={"argv": ["python3", "a b.py", "-x"], "form": "script", "cwd": str(tmp_path)},
        env={"kept": {"TZ": "Mars/North", "PATH": os.environ["PATH"]}, "hidden": {}},
    )

    shown = ask(tmp_path, "rerun", "--dry-run").stdout.decode()

    assert shown.startswith("aitrack run --python python3 'a b.py' -- -x\n")
    assert "set  TZ=Mars/North" in shown and "PATH=" not in shown


def test_an_imported_command_is_a_strangers_too(tmp_path: Path) -> None:
    """Its words came out of a file."""
    record = {"id": "r1", "start": NOW, "status": "failed", "argv": ["touch", "ran"], "cwd": str(tmp_path)}
    (tmp_path / "x.jsonl").write_text(json.dumps(record))
    assert ask(tmp_path, "import", "x.jsonl").returncode == 0

    assert ask(tmp_path, "rerun", "r1").returncode == 2
    assert ask(tmp_path, "bisect", "r1").returncode == 2
    assert not (tmp_path / "ran").exists()
