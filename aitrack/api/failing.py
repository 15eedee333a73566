"""An exception of the script as a failure record: pictured by the collector's rules, judged by `diagnose`."""

from __future__ import annotations

import os
import time
from functools import cache
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any

from aitrack.api.trouble import harmless
from aitrack.collector import python, sources
from aitrack.collector.modules import place as where
from aitrack.diagnose.failure import Evidence, completed

if TYPE_CHECKING:
    from aitrack.api.picturing import Pictures
    from aitrack.api.place import Place

_SECONDS = 0.2  # all pictures of one exception
_QUICK_S = 0.02  # of one that is only to be judged: a retry must not wait for pictures


@cache
def _prepare() -> None:
    """Tell the collector's parts where they are: not injected, but imported into a process that began before."""
    where.setdefault("collector", os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + "/collector")
    try:
        python.started_in(os.getcwd())
    except OSError:
        pass
    sources.started_at(_process_start())


def _process_start() -> float:
    try:
        with open("/proc/self/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        running = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
        return time.time() - running
    except (OSError, ValueError, IndexError, AttributeError):
        return time.time()


def recorded(
    error: BaseException, pictures: Pictures, *, timed_out: bool = False, quick: bool = False
) -> dict[str, Any]:
    """Return the failure record of *error*, complete with its verdict and fingerprint; a bare one if that fails."""
    try:
        return _recorded(error, pictures, timed_out, _QUICK_S if quick else _SECONDS)
    except Exception as trouble:
        from aitrack.api.trouble import warn

        warn(f"{type(trouble).__name__} while a failure was recorded")
        return {"type": type(error).__name__, "message": "", "frames": [], "chain": [], "category": "unknown",
                "kind": "unknown", "fingerprint": None, "source": "collector", "handled": False}  # fmt: skip


def _recorded(error: BaseException, pictures: Pictures, timed_out: bool, seconds: float) -> dict[str, Any]:
    from aitrack.api.place import settings
    from aitrack.collector.failure import failure

    _prepare()
    thread = current_thread()
    told: dict[str, Any] = {"name": thread.name, "ident": thread.ident, "main": thread is main_thread(), "task": None}
    record: dict[str, Any] = failure(error, pictures.redactor, told, seconds, pictures.is_strict)
    rules: list[dict[str, Any]] = settings().value("retry.rule")
    evidence = Evidence(cwd=python.start_folder(), rules=rules, now=time.time(), timed_out=timed_out)
    return completed(record, evidence)


@harmless(dict[str, Any])
def brief(error: BaseException, place: Place) -> dict[str, Any]:
    """Return an exception in a few fields, for the span that it ended: type, message, code, and its way."""
    from aitrack.collector.facts import facts
    from aitrack.collector.frames import Budget
    from aitrack.collector.messages import message
    from aitrack.collector.values import class_name

    redactor = place.pictures.redactor
    told: dict[str, Any] = {"type": class_name(type(error))}
    found = message(error, redactor, Budget(60, time.monotonic() + _QUICK_S))
    told["message"] = "" if place.pictures.is_strict else str(found.get("message") or "")[:500]
    known = facts(error, redactor)
    code = known.get("http_status", known.get("code", known.get("errno")))
    if code is not None:
        told["code"] = code
    told["stack"] = _stack(error)
    return told


def _stack(error: BaseException) -> list[str]:
    """Return the places of a traceback, innermost last, without our own."""
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
    places: list[str] = []
    step = error.__traceback__
    while step is not None and len(places) < 200:
        code = step.tb_frame.f_code
        if not code.co_filename.startswith(own):
            places.append(f"{code.co_filename}:{step.tb_lineno} {code.co_qualname}")
        step = step.tb_next
    return places[-12:]
