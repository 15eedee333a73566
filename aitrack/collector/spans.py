"""Calls of known tools, seen from outside: events on their code objects, nothing patched, no code of the program run.

`trail` asks about each function with the name of a known one when it first runs. A call is ended by the return of its
code, or by an unwinding frame, for which an event can only be global: it is on while calls are open.
What a call says of itself is read from raw instance dictionaries and exact built-in types.
"""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportPrivateUsage=false

from __future__ import annotations

import posix
import sys
import time
from _thread import get_ident

from . import spool, trail, wire
from .modules import own
from .plain import plainly_clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any, Dict

    Record = Dict[str, Any]

_MOST_KEPT = 200  # spans that are written one by one; tallies count them all
_MOST_OPEN = 2000
_LONGEST_WORD = 200 + 4096  # cut when it is clean
_MOST_TALLIES = 200
_MOST_UNWOUND = 2000  # frames of others since the last call, after which unwinding is not watched: to switch costs more
_MOST_TYPES = 500
_IS_ASYNC_GENERATOR = 0x200  # flags of code
_IS_SUSPENDED = 0x20 | 0x80 | 0x200  # generators and coroutines
_STEPS_OF_TWO = 7.2725  # of ten percent each, that double: log 2 / log 1.1

# Qualified name -> (end of the module's file, name of the tool, category).
_KNOWN = {
    "Completions.create": (
        ("/openai/resources/chat/completions/completions.py", "openai.chat.completions.create", "llm"),
    ),
    "Responses.create": (("/openai/resources/responses/responses.py", "openai.responses.create", "llm"),),
    "Messages.create": (("/anthropic/resources/messages/messages.py", "anthropic.messages.create", "llm"),),
    "Models.generate_content": (("/google/genai/models.py", "google.genai.generate_content", "llm"),),
    "completion": (("/litellm/main.py", "litellm.completion", "llm"),),
    "acompletion": (("/litellm/main.py", "litellm.completion", "llm"),),
    "Client.send": (("/httpx/_client.py", "httpx.send", "api"), ("/httpx2/_client.py", "httpx.send", "api")),
    "Session.send": (("/requests/sessions.py", "requests.send", "api"),),
    "urlopen": (("/urllib/request.py", "urllib.urlopen", "api"),),
    "run": (("/subprocess.py", "subprocess.run", "process"),),
    "Popen.__init__": (("/subprocess.py", "subprocess.Popen", "process"),),
    "Stream.__stream__": (
        ("/openai/_streaming.py", "openai", "stream"),
        ("/anthropic/_streaming.py", "anthropic", "stream"),
    ),
    "BaseClient._process_response_data": (
        ("/openai/_base_client.py", "openai", "chunk"),
        ("/anthropic/_base_client.py", "anthropic", "chunk"),
    ),
}

_events: Any = trail.monitoring.events
_mro = type.__dict__["__mro__"].__get__
_class_dict: Any = type.__dict__["__dict__"].__get__
_class_name = type.__dict__["__name__"].__get__
_Descriptor = type(type.__dict__["__dict__"])
_args_of = BaseException.__dict__["args"].__get__

_sites: dict[int, tuple[str, str]] = trail.tracked  # id(code) -> (tool, category)
_mine: list[tuple[str, str]] = []  # (module, qualified name) that the user asks for
_open: dict[int, _Call] = {}  # id(frame) -> its call
_stacks: dict[int, list[int]] = {}  # thread -> frames of its open calls
_streams: dict[int, _Call] = {}  # id(response) -> the call whose answer is still read
_tallies: dict[Any, list[Any]] = {}
_waiting: list[_Call] = []  # finished, to be written
_getters: dict[int, Any] = {}  # id(type) -> (type, what reads the dictionary of its instances)
_plain: dict[str, bool] = {}  # names of models and reasons -> whether they surely hold no secret
_bounds: list[float] = []  # microseconds: durations are counted in steps of ten percent
_state: dict[str, Any] = {"number": 0, "kept": 0, "unwound": 0, "watching": False, "pid": posix.getpid()}
_state.update(registered=False)
_state["async"] = False  # whether an asynchronous stream was seen
_later: list[Any] = []  # (code, site) of what makes the pieces of streams, until then


