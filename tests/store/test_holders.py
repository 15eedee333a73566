"""Who lives: pid, start time, boot, namespace."""

from __future__ import annotations

import os
import subprocess
import time

from aitrack.store import holders


def test_this_process_is_alive_under_its_own_start_only() -> None:
    """A recycled pid has another start time."""
    me = holders.this_process("s")

    assert holders.is_alive(me.pid, me.start)
    assert not holders.is_alive(me.pid, "1")
    assert not holders.is_alive(None, None)
    assert not holders.is_alive(-1, "1")


def test_a_zombie_is_dead() -> None:
    """It knocks at nobody's door."""
    child = subprocess.Popen(["true"])
    deadline = time.monotonic() + 10
    while holders.start_time(child.pid) and time.monotonic() < deadline:
        os.sched_yield()

    assert holders.start_time(child.pid) == ""
    child.wait()


def test_what_our_eyes_reach() -> None:
    """Another container on this host cannot be seen, a host before its reboot is gone."""
    me = holders.this_process()

    assert holders.can_look(me, me.host, me.boot_id, me.namespace) is True
    assert holders.can_look(me, "other", me.boot_id, "pid:[1]") is False
    assert holders.can_look(me, me.host, "before", me.namespace) is None
    assert holders.can_look(me, "other", "elsewhere", me.namespace) is False


def test_the_clock_counts_suspended_time() -> None:
    """A laptop that slept for an hour has waited for an hour."""
    now = holders.clock()

    assert abs(now.boot - time.clock_gettime(time.CLOCK_BOOTTIME)) < 5
    assert now.boot_id == holders.boot_id()
