"""Remedies: which one fits a failure, and what it would change. Acting is the supervisor's."""

from __future__ import annotations

from aitrack.config.values import is_table
from aitrack.policy.ended import matches
from aitrack.policy.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from aitrack.policy.ended import Ended

NAMES = ("mkdir", "stale-lock", "port", "utf8", "shrink", "install", "free-disk", "proxy", "run")
_NEEDS = {
    "mkdir": "root",
    "stale-lock": "path",
    "port": "var",
    "shrink": "var",
    "install": "modules",
    "free-disk": "glob",
    "proxy": "var",
    "run": "run",
}
_SHRINK_LIMIT = 20  # halving a number twenty times leaves nothing of it


class Remedy(Frozen):
    """One remedy that the user allowed, by name and with its arguments."""

    __slots__ = (
        "age_s",
        "factor",
        "glob",
        "minimum",
        "modules",
        "name",
        "on",
        "path",
        "root",
        "run",
        "value",
        "var",
        "wait",
    )

    def __init__(
        self,
        name: str,
        *,
        root: str = "",
        path: str = "",
        age_s: float | None = None,
        var: str = "",
        factor: float = 2.0,
        minimum: float = 1.0,
        modules: Mapping[str, str] | None = None,
        glob: str = "",
        run: Sequence[str] = (),
        on: Sequence[str] = (),
        wait: bool = False,
        value: str | None = None,
    ) -> None:
        if name not in NAMES:
            raise ValueError(f"`heal` knows {', '.join(NAMES)}, not `{name}`")
        self.name = name
        self.root = root
        self.path = path
        self.age_s = age_s
        self.var = var
        self.factor = factor
        self.minimum = minimum
        self.modules = dict(modules or {})
        self.glob = glob
        self.run = tuple(run)
        self.on = tuple(on)
        self.wait = wait
        self.value = value
        need = _NEEDS.get(name)
        if need and not getattr(self, need) and not (name == "port" and wait):
            raise ValueError(f"`heal {name}` needs `{need}`")
        if name == "shrink" and factor <= 1:
            raise ValueError("`heal shrink` needs a factor above 1")


class Change(Frozen):
    """What a remedy does before the next attempt.

    *action* is one of `mkdir`, `rename`, `port`, `wait`, `env`, `install`, `delete`, `proxy`, `run`;
    *target* is the folder, file, pattern or module it is done to; *env* is set for the next attempts
    (None unsets). A `port` change leaves the number to the driver, which alone can look for one.
    """

    __slots__ = ("action", "before", "env", "target")

    def __init__(
        self, action: str, target: str = "", *, env: Mapping[str, str | None] | None = None, before: str | None = None
    ) -> None:
        self.action = action
        self.target = target
        self.env = dict(env or {})
        self.before = before


def from_settings(settings: Any) -> tuple[Remedy, ...]:
    """Return the remedies that *settings* (of `aitrack.config`) allow; texts are `--heal` options."""
    return tuple(parse(item) if isinstance(item, str) else from_table(item) for item in settings.value("heal"))


def from_table(table: Mapping[str, Any]) -> Remedy:
    """Return the remedy of one `[[heal]]`."""
    name = str(table.get("use") or ("run" if "run" in table else ""))
    run = table.get("run", ())
    return Remedy(
        name,
        root=table.get("root", ""),
        path=table.get("path", ""),
        age_s=table.get("age"),
        var=table.get("var", ""),
        factor=table.get("factor", 2.0),
        minimum=table.get("min", 1.0),
        modules=_modules(table.get("modules", ())),
        glob=table.get("glob", ""),
        run=_split(run),
        on=table.get("on", ()),
        wait=bool(table.get("wait", False)),
        value=table.get("value"),
    )


def _split(command: str | Sequence[str]) -> Sequence[str]:
    if not isinstance(command, str):
        return command
    import shlex

    return shlex.split(command)


def _modules(listed: Sequence[str]) -> dict[str, str]:
    """`pillow`, `PIL=pillow==10.4`: module to requirement."""
    pairs = (item.partition("=") for item in listed)
    return {name.strip(): (spec or name).strip() for name, _, spec in pairs if name.strip()}


def parse(option: str) -> Remedy:
    """Return the remedy of `--heal NAME[:ARGS]`.

    >>> parse("shrink:BATCH:2:8").minimum
    8.0
    """
    name, _, rest = option.partition(":")
    return Remedy(name, **_arguments(name, rest))


def _arguments(name: str, rest: str) -> dict[str, Any]:
    if name == "mkdir":
        return {"root": rest}
    if name == "stale-lock":
        path, age = _with_age(rest)
        return {"path": path, "age_s": age}
    if name == "port":
        return {"wait": True} if rest == "wait" else {"var": rest}
    if name == "shrink":
        return _shrink_arguments(rest)
    if name == "install":
        return {"modules": _modules(rest.split(","))}
    if name == "free-disk":
        glob, _, since = rest.rpartition(":")
        return {"glob": glob, "age_s": _duration(since)} if glob else {"glob": rest}
    if name == "proxy":
        var, equals, value = rest.partition("=")
        return {"var": var, "value": value if equals else None}
    return {"run": _split(rest)} if name == "run" else {}


def _with_age(rest: str) -> tuple[str, float | None]:
    for separator in (":age=", ",age="):
        path, found, age = rest.partition(separator)
        if found:
            return path, _duration(age)
    return rest, None


