"""What an answer must be: JSON by a schema, a pydantic model, or whatever a function accepts."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from aitrack.config.values import is_list
from aitrack.config.values import is_table as is_object
from aitrack.policy.prompt import repaired

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MOST_FIELDS = 6
_DEEPEST = 30
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list, tuple), "string": (str,), "boolean": (bool,), "null": (type(None),),
    "integer": (int,), "number": (int, float),
}  # fmt: skip


class Reject(Exception):  # noqa: N818 - a verdict, raised by the caller's own check
    """An answer that will not do: *what* is wrong, and in which fields."""

    def __init__(self, what: str, *, fields: Sequence[str] = (), kind: str = "schema") -> None:
        super().__init__(what)
        self.what = what
        self.fields = tuple(fields)
        self.kind = kind


class Json:
    """Expect JSON, of a schema if one is given. Fences, chatter and trailing commas around it are forgiven."""

    def __init__(self, schema: Any = None) -> None:
        if schema is not None and not isinstance(schema, (dict, bool)):
            raise TypeError(f"`schema` must be a JSON schema, not {type(schema).__name__}")
        self.schema: Any = cast("Any", schema)

    def value_of(self, text: str) -> Any:
        """Return the value in *text*; raise Reject."""
        value, wrong = repaired(text)
        if wrong:
            raise Reject(wrong, kind="invalid_json")
        fields = list(violations(self.schema, value)) if self.schema is not None else []
        if fields:
            raise Reject(fields[0], fields=fields[:_MOST_FIELDS])
        return value


def schema_of(expect: object) -> Any:
    """Return the JSON schema of what is expected, None when there is none."""
    if isinstance(expect, Json):
        return expect.schema
    made = getattr(expect, "model_json_schema", None)
    return made() if callable(made) else None


def check(expect: object) -> None:
    """Raise TypeError for what cannot be expected."""
    if expect is not None and not isinstance(expect, Json) and not callable(expect):
        raise TypeError(
            f"`expect` must be aitrack.Json(...), a pydantic model or a function, not {type(expect).__name__}"
        )


def fitting(expect: Any, text: str) -> Any:
    """Return the value of an answer's *text* as *expect* wants it; raise Reject."""
    if expect is None:
        return text
    if isinstance(expect, Json):
        return expect.value_of(text)
    validate = getattr(expect, "model_validate", None)
    try:
        if validate is not None:
            return validate(Json().value_of(text))
        value = expect(text)
        return text if value is None else value
    except json.JSONDecodeError as error:
        raise Reject(f"{error.msg} at line {error.lineno} column {error.colno}", kind="invalid_json") from error
    except ValueError as error:
        fields = _pydantic_fields(error)
        raise Reject(fields[0] if fields else str(error)[:300], fields=fields) from error


def _pydantic_fields(error: ValueError) -> list[str]:
    told = getattr(error, "errors", None)
    if not callable(told):
        return []
    found: Any = told()
    return [
        f"{_path(entry.get('loc', ()))}: {entry.get('msg')}" for entry in list(found)[:_MOST_FIELDS] if is_object(entry)
    ]


def _path(steps: Any) -> str:
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text or "the answer"


# ---- schemas ----


def violations(schema: Any, value: Any) -> Iterator[str]:
    """Yield what in *value* is not as *schema* wants it: the path and what was wanted.

    With jsonschema installed by its whole standard, else by the keywords that are met in practice.
    """
    try:
        validators: Any = import_module("jsonschema.validators")
    except ImportError:
        yield from _violations(schema, value, "", 0)
        return
    made: Any = validators.validator_for(schema)(schema)
    for error in made.iter_errors(value):
        said = _said(error.validator, error.validator_value, error.instance, error.message)
        yield f"{_path(error.absolute_path)}: {said}"


def _said(keyword: str, wanted: Any, value: Any, message: str) -> str:
    if keyword == "type":
        return f"expected {_or(wanted)}, got {_name(value)}"
    return message[:200]


def _or(wanted: Any) -> str:
    return " or ".join(wanted) if is_list(wanted) else str(wanted)


def _name(value: Any) -> str:
    for name, kinds in _TYPES.items():
        if isinstance(value, kinds) and not (isinstance(value, bool) and name != "boolean"):
            return name
    return type(value).__name__


def _violations(schema: Any, value: Any, path: str, depth: int) -> Iterator[str]:
    if schema is False:
        yield f"{path or 'the answer'}: is not allowed"
    if not is_object(schema) or depth > _DEEPEST:
        return
    where = path or "the answer"
    wanted = schema.get("type")
    if wanted is not None and not any(_is(value, name) for name in (wanted if is_list(wanted) else [wanted])):
        yield f"{where}: expected {_or(wanted)}, got {_name(value)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {json.dumps(value)[:60]} is not one of {json.dumps(schema['enum'])[:100]}"
    if "const" in schema and value != schema["const"]:
        yield f"{where}: expected {json.dumps(schema['const'])[:60]}"
    if isinstance(value, (int, float)):
        yield from _number(schema, value, where)
    if isinstance(value, str):
        yield from _text(schema, value, where)
    if is_list(value):
        yield from _items(schema, value, path, depth)
    if is_object(value):
        yield from _fields(schema, value, path, depth)
    yield from _combined(schema, value, path, depth)


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(name, (object,)))


def _number(schema: dict[str, Any], value: float, where: str) -> Iterator[str]:
    if "minimum" in schema and value < schema["minimum"]:
        yield f"{where}: {value} is less than {schema['minimum']}"
    if "maximum" in schema and value > schema["maximum"]:
        yield f"{where}: {value} is more than {schema['maximum']}"


def _text(schema: dict[str, Any], value: str, where: str) -> Iterator[str]:
    import re

    if len(value) < schema.get("minLength", 0):
        yield f"{where}: is shorter than {schema['minLength']}"
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        yield f"{where}: is longer than {schema['maxLength']}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where}: does not match {schema['pattern']}"


def _items(schema: dict[str, Any], value: Sequence[Any], path: str, depth: int) -> Iterator[str]:
    if len(value) < schema.get("minItems", 0):
        yield f"{path or 'the answer'}: has {len(value)} items, expected at least {schema['minItems']}"
    if "maxItems" in schema and len(value) > schema["maxItems"]:
        yield f"{path or 'the answer'}: has {len(value)} items, expected at most {schema['maxItems']}"
    for number, item in enumerate(value):
        yield from _violations(schema.get("items"), item, f"{path}[{number}]", depth + 1)


def _fields(schema: dict[str, Any], value: dict[str, Any], path: str, depth: int) -> Iterator[str]:
    properties: dict[str, Any] = schema.get("properties") or {}
    for name in schema.get("required") or ():
        if name not in value:
            yield f"{path or 'the answer'}: {name!r} is a required property"
    for name, item in value.items():
        below = f"{path}.{name}" if path else name
        if name in properties:
            yield from _violations(properties[name], item, below, depth + 1)
        elif "additionalProperties" in schema:
            yield from _violations(schema["additionalProperties"], item, below, depth + 1)


def _combined(schema: dict[str, Any], value: Any, path: str, depth: int) -> Iterator[str]:
    for inner in schema.get("allOf") or ():
        yield from _violations(inner, value, path, depth + 1)
    for keyword in ("anyOf", "oneOf"):
        ways = schema.get(keyword)
        if ways and all(any(_violations(way, value, path, depth + 1)) for way in ways):
            yield f"{path or 'the answer'}: is none of what is allowed"
