"""Held output is kept whole, in memory as long as it is short."""

from __future__ import annotations

import os
import select
from pathlib import Path

import pytest

from aitrack.supervise import hold
from aitrack.supervise.hold import HeldRelay


def passed_through(relay: HeldRelay, write_end: int, data: bytes) -> None:
    """Write *data* into the program's end, step by step, and let the relay take it to its end."""
    poll = select.poll()
    relay.watch(poll)
    while data:
        data = data[os.write(write_end, data[: 1 << 16]) :]
        relay.step(poll, relay.source, select.POLLIN)
    os.close(write_end)
    while relay.source >= 0:
        relay.step(poll, relay.source, select.POLLIN)


def made(folder: Path) -> tuple[int, HeldRelay, int]:
    descriptor = hold.held()
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    return descriptor, HeldRelay(read_end, descriptor, str(folder)), write_end


def is_in_memory(descriptor: int) -> bool:
    return os.readlink(f"/proc/self/fd/{descriptor}").startswith("/memfd:")


@pytest.fixture
def small_memory(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(hold, "IN_MEMORY_BYTES", 300_000)
    return 300_000


def test_short_output_stays_in_memory(tmp_path: Path) -> None:
    """Raw output has no place on a disk."""
    descriptor, relay, write_end = made(tmp_path)

    passed_through(relay, write_end, b"line\n" * 1000)

    assert hold.content(descriptor) == b"line\n" * 1000
    assert is_in_memory(descriptor)


def test_long_output_moves_to_a_file_without_a_name(tmp_path: Path, small_memory: int) -> None:
    """A program that prints gigabytes must not take them from everybody's memory."""
    data = os.urandom(small_memory * 3)
    descriptor, relay, write_end = made(tmp_path)

    passed_through(relay, write_end, data)

    assert not is_in_memory(descriptor)
    assert os.listdir(tmp_path) == []
    assert os.fstat(descriptor).st_mode & 0o777 == 0o600
    assert hold.content(descriptor, len(data)) == data
    assert hold.content(descriptor, len(data) - 1) is None


def test_where_no_file_can_be_made_it_stays_in_memory(small_memory: int) -> None:
    """Rather too much memory than output that is lost."""
    data = os.urandom(small_memory * 2)
    descriptor, relay, write_end = made(Path("/proc"))

    passed_through(relay, write_end, data)

    assert hold.content(descriptor, len(data)) == data


def test_a_full_disk_loses_nothing(small_memory: int) -> None:
    """It goes back to memory and on from there."""
    data = os.urandom(small_memory * 2)
    descriptor, relay, write_end = made(Path("/proc"))
    real = os.open("/dev/full", os.O_RDWR)
    os.dup2(real, relay.sink)

    passed_through(relay, write_end, data)

    assert hold.content(descriptor, len(data)) == data
