"""The nouns as readers see them: typed views of the records on disk.

A view is lenient where a writer is exact: each field has a default, unknown
fields are left alone (the raw record stays beside the view), and a field of
the wrong type is dropped and named, never a crash.  `spec/inspect.md` 3 in
types.
"""

from __future__ import annotations

import types
import typing
from functools import cache
from typing import Any, TypeGuard

import msgspec

_MOST_TOLD = 100
SCHEMA = 1  # of the records and of the JSON that commands print


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether *value* is a JSON object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether *value* is a JSON array."""
    return isinstance(value, (list, tuple))


class Record(msgspec.Struct, frozen=True):
    """A record whose every field has a default."""


class Signal(Record, frozen=True):
    """The signal that ended a process."""

    number: int = 0
    name: str = ""
    core: bool | None = None


class Command(Record, frozen=True):
    """What was run."""

    argv: list[str] = []
    form: str = ""
    script: str | None = None
    cwd: str | None = None


class Supervisor(Record, frozen=True):
    """The aitrack that wrote the session; its process shows whether the session still runs."""

    version: str = ""
    pid: int = 0
    start: int | None = None
    boot_id: str | None = None
    host_hash: str | None = None


class Host(Record, frozen=True):
    """The machine."""

    name_hash: str | None = None
    name: str | None = None
    os: str | None = None
    arch: str | None = None
    cpus: int | None = None
    memory: int | None = None


class Interpreter(Record, frozen=True):
    """The Python that ran the program."""

    version: str | None = None
    implementation: str | None = None
    executable: str | None = None
    prefix: str | None = None


class Git(Record, frozen=True):
    """The revision of the program's source."""

    commit: str | None = None
    branch: str | None = None
    dirty: bool | None = None


class User(Record, frozen=True):
    """Who ran it."""

    uid: int | None = None
    name: str | None = None


class Environment(Record, frozen=True):
    """Variables: kept with values, the others as keyed hashes."""

    kept: dict[str, str] = {}
    hidden: dict[str, str] = {}
    count: int | None = None


class Privacy(Record, frozen=True):
    """What redaction did."""

    mode: str = "standard"
    rules_version: int | str | None = None
    redactions: dict[str, int] = {}


class Remark(Record, frozen=True):
    """Something worth knowing that is no failure."""

    kind: str = ""
    text: str = ""


class LeftOutSetting(Record, frozen=True):
    """A setting of a file that did not hold, and why."""

    key: str = ""
    file: str = ""
    why: str = ""


class SettingsRecord(Record, frozen=True):
    """What is told of the settings of a run."""

    left_out: list[LeftOutSetting] = []


class Session(Record, frozen=True):
    """One run, from its start record to its end record."""

    schema: int = SCHEMA
    id: str = ""
    status: str = "interrupted"
    recovered: bool = False
    started_at: float = 0.0
    ended_at: float | None = None
    duration_s: float | None = None
    exit_code: int | None = None
    name: str | None = None
    reason: str | None = None
    environment: str | None = None
    user: User = User()
    degraded: bool = False
    waits_s: float | None = None
    command: Command = Command()
    supervisor: Supervisor = Supervisor()
    host: Host = Host()
    python: Interpreter | None = None
    git: Git | None = None
    env: Environment = Environment()
    privacy: Privacy = Privacy()
    packages: dict[str, str] = {}
    labels: dict[str, str] = {}
    warnings: list[Remark] = []
    remedies: list[dict[str, Any]] = []
    settings: SettingsRecord = SettingsRecord()


class Local(Record, frozen=True):
    """A variable of a frame, pictured without running any of the program's code."""

    name: str = ""
    type: str | None = None
    value: str | None = None
    id: int | None = None
    cut: dict[str, Any] | None = None  # what was left out: how many items, signs ...
    redacted: bool | str | None = None


class Context(Record, frozen=True):
    """Source around a line; `stale` when the file changed since the program read it."""

    start: int = 1
    lines: list[str] = []
    stale: bool = False


class Frame(Record, frozen=True):
    """One call on the stack, columns in characters from 0, half-open."""

    file: str = ""
    line: int | None = None
    end_line: int | None = None
    col: int | None = None
    end_col: int | None = None
    function: str = ""
    qualname: str | None = None
    module: str | None = None
    in_app: bool = False
    code: str | None = None
    context: Context | None = None
    locals: list[Local] = []
    omitted: int | None = None


class Blame(Record, frozen=True):
    """The frame whose values explain the failure, and how they do."""

    path: list[str | int] = []  # from the failure down to the exception at the root: chain, 2, exceptions, 0
    frame: int | None = None
    expression: str | None = None
    why: str | None = None


