"""An exception as a failure record: itself, its chain, its groups, the places it went through."""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import time

from .facts import facts
from .frames import Budget, Pictures
from .messages import bases_of, members_of, message, syntax_of
from .values import MOST_NODES, class_name, instance_dict, qualified_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Dict, Iterable

    from .redact import Redactor

    Record = Dict[str, Any]

SECONDS = 0.45  # all pictures of one capture; writing them takes the rest of the half second
MOST_LINKS = 60
MOST_MEMBERS = 200
_MOST_NOTES = 20
_LONGEST_NOTE = 4000
_LONGEST_LEARNT = 65536
_cause_of = BaseException.__dict__["__cause__"].__get__
_context_of = BaseException.__dict__["__context__"].__get__
_suppress_of = BaseException.__dict__["__suppress_context__"].__get__
_traceback_of = BaseException.__dict__["__traceback__"].__get__


def failure(
    error: BaseException,
    redactor: Redactor,
    thread: Record | None = None,
    seconds: float = SECONDS,
    strict: bool = False,
    hidden: Iterable[str] = (),
) -> Record:
    """Return the failure record of *error* with all it links to, within the budget of time and nodes.

    Of variables with a name in *hidden* no value is shown; *strict* shows none at all.
    """
    pictures = Pictures(redactor, Budget(MOST_NODES, time.monotonic() + seconds), strict, hidden)
    learn_locals(error, redactor)
    record = _one(error, pictures)
    links = _links(error)
    seen = {id(error)} | {id(link) for _, link in links}
    share = Budget(MOST_NODES // 2, pictures.budget.deadline)
    pictures.budget = share
    record["chain"] = [dict(_one(link, pictures), relation=relation) for relation, link in links]
    record["suppressed"] = [_one(hidden, pictures) for hidden in _suppressed(error, links, seen)]
    record["exceptions"] = _members(error, pictures, [MOST_MEMBERS])
    record["thread"] = thread
    record["handled"] = False
    record["source"] = "collector"
    return record


def traceback_of(error: BaseException) -> TracebackType | None:
    """Return the traceback of *error*, by the interpreter's own descriptor."""
    return _traceback_of(error)  # type: ignore[no-any-return]  # a descriptor is not typed


def learn_locals(error: BaseException, redactor: Redactor) -> None:
    """Remember what stands under secret names in any frame, before anything at all is shown."""
    from .frames import collect

    for link in _family(error):
        learn_places(collect(_traceback_of(link))[0], redactor)


def learn_places(places: Iterable[Any], redactor: Redactor) -> None:
    """Remember what stands under secret names in the frames of *places*."""
    from .frames import local_variables

    for frame, _, _ in places:
        for name, value in local_variables(frame).items():
            _learn(name, value, redactor, 0)


def _family(error: BaseException) -> list[BaseException]:
    """Return *error* and what is shown with it: causes and contexts, hidden ones too, and members of groups."""
    found = [error]
    seen = {id(error)}
    for current in found:  # grows while it is read
        for link in (_cause_of(current), _context_of(current), *members_of(current)):
            if link is not None and id(link) not in seen and len(found) < MOST_MEMBERS:
                seen.add(id(link))
                found.append(link)
    return found


def _learn(name: str, value: object, redactor: Redactor, depth: int) -> None:
    kind = type(value)
    if kind is str or kind is bytes:
        if redactor.is_secret_name(name):
            text = value[:_LONGEST_LEARNT] if kind is str else value[:_LONGEST_LEARNT].decode("latin-1")  # type: ignore[index]  # checked above
            redactor.learn(name, text)
    elif depth < 3:
        entries = value if kind is dict else (instance_dict(value) if id(kind) not in _LEAVES else None)
        for key in list(entries)[:50] if entries else ():  # type: ignore[call-overload]  # a dict
            if type(key) is str:
                _learn(key, entries[key], redactor, depth + 1)  # type: ignore[index]  # a dict


_LEAVES = frozenset(id(kind) for kind in (int, float, bool, type(None), list, tuple))


def _one(error: BaseException, pictures: Pictures) -> Record:
    """Return the record of one exception without what it links to."""
    kind = type(error)
    record: Record = {"type": class_name(kind), "qualified": qualified_name(kind), "bases": bases_of(kind)}
    record.update(message(error, pictures.redactor, pictures.budget))
    if pictures.strict:
        record.update(message="", args=[])
    notes = _notes(error, pictures.redactor)
    record["notes"] = [] if pictures.strict else notes
    syntax = syntax_of(error, pictures.redactor)
    if syntax is not None:
        record["syntax"] = syntax
    record["facts"] = facts(error, pictures.redactor)
    record["frames"] = pictures.frames(_traceback_of(error))
    return record


def _notes(error: BaseException, redactor: Redactor) -> list[str]:
    notes = (instance_dict(error) or {}).get("__notes__")
    if type(notes) is not list:
        return []
    return [redactor.cut(note, _LONGEST_NOTE) for note in notes[:_MOST_NOTES] if type(note) is str]


def _links(error: BaseException) -> list[tuple[str, BaseException]]:
    """Return the chain that Python would print, newest first."""
    found: list[tuple[str, BaseException]] = []
    seen = {id(error)}
    current: BaseException | None = error
    while current is not None and len(found) < MOST_LINKS:
        cause, context = _cause_of(current), _context_of(current)
        relation, following = ("cause", cause) if cause is not None else ("context", context)
        if following is None or id(following) in seen or (cause is None and _suppress_of(current)):
            break
        seen.add(id(following))
        found.append((relation, following))
        current = following
    return found


def _suppressed(error: BaseException, links: list[tuple[str, BaseException]], seen: set[int]) -> list[BaseException]:
    """Return the contexts that Python does not print: hidden by `from`, and still true."""
    found: list[BaseException] = []
    for current in [error] + [link for _, link in links]:
        context = _context_of(current)
        if context is not None and id(context) not in seen and len(found) < 8:
            seen.add(id(context))
            found.append(context)
    return found


def _members(error: BaseException, pictures: Pictures, left: list[int]) -> list[Record]:
    found: list[Record] = []
    for member in members_of(error):
        if left[0] <= 0:
            break
        left[0] -= 1
        record = _one(member, pictures)
        record["chain"] = [dict(_one(link, pictures), relation=relation) for relation, link in _links(member)[:5]]
        record["exceptions"] = _members(member, pictures, left)
        found.append(record)
    return found