class _Call:
    """One call of a tool."""

    __slots__ = (
        "category", "end_ns", "error", "exit_code", "finish_reason", "http_status", "input_tokens", "model", "name",
        "number", "output_tokens", "parent", "sends", "start_ns", "thread",
    )  # fmt: skip

    def __init__(self, name: str, category: str, parent: _Call | None) -> None:
        _state["number"] += 1
        self.number: int = _state["number"]
        self.name = name
        self.category = category
        self.parent = parent.number if parent is not None else None
        self.thread = get_ident()
        self.start_ns = self.end_ns = time.monotonic_ns()
        self.model: Any = None
        self.input_tokens: Any = None
        self.output_tokens: Any = None
        self.finish_reason: Any = None
        self.http_status: Any = None
        self.exit_code: Any = None
        self.error: Any = None  # (type, arguments)
        self.sends = 0


def asked_for(names: str) -> None:
    """Follow functions of the user's choice: `package.module:Class.method`, separated by spaces."""
    for word in names.split():
        module, colon, name = word.partition(":")
        if colon and name:
            _mine.append((module, name))
            trail.TRACKED.add(name)


def wanted(code: CodeType, frame: FrameType) -> int:
    """Return the events to follow *code* by, which runs for the first time; 0 when it is none that is followed."""
    name = code.co_qualname
    module = frame.f_globals.get("__name__")
    found = next(((f"{module}.{name}", "tool") for entry in _mine if entry == (module, name)), None)
    if found is None:
        for end, tool, category in _KNOWN.get(name.removeprefix("Async"), ()):
            if code.co_filename.endswith(end):
                found = (tool, category)
    if found is None or len(_sites) >= _MOST_TALLIES:
        return 0
    _register()
    if found[1] == "chunk" and not _state["async"]:
        _later[:] = [entry for entry in _later if entry[0] is not code] + [(code, found)]
        return 0
    _sites[id(code)] = found
    if found[1] == "chunk":
        return int(_events.PY_RETURN)
    if code.co_flags & _IS_ASYNC_GENERATOR and found[1] == "stream":
        _follow_chunks()
    return _events_of(code, found[1])


def _events_of(code: CodeType, category: str) -> int:
    """A coroutine is left and entered again; a stream gives its pieces as it yields, unless they are wrapped."""
    both: int = _events.PY_START | _events.PY_RETURN
    if not code.co_flags & _IS_SUSPENDED or (category == "stream" and code.co_flags & _IS_ASYNC_GENERATOR):
        return both
    suspended: int = _events.PY_YIELD if category == "stream" else _events.PY_YIELD | _events.PY_RESUME
    return both | suspended


def _follow_chunks() -> None:
    """What an asynchronous stream yields is wrapped: read its pieces where they are made."""
    _state["async"] = True
    for code, site in _later:
        _sites[id(code)] = site
        trail.monitoring.set_local_events(trail.state["tool"], code, _events.PY_RETURN)


def _register() -> None:
    if not _state["registered"]:
        _state["registered"] = True
        register = trail.monitoring.register_callback
        for event, answer in (
            (_events.PY_YIELD, _on_yield),
            (_events.PY_RESUME, _on_resume),
            (_events.PY_UNWIND, _on_unwind),
        ):
            register(trail.state["tool"], event, answer)


def began(code: CodeType, frame: FrameType) -> Any:
    """Answer the start of a followed function."""
    try:
        name, category = _sites[id(code)]
        if category == "chunk":  # only what it returns is of interest
            return trail.monitoring.DISABLE
        _began(name, category, frame)
    except Exception:  # ours, never the program's
        pass
    return None