class Fingerprint(Record, frozen=True):
    """Ids of a failure's kind: exact, site, template."""

    l0: str = ""
    l1: str = ""
    l2: str = ""
    site: str | None = None
    version: int = 1


class Syntax(Record, frozen=True):
    """Where a syntax error stands."""

    file: str | None = None
    line: int | None = None
    col: int | None = None
    text: str | None = None


class Thread(Record, frozen=True):
    """The thread that failed."""

    name: str = ""
    main: bool = True
    task: str | None = None


class Verdict(Record, frozen=True):
    """What kind of failure it is, and which rule said so."""

    category: str | None = None
    kind: str | None = None
    reason: str | None = None
    source: str | None = None
    confidence: float | str | None = None
    retry_after_s: float | None = None


class Failure(Record, frozen=True):
    """An exception chain, or the text and status of a command that failed."""

    type: str = ""
    qualified: str | None = None
    message: str | None = None
    notes: list[str] = []
    thread: Thread | None = None
    frames: list[Frame] = []
    chain: list[Link] = []
    exceptions: list[Failure] = []
    syntax: Syntax | None = None
    handled: bool = False
    category: str | None = None
    kind: str | None = None
    verdict: Verdict | None = None
    template: str | None = None
    fingerprint: Fingerprint | None = None
    blame: Blame | None = None
    source: str | None = None
    confidence: float | str | None = None
    retry_after_s: float | None = None
    context: dict[str, Any] | None = None  # of an error that the program told it had handled


class Link(Failure, frozen=True):
    """A failure earlier in a chain: the cause of the one before it, or what was being handled."""

    relation: str = "context"
    suppressed: bool = False


class Stream(Record, frozen=True):
    """What was seen of one output."""

    bytes: int | None = None
    lines: int | None = None
    gap: int | None = None
    same_as: str | None = None  # the stream whose channel this one shares


class Output(Record, frozen=True):
    """Both outputs of an attempt."""

    stdout: Stream | None = None
    stderr: Stream | None = None


class Resources(Record, frozen=True):
    """What an attempt used."""

    cpu_user_s: float | None = None
    cpu_sys_s: float | None = None
    max_rss_bytes: int | None = None
    io_read_bytes: int | None = None
    io_write_bytes: int | None = None
    ctx_switches: int | None = None
    children: int | None = None


class Process(Record, frozen=True):
    """One process of the tree."""

    pid: int = 0
    ppid: int | None = None
    argv: list[str] = []
    exit_code: int | None = None
    signal: Signal | None = None
    started_ns: int | None = None
    ended_ns: int | None = None


class Collector(Record, frozen=True):
    """Whether the inside of the program was seen."""

    state: str = "absent"
    mode: str | None = None
    reason: str | None = None


class Attempt(Record, frozen=True):
    """One start of the command within a session."""

    n: int = 0
    role: str = "primary"
    pid: int | None = None
    started_at: float | None = None
    duration_s: float | None = None
    exit_code: int | None = None
    signal: Signal | None = None
    timed_out: bool = False
    not_captured: str | None = None
    reason: str | None = None
    delay_before_s: float | None = None
    delay_reason: str | None = None
    collection_level: int | str | None = None
    resources: Resources = Resources()
    output: Output = Output()
    processes: list[Process] = []
    collector: Collector = Collector()
    samples: list[list[float | None]] = []
    failure: Failure | None = None
    errors: list[Failure] = []


class Event(Record, frozen=True):
    """Something that happened at a moment of an attempt."""

    t_ns: int = 0
    seq: int = 0
    pid: int | None = None
    tid: int | None = None
    kind: str = ""
    span: int | str | None = None
    data: dict[str, Any] = {}


class Step(Record, frozen=True):
    """A line that was about to run, and the variables that the one before it had changed."""

    line: int | None = None
    changed: dict[str, str] = {}


class Followed(Record, frozen=True):
    """A function that was followed line by line."""

    pid: int = 0
    file: str = ""
    function: str = ""
    qualname: str | None = None
    steps: list[Step] = []


class Happened(Record, frozen=True):
    """An event as a collector wrote it: its process tells when."""

    kind: str = ""
    span: int | str | None = None
    data: dict[str, Any] = {}


class Spooled(Record, frozen=True):
    """A record of any kind that a collector wrote; what a kind does not have stays at its default."""

    kind: str = ""
    where: str | None = None
    t_ns: int | None = None
    at_ns: int | None = None
    started_ns: int | None = None
    seq: int | None = None
    tid: int | None = None
    count: int | None = None
    failure: Failure | None = None
    handled: dict[str, Any] | None = None
    event: Happened | None = None
    functions: list[Followed] = []


