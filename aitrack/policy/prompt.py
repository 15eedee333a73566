"""How a request to a language model changes after an answer that could not be used.

An adaptation is a pure function `(Request, Trouble) -> Request | None`, registered under a name; None
means that it has nothing to change here. `ORDER` names the ones for each kind of trouble in
their default order; `ranked` orders them by what was learnt.
"""

from __future__ import annotations

from aitrack.config.values import is_list, is_table
from aitrack.policy.frozen import Frozen
from aitrack.policy.hint import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Protocol, TypeAlias

    Message: TypeAlias = dict[str, Any]  # a chat message as any SDK takes it
    Adaptation: TypeAlias = Callable[["Request", "Trouble"], "Request | None"]

    class Chance(Protocol):
        """What is asked of a source of chance; `random.Random` has it."""

        def random(self) -> float:
            """Return a number in [0, 1)."""
            ...

        def betavariate(self, alpha: float, beta: float) -> float:
            """Return a number from a beta distribution."""
            ...


EXCERPT_LIMIT = 300  # signs of a bad answer that are sent back
NOTE_LIMIT = 900
GROWTH_LIMIT, GROWTH_FLOOR = 3, 2000  # a prompt never grows beyond three times the first and 2 kB
_TOKEN_FACTORS = (2, 4)
_DEFAULT_TOKENS = 1024
_GREEDY_TRIES, _GREEDY_MEAN, _EXPLORE = 5, 0.8, 0.05
_PREEMPT_TRIES, _PREEMPT_MEAN = 10, 0.9
_PRIOR_TRIES = 2.0  # how much the experience of other keys counts for a new one


class Request(Frozen):
    """One call: the messages as the caller gave them, our one feedback after them, the parameters."""

    __slots__ = ("base", "facts", "feedback", "first_size", "params")

    def __init__(
        self,
        base: Sequence[Message],
        params: Mapping[str, Any] | None = None,
        *,
        feedback: Sequence[Message] = (),
        facts: Mapping[str, Any] | None = None,
        first_size: int | None = None,
    ) -> None:
        """*facts* are what the caller supplied: `schema`, `skeleton`, `purpose`, `max_tokens_cap`, `stop` ..."""
        self.base = tuple(base)
        self.params = dict(params or {})
        self.feedback = tuple(feedback)
        self.facts = dict(facts or {})
        self.first_size = size(self.base) if first_size is None else first_size

    @property
    def messages(self) -> list[Message]:
        """What is sent."""
        return [*self.base, *self.feedback]


class Trouble(Frozen):
    """Why an answer could not be used: *kind* as in `ORDER`, *detail* in words, *answer* what came back."""

    __slots__ = ("answer", "call_id", "detail", "fields", "kind", "tries")

    def __init__(
        self,
        kind: str,
        detail: str = "",
        *,
        answer: str = "",
        fields: Sequence[str] = (),
        call_id: str = "",
        tries: int = 0,
    ) -> None:
        self.kind = kind
        self.detail = detail
        self.answer = answer
        self.fields = tuple(fields)
        self.call_id = call_id
        self.tries = tries


def size(messages: Sequence[Message]) -> int:
    """Return the signs of all texts in *messages*."""
    return sum(len(_text(message)) for message in messages)


def _text(message: Message) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    if not is_list(content):
        return ""
    return "".join(str(part.get("text") or "") for part in content if is_table(part))


def adapted(request: Request, trouble: Trouble, name: str) -> Request | None:
    """Return *request* after the adaptation *name*, None when it has nothing to change or would grow too long."""
    changed = ADAPTATIONS[name](request, trouble)
    if changed is None or changed == request:
        return None
    return changed if size(changed.messages) <= GROWTH_LIMIT * request.first_size + GROWTH_FLOOR else None


def register(name: str, adaptation: Adaptation, kinds: Sequence[str] = ()) -> None:
    """Add an adaptation of the user's own; it is tried last for each of *kinds* until it has shown its worth."""
    if not callable(adaptation):
        raise TypeError(f"adaptation `{name}` must be a function of (Request, Trouble)")
    for kind in kinds:
        if kind not in ORDER:
            raise ValueError(f"`kinds` must be of {', '.join(ORDER)}, not `{kind}`")
    ADAPTATIONS[name] = adaptation
    for kind in kinds:
        ORDER[kind] = (*(known for known in ORDER[kind] if known != name), name)


# ---- adaptations ----