def _began(name: str, category: str, frame: FrameType) -> None:
    _notice_fork()
    if len(_open) >= _MOST_OPEN:
        return
    if category == "stream":
        response = _fields(frame.f_locals.get("self")).get("response")
        call = _streams.pop(id(response), None) or _Call(name + ".stream", "llm", None)
    else:
        outer = _innermost()
        if outer is not None and category == "api" and outer.category == "llm":
            outer.sends += 1
        if outer is not None and outer.category == category and category != "tool":
            return  # one tool built upon another
        call = _Call(name, category, outer)
        _stacks.setdefault(call.thread, []).append(id(frame))
        if category == "llm":
            model = frame.f_locals.get("model")
            call.model = model[:_LONGEST_WORD] if type(model) is str else None
    _open[id(frame)] = call
    _state["unwound"] = 0
    if not _state["watching"]:
        _state["watching"] = True
        trail.listen(_events.PY_UNWIND, 0)


def _notice_fork() -> None:
    """Forget the calls of the parent."""
    if posix.getpid() != _state["pid"]:
        _state.update(pid=posix.getpid(), kept=0)
        for held in (_open, _stacks, _streams, _tallies, _waiting):
            held.clear()


def _innermost() -> _Call | None:
    stack = _stacks.get(get_ident())
    while stack:
        call = _open.get(stack[-1])
        if call is not None:
            return call
        stack.pop()  # it ended on another way
    return None


def _on_yield(code: CodeType, offset: int, value: Any) -> None:
    """A coroutine waits: what runs meanwhile in its thread is not its doing. A stream gives a piece of its answer."""
    key = id(sys._getframe(1))
    if _sites[id(code)][1] != "stream":
        _leave(key, get_ident())
        return
    call = _open.get(key)
    try:
        if call is not None:
            _read(call, _fields(value))
    except Exception:  # ours, never the program's
        pass


def _on_resume(code: CodeType, offset: int) -> None:
    key = id(sys._getframe(1))
    if key in _open:
        _stacks.setdefault(get_ident(), []).append(key)


def _leave(key: int, thread: int) -> None:
    stack = _stacks.get(thread)
    if stack and key in stack:
        stack.remove(key)
        if not stack:
            _stacks.pop(thread, None)


def ended(code: CodeType, value: Any) -> None:
    """Answer the return of a followed function."""
    try:
        frame: Any = sys._getframe(2)
        if _sites[id(code)][1] == "chunk":
            call = _open.get(id(frame.f_back))
            if call is not None:
                _read(call, _fields(value))
            return
        call = _open.pop(id(frame), None)
        if call is None:
            return
        _leave(id(frame), get_ident())
        call.end_ns = time.monotonic_ns()
        if _sites[id(code)][1] != "stream":
            fields = _fields(value)
            if _class_name(type(value)) in ("Stream", "AsyncStream") and len(_streams) < _MOST_OPEN:
                call.http_status = _status(_fields(fields.get("response"))) or call.http_status
                _streams[id(fields.get("response"))] = call
                return
            _read(call, fields)
        _finish(call)
    except Exception:  # ours, never the program's
        pass


def _on_unwind(code: CodeType, offset: int, error: BaseException) -> None:
    try:
        if id(code) not in _sites:
            _state["unwound"] += 1
            if _state["unwound"] > _MOST_UNWOUND and not _open:
                _state["watching"] = False
                trail.listen(0, _events.PY_UNWIND)
            return
        frame = sys._getframe(1)
        call = _open.pop(id(frame), None)
        if call is None:
            return
        _leave(id(frame), get_ident())
        call.end_ns = time.monotonic_ns()
        if type(error) is not GeneratorExit:
            call.error = (type(error), own("telling").small_args(error))
            fields = _fields(error)
            call.http_status = _status(fields) or _status(_fields(fields.get("response"))) or call.http_status
        _finish(call)
    except Exception:  # ours, never the program's; or no room below
        pass


# -- what a call says of itself --------------------------------------------------------------------------------------


