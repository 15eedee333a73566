"""Relaying and remembering a stream."""

from __future__ import annotations

import os
import select

from hypothesis import given
from hypothesis import strategies as st

from aitrack.supervise.pump import HEAD_BYTES, TAIL_BYTES, Ends, Relay


@given(st.lists(st.binary(max_size=5000), max_size=30))
def test_short_streams_are_kept_whole(chunks: list[bytes]) -> None:
    """Head and tail together are what was written."""
    ends = Ends()
    for chunk in chunks:
        ends.add(chunk)

    head, gap, tail = ends.parts()

    assert (head + tail, gap) == (b"".join(chunks), 0)
    assert (ends.total, ends.lines) == (len(b"".join(chunks)), b"".join(chunks).count(b"\n"))


@given(st.integers(1, 70_000), st.integers(20, 60))
def test_long_streams_keep_their_two_ends(size: int, count: int) -> None:
    """Whatever the size of the pieces, the bytes at both ends are the right ones and the gap is counted."""
    ends = Ends()
    whole = b""
    for number in range(count):
        piece = bytes([number % 251]) * size
        whole += piece
        ends.add(piece)

    head, gap, tail = ends.parts()

    assert head == whole[:HEAD_BYTES]
    assert tail == whole[len(head) :][-TAIL_BYTES:]
    assert len(head) + gap + len(tail) == len(whole)


def relay() -> tuple[Relay, int, int, select.poll]:
    """A relay with the program's end and the caller's end of its two pipes."""
    source, program = os.pipe()
    caller, sink = os.pipe()
    for descriptor in (source, sink, caller):
        os.set_blocking(descriptor, False)
    made = Relay(source, sink, Ends())
    poll = select.poll()
    made.watch(poll)
    return made, program, caller, poll


def step(made: Relay, poll: select.poll) -> None:
    for descriptor, events in poll.poll(0):
        made.step(poll, descriptor, events)


def test_what_does_not_fit_waits_and_nothing_more_is_read() -> None:
    """A slow reader slows the program, as bare."""
    made, program, caller, poll = relay()
    os.set_blocking(program, False)
    written = 0
    for _ in range(20):
        try:
            written += os.write(program, b"x" * 60_000)
        except BlockingIOError:
            pass
        step(made, poll)

    assert made.pending
    assert written < 400_000
    received = 0
    while received < written:
        try:
            received += len(os.read(caller, 1 << 16))
        except BlockingIOError:
            pass
        step(made, poll)
    assert received == written and not made.pending
    os.close(program)
    os.close(caller)
    made.close()


def test_the_end_is_passed_on_at_once() -> None:
    """The reader sees it when the program has closed its side."""
    made, program, caller, poll = relay()
    os.write(program, b"last")
    os.close(program)
    step(made, poll)
    step(made, poll)

    assert os.read(caller, 10) == b"last"
    assert os.read(caller, 10) == b""
    assert not made.is_open
    os.close(caller)


def test_a_reader_that_has_left_closes_the_programs_side() -> None:
    """Its next write fails."""
    made, program, caller, poll = relay()
    os.close(caller)
    step(made, poll)

    assert made.source == made.sink == -1
    try:
        os.write(program, b"x")
        raise AssertionError("it should have failed")
    except BrokenPipeError:
        pass
    os.close(program)