def _with_note(request: Request, note: str, answer: str = "") -> Request:
    """Our feedback replaces the last one: a prompt that carries all of them drowns the task."""
    said: list[Message] = []
    if answer.strip():
        said.append({"role": "assistant", "content": clean(answer, EXCERPT_LIMIT)})
    said.append({"role": "user", "content": clean(note, NOTE_LIMIT)})
    return request.replaced(feedback=tuple(said))


def _with_params(request: Request, **params: Any) -> Request:
    return request.replaced(params={**request.params, **params})


def _feedback(request: Request, trouble: Trouble) -> Request:
    return _with_note(
        request,
        f"That was not valid JSON: {clean(trouble.detail, 200)}. Answer again with the JSON value only.",
        trouble.answer,
    )


def _feedback_fields(request: Request, trouble: Trouble) -> Request:
    wrong = "; ".join(clean(field, 120) for field in trouble.fields[:6]) or clean(trouble.detail, 300)
    return _with_note(
        request, f"These parts were wrong: {wrong}. Answer again in the form that was asked for.", trouble.answer
    )


def _json_mode(request: Request, trouble: Trouble) -> Request | None:
    return (
        _with_params(request, response_format={"type": "json_object"})
        if "response_format" not in request.params
        else None
    )


def _json_schema_mode(request: Request, trouble: Trouble) -> Request | None:
    schema = request.facts.get("schema")
    if schema is None:
        return None
    wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    return _with_params(request, response_format=wanted)


def _temperature_0(request: Request, trouble: Trouble) -> Request | None:
    return _with_params(request, temperature=0) if request.params.get("temperature") != 0 else None


def _skeleton(request: Request, trouble: Trouble) -> Request | None:
    example = request.facts.get("skeleton") or skeleton(request.facts.get("schema"))
    if example is None:
        return None
    from json import dumps

    shown = example if isinstance(example, str) else dumps(example)
    return _with_note(request, f"Answer with JSON of exactly this form: {shown}")


def skeleton(schema: Any, depth: int = 0) -> Any:
    """Return the smallest example of a JSON schema, None when there is no schema."""
    if not is_table(schema) or depth > 5:
        return None if depth == 0 else "..."
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        properties: dict[str, Any] = schema.get("properties") or {}
        return {name: skeleton(inner, depth + 1) for name, inner in properties.items()}
    if kind == "array":
        return [skeleton(schema.get("items") or {}, depth + 1)]
    if schema.get("enum"):
        return schema["enum"][0]
    return {"integer": 0, "number": 0.0, "boolean": False, "null": None}.get(str(kind), "...")


def _more_tokens(request: Request, trouble: Trouble) -> Request | None:
    name = next(
        (known for known in ("max_tokens", "max_completion_tokens", "max_output_tokens") if known in request.params),
        "max_tokens",
    )
    now = request.params.get(name) or _DEFAULT_TOKENS
    cap = request.facts.get("max_tokens_cap") or now * _TOKEN_FACTORS[-1]
    wanted = min(int(now * _TOKEN_FACTORS[min(trouble.tries, len(_TOKEN_FACTORS) - 1)]), int(cap))
    return _with_params(request, **{name: wanted}) if wanted > now else None


def _shorter(request: Request, trouble: Trouble) -> Request:
    return _with_note(
        request, "Your answer was cut off at the length limit. Answer again, completely, and much shorter."
    )


def _continue(request: Request, trouble: Trouble) -> Request:
    """Only the task is split: torn text is never sent back."""
    return _with_note(
        request,
        "Your answer did not fit. Answer the first half only, and end with the word CONTINUE if more is to come.",
    )


