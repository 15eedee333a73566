"""Why an answer, or an error in its place, cannot be used: the kind of trouble that `policy.prompt` knows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from aitrack.api import expecting
from aitrack.api.context import innermost
from aitrack.api.dialects import tool_schemas
from aitrack.api.expecting import Reject
from aitrack.api.failing import recorded
from aitrack.api.place import pictures_at
from aitrack.policy.prompt import ORDER, Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aitrack.api.answers import Answer, ToolCall

_BY_TYPE = {
    "LengthFinishReasonError": "truncated",
    "ContentFilterFinishReasonError": "refusal",
    "JSONDecodeError": "invalid_json",
    "ContextWindowExceededError": "context_length",
    "ContentPolicyViolationError": "refusal",
    "APITimeoutError": "timeout",
}
_PHRASES = (
    ("context_length", ("context length", "context_length", "context window", "prompt is too long", "too many tokens",
                        "maximum number of tokens", "exceeds the maximum input", "input is too long", "token limit")),
    ("refusal", ("content_filter", "content policy", "content management policy", "safety system", "usage policies",
                 "refused", "i can't help with that", "i cannot help with that")),
    ("quota", ("insufficient_quota", "exceeded your current quota", "billing")),
    ("rate_limit", ("rate limit", "rate_limit", "too many requests")),
    ("overload", ("overloaded", "over capacity", "server is busy")),
    ("truncated", ("truncated", "max_tokens", "cut off", "length limit", "finish_reason: length", "unexpected end")),
    ("invalid_json", ("invalid json", "not valid json", "json decode", "jsondecode", "expecting value")),
    ("bad_request", ("invalid request", "invalid_request", "bad request", "unsupported parameter")),
)  # fmt: skip
_LOOP_LOOKS, _LOOP_SHARE = 240, 0.5  # the last words, and how many of them stand in one and the same phrase
_ALIKE = {"permission": "auth", "not_found": "bad_request", "server_error": "unavailable", "rejected": "bad_request"}


class Judged:
    """What came of one call: a value, or a trouble."""

    __slots__ = ("error", "retry_after_s", "trouble", "value")

    def __init__(
        self,
        value: Any = None,
        trouble: Trouble | None = None,
        error: BaseException | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        self.value = value
        self.trouble = trouble
        self.error = error
        self.retry_after_s = retry_after_s


def of_error(error: Exception) -> Judged:
    """Return what an exception in the place of an answer means."""
    span = innermost()
    failure = recorded(error, pictures_at(span.place if span is not None else None), quick=True)
    message = str(failure.get("message") or "")
    after = failure.get("retry_after_s")
    wait = float(after) if isinstance(after, (int, float)) else None
    if isinstance(error, Reject):
        return Judged(trouble=Trouble(error.kind, error.what, fields=error.fields), error=error)
    return Judged(trouble=Trouble(_kind(failure, message), message), error=error, retry_after_s=wait)


def _kind(failure: Mapping[str, Any], message: str) -> str:
    by_type = _BY_TYPE.get(str(failure.get("type")))
    if by_type is not None:
        return by_type
    kind, category = str(failure.get("kind")), str(failure.get("category"))
    kind = _ALIKE.get(kind, kind)
    if kind == "bad_request" or kind not in ORDER:
        said = of_text(message)
        if said in ("context_length", "refusal", "quota") or (
            said and category in ("unknown", "bug", "permanent") and kind not in ORDER
        ):
            return said
    if kind in ORDER:
        return kind
    if category in ("overload", "timeout"):
        return category
    return "unavailable" if category == "transient" else kind


def of_text(text: str) -> str:
    """Return the kind of trouble that a text speaks of, or an empty string."""
    lower = text.lower()
    return next((kind for kind, phrases in _PHRASES if any(phrase in lower for phrase in phrases)), "")


def of_answer(answer: Answer, expect: Any, params: Mapping[str, Any], facts: Mapping[str, Any]) -> Judged:
    """Return what an answer is worth."""
    if answer.is_refused:
        return Judged(trouble=Trouble("refusal", answer.refusal or answer.finish, answer=answer.text))
    if answer.calls or facts.get("tool"):
        judged = _of_calls(answer, params, facts)
        if judged is not None:
            return judged
    if _is_cut(answer, params) and not _fits_all_the_same(answer, expect):
        kind = "repetition" if loops(answer.text) else "truncated"
        return Judged(trouble=Trouble(kind, "the length limit was reached", answer=answer.text))
    if answer.shape == "other" and not answer.text:
        return _of_value(answer.raw, expect)
    try:
        value = expecting.fitting(expect, answer.text)
    except Reject as reject:
        kind = "repetition" if loops(answer.text) else reject.kind
        return Judged(trouble=Trouble(kind, reject.what, answer=answer.text, fields=reject.fields), error=reject)
    if expect is None and loops(answer.text):
        return Judged(trouble=Trouble("repetition", "the same words again and again", answer=answer.text))
    return Judged(value)


def _is_cut(answer: Answer, params: Mapping[str, Any]) -> bool:
    if answer.is_cut:
        return True
    cap = next(
        (params[name] for name in ("max_tokens", "max_completion_tokens", "max_output_tokens") if name in params), None
    )
    return not answer.finish and isinstance(cap, int) and answer.usage.output_tokens >= cap > 0


def _fits_all_the_same(answer: Answer, expect: Any) -> bool:
    """Return whether a cut answer is whole: a JSON value that ended before the limit."""
    if expect is None or not answer.text.strip():
        return False
    try:
        expecting.fitting(expect, answer.text)
    except Reject:
        return False
    return True


def _of_value(value: Any, expect: Any) -> Judged:
    """Judge an answer that is a value of its own, such as a dictionary of the caller's making."""
    if isinstance(expect, expecting.Json):
        fields = list(expecting.violations(expect.schema, value)) if expect.schema is not None else []
        return Judged(trouble=Trouble("schema", fields[0], fields=fields[:6])) if fields else Judged(value)
    if expect is None or hasattr(expect, "model_validate"):
        return Judged(value if expect is None else expect.model_validate(value))
    try:
        found = expect(value)
    except Reject as reject:
        return Judged(trouble=Trouble(reject.kind, reject.what, fields=reject.fields), error=reject)
    return Judged(value if found is None else found)


