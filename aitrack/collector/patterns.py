"""Compiled regular expressions without `re`: the engine's own programs, kept in the store's cache.

Importing `re` and compiling the redactor's patterns takes 40 ms on 3.8, more than all the rest of a capture. The
engine (`_sre`) takes a compiled program as a list of numbers; the first failure of an interpreter version compiles
and keeps them.
"""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import marshal
import sys

from .library import forget, replace, standard, write_cache
from .modules import place, read_ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_state: dict[str, Any] = {"known": None, "new": False}


def compile(text: Any, flags: Any = 0) -> Any:
    """Return the pattern *text*, as `re.compile` would."""
    known = _known()
    found = known.get((text, flags))
    if found is None:
        found = known[text, flags] = _compiled(text, flags)
        _state["new"] = True
    return _engine().compile(*found)


def keep() -> None:
    """Write what was compiled in this process, for the next one."""
    if _state["new"]:
        _state["new"] = False
        write_cache(_path(), marshal.dumps((_stamp(), _known())))


def _known() -> Any:
    if _state["known"] is None:
        _state["known"] = _read()
    return _state["known"]


def _read() -> Any:
    try:
        stamp, known = marshal.loads(read_ours(_path()))
        if stamp == _stamp():
            return known
    except (OSError, ValueError, EOFError, TypeError):
        pass
    return {}


def _stamp() -> Any:
    return sys.hexversion, _engine().MAGIC, _engine().CODESIZE


def _path() -> Any:
    return b"%s/cache/patterns-%s" % (place["home"], sys.implementation.cache_tag.encode())


def _engine() -> Any:
    engine = _state.get("engine")
    if engine is None:
        engine = _state["engine"] = standard("_sre")
    return engine


def _compiled(text: Any, flags: Any) -> Any:
    """Compile *text* with the real `re`, and return what it tells the engine."""
    recorder = _state.get("recorder")
    if recorder is None:
        recorder = _state["recorder"] = _Recorder()
        engine = _engine()
        proxy: Any = type(sys)("_sre")
        proxy.__dict__.update(engine.__dict__)
        proxy.compile = recorder.compile
        forget(("re", "re.", "sre_"))  # a copy that something else of ours has loaded would not ask the proxy
        replace("_sre", proxy)
        _state["re"] = standard("re")
        replace("_sre", engine)
    _state["re"].compile(text, flags)
    return recorder.last


class _Recorder:
    """Stands in for the engine's `compile` and remembers what it was given."""

    def __init__(self) -> None:
        self.last: Any = ()

    def compile(self, pattern: Any, flags: Any, code: list[int], groups: Any, groupindex: Any, indexgroup: Any) -> Any:
        """Remember one program and compile it."""
        self.last = (pattern, int(flags), [int(item) for item in code], groups, dict(groupindex), tuple(indexgroup))
        return _engine().compile(*self.last)