def _fields(value: Any) -> Record:
    """Return the instance dictionary itself, without asking the object."""
    kind = type(value)
    if value is None or kind is dict:
        return value or {}
    known = _getters.get(id(kind))
    if known is None:
        known = (kind, _getter(kind))
        if len(_getters) < _MOST_TYPES:
            _getters[id(kind)] = known  # keeps the type, so that its id stays its own
    getter = known[1]
    try:
        fields = getter(value) if getter is not None else None
    except (AttributeError, TypeError):
        return {}
    return fields if type(fields) is dict else {}


def _getter(kind: type) -> Any:
    for base in _mro(kind):
        found = _class_dict(base).get("__dict__")
        if found is not None:
            return found.__get__ if type(found) is _Descriptor else None
    return None


def _status(fields: Record) -> Any:
    for name in ("status_code", "status", "code"):
        value = fields.get(name)
        if type(value) is int and 100 <= value < 600:
            return value
    return None


def _whole(fields: Record, *names: str) -> Any:
    for name in names:
        value = fields.get(name)
        if type(value) is int and 0 <= value < 1 << 53:
            return value
    return None


def _word(value: Any) -> Any:
    """Return a short text; the members of an `enum` that is a text count as one."""
    if type(value) is str:
        return value[:_LONGEST_WORD]
    named = _fields(value).get("_value_") if value is not None else None
    return named[:_LONGEST_WORD] if type(named) is str else None


def _read(call: _Call, fields: Record) -> None:
    """Take what an answer, or one piece of a streamed answer, tells."""
    if call.category == "llm":
        for inner in (fields, _fields(fields.get("response")), _fields(fields.get("message"))):
            if inner:
                _read_answer(call, inner)
        call.finish_reason = _word(_fields(fields.get("delta")).get("stop_reason")) or call.finish_reason
    elif call.category == "api":
        call.http_status = _status(fields) or call.http_status
    elif call.category == "process":
        code = fields.get("returncode")
        call.exit_code = code if type(code) is int else None


def _read_answer(call: _Call, fields: Record) -> None:
    call.model = _word(fields.get("model")) or _word(fields.get("model_version")) or call.model
    usage = _fields(fields.get("usage") or fields.get("usage_metadata"))
    if usage:
        taken = _whole(usage, "input_tokens", "prompt_tokens", "prompt_token_count")
        given = _whole(usage, "output_tokens", "completion_tokens", "candidates_token_count")
        call.input_tokens = call.input_tokens if taken is None else taken
        call.output_tokens = call.output_tokens if given is None else given
    reason = _word(fields.get("stop_reason"))
    choices = fields.get("choices") or fields.get("candidates")
    if type(choices) is list and choices:
        reason = _word(_fields(choices[0]).get("finish_reason"))
    if reason is None and fields.get("object") == "response":
        reason = _word(_fields(fields.get("incomplete_details")).get("reason")) or _word(fields.get("status"))
    call.finish_reason = reason or call.finish_reason


# -- records ---------------------------------------------------------------------------------------------------------


def _finish(call: _Call) -> None:
    """Count a finished call; write it at once when nothing stands against it."""
    _notice_fork()
    if call.category == "llm" and call.http_status is None and call.error is None and call.sends:
        call.http_status = 200  # the libraries raise for all others
    _count(call)
    if _state["kept"] >= _MOST_KEPT:
        return
    _state["kept"] += 1
    _waiting.append(call)
    if call.category == "llm" and call.error is None and _is_clean(call.model) and _is_clean(call.finish_reason):
        _waiting.pop()
        spool.write(_line(call))


def _is_clean(text: Any) -> bool:
    """Say whether a model's name or a reason surely holds no secret; the same few come again and again."""
    if text is None:
        return True
    found = _plain.get(text)
    if found is None:
        found = plainly_clean(text)
        if len(_plain) < _MOST_TALLIES:
            _plain[text] = found
    return found


