"""Expressions and files that would take all time or memory end with a word instead."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from aitrack.cli.app import main
from tests.bundles import Store, failure


@pytest.mark.parametrize(
    "expression",
    ["9**9**9", "'a' * 10**9", "[0] * 10**9", "2 ** 10**8", "1 << 10**9", "'%1000000000d' % 1", "f'{1:1000000000}'", "(" * 3000,
     "[" * 300 + "]" * 300, "list(range(10**12))", "sum(range(10**12))", "[[0] * 9999] * 9999", "-" * 5000 + "1"],
)  # fmt: skip
def test_no_expression_takes_the_debugger_with_it(
    expression: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is asked of a stranger's values must not hang or fill the memory of whoever asks."""
    Store(tmp_path / "home").session("failed", failure=failure())
    monkeypatch.setenv("AITRACK_HOME", str(tmp_path / "home"))
    begun = time.process_time()

    assert main(["debug", "last", "--command", f"p {expression}"]) == 0

    assert time.process_time() - begun < 2
    said = capsys.readouterr()
    assert 0 < len(said.out) < 20_000 and "Traceback (most" not in said.out + said.err


HOSTILE: dict[str, bytes] = {
    "entities.xml": b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]><testsuite>&b;</testsuite>',
    "deep.xml": b"<testsuite>" * 50_000,
    "deep.jsonl": b"[" * 200_000,
    "wide.jsonl": b'{"id":"x","failure":{"frames":[' + b"[]," * 2_000_000 + b"0]}}\n",
    "long.jsonl": b'{"id":"' + b"x" * (20 << 20) + b'"}\n',
    "binary.jsonl": bytes(range(256)) * 1000,
    "wide.txt": '{"id": "x"}\n'.encode("utf-16"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_file_takes_the_import_with_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Reports of other tools come from CI, where a pull request can have written them."""
    (tmp_path / name).write_bytes(HOSTILE[name])
    monkeypatch.setenv("AITRACK_HOME", str(tmp_path / "home"))
    begun = time.process_time()

    assert main(["import", str(tmp_path / name)]) in (0, 1, 2)

    assert time.process_time() - begun < 3
    assert "Traceback (most" not in capsys.readouterr().err


def test_a_fifo_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody ever writes to it."""
    os.mkfifo(tmp_path / "x.jsonl")
    monkeypatch.setenv("AITRACK_HOME", str(tmp_path / "home"))

    assert main(["import", str(tmp_path / "x.jsonl")]) in (1, 2)
