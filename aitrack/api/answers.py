"""Answers of language models, read by their shape: OpenAI (chat, responses), Anthropic, Gemini, LiteLLM, plain text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aitrack.api.tokens import Usage, raw, usage_of
from aitrack.config.values import is_list
from aitrack.config.values import is_table as is_object

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

_LENGTH = {"length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded"}
_REFUSED = {
    "refusal", "content_filter", "safety", "prohibited_content", "blocklist", "recitation", "spii", "image_safety",
}  # fmt: skip
_ENUM_VALUE = ("_value_", "value")


class ToolCall:
    """A tool that the model wants to be called: *arguments* as it wrote them."""

    __slots__ = ("arguments", "id", "name")

    def __init__(self, name: str, arguments: Any, id: str = "") -> None:
        self.name = name
        self.arguments = arguments
        self.id = id

    def parsed(self) -> Any:
        """Return the arguments as values; raises ValueError when they are no JSON."""
        return json.loads(self.arguments or "{}") if isinstance(self.arguments, str) else self.arguments


class Answer:
    """What came back, whatever SDK it came through."""

    __slots__ = ("calls", "finish", "raw", "refusal", "shape", "text", "usage")

    def __init__(self, raw_answer: object, shape: str, text: str = "", finish: str = "") -> None:
        self.raw = raw_answer
        self.shape = shape
        self.text = text
        self.finish = finish
        self.refusal = ""
        self.calls: list[ToolCall] = []
        self.usage: Usage = usage_of(raw_answer) or Usage()

    @property
    def is_cut(self) -> bool:
        """Whether it ended at a length limit."""
        return self.finish in _LENGTH

    @property
    def is_refused(self) -> bool:
        """Whether the model, or a filter before it, declined."""
        return bool(self.refusal) or self.finish in _REFUSED


def read(answer: object) -> Answer | None:
    """Return *answer* as read, None when its shape is not known (a stream, or an object of somebody's own)."""
    if isinstance(answer, str):
        return Answer(answer, "text", answer)
    for reader in (_chat, _responses, _gemini, _anthropic):
        found = reader(answer)
        if found is not None:
            return found
    if is_object(answer) and isinstance(answer.get("text"), str):
        return Answer(answer, "text", answer["text"])
    return None


def other(answer: object) -> Answer:
    """Return an answer of unknown shape: a value of its own."""
    return Answer(answer, "other")


def _word(value: object) -> str:
    """Return a finish reason in lower case, out of text or out of an enumeration."""
    if isinstance(value, str):
        return value.rpartition(".")[2].lower()
    for name in _ENUM_VALUE:
        inner = raw(value, name)
        if isinstance(inner, str):
            return inner.lower()
    return ""


def _first(values: object) -> Any:
    return values[0] if is_list(values) and values else None


def _texts(parts: object) -> str:
    if isinstance(parts, str):
        return parts
    found = [raw(part, "text") for part in parts] if is_list(parts) else []
    return "".join(text for text in found if isinstance(text, str))


def _chat(answer: object) -> Answer | None:
    choice = _first(raw(answer, "choices"))
    if choice is None:
        return None
    message = raw(choice, "message")
    if message is None and raw(choice, "delta") is not None:
        return None  # a part of a stream
    text = _texts(raw(message, "content")) if message is not None else _texts(raw(choice, "text"))
    found = Answer(answer, "chat", text, _word(raw(choice, "finish_reason")))
    found.refusal = _texts(raw(message, "refusal"))
    for call in raw(message, "tool_calls") or ():
        function = raw(call, "function")
        found.calls.append(
            ToolCall(str(raw(function, "name") or ""), raw(function, "arguments"), str(raw(call, "id") or ""))
        )
    return found


def _responses(answer: object) -> Answer | None:
    output = raw(answer, "output")
    if not is_list(output):
        return None
    found = Answer(answer, "responses")
    for item in output:
        if raw(item, "type") == "function_call":
            found.calls.append(
                ToolCall(str(raw(item, "name") or ""), raw(item, "arguments"), str(raw(item, "call_id") or ""))
            )
        for part in raw(item, "content") or ():
            found.text += _texts(raw(part, "text"))
            found.refusal += _texts(raw(part, "refusal"))
    found.finish = _word(raw(raw(answer, "incomplete_details"), "reason"))
    return found


def _gemini(answer: object) -> Answer | None:
    candidates = raw(answer, "candidates")
    blocked = _word(raw(raw(answer, "prompt_feedback", "promptFeedback"), "block_reason", "blockReason"))
    if not is_list(candidates) and not blocked:
        return None
    candidate = _first(candidates)
    parts = raw(raw(candidate, "content"), "parts")
    found = Answer(answer, "gemini", _texts(parts), _word(raw(candidate, "finish_reason", "finishReason")))
    found.refusal = blocked
    for part in parts or ():
        call = raw(part, "function_call", "functionCall")
        if call is not None:
            found.calls.append(ToolCall(str(raw(call, "name") or ""), raw(call, "args") or {}))
    return found


def _anthropic(answer: object) -> Answer | None:
    content = raw(answer, "content")
    if not is_list(content):
        return None
    found = Answer(answer, "anthropic", _texts(content), _word(raw(answer, "stop_reason")))
    for block in content:
        if raw(block, "type") == "tool_use":
            found.calls.append(
                ToolCall(str(raw(block, "name") or ""), raw(block, "input") or {}, str(raw(block, "id") or ""))
            )
    return found


# ---- streams ----


class Gathering:
    """The parts of a streamed answer, put together."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._finish = ""
        self._refusal: list[str] = []
        self._calls: dict[Any, ToolCall] = {}
        self._usage: Usage | None = None
        self._shape = "text"
        self._whole: Answer | None = None

    def add(self, part: object) -> None:
        """Take one part."""
        from aitrack.api.tracking import merged

        self._usage = merged(self._usage, usage_of(part))
        if isinstance(part, str):
            self._texts.append(part)
        elif (delta := raw(_first(raw(part, "choices")), "delta")) is not None:
            self._chat(_first(raw(part, "choices")), delta)
        elif isinstance(raw(part, "type"), str):
            self._event(part, str(raw(part, "type")))
        elif (whole := read(part)) is not None:
            self._shape = whole.shape
            self._texts.append(whole.text)
            self._finish = whole.finish or self._finish
            self._refusal.append(whole.refusal)

    def _chat(self, choice: object, delta: object) -> None:
        self._shape = "chat"
        self._texts.append(_texts(raw(delta, "content")))
        self._refusal.append(_texts(raw(delta, "refusal")))
        self._finish = _word(raw(choice, "finish_reason")) or self._finish
        for call in raw(delta, "tool_calls") or ():
            function = raw(call, "function")
            self._call(raw(call, "index"), raw(function, "name"), raw(call, "id"), raw(function, "arguments"))

    def _call(self, place: Any, name: Any, id: Any, arguments: Any) -> None:
        known = self._calls.setdefault(place, ToolCall("", ""))
        known.name += name if isinstance(name, str) else ""
        known.id = id if isinstance(id, str) else known.id
        known.arguments += arguments if isinstance(arguments, str) else ""

    def _event(self, part: object, kind: str) -> None:
        """Take an event of Anthropic's stream, or of OpenAI's responses."""
        delta = raw(part, "delta")
        if kind in ("response.completed", "response.incomplete"):
            self._whole = _responses(raw(part, "response"))
        elif kind == "response.output_text.delta" and isinstance(delta, str):
            self._shape = "responses"
            self._texts.append(delta)
        elif kind == "content_block_start":
            block = raw(part, "content_block")
            if raw(block, "type") == "tool_use":
                self._call(raw(part, "index"), raw(block, "name"), raw(block, "id"), "")
        elif kind == "content_block_delta":
            self._texts.append(_texts(raw(delta, "text")))
            if raw(delta, "partial_json") is not None:
                self._call(raw(part, "index"), None, None, raw(delta, "partial_json"))
        elif kind == "message_delta":
            self._finish = _word(raw(delta, "stop_reason")) or self._finish
        if kind.startswith(("content_block", "message")):
            self._shape = "anthropic"

    def answer(self) -> Answer:
        """Return the whole answer."""
        if self._whole is not None:
            return self._whole
        found = Answer(None, self._shape, "".join(self._texts), self._finish)
        found.refusal = "".join(self._refusal)
        found.calls = list(self._calls.values())
        found.usage = self._usage or Usage()
        return found


def whole(answer: object) -> Answer:
    """Return *answer* as read; a stream is read to its end."""
    found = read(answer)
    if found is not None:
        return found
    parts: Any = answer
    if not is_object(answer) and not is_list(answer) and hasattr(answer, "__iter__"):
        return _gathered(iter(parts))
    return other(answer)


def _gathered(parts: Iterator[object]) -> Answer:
    gathering = Gathering()
    for part in parts:
        gathering.add(part)
    return gathering.answer()


async def awhole(answer: object) -> Answer:
    """Return *answer* as read; a stream, asynchronous or not, is read to its end."""
    if read(answer) is None and hasattr(answer, "__aiter__"):
        gathering = Gathering()
        parts: Any = answer
        stream: AsyncIterator[object] = aiter(parts)
        async for part in stream:
            gathering.add(part)
        return gathering.answer()
    return whole(answer)
