"""What stands under names of secrets where an exception was raised that the program then caught.

Its message may hold the secret, and is told later, when the frames are gone: so the values are noted at once, and
learnt before anything is written. Only functions that name a secret are looked at, and no code of the program runs.
"""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from .modules import own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

    from .redact import Redactor

MOST = 400  # values
_MOST_FRAMES = 40
_LONGEST = 65536
# A quick look at the names of a function, before the rules about names are loaded.
_HINTS = ("pass", "pw", "secret", "token", "key", "cred", "auth", "pin", "otp", "mfa", "code", "sid", "jwt", "cookie")

_noted: dict[tuple[str, str], None] = {}  # name and value, in the order seen
_names: dict[int, Any] = {}  # id of a code object -> the code object, and the names of secrets in it


def note(traceback: Any, above: FrameType | None = None) -> None:
    """Note the values of secret variables in the frames of *traceback*."""
    steps = 0
    while traceback is not None and steps < _MOST_FRAMES and len(_noted) < MOST:
        note_frame(traceback.tb_frame)
        traceback = traceback.tb_next
        steps += 1


def note_frame(frame: FrameType) -> None:
    """Note the values under the names of secrets that the function of *frame* has."""
    code = frame.f_code
    known = _names.get(id(code))
    if known is None or known[0] is not code:
        known = (code, _secret_names(code))
        if len(_names) < 5000:
            _names[id(code)] = known
    if not known[1]:
        return
    values = own("values")
    variables = own("frames").local_variables(frame)
    namespace: Any = frame.f_globals
    for name in known[1]:
        _keep(name, variables.get(name))
        if type(namespace) is dict:
            _keep(name, namespace.get(name))
    for value in list(variables.values())[:60]:
        fields = value if type(value) is dict else values.instance_dict(value)
        for key in list(fields)[:100] if fields else ():
            if type(key) is str and key.strip("_") in known[1]:
                _keep(key, fields.get(key))


def _keep(name: str, value: Any) -> None:
    kind = type(value)
    if (kind is str or kind is bytes) and len(value) > 3 and len(_noted) < MOST:
        text = value[:_LONGEST] if kind is str else value[:_LONGEST].decode("latin-1")
        _noted[name, text] = None


def _secret_names(code: CodeType) -> frozenset[str]:
    """Return the names of variables, attributes and keys in *code* that are names of secrets."""
    found = code.co_varnames + code.co_names + code.co_freevars + code.co_cellvars
    found += tuple([item for item in code.co_consts if type(item) is str and len(item) < 60])
    joined = " ".join(found).lower()
    if joined.isascii() and not any(hint in joined for hint in _HINTS):
        return frozenset()
    strength = own("redact_names").strength
    return frozenset([name.strip("_") for name in found if strength(name)])


def tell(redactor: Redactor) -> None:
    """Let *redactor* know what was noted."""
    while _noted:
        (name, value), _ = _noted.popitem()
        redactor.learn(name, value)
