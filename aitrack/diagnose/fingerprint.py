"""Fingerprints: stable ids of a failure's kind, from exact (L0) to the site (L1) and the wording (L2).

L1 is the group. L0 finds duplicates, L2 splits a site at which different things go wrong.
A change of any rule here, or of the templates, raises `VERSION`: old keys stay valid as aliases.
"""

from __future__ import annotations

from aitrack.diagnose import record
from aitrack.diagnose.template import named_template, template

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from aitrack.diagnose.record import Record

VERSION = 1
_CYCLE = ("RecursionError", "StackOverflowError", "SystemStackError")
_HOMES = ("home", "Users", "root", "tmp", "var", "srv", "opt", "mnt")


def fingerprint(failure: Record, exception: Record, cwd: str = "", origin: Record | None = None) -> Record:
    """Return {l0, l1, l2, names, version, site, origin} of *failure*, grouped by *exception*, the one to blame.

    `names` is L2 with the names kept of a missing key, attribute or module; `site` is
    what L1 hashes, in plain words; `origin` is the function that returned the None which was met, where it is known.
    """
    type_ = record.text(exception, "type")
    site = site_of(exception, cwd)
    return {
        "version": VERSION,
        "l0": digest(_exactly(failure)),
        "l1": digest(["site", site]),
        "l2": digest(["template", type_, template(_said(exception))]),
        "names": digest(["names", type_, named_template(type_, _said(exception))]),
        "site": site,
        "origin": f"{project_path(record.text(origin, 'file'), cwd)} in {function_of(origin)}" if origin else None,
    }


def site_of(exception: Record, cwd: str = "") -> str:
    """Return `Type at file in function`: no line number, since an edit above must not split a group."""
    type_ = record.text(exception, "qualified") or record.text(exception, "type")
    type_ = type_.removeprefix("builtins.").removeprefix("__main__.")
    frames = record.records(exception, "frames")
    if type_.rpartition(".")[2] in _CYCLE and frames:
        return f"{type_} at {project_path(_dominant_file(frames), cwd)}"
    frame = last_in_app(frames)
    if frame is None:
        return _site_without_frames(exception, type_, cwd)
    place = f"{type_} at {project_path(record.text(frame, 'file'), cwd)}"
    function = function_of(frame)
    if not function:  # a compiler, perl: the file alone would put all its failures together
        return f"{place}: {template(_first_line(record.text(exception, 'message')))}"
    return f"{place} in {function}"


def _site_without_frames(exception: Record, type_: str, cwd: str) -> str:
    syntax = record.mapping(exception, "syntax")
    if syntax:
        return f"{type_} at {project_path(record.text(syntax, 'file'), cwd)}"
    program = record.text(exception, "program")
    return f"{type_} of {program or 'a command'}: {template(_first_line(record.text(exception, 'message')))}"


def _said(exception: Record) -> str:
    """Return what tells failures at one site apart, the same by whichever way the exception was seen.

    A message may be longer or shorter by the way (with or without the file of an
    OSError, the words of a server); the number of the error is always there.
    """
    message = _first_line(record.text(exception, "message"))
    status = record.integer(record.mapping(exception, "facts"), "http_status")
    if status is None and message.startswith("HTTP Error "):
        word = message[11:14]
        status = int(word) if word.isdecimal() else None
    if status is not None:
        return f"HTTP {status}"
    if message.startswith("[Errno ") and "] " in message:
        return message.partition("] ")[0] + "]"
    if message.startswith(("('", '("')):  # all arguments of an exception: a form with what was put into it
        first = message[2:].partition(f"{message[1]},")[0]
        message = first if "%" in first or _is_syntax(exception) else message
    elif _is_syntax(exception) and message.endswith(")"):  # where it stands is told by the site
        message = message.rpartition(" (")[0] or message
    return _form(exception) or message


def _is_syntax(exception: Record) -> bool:
    return record.text(exception, "type") in ("SyntaxError", "IndentationError", "TabError")


def _form(exception: Record) -> str:
    """Return the first argument where it is a form for the others: `ParserError("unknown: %s", text)`."""
    arguments = exception.get("args")
    first = arguments[0] if record.is_array(arguments) and len(arguments) > 1 else None
    return first.strip("'\"") if isinstance(first, str) and "%" in first else ""


def _first_line(message: str) -> str:
    """Only the first line takes part: further ones hold values (pydantic, SQL, nested output)."""
    return message.strip().partition("\n")[0]


def last_in_app(frames: list[Record]) -> Record | None:
    """Return the innermost frame of the user's own code, else the innermost of all."""
    for frame in reversed(frames):
        if frame.get("in_app") is True:
            return frame
    return frames[-1] if frames else None


def function_of(frame: Record) -> str:
    """Return the qualified name where it is known; text knows only the short one."""
    name = record.text(frame, "qualname") or record.text(frame, "function")
    return name.replace("<locals>.", "")


def _dominant_file(frames: list[Record]) -> str:
    """Return the file that most frames of a recursion are in, repeated lines counted."""
    counts: dict[str, int] = {}
    for frame in frames:
        file = record.text(frame, "file")
        counts[file] = counts.get(file, 0) + 1 + (record.integer(frame, "repeated") or 0)
    return max(counts, key=lambda file: counts[file])


def project_path(file: str, cwd: str = "") -> str:
    """Return *file* as its project names it, the same in each checkout, release folder and container.

    Below the working folder: the last two parts of what is relative to it. Elsewhere:
    the last two parts, without one that looks made up for this run. A library's file:
    what follows site-packages.

    >>> project_path("/srv/releases/20261123/app/job.py", "/srv/releases/20261123")
    'app/job.py'
    """
    file = file.replace("\\", "/")
    for folder in ("/site-packages/", "/dist-packages/", "/node_modules/"):
        if folder in file:
            return file.rpartition(folder)[2]
    parts = file.split("/")
    if "lib" in parts and any(part.startswith("python") for part in parts):
        return parts[-1]
    root = cwd.rstrip("/")
    if root and root.rpartition("/")[2] not in _HOMES and root.count("/") > 1 and file.startswith(root + "/"):
        parts = file[len(root) + 1 :].split("/")
    kept = [part for part in parts[-2:-1] if part and not _made_up(part) and part not in _HOMES]
    return "/".join([*kept, parts[-1]])


def _made_up(part: str) -> bool:
    """Return whether a folder's name looks like a temporary, a date, a hash or a number."""
    digits = sum(map(str.isdigit, part))
    return part.startswith(("tmp", "pytest-", ".", "~")) or digits * 2 >= len(part) or (digits >= 3 and len(part) >= 8)


def _exactly(failure: Record) -> Iterable[str]:
    for exception in record.everyone(failure):
        yield record.text(exception, "qualified") or record.text(exception, "type")
        yield record.text(exception, "message")
        for frame in record.records(exception, "frames"):
            yield f"{record.text(frame, 'file')}:{frame.get('line')}:{record.text(frame, 'function')}"


def digest(parts: Iterable[str]) -> str:
    """Return 16 signs that stand for *parts*."""
    try:
        from _blake2 import blake2b  # hashlib asks OpenSSL first, which costs more than the rest of this module
    except ImportError:
        from hashlib import blake2b
    data = "\x1f".join(parts).encode("utf-8", "backslashreplace")
    return blake2b(data, digest_size=8).hexdigest()
