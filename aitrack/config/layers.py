"""The layers of settings: files and variables read, checked and laid over each other."""

from __future__ import annotations

import posix

from aitrack.config import PREFIX, Setting
from aitrack.config.keys import KEYS, LISTS, nearest, parts
from aitrack.config.values import is_list, is_table, table
from aitrack.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from aitrack.config import Settings

_LIMIT = 1 << 20  # a configuration of more than 1 MiB is something else
_TABLES = ("retry", "retry.budget", "breaker", "collect", "redact", "track", "store")


def fill(
    settings: Settings,
    files: list[tuple[str, str]],
    variables: Mapping[str, str],
    overrides: Mapping[str, Any],
    profile: str | None,
    cache: str | None,
) -> None:
    """Lay all layers into *settings*, nearest first: what is set stays set."""
    for key, value in overrides.items():
        _set(settings, key, value, "command line", True)
    _from_variables(settings, variables)
    known_profiles: list[str] = []
    for kind, path in files:
        tree = _read(settings, kind, path, cache)
        if tree is None:
            continue
        settings.files.append(path)
        trusted = (kind != "project" and kind != "pyproject") or is_trusted(path)
        profiles = tree.get("profile", {})
        if not is_table(profiles):
            raise ConfigError(f"`{path}`: `profile` must be a table of profiles")
        known_profiles += profiles
        if profile and profile in profiles:
            settings.profile = profile
            _from_tree(settings, profiles[profile], f"{path} [profile.{profile}]", trusted)
        _from_tree(settings, {name: part for name, part in tree.items() if name != "profile"}, path, trusted)
    if profile and settings.profile is None:
        raise ConfigError(f"profile `{profile}` does not exist" + nearest(profile, known_profiles))
    _drop_untrusted(settings)


def is_trusted(path: str) -> bool:
    """Whether commands in the file at *path* may be run: it is the user's, and nobody else may write it."""
    try:
        facts = posix.stat(path)
    except OSError:
        return False
    return facts.st_uid == posix.geteuid() and not facts.st_mode & 0o022


def _read(settings: Settings, kind: str, path: str, cache: str | None) -> dict[str, Any] | None:
    """Return the tree of our settings in the file at *path*, or None if it says nothing to us."""
    try:
        facts = posix.stat(path)
        stamp = (path, facts.st_mtime_ns, facts.st_size, facts.st_ino)
        kept = _kept(cache, stamp)
        if kept is None:
            kept = _parse(kind, path, _bytes(path))
            _keep(cache, stamp, kept)
        return kept or None
    except OSError as error:
        if kind == "named":
            raise ConfigError(f"cannot read `{path}`: {error.strerror}") from None
        settings.warnings.append(f"cannot read `{path}`: {error.strerror}; its settings are ignored")
        return None


def _bytes(path: str) -> bytes:
    descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        return posix.read(descriptor, _LIMIT)
    finally:
        posix.close(descriptor)