def _of_calls(answer: Answer, params: Mapping[str, Any], facts: Mapping[str, Any]) -> Judged | None:
    """Judge the tools that an answer calls; None when it calls none and need not."""
    schemas = tool_schemas(params)
    wanted = facts.get("tool")
    if not answer.calls:
        return Judged(trouble=Trouble("tool_call", f"`{wanted}` was not called", answer=answer.text))
    for call in answer.calls:
        wrong = _wrong_call(call, schemas)
        if wrong:
            return Judged(trouble=Trouble("tool_call", wrong, answer=answer.text, call_id=call.id))
    return Judged([{"name": call.name, "arguments": call.parsed(), "id": call.id} for call in answer.calls])


def _wrong_call(call: ToolCall, schemas: Mapping[str, Any]) -> str:
    if schemas and call.name not in schemas:
        return f"there is no tool `{call.name}`; the tools are {', '.join(schemas)}"
    try:
        found = call.parsed()
    except ValueError as error:
        return f"the arguments of `{call.name}` are not valid JSON: {error}"
    schema = schemas.get(call.name)
    return "; ".join(list(expecting.violations(schema, found))[:3]) if schema else ""


def loops(text: str) -> bool:
    """Return whether the end of *text* says one thing again and again."""
    words = text[-8000:].split()[-_LOOP_LOOKS:]
    if len(words) < 60:
        return False
    phrases = Counter(zip(words, words[1:], words[2:], words[3:], strict=False))
    (_, most), *_ = phrases.most_common(1)
    return most >= 12 and sum(number for _, number in phrases.items() if number >= 6) > _LOOP_SHARE * len(words)
