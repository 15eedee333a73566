"""One step of adaptive prompting without a loop: the next prompt after an error, and what was done to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from aitrack.api import adaptations as _more  # registers what text needs
from aitrack.api.dialects import joined
from aitrack.api.expecting import Reject
from aitrack.api.judging import of_error, of_text
from aitrack.policy.hint import clean
from aitrack.policy.prompt import ORDER, WAITED_FOR, Request, Trouble, adapted

if TYPE_CHECKING:
    from collections.abc import Sequence

    Message = dict[str, Any]

del _more
_WORDS = {
    "drop_middle": "the oldest turns were left out",
    "trim_tools": "long results of tools were shortened",
    "cut_middle": "the middle of the longest text was left out",
    "mended": "empty messages and signs that no text has were removed",
    "feedback": "it says why the answer was not valid JSON",
    "feedback_fields": "it says what in the answer was wrong",
    "shorter": "it asks for a shorter answer",
    "clarify": "the purpose was clarified",
    "tool_error": "it says what was wrong with the tool call",
    "note": "it says why the request was rejected",
}
_UNCHANGED = {
    "refusal": "nothing: a refusal is not argued with, and no purpose was given",
    "auth": "nothing: the key was not accepted",
    "quota": "nothing: the quota is spent",
}
_ALIASES = {"overloaded": "overload", "truncation": "truncated", "context_length_exceeded": "context_length",
            "invalid_request": "bad_request", "content_filter": "refusal", "json": "invalid_json"}  # fmt: skip


class AdaptedText(str):
    """The next prompt as text: *kind* is the trouble, *adaptation* names what was done, *did* says it in words."""

    __slots__ = ("adaptation", "did", "kind", "retry_after_s")
    kind: str
    adaptation: str
    did: str
    retry_after_s: float | None


class AdaptedMessages(list["Message"]):
    """The next prompt, as messages, with the same notes."""

    kind: str
    adaptation: str
    did: str
    retry_after_s: float | None


@overload
def adapt_prompt(
    prompt: str, error: BaseException | str, /, *, purpose: str | None = None, schema: Any = None
) -> AdaptedText: ...
@overload
def adapt_prompt(
    prompt: Sequence[Message], error: BaseException | str, /, *, purpose: str | None = None, schema: Any = None
) -> AdaptedMessages: ...
def adapt_prompt(
    prompt: str | Sequence[Message], error: BaseException | str, /, *, purpose: str | None = None, schema: Any = None
) -> AdaptedText | AdaptedMessages:
    """Return the prompt to send after *error*: text for text, messages for messages.

    *error* is an exception, the word of a kind (`truncated`, `context_length` ...) or what was said. After overload
    the prompt stays as it is, byte for byte, as it does after an error that no prompt can mend.
    """
    if not isinstance(prompt, (str, list, tuple)):
        raise TypeError(f"`prompt` must be text or a list of messages, not {type(prompt).__name__}")
    trouble, retry_after_s = _trouble(error)
    base: list[Message] = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else list(prompt)
    facts = {name: value for name, value in (("purpose", purpose), ("schema", schema)) if value is not None}
    request, name = _next(Request(base, facts=facts), trouble)
    found: AdaptedText | AdaptedMessages
    if isinstance(prompt, str):
        found = AdaptedText(joined(request.messages) if name else prompt)
    else:
        found = AdaptedMessages(request.messages)
    found.kind, found.adaptation, found.retry_after_s = trouble.kind, name, retry_after_s
    found.did = _WORDS.get(name, name) if name else _why_unchanged(trouble.kind)
    return found


def _trouble(error: BaseException | str) -> tuple[Trouble, float | None]:
    if isinstance(error, str):
        word = _ALIASES.get(error.strip().lower(), error.strip().lower())
        return Trouble(word if word in ORDER else of_text(error) or "unknown", "" if word in ORDER else error), None
    if isinstance(error, Reject):
        return Trouble(error.kind, error.what, fields=error.fields), None
    if not isinstance(error, Exception):
        return Trouble("abort", type(error).__name__), None
    judged = of_error(error)
    assert judged.trouble is not None
    doc = getattr(error, "doc", None)  # JSONDecodeError keeps the text that it could not read
    answer = doc if isinstance(doc, str) else ""
    return judged.trouble.replaced(answer=answer), judged.retry_after_s


def _next(request: Request, trouble: Trouble) -> tuple[Request, str]:
    """Return the request after the first adaptation that changes its messages, and the adaptation's name."""
    names = ("mended",) if trouble.kind == "bad_request" else ORDER.get(trouble.kind, ())
    for name in names:
        changed = adapted(request, trouble, name)
        if changed is not None and changed.messages != request.messages:
            return changed, name
    if trouble.kind == "bad_request" and trouble.detail:
        note = (
            f"The last request was rejected as invalid: {clean(trouble.detail, 300)}. Answer within what is possible."
        )
        return request.replaced(feedback=({"role": "user", "content": note},)), "note"
    return request, ""


def _why_unchanged(kind: str) -> str:
    if kind in WAITED_FOR or kind == "timeout":
        return "nothing: the same prompt again, after a wait"
    return _UNCHANGED.get(kind, "nothing: no prompt mends this")
