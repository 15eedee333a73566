"""How a request is said to each SDK: where the messages go, what its parameters are called, how feedback looks."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from aitrack.config.values import is_list
from aitrack.config.values import is_table as is_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aitrack.api.answers import Answer, ToolCall
    from aitrack.policy.prompt import Request

    Message = dict[str, Any]

_MESSAGES = ("messages", "input", "contents", "prompt")
# our names of parameters that an SDK has no word for
_UNKNOWN = {
    "anthropic": {"response_format", "frequency_penalty"},
    "responses": {"frequency_penalty", "stop"},
    "gemini": {"stream", "timeout"},
}
_GEMINI = {
    "max_tokens": "max_output_tokens", "temperature": "temperature", "frequency_penalty": "frequency_penalty",
    "stop": "stop_sequences",
}  # fmt: skip


class Caller:
    """A function that asks a model: how it takes messages, and which parameters."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.shape = _shape_of(function)
        self._names: set[str] = set()
        self._takes_all = True
        self._keyword = ""
        try:
            parameters = inspect.signature(function).parameters
        except (TypeError, ValueError):
            return
        self._names = set(parameters)
        self._takes_all = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
        named = [one for one in parameters.values() if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
        positional = any(
            one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD, one.VAR_POSITIONAL)
            for one in parameters.values()
        )
        known = {one.name for one in named}
        self._keyword = next((name for name in _MESSAGES if name in known), "" if positional else "messages")

    def learn(self, answer: Answer) -> None:
        """Learn from an answer which SDK it is, where the function's name did not tell."""
        if not self.shape and answer.shape in ("chat", "responses", "anthropic", "gemini"):
            self.shape = answer.shape

    def takes(self, name: str) -> bool:
        """Whether a parameter of our naming can be said to it."""
        if name in _UNKNOWN.get(self.shape, ()):
            return False
        told = {"responses": {"max_tokens": "max_output_tokens", "response_format": "text"},
                "anthropic": {"stop": "stop_sequences"}}.get(self.shape, {}).get(name, name)  # fmt: skip
        if self.shape == "gemini" and (name in _GEMINI or name == "response_format"):
            told = "config"
        return self._takes_all or told in self._names

    def ask(self, request: Request, given: Mapping[str, Any], *, as_text: bool) -> Any:
        """Ask; *given* are the caller's own parameters, which stay as they are unless they were adapted."""
        params = _lowered(self.shape, request.params, given)
        messages = (
            _as_text(request) if as_text else [*request.base, *(_feedback(self.shape, one) for one in request.feedback)]
        )
        if self._keyword:
            return self.function(**{self._keyword: messages}, **params)
        return self.function(messages, **params)


def _shape_of(function: Any) -> str:
    owner = getattr(function, "__self__", None)
    home = f"{type(owner).__module__ if owner is not None else ''} {getattr(function, '__module__', '')}"
    name = type(owner).__name__
    if "openai" in home:
        return "responses" if "Responses" in name else "chat"
    if "anthropic" in home:
        return "anthropic"
    return "gemini" if "google" in home and "gen" in home else "chat" if "litellm" in home else ""


def lifted(shape: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters by our names: Gemini keeps its own in a configuration."""
    config = params.get("config")
    if shape not in ("gemini", "") or not is_object(config):
        return dict(params)
    return dict(params) | {ours: config[theirs] for ours, theirs in _GEMINI.items() if theirs in config}


def _lowered(shape: str, params: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters by the SDK's names: what was given as it was given, what was adapted in its words."""
    kept = {name: value for name, value in params.items() if name in given and given[name] == value}
    for name, value in params.items():
        if name in kept or (shape in ("gemini", "") and _in_config(given, name, value)):
            continue
        if shape == "gemini" and (name in _GEMINI or name == "response_format"):
            kept["config"] = _configured(kept.get("config") or given.get("config"), name, value)
        else:
            told, said = _said(shape, name, value)
            kept[told] = said
    return kept


def _in_config(given: Mapping[str, Any], name: str, value: Any) -> bool:
    config = given.get("config")
    return is_object(config) and name in _GEMINI and config.get(_GEMINI[name]) == value


def _configured(config: Any, name: str, value: Any) -> dict[str, Any]:
    own: dict[str, Any] = dict(config) if is_object(config) else {}
    if name == "response_format":
        own["response_mime_type"] = "application/json"
        schema = value.get("json_schema", {}).get("schema")
        return own | ({"response_schema": schema} if schema is not None else {})
    return own | {_GEMINI[name]: [value] if name == "stop" and isinstance(value, str) else value}


def _said(shape: str, name: str, value: Any) -> tuple[str, Any]:
    """Return one parameter in the words of an SDK."""
    if shape == "anthropic" and name == "stop":
        return "stop_sequences", [value] if isinstance(value, str) else value
    if name == "tool_choice" and is_object(value) and shape in ("anthropic", "responses"):
        tool = value.get("function", {}).get("name")
        return name, {"type": "tool" if shape == "anthropic" else "function", "name": tool}
    if shape == "responses" and name == "max_tokens":
        return "max_output_tokens", value
    if shape == "responses" and name == "response_format":
        form = value.get("json_schema")
        return "text", {"format": {"type": "json_schema", **form} if form else value}
    return name, value


def _feedback(shape: str, message: Message) -> Message:
    """Return one of our own messages as an SDK takes it."""
    role, content = message.get("role"), message.get("content")
    if shape == "gemini" and isinstance(content, str):
        return {"role": "model" if role == "assistant" else "user", "parts": [{"text": content}]}
    if role != "tool":
        return message
    if shape == "anthropic":
        result = {"type": "tool_result", "tool_use_id": message["tool_call_id"], "is_error": True, "content": content}
        return {"role": "user", "content": [result]}
    if shape == "responses":
        return {"type": "function_call_output", "call_id": message["tool_call_id"], "output": content}
    return message


def call_message(shape: str, text: str, call: ToolCall) -> Message:
    """Return the assistant's message with its tool call, as it must stand before our answer to it."""
    if shape == "anthropic":
        return {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments}],
        }
    if shape == "responses":
        return {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}
    function = {"name": call.name, "arguments": call.arguments}
    return {
        "role": "assistant",
        "content": text or None,
        "tool_calls": [{"id": call.id, "type": "function", "function": function}],
    }


def _as_text(request: Request) -> str:
    return joined(request.messages)


def joined(messages: Sequence[Message]) -> str:
    """Return messages as one text; what the assistant had said is quoted."""
    parts: list[str] = []
    for message in messages:
        content = message.get("content")
        text = content if isinstance(content, str) else ""
        parts.append(f"The last answer began: {text}" if message.get("role") == "assistant" else text)
    return "\n\n".join(part for part in parts if part)


def tool_schemas(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return {name: schema of the arguments} of the tools that a request offers."""
    found: dict[str, Any] = {}
    tools = params.get("tools")
    for tool in tools if is_list(tools) else []:
        if is_object(tool):
            inner = tool["function"] if is_object(tool.get("function")) else tool
            if isinstance(inner.get("name"), str):
                found[inner["name"]] = inner.get("parameters", inner.get("input_schema"))
    return found