class Manifest(Record, frozen=True):
    """What a packed session says of itself."""

    without: list[str] = []
    left_out: int = 0
    sha256: dict[str, str] = {}


class Suspect(Record, frozen=True):
    """A place in the source that probably has to do with the failure."""

    file: str = ""
    function: str = ""
    line: int | None = None
    score: float = 0.0
    evidence: str | None = None


class Change(Record, frozen=True):
    """What was different from the last success."""

    what: str = ""
    name: str = ""
    before: str | int | float | bool | None = None
    after: str | int | float | bool | None = None
    decisive: bool = False
    score: float = 0.0
    evidence: str | None = None


class Recovery(Record, frozen=True):
    """How often a retry followed the failures of a pattern, and how often it helped."""

    retried: int = 0
    helped: int = 0


class Seen(Record, frozen=True):
    """The pattern that a failure belongs to."""

    id: str = ""
    title: str | None = None
    count: int = 0
    first_seen: float = 0.0
    last_seen: float = 0.0
    recovery: Recovery = Recovery()


class Success(Record, frozen=True):
    """The run that a failure is compared with."""

    id: str = ""
    started_at: float = 0.0


class History(Record, frozen=True):
    """What the history of its program adds to a session; a packed one brings its sender's along."""

    suspects: list[Suspect] = []
    changes: list[Change] = []
    pattern: Seen | None = None
    last_success: Success | None = None


_Kind = typing.TypeVar("_Kind", bound=Record)


def view(kind: type[_Kind], raw: object, problems: list[str], path: str = "$") -> _Kind:
    """Return *raw* as *kind*; what does not fit is left at its default and told in *problems*."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        if not is_object(raw):
            problems.append(f"{path}: {_plain(error)}")
            return kind()
    return msgspec.convert(fitted(kind, raw, problems, path), kind)


def plain(record: Record) -> dict[str, Any]:
    """Return the fields of *record*, each of them."""
    fields: dict[str, Any] = msgspec.to_builtins(record)
    return fields


def fitted(kind: type[Record], raw: dict[str, Any], problems: list[str], path: str) -> dict[str, Any]:
    """Return the record *raw* without what is not of its type in the typed view, each part told; the rest stays.

    For records of strangers, which code that looks at raw records shall be able to trust as if a run had written them.
    """
    try:
        msgspec.convert(raw, kind)
        return raw
    except msgspec.ValidationError:
        record = dict(raw)
    for name, inner in _fields(kind):
        if name in record:
            value = _fitted(inner, record[name], problems, f"{path}.{name}")
            if value is msgspec.UNSET:
                del record[name]
            else:
                record[name] = value
    return record


@cache
def _fields(kind: type[Record]) -> tuple[tuple[str, Any], ...]:
    """Return the name and the type of each field; to work out the types takes longer than to read a record."""
    return tuple((field.encode_name, field.type) for field in msgspec.structs.fields(kind))


def _fitted(kind: Any, value: Any, problems: list[str], path: str) -> Any:
    """Return the raw *value* as far as it is of *kind*; UNSET if nothing of it is."""
    try:
        msgspec.convert(value, kind)
        return value
    except msgspec.ValidationError as error:
        for option in typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,):
            if isinstance(option, type) and issubclass(option, Record) and is_object(value):
                return fitted(option, value, problems, path)
            if typing.get_origin(option) is list and is_list(value):
                (inner,) = typing.get_args(option)
                return _kept(_fitted(inner, item, problems, f"{path}[{n}]") for n, item in enumerate(value))
            if typing.get_origin(option) is dict and is_object(value):
                _, inner = typing.get_args(option)
                found = {name: _fitted(inner, part, problems, f"{path}.{name[:40]}") for name, part in value.items()}
                return {name: part for name, part in found.items() if part is not msgspec.UNSET}
        if value is not None:  # a writer that knows nothing says null: no damage
            _tell(problems, f"{path}: {_plain(error)}")
        return msgspec.UNSET


def _kept(parts: typing.Iterable[Any]) -> list[Any]:
    return [part for part in parts if part is not msgspec.UNSET]


def _tell(problems: list[str], problem: str) -> None:
    """Note *problem*; of a stranger's record there may be a hundred thousand, which nobody reads."""
    if len(problems) < _MOST_TOLD:
        problems.append(problem)
    elif len(problems) == _MOST_TOLD:
        problems.append("more parts are not of their type")


def _plain(error: Exception) -> str:
    return str(error).partition(" - at ")[0]