def _count(call: _Call) -> None:
    key = (call.name, call.category, call.model)
    tally = _tallies.get(key)
    if tally is None:
        if len(_tallies) >= _MOST_TALLIES:
            key = (call.name, call.category, None)
        tally = _tallies.setdefault(key, [0, 0, 0, 0, {}, 0, 0, 0])
    took = call.end_ns - call.start_ns
    tokens = (call.input_tokens or 0, call.output_tokens or 0)
    tally[0] += 1
    tally[1] += call.error is not None
    tally[2] += took
    tally[3] = max(tally[3], took)
    place = _bucket(took / 1000)
    tally[4][place] = tally[4].get(place, 0) + 1
    tally[5] += tokens[0]
    tally[6] += tokens[1]
    tally[7] += sum(tokens) if call.error is not None else 0


def _bucket(microseconds: float) -> int:
    """Return the step of a duration: the power of 1.1 next to it."""
    if not _bounds:
        _bounds[:] = [1.1**step for step in range(300)]
    if microseconds < 1:
        return 0
    doubled = int(min(microseconds, _bounds[-1])).bit_length() - 1
    low = int(doubled * _STEPS_OF_TWO)  # at most eight steps below
    while low < len(_bounds) - 1 and _bounds[low] < microseconds:
        low += 1
    return low


def lines() -> bytes:
    """Return the records of what is not written yet, and the counts of all calls: the end has come."""
    _notice_fork()
    for call in [*_open.values(), *_streams.values()]:
        if call.end_ns > call.start_ns:  # answered, but not read to its end
            _finish(call)
    _open.clear()
    _streams.clear()
    found = [_line(call) for call in _waiting]
    del _waiting[:]
    for (name, category, model), tally in _tallies.items():
        found.append(_tally_line(name, category, model, tally))
    _tallies.clear()
    return b"".join(found)


def _line(call: _Call) -> bytes:
    error = call.error and {"type": _class_name(call.error[0]), "message": _message(call.error)}
    data: Record = {
        "name": call.name,
        "category": call.category,
        "parent": call.parent and _id(call.parent),
        "status": "failed" if call.error else "ok",
        "start_ns": call.start_ns,
        "end_ns": call.end_ns,
        "duration_s": round((call.end_ns - call.start_ns) / 1e9, 9),
        "error": error,
        "model": _clean(call.model),
        "input_tokens": call.input_tokens,
        "output_tokens": call.output_tokens,
        "finish_reason": _clean(call.finish_reason),
        "http_status": call.http_status,
        "retries": max(0, call.sends - 1) if call.sends else None,
        "exit_code": call.exit_code,
    }
    data = {name: value for name, value in data.items() if value is not None}
    return _event("span", _id(call.number), call.end_ns, call.thread, data)


def _tally_line(name: str, category: str, model: Any, tally: list[Any]) -> bytes:
    calls, failures, took, longest, buckets, taken, given, wasted = tally
    data: Record = {
        "name": name,
        "category": category,
        "model": _clean(model),
        "calls": calls,
        "failures": failures,
        "seconds": took / 1e9,
        "longest_s": longest / 1e9,
        "base": 1.1,
        "buckets": {str(place): number for place, number in buckets.items()},
        "input_tokens": taken,
        "output_tokens": given,
        "wasted_tokens": wasted,
        "cost": None,
    }
    return _event("tally", None, time.monotonic_ns(), get_ident(), data)


def _event(kind: str, span: Any, at: int, thread: int, data: Record) -> bytes:
    event = {"kind": kind, "span": span, "data": data}
    return wire.encode({"kind": "event", "t_ns": at, "tid": thread, "event": event})


def _id(number: int) -> str:
    return f"{posix.getpid():x}-c{number:x}"


def _clean(text: Any) -> Any:
    return text if _is_clean(text) else own("capture").redactor_of_process().cut(text, 200)


def _message(error: Any) -> str:
    capture = own("capture")
    if capture.is_strict():
        return ""
    text = own("messages").text_of_arguments(*error)
    return str(capture.redactor_of_process().cut(text, 2000))