def _parse(kind: str, path: str, data: bytes) -> dict[str, Any]:
    in_pyproject = kind == "pyproject" or path.endswith("/pyproject.toml")
    if in_pyproject and b"aitrack" not in data:
        return {}
    import tomllib

    try:
        tree: Any = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise ConfigError(f"`{path}` is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"`{path}` is not valid TOML: {str(error)[:200]}") from None
    if in_pyproject:
        tool = tree.get("tool", {})
        tree = tool.get("aitrack", {}) if is_table(tool) else {}
    if not is_table(tree):
        raise ConfigError(f"`{path}`: `tool.aitrack` must be a table")
    return tree


def _cache_path(cache: str, path: str) -> str:
    import _blake2

    return f"{cache}/config-{_blake2.blake2b(path.encode('utf-8', 'surrogateescape'), digest_size=8).hexdigest()}"


def _kept(cache: str | None, stamp: tuple[Any, ...]) -> dict[str, Any] | None:
    """Return the tree parsed by an earlier run, if the file has not changed since."""
    if cache is None:
        return None
    import marshal

    try:
        kept_stamp, tree = marshal.loads(_bytes(_cache_path(cache, stamp[0])))
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return tree if kept_stamp == stamp and is_table(tree) else None


def _keep(cache: str | None, stamp: tuple[Any, ...], tree: dict[str, Any]) -> None:
    """Keep *tree* for the next run; a cache that cannot be written costs time, nothing else."""
    if cache is None:
        return
    import marshal

    target = _cache_path(cache, stamp[0])
    temporary = f"{target}.{posix.getpid()}"
    try:
        data = marshal.dumps((stamp, tree))  # dates and such cannot be kept: ValueError
        descriptor = posix.open(temporary, posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC | posix.O_CLOEXEC, 0o600)
        try:
            posix.write(descriptor, data)
        finally:
            posix.close(descriptor)
        posix.rename(temporary, target)
    except (OSError, ValueError):
        pass


def _from_variables(settings: Settings, variables: Mapping[str, str]) -> None:
    names = {key.option.replace("-", "_").upper(): name for name, key in KEYS.items() if key.option}
    names.update((name.replace(".", "_").upper(), name) for name in KEYS)
    for variable, value in variables.items():
        if variable in ("CONFIG", "PROFILE"):
            continue
        key = names.get(variable)
        if key is None or key in LISTS:
            raise ConfigError(
                f"`{PREFIX}{variable}` is not a setting" + nearest(variable, names),
                hint="see `aitrack help environment`",
            )
        _set(settings, key, value, PREFIX + variable, True)


def _from_tree(settings: Settings, tree: Any, origin: str, trusted: bool, above: str = "") -> None:
    if not is_table(tree):
        raise ConfigError(f"`{origin}`: `{above or 'profile'}` must be a table")
    for name, value in tree.items():
        key = f"{above}.{name}" if above else str(name)
        if above == "breaker" and is_table(value):
            _breaker(settings, str(name), value, origin)
        elif key in KEYS:
            _set(settings, key, value, origin, trusted)
        elif key in _TABLES:
            _from_tree(settings, value, origin, trusted, key)
        else:
            hint = nearest(key, [*KEYS, *_TABLES])
            raise ConfigError(f"`{origin}`: unknown key `{key}`{hint}", hint="see `aitrack config --keys`")


def _breaker(settings: Settings, name: str, values: dict[str, Any], origin: str) -> None:
    known = {key[8:]: described for key, described in KEYS.items() if key.startswith("breaker.")}
    known.pop("use")
    own = settings.breakers.setdefault(name, {})
    for part, value in values.items():
        if part not in known:
            raise ConfigError(f"`{origin}`: unknown key `breaker.{name}.{part}`{nearest(part, known)}")
        checked = _check(f"breaker.{name}.{part}", known[part].kind, value, origin)
        own.setdefault(part, Setting(checked, origin))


def _set(settings: Settings, key: str, value: Any, origin: str, trusted: bool) -> None:
    if key not in KEYS:
        raise ConfigError(f"unknown setting `{key}`{nearest(key, KEYS)}")
    checked = _list(key, value, origin) if key in LISTS else _check(key, KEYS[key].kind, value, origin)
    settings.given.setdefault(key, Setting(checked, origin, trusted))


def _list(key: str, value: Any, origin: str) -> list[Any]:
    if origin == "command line":
        return list(value)  # made by the options' own parser
    if not is_list(value):
        raise ConfigError(f"`{origin}`: `{key}` must be written `[[{key}]]`")

    def step(raw: Any) -> dict[str, Any]:
        return parts(table(raw), LISTS[key])

    return [_check(key, step, item, origin) for item in value]


def _check(key: str, kind: Any, value: Any, origin: str) -> Any:
    if value is None and origin == "command line":
        return None
    try:
        return kind(value)
    except (ValueError, OverflowError) as error:
        shown = f" = {value!r}" if isinstance(value, (str, int, float)) else ""
        if origin == "command line" and key in KEYS:
            raise ConfigError(f"`--{KEYS[key].option}`{shown}: {error}") from None
        raise ConfigError(f"`{origin}`: `{key}`{shown}: {error}") from None


def _drop_untrusted(settings: Settings) -> None:
    """Take out commands that a file says which others may write."""
    for key, setting in list(settings.given.items()):
        if setting.trusted or not KEYS[key].runs_commands:
            continue
        steps: list[dict[str, Any]] = setting.value if key in LISTS else []
        kept = [step for step in steps if "run" not in step]
        if key not in LISTS or len(kept) < len(steps):
            settings.warnings.append(
                f"commands of `{key}` in `{setting.origin}` are ignored: others may write that file"
            )
            if kept:
                settings.given[key] = Setting(kept, setting.origin, False)
            else:
                del settings.given[key]