def _duration(text: str) -> float:
    from aitrack.config.values import duration

    return duration(text)


def _shrink_arguments(rest: str) -> dict[str, Any]:
    words = rest.split(":")
    try:
        numbers = [float(word) for word in words[1:3]]
    except ValueError:
        raise ValueError("`heal shrink` is written `shrink:VAR:FACTOR:MIN`") from None
    return {"var": words[0], **dict(zip(("factor", "minimum"), numbers, strict=False))}


# ---- matching ----


def choose(
    remedies: Sequence[Remedy], ended: Ended, used: Mapping[int, int], environ: Mapping[str, str]
) -> tuple[int, Change] | None:
    """Return (index, change) of the first remedy that fits *ended* and is not used up.

    Each acts once a session, `shrink` until its minimum. *environ* is what the attempt had.
    """
    for index, remedy in enumerate(remedies):
        if used.get(index, 0) >= (_SHRINK_LIMIT if remedy.name == "shrink" else 1):
            continue
        change = _FITS[remedy.name](remedy, ended, environ)
        if change is not None:
            return index, change
    return None


def _message(ended: Ended) -> str:
    """All that the failure says, the root's words included."""
    failure = ended.failure or {}
    blame = failure.get("blame")
    said = [failure.get("message"), blame.get("message") if is_table(blame) else ""]
    return " ".join(text for text in said if isinstance(text, str))


def _quoted_path(message: str) -> str:
    for quote in "'\"":
        parts = message.split(quote)
        if len(parts) > 2 and parts[1]:
            return parts[1]
    return ""


def _mkdir(remedy: Remedy, ended: Ended, environ: Mapping[str, str]) -> Change | None:
    """The parent of a file that was to be written. That it is missing and inside ROOT only the driver can see."""
    if ended.kind != "missing_directory":
        return None
    path = _quoted_path(_message(ended))
    parent = path.rpartition("/")[0]
    return Change("mkdir", parent) if parent else None


def _stale_lock(remedy: Remedy, ended: Ended, environ: Mapping[str, str]) -> Change | None:
    name = remedy.path.rpartition("/")[2]
    said = _message(ended)
    return (
        Change("rename", remedy.path) if ended.kind == "lock_held" and (remedy.path in said or name in said) else None
    )


def _port(remedy: Remedy, ended: Ended, environ: Mapping[str, str]) -> Change | None:
    if ended.kind != "address_in_use":
        return None
    return Change("wait") if remedy.wait else Change("port", remedy.var, before=environ.get(remedy.var))


def _utf8(remedy: Remedy, ended: Ended, environ: Mapping[str, str]) -> Change | None:
    if ended.kind != "encoding" or environ.get("PYTHONUTF8") == "1":
        return None
    return Change("env", env={"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"}, before=environ.get("PYTHONUTF8"))


def _shrink(remedy: Remedy, ended: Ended, environ: Mapping[str, str]) -> Change | None:
    if ended.kind != "out_of_memory":
        return None
    smaller = shrunk(environ.get(remedy.var, ""), remedy.factor, remedy.minimum)
    return (
        None
        if smaller is None
        else Change("env", remedy.var, env={remedy.var: smaller}, before=environ.get(remedy.var))
    )


def shrunk(value: str, factor: float, minimum: float) -> str | None:
    """Return *value* divided by *factor*, not below *minimum*; None when it is no number or already there.

    Whole numbers stay whole, rounded down.

    >>> shrunk("65", 2, 8)
    '32'
    """
    try:
        number = float(value)
    except ValueError:
        return None
    if not minimum < number < float("inf"):
        return None
    smaller = max(number / factor, minimum)
    if value.strip().lstrip("+").isdigit():
        whole = max(int(smaller), -int(-minimum // 1))
        return str(whole) if whole < number else None
    return f"{smaller:.6g}"


def _install(remedy: Remedy, ended: Ended, environ: Mapping[str, str]) -> Change | None:
    if ended.kind != "missing_module":
        return None
    missing = _quoted_path(_message(ended))
    for module, spec in remedy.modules.items():
        if missing == module or missing.startswith(module + "."):
            return Change("install", spec, before=module)
    return None


def _free_disk(remedy: Remedy, ended: Ended, environ: Mapping[str, str]) -> Change | None:
    return Change("delete", remedy.glob) if ended.kind == "disk_full" else None


def _proxy(remedy: Remedy, ended: Ended, environ: Mapping[str, str]) -> Change | None:
    if ended.kind not in ("refused", "dns", "unreachable"):
        return None
    return Change("proxy", remedy.var, env={remedy.var: remedy.value}, before=environ.get(remedy.var))


def _run(remedy: Remedy, ended: Ended, environ: Mapping[str, str]) -> Change | None:
    wanted = remedy.on or ("any",)
    return Change("run", " ".join(remedy.run)) if ended.category != "abort" and matches(wanted, ended) else None


_FITS: dict[str, Callable[[Remedy, Ended, Mapping[str, str]], Change | None]] = {
    "mkdir": _mkdir,
    "stale-lock": _stale_lock,
    "port": _port,
    "utf8": _utf8,
    "shrink": _shrink,
    "install": _install,
    "free-disk": _free_disk,
    "proxy": _proxy,
    "run": _run,
}
