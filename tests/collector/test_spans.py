"""Calls of known tools, seen without touching the script."""

from __future__ import annotations

from typing import Any

from target import Ran, Target


def told(ran: Ran, kind: str) -> list[dict[str, Any]]:
    """Return the spans or the tallies of a run."""
    return [record["event"]["data"] for record in ran.all("event") if record["event"]["kind"] == kind]


def test_a_command_is_a_span_of_a_passing_run(target: Target, monitored: str) -> None:
    """What a script spends its time on is known without a decorator."""
    script = target.script("import subprocess\nfor _ in range(3): subprocess.run(['true'])\n")

    ran = target.run(monitored, script)

    assert [(span["name"], span["status"], span["exit_code"]) for span in told(ran, "span")] == [
        ("subprocess.run", "ok", 0)
    ] * 3
    (tally,) = told(ran, "tally")
    assert (tally["calls"], tally["failures"]) == (3, 0)


def test_a_failed_call_is_ended_by_its_exception(target: Target, monitored: str) -> None:
    """An error that the script swallows counts, and what it says is redacted."""
    script = target.script(
        """
import subprocess
try:
    subprocess.run(['false'], check=True)
except subprocess.CalledProcessError:
    pass
"""
    )

    (span,) = told(target.run(monitored, script), "span")

    assert (span["status"], span["error"]["type"]) == ("failed", "CalledProcessError")


def test_functions_of_the_user_are_followed_exactly(target: Target, monitored: str) -> None:
    """Thousands of calls are counted, and only the first of them written one by one; coroutines too."""
    script = target.script(
        """
import asyncio
class Tool:
    async def use(self, n):
        await asyncio.sleep(0)
        if n % 10 == 0:
            raise ValueError('no')
async def main():
    await asyncio.gather(*(Tool().use(n) for n in range(1000)), return_exceptions=True)
asyncio.run(main())
"""
    )

    ran = target.run(monitored, script, env={"AITRACK_COLLECT": "track=__main__:Tool.use"})

    (tally,) = told(ran, "tally")
    assert (tally["name"], tally["calls"], tally["failures"]) == ("__main__.Tool.use", 1000, 100)
    assert len(told(ran, "span")) == 200


def test_tracking_can_be_switched_off(target: Target, monitored: str) -> None:
    """`track=off` leaves everything else as it is."""
    script = target.script("import subprocess\nsubprocess.run(['true'])\n1 / 0\n")

    ran = target.run(monitored, script, env={"AITRACK_COLLECT": "track=off"})

    assert told(ran, "span") == told(ran, "tally") == []
    assert ran.failure["type"] == "ZeroDivisionError"
