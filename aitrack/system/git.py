"""What a checkout tells of itself: read from git's files, whoever owns them, and believed in their form alone.

A stranger's `.git` may hold anything: a FIFO, a link to a device or to a file of ours, a configuration that runs
commands. So files are opened as `files` does, a commit is hexadecimal, a branch has the form of a name, and git itself
is asked only in a checkout of ours, without the parts of its configuration that start something.
"""

from __future__ import annotations

import posix

from aitrack.system import files

_LONGEST_LINE = 4096  # of HEAD, a reference or a `gitdir:` file
_PACKED = 4 << 20
_HEXADECIMAL = frozenset("0123456789abcdef")
_NEVER_IN_NAMES = frozenset(" ~^:?*[\\\x7f") | {chr(code) for code in range(32)}
_STARTS_SOMETHING = (b"filter", b"include", b"fsmonitor", b"worktree", b"promisor")  # in a configuration, in lower case
_PATIENCE_SECONDS = 1.0


def revision(cwd: str) -> dict[str, object] | None:
    """Return commit, branch and root of the work tree around *cwd*; None outside of one."""
    folder = cwd
    while True:
        if found := _revision(_data(folder)):
            return {**found, "dirty": None, "root": folder}
        if folder in ("", "/"):
            return None
        folder = folder.rpartition("/")[0]


def _data(folder: str) -> str:
    """Return the folder of git's own files for the work tree *folder*, whose `.git` may be a file that names it."""
    link = _line(f"{folder}/.git")
    return _joined(folder, link[7:].strip()) if link.startswith("gitdir:") else f"{folder}/.git"


def _shared(data: str) -> str:
    """Return where references and configuration lie: of a linked work tree, in those of the first one."""
    common = _line(f"{data}/commondir")
    return _joined(data, common) if common else data


def _revision(data: str) -> dict[str, object] | None:
    head = _line(f"{data}/HEAD")
    if is_commit(head):
        return {"commit": head, "branch": None}
    reference = head.removeprefix("ref: ")
    if reference == head or not is_reference(reference):
        return None
    shared = _shared(data)
    commit = _line(f"{shared}/{reference}") or _packed(f"{shared}/packed-refs", reference)
    return {"commit": commit if is_commit(commit) else None, "branch": reference.removeprefix("refs/heads/")}


def is_commit(text: str) -> bool:
    """Say whether *text* has the form of a commit's id: SHA-1 or SHA-256."""
    return len(text) in (40, 64) and set(text) <= _HEXADECIMAL


def is_reference(text: str) -> bool:
    """Say whether *text* has the form of a reference's full name, as git-check-ref-format(1) describes it."""
    if not text.startswith("refs/") or len(text) > 255 or _NEVER_IN_NAMES & set(text) or not text.isprintable():
        return False
    if ".." in text or "@{" in text or text.endswith((".", "/")):
        return False
    return all(part and not part.startswith(".") and not part.endswith(".lock") for part in text.split("/"))


def _line(path: str) -> str:
    """Return the text of a file of one line, which may be a link; "" for anything else."""
    try:
        text = files.read_regular(path, _LONGEST_LINE, follow=True)
    except (OSError, ValueError):  # a null byte in a path is a ValueError
        return ""
    return text.decode("utf-8", "surrogateescape").strip()


def _packed(path: str, reference: str) -> str:
    wanted = b" " + reference.encode("utf-8", "surrogateescape")
    try:
        for line in files.read_regular(path, _PACKED, follow=True).splitlines():
            if line.endswith(wanted):
                return line[: -len(wanted)].decode("ascii", "replace")
    except OSError:
        pass
    return ""


def _joined(folder: str, path: str) -> str:
    return path if path.startswith("/") else f"{folder}/{path}"


def is_dirty(root: str) -> bool | None:
    """Return whether tracked files of the work tree at *root* differ from its commit; None where git is not asked.

    That is in a checkout of somebody else, and where the configuration could make git start something. Without
    `--no-optional-locks` it would rewrite the index.
    """
    if not _is_harmless(root):
        return None
    import shutil
    import subprocess

    entries = posix.environ.get(b"PATH", b"").decode("utf-8", "surrogateescape").split(":")
    path = ":".join(entry for entry in entries if entry.startswith("/"))  # a relative one is the checkout's
    git = shutil.which("git", path=path)
    if git is None:
        return None
    quiet = ["--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
    command = [git, *quiet, "-C", root, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all"]
    environment = {"PATH": path, "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE_SECONDS,
            check=True,
            env=environment,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return bool(done.stdout.strip())


def _is_harmless(root: str) -> bool:
    data = _data(root)
    shared = _shared(data)
    try:
        if not all(files.is_ours(posix.stat(folder)) for folder in (root, data, shared)):
            return False
        configuration = files.read_regular(f"{shared}/config", files.SMALL).lower()
    except (OSError, ValueError):
        return False
    return not any(word in configuration for word in _STARTS_SOMETHING)