def _drop_middle(request: Request, trouble: Trouble) -> Request | None:
    """Drop the oldest turns; the system's words and the last user's stay."""
    keep_first = [message for message in request.base if message.get("role") in ("system", "developer")]
    turns = [message for message in request.base if message.get("role") not in ("system", "developer")]
    last_user = max(
        (index for index, message in enumerate(turns) if message.get("role") == "user"), default=len(turns) - 1
    )
    kept = turns[max((last_user + 1) // 2, 1) : last_user] if last_user > 0 else []
    while kept and kept[0].get("role") in ("assistant", "tool"):
        kept = kept[1:]  # a turn begins with its question
    shorter = (*keep_first, *kept, *turns[last_user:])
    return request.replaced(base=shorter) if len(shorter) < len(request.base) else None


def _trim_tools(request: Request, trouble: Trouble) -> Request | None:
    trimmed = tuple(_trimmed(message) for message in request.base)
    return request.replaced(base=trimmed) if trimmed != request.base else None


def _trimmed(message: Message) -> Message:
    content = message.get("content")
    if message.get("role") != "tool" or not isinstance(content, str) or len(content) <= 2000:
        return message
    return {**message, "content": f"{content[:800]}\n[{len(content) - 1600} characters left out]\n{content[-800:]}"}


def _clarify(request: Request, trouble: Trouble) -> Request | None:
    """One clarification of the purpose, when the caller has given one, and only once: no arguing."""
    purpose = request.facts.get("purpose")
    return _with_note(request, f"To clarify the purpose: {purpose}") if purpose and trouble.tries == 0 else None


def _tool_error(request: Request, trouble: Trouble) -> Request:
    from json import dumps

    schema = request.facts.get("tool_schema")
    form = f" Its arguments: {dumps(schema)[:600]}" if schema is not None else ""
    text = f"The call failed: {clean(trouble.detail, 300)}.{form}"
    if not trouble.call_id:
        return _with_note(request, text, trouble.answer)
    reply = {"role": "tool", "tool_call_id": trouble.call_id, "content": clean(text, NOTE_LIMIT)}
    call = request.facts.get("tool_call")
    return request.replaced(feedback=(call, reply) if is_table(call) else (reply,))


def _fewer_tools(request: Request, trouble: Trouble) -> Request | None:
    tools, wanted = request.params.get("tools"), request.facts.get("tool")
    if not is_list(tools) or not wanted:
        return None
    kept = [tool for tool in tools if _tool_name(tool) == wanted]
    return _with_params(request, tools=kept) if kept and len(kept) < len(tools) else None


def _tool_name(tool: Any) -> object:
    if not is_table(tool):
        return None
    function = tool.get("function")
    return function.get("name") if is_table(function) else tool.get("name")


def _force_tool(request: Request, trouble: Trouble) -> Request | None:
    wanted = request.facts.get("tool")
    return _with_params(request, tool_choice={"type": "function", "function": {"name": wanted}}) if wanted else None


def _penalty(request: Request, trouble: Trouble) -> Request | None:
    now = request.params.get("frequency_penalty") or 0.0
    return _with_params(request, frequency_penalty=min(now + 0.5, 2.0)) if now < 2.0 else None


def _warmer(request: Request, trouble: Trouble) -> Request | None:
    now = request.params.get("temperature", 0.0) or 0.0
    return _with_params(request, temperature=round(min(now + 0.3, 1.0), 2)) if now < 1.0 else None


def _stop(request: Request, trouble: Trouble) -> Request | None:
    wanted = request.facts.get("stop")
    return _with_params(request, stop=wanted) if wanted and request.params.get("stop") != wanted else None


def _stream(request: Request, trouble: Trouble) -> Request | None:
    return (
        _with_params(request, stream=True)
        if request.facts.get("can_stream") and not request.params.get("stream")
        else None
    )


def _fewer_tokens(request: Request, trouble: Trouble) -> Request | None:
    now = request.params.get("max_tokens")
    return _with_params(request, max_tokens=max(now // 2, 64)) if isinstance(now, int) and now > 64 else None


def _longer_timeout(request: Request, trouble: Trouble) -> Request | None:
    now = request.params.get("timeout")
    return _with_params(request, timeout=now * 2) if isinstance(now, (int, float)) and trouble.tries == 0 else None


ADAPTATIONS: dict[str, Adaptation] = {
    "feedback": _feedback,
    "json_mode": _json_mode,
    "temperature_0": _temperature_0,
    "skeleton": _skeleton,
    "feedback_fields": _feedback_fields,
    "json_schema_mode": _json_schema_mode,
    "more_tokens": _more_tokens,
    "shorter": _shorter,
    "continue": _continue,
    "drop_middle": _drop_middle,
    "trim_tools": _trim_tools,
    "clarify": _clarify,
    "tool_error": _tool_error,
    "fewer_tools": _fewer_tools,
    "force_tool": _force_tool,
    "penalty": _penalty,
    "warmer": _warmer,
    "stop": _stop,
    "stream": _stream,
    "fewer_tokens": _fewer_tokens,
    "longer_timeout": _longer_timeout,
}

ORDER: dict[str, tuple[str, ...]] = {
    "invalid_json": ("feedback", "json_mode", "temperature_0", "skeleton"),
    "schema": ("feedback_fields", "json_schema_mode", "skeleton"),
    "truncated": ("more_tokens", "shorter", "continue"),
    "context_length": ("drop_middle", "trim_tools"),
    "refusal": ("clarify",),
    "tool_call": ("tool_error", "fewer_tools", "force_tool"),
    "repetition": ("penalty", "warmer", "stop"),
    "timeout": ("stream", "fewer_tokens", "longer_timeout"),
    # waited for with the prompt unchanged, or not repeated at all
    "rate_limit": (),
    "unavailable": (),
    "overload": (),
    "auth": (),
    "quota": (),
    "bad_request": (),
}

WAITED_FOR = frozenset(("rate_limit", "unavailable", "overload", "server_error"))
HOPELESS = frozenset(("auth", "quota", "bad_request"))
OTHER_MODEL = frozenset(("context_length", "refusal", "rate_limit", "unavailable", "overload", "timeout"))


# ---- what was learnt ----


def ranked(
    kind: str, own: Mapping[str, tuple[float, float]], prior: Mapping[str, tuple[float, float]], chance: Chance
) -> list[str]:
    """Return the adaptations for *kind*, the one to try first at the head.

    *own* is {name: (tries, wins)} of this key, *prior* the same over all keys. Without any try in either, the
    table's order is followed; with a clear winner it leads (but for 5 % of exploration); else
    the order is drawn by Thompson sampling.
    """
    names = list(ORDER.get(kind, ()))
    if not any(own.get(name, (0, 0))[0] or prior.get(name, (0, 0))[0] for name in names):
        return names
    best = max(names, key=lambda name: _mean(*own.get(name, (0.0, 0.0))))
    tries, wins = own.get(best, (0.0, 0.0))
    if tries >= _GREEDY_TRIES and _mean(tries, wins) >= _GREEDY_MEAN and chance.random() >= _EXPLORE:
        return [best, *(name for name in names if name != best)]
    drawn = {
        name: chance.betavariate(*_belief(own.get(name, (0.0, 0.0)), prior.get(name, (0.0, 0.0)))) for name in names
    }
    return sorted(names, key=lambda name: -drawn[name])


def _mean(tries: float, wins: float) -> float:
    return wins / tries if tries > 0 else 0.0


def _belief(own: tuple[float, float], prior: tuple[float, float]) -> tuple[float, float]:
    """Return alpha and beta: a flat start, what others saw counted as two tries, what this key saw in full."""
    weight = min(prior[0], _PRIOR_TRIES)
    alpha = 1.0 + own[1] + weight * _mean(*prior)
    return alpha, 1.0 + max(own[0] - own[1], 0.0) + weight * (1.0 - _mean(*prior))


def preempting(kind: str, own: Mapping[str, tuple[float, float]]) -> str:
    """Return the adaptation that has won so often as the first that it may come before the first call, or ""."""
    for name in ORDER.get(kind, ()):
        tries, wins = own.get(name, (0.0, 0.0))
        if tries >= _PREEMPT_TRIES and _mean(tries, wins) >= _PREEMPT_MEAN:
            return name
    return ""


# ---- repair without a call ----


def repaired(answer: str) -> tuple[Any, str]:
    """Return (value, "") of the JSON in *answer*, mended where that is safe, or (None, what is wrong and where).

    Code fences, chatter around the value and trailing commas are removed; nothing is invented.

    >>> repaired('Sure! ```json {"a": [1, 2,],}``` Anything else?')
    ({'a': [1, 2]}, '')
    """
    from json import JSONDecodeError, JSONDecoder

    try:
        return JSONDecoder(strict=False).decode(answer.strip()), ""
    except JSONDecodeError as error:
        problem = f"{error.msg} at line {error.lineno} column {error.colno}"
    start = min((index for index in (answer.find("{"), answer.find("[")) if index >= 0), default=-1)
    if start < 0:
        return None, "there is no JSON value in the answer"
    try:
        return JSONDecoder(strict=False).raw_decode(without_trailing_commas(answer[start:]))[0], ""
    except (JSONDecodeError, RecursionError):
        return None, problem


def without_trailing_commas(text: str) -> str:
    """Return *text* without commas that stand before a closing bracket, strings left alone."""
    kept: list[str] = []
    in_string = False
    index = 0
    while index < len(text):
        sign = text[index]
        if in_string and sign == "\\":
            kept.append(text[index : index + 2])
            index += 2
            continue
        if sign == '"':
            in_string = not in_string
        elif sign in "]}" and not in_string:
            _drop_comma(kept)
        kept.append(sign)
        index += 1
    return "".join(kept)


def _drop_comma(kept: list[str]) -> None:
    blanks = 0
    while blanks < len(kept) and kept[-1 - blanks].isspace():
        blanks += 1
    if blanks < len(kept) and kept[-1 - blanks] == ",":
        del kept[-1 - blanks]
