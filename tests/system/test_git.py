"""A checkout is read without believing or starting anything that somebody else may have put there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.system import git

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def repository(folder: Path, head: str = "ref: refs/heads/main") -> Path:
    data = folder / ".git"
    (data / "refs/heads").mkdir(parents=True)
    (data / "HEAD").write_text(head + "\n")
    (data / "refs/heads/main").write_text(COMMIT + "\n")
    return data


def test_branch_and_commit_are_read(tmp_path: Path) -> None:
    """From git's files, since starting git costs more than all the rest of a run."""
    repository(tmp_path)
    (tmp_path / "a/b").mkdir(parents=True)

    found = git.revision(str(tmp_path / "a/b"))

    assert found == {"commit": COMMIT, "branch": "main", "dirty": None, "root": str(tmp_path)}


def test_a_packed_reference_is_found(tmp_path: Path) -> None:
    """After `git gc` a branch has no file of its own."""
    data = repository(tmp_path)
    (data / "refs/heads/main").unlink()
    (data / "packed-refs").write_text(f"# pack-refs with: peeled\n{COMMIT} refs/heads/main\n")

    found = git.revision(str(tmp_path))

    assert found is not None and found["commit"] == COMMIT


def test_a_linked_work_tree_is_followed(tmp_path: Path) -> None:
    """`git worktree add` leaves a file that names the data elsewhere."""
    data = repository(tmp_path / "first")
    own = data / "worktrees/second"
    own.mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/main\n")
    (own / "commondir").write_text("../..\n")
    (tmp_path / "second").mkdir()
    (tmp_path / "second/.git").write_text(f"gitdir: {own}\n")

    found = git.revision(str(tmp_path / "second"))

    assert found is not None and found["commit"] == COMMIT


@pytest.mark.parametrize("name", ["HEAD", "refs/heads/main", "packed-refs", "commondir"])
def test_a_fifo_or_a_device_is_no_fact(tmp_path: Path, name: str) -> None:
    """One of them hangs a finished run, the other eats all memory."""
    data = repository(tmp_path)
    (data / "refs/heads/main").unlink()
    for make in (lambda path: os.mkfifo(path), lambda path: path.symlink_to("/dev/zero")):
        (data / name).unlink(missing_ok=True)
        make(data / name)

        found = git.revision(str(tmp_path))

        assert found is None or found["commit"] is None


@pytest.mark.parametrize("name", ["HEAD", "refs/heads/main"])
def test_the_text_of_another_file_is_no_fact(tmp_path: Path, name: str) -> None:
    """A link to `.env` must not put its text into records and exports."""
    data = repository(tmp_path)
    (tmp_path / ".env").write_text("DB_PASSWORD=Kx7mQ2vB9pLw4TzR\n")
    (data / name).unlink()
    (data / name).symlink_to(tmp_path / ".env")

    assert "Kx7mQ2vB9pLw4TzR" not in str(git.revision(str(tmp_path)))


@pytest.mark.parametrize(
    "head",
    ["ref: refs/heads/../../../.env", "ref: /etc/passwd", "ref: refs/heads/a b", "ref: refs/heads/\x1b[31m", "ref: ",
     "ref: refs/heads/" + "x" * 300, COMMIT[:-1], COMMIT.upper(), "secret"],
)  # fmt: skip
def test_what_has_not_the_form_is_no_fact(tmp_path: Path, head: str) -> None:
    """What git would not write is somebody's trick."""
    repository(tmp_path, head)

    assert git.revision(str(tmp_path)) is None


@given(st.text(max_size=40))
def test_no_reference_leaves_its_folder(text: str) -> None:
    """Whatever is taken for a name is one path below the folder of references."""
    if git.is_reference(text):
        assert ".." not in text and text.startswith("refs/") and "\0" not in text


def _git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    _git(tmp_path, "init", "-q")
    (tmp_path / "file").write_text("one\n")
    _git(tmp_path, "add", "file")
    _git(tmp_path, "commit", "-qm", "one")
    return tmp_path


def test_a_changed_file_makes_a_checkout_dirty(checkout: Path) -> None:
    """So that a failure can be put down to what is not committed yet."""
    assert git.is_dirty(str(checkout)) is False
    (checkout / "file").write_text("two\n")

    assert git.is_dirty(str(checkout)) is True


@pytest.mark.parametrize(
    "configuration",
    ['[core]\n\tfsmonitor = "touch {mark}; true"\n', '[filter "x"]\n\tclean = "touch {mark}; cat"\n',
     "[include]\n\tpath = other\n"],
)  # fmt: skip
def test_a_configuration_starts_nothing(checkout: Path, configuration: str) -> None:
    """A tarball brings its own `.git/config`, with commands in it."""
    mark = checkout / "mark"
    with open(checkout / ".git/config", "a") as file:
        file.write(configuration.format(mark=mark))
    (checkout / ".git/other").write_text(f'[core]\n\tfsmonitor = "touch {mark}; true"\n')
    (checkout / ".gitattributes").write_text("* filter=x\n")
    (checkout / "file").write_text("two\n")

    git.is_dirty(str(checkout))

    assert not mark.exists()


def test_the_index_is_not_rewritten(checkout: Path) -> None:
    """A status that refreshes the index is a write into the user's checkout, under their editor."""
    os.utime(checkout / "file", (1, 1))
    before = (checkout / ".git/index").read_bytes()

    git.is_dirty(str(checkout))

    assert (checkout / ".git/index").read_bytes() == before


def test_git_is_not_asked_in_anothers_checkout(checkout: Path) -> None:
    """Whoever owns it says what git does there."""
    (checkout / ".git").chmod(0o777)

    assert git.is_dirty(str(checkout)) is None
