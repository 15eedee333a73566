"""The layers of settings: files and variables checked and laid over each other.

Nearer wins, with two exceptions. What reaches farther than its place may is left
out. And what a project's file says without being trusted only narrows: it never
takes back what a farther place has narrowed, and of lists of what is to be left
out of the record each place adds its own.
"""

from __future__ import annotations

from aitrack.config import NOT_SETTINGS, PREFIX, Setting, Settings
from aitrack.config.keys import HARMLESS, KEYS, LISTS, NARROWS, REACHES, nearest, parts
from aitrack.config.values import is_list, is_table, table, words
from aitrack.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from aitrack.config.sources import Source

    # of one key, nearest first: the value, where it stands, and the file (None: the command line or a variable)
    Said = list[tuple[Any, str, Source | None]]

_TABLES = ("retry", "retry.budget", "breaker", "collect", "redact", "track", "trust", "store")


def fill(
    settings: Settings,
    found: list[tuple[str, str, int]],
    variables: Mapping[str, str],
    overrides: Mapping[str, Any],
    profile: str | None,
    cache: str | None,
    trust: bool | None,
    folder: str | None,
) -> None:
    """Lay all layers into *settings*. *found* comes from `config.candidates`, *folder* is that of the user's file."""
    layers = _Layers(settings, profile)
    for key, value in overrides.items():
        layers.add(key, value, "command line", None)
    layers.add_variables(variables)
    if found or "TRUST" in variables:
        _add_files(layers, found, variables, cache, trust, folder)
    if profile and settings.profile is None:
        raise ConfigError(f"profile `{profile}` does not exist" + nearest(profile, layers.profiles))
    layers.decide()


def _add_files(
    layers: _Layers,
    found: list[tuple[str, str, int]],
    variables: Mapping[str, str],
    cache: str | None,
    trust: bool | None,
    folder: str | None,
) -> None:
    """Add what the files set. Their modules are loaded here: most runs with an option find no file."""
    from aitrack.config.parsed import tree_of
    from aitrack.config.sources import read_all
    from aitrack.config.trust import asked_for, judge

    settings = layers.settings
    readable: list[Source] = []
    for source in read_all(found, settings.warnings):
        if any(source.is_file(other) for other in readable):
            continue  # named with `--config`, and found as well
        try:
            source.tree = tree_of(source, cache)
        except ConfigError as error:
            layers.forgive(source, error)
            continue
        if source.tree:
            readable.append(source)
            settings.files.append(source.path)
    judge(readable, asked_for(trust, variables), _trusted_paths(readable, variables), folder)
    for source in readable:
        settings.standing[source.path] = f"trusted: {source.by}" if source.by else source.why
        try:
            layers.add_file(source)
        except ConfigError as error:
            layers.forgive(source, error)


def needs_trust(source: Source) -> list[str]:
    """Return, as lines, what *source* sets and may not decide by itself, in any of its profiles."""
    from aitrack.config.trust import flat

    profiles = source.tree.get("profile", {})
    lines: dict[str, None] = {}
    for profile in (None, *(profiles if is_table(profiles) else ())):
        settings = Settings()
        layers = _Layers(settings, profile)
        layers.add_file(source)
        layers.decide()
        lines |= dict.fromkeys(line for one in settings.left_out for line in flat(one.value, one.key))
    return list(lines)


def _trusted_paths(sources: list[Source], variables: Mapping[str, str]) -> list[str]:
    """Return the folders of `[trust] paths`, which no project's file may set."""
    said: list[tuple[str, Any]] = []
    if variables.get("TRUST_PATHS"):
        said.append((f"{PREFIX}TRUST_PATHS", variables["TRUST_PATHS"]))
    for source in sources:
        own = source.tree.get("trust")
        if not source.is_project and source.standing == REACHES and is_table(own) and "paths" in own:
            said.append((source.path, own["paths"]))
    return [_absolute(path, origin) for origin, paths in said for path in _check("trust.paths", words, paths, origin)]


def _absolute(path: str, origin: str) -> str:
    if path[:2] == "~/" or path == "~":
        from os.path import expanduser

        path = expanduser(path)
    if path[:1] != "/":
        raise ConfigError(f"`{origin}`: `trust.paths` = {path!r}: expected a full path, such as `/srv/app`")
    return path


class _Layers:
    """What all places say of each key, until it is decided."""

    __slots__ = ("_profile", "_said", "profiles", "settings")

    def __init__(self, settings: Settings, profile: str | None) -> None:
        self.settings = settings
        self._profile = profile
        self._said: dict[str, Said] = {}
        self.profiles: list[str] = []

    def forgive(self, source: Source, error: ConfigError) -> None:
        """Raise *error*, unless it is a stranger's: a file that anybody may put there must not stop every run."""
        if source.standing > NARROWS:
            raise error
        self._leave_out("*", None, source, fault=str(error))

    def _leave_out(self, key: str, value: Any, source: Source, profile: str = "", fault: str = "") -> None:
        from aitrack.config.trust import LeftOut

        self.settings.left_out.append(LeftOut(key, value, source, profile, fault))

    def add(self, key: str, value: Any, origin: str, source: Source | None) -> None:
        """Note that *origin* sets *key*."""
        if key not in KEYS:
            raise ConfigError(f"unknown setting `{key}`{nearest(key, KEYS)}")
        checked = _list(key, value, origin) if key in LISTS else _check(key, KEYS[key].kind, value, origin)
        self._said.setdefault(key, []).append((checked, origin, source))

    def add_variables(self, variables: Mapping[str, str]) -> None:
        """Note what the environment sets."""
        names = {key.option.replace("-", "_").upper(): name for name, key in KEYS.items() if key.option}
        names.update((name.replace(".", "_").upper(), name) for name in KEYS)
        for variable, value in variables.items():
            if variable in NOT_SETTINGS:
                continue
            key = names.get(variable)
            if key is None or key in LISTS:
                near = ", did you mean `TRUST`?" if variable.startswith("TRUST") else nearest(variable, names)
                raise ConfigError(f"`{PREFIX}{variable}` is not a setting{near}", hint="see `aitrack help environment`")
            self.add(key, value, PREFIX + variable, None)

    def add_file(self, source: Source) -> None:
        """Note what *source* sets, its chosen profile first."""
        tree = source.tree
        profiles = tree.get("profile", {})
        if not is_table(profiles):
            raise ConfigError(f"`{source.path}`: `profile` must be a table of profiles")
        self.profiles += profiles
        if self._profile and self._profile in profiles:
            self.settings.profile = self._profile
            self._add_tree(profiles[self._profile], f"{source.path} [profile.{self._profile}]", source)
        self._add_tree({name: part for name, part in tree.items() if name != "profile"}, source.path, source)

    def _add_tree(self, tree: Any, origin: str, source: Source, above: str = "") -> None:
        if not is_table(tree):
            raise ConfigError(f"`{origin}`: `{above or 'profile'}` must be a table")
        for name, value in tree.items():
            key = f"{above}.{name}" if above else str(name)
            if above == "breaker" and is_table(value):
                self._add_breaker(str(name), value, origin, source)
            elif key in KEYS:
                self.add(key, value, origin, source)
            elif key in _TABLES:
                self._add_tree(value, origin, source, key)
            else:
                hint = nearest(key, [*KEYS, *_TABLES])
                raise ConfigError(f"`{origin}`: unknown key `{key}`{hint}", hint="see `aitrack config --keys`")

    def _add_breaker(self, name: str, values: dict[str, Any], origin: str, source: Source) -> None:
        known = {key[8:]: described for key, described in KEYS.items() if key.startswith("breaker.")}
        known.pop("use")
        for part, value in values.items():
            if part not in known:
                raise ConfigError(f"`{origin}`: unknown key `breaker.{name}.{part}`{nearest(part, known)}")
            checked = _check(f"breaker.{name}.{part}", known[part].kind, value, origin)
            if source.standing < HARMLESS:
                self._leave_out(f"breaker.{part}", checked, source)
                continue
            self.settings.breakers.setdefault(name, {}).setdefault(part, Setting(checked, origin))

    # ---- what holds ----

    def decide(self) -> None:
        """Lay what holds of each key into the settings, and what is left out beside it."""
        for key, said in self._said.items():
            if KEYS[key].adds_up:
                self._decide_sum(key, said)
            else:
                self._decide_one(key, said)

    def _decide_one(self, key: str, said: Said) -> None:
        described = KEYS[key]
        held: Setting | None = None
        left: Said = []
        for value, origin, source in said:
            if source is not None and not _may(key, described.reach_of(value), origin, source):
                if held is None:  # else it is farther than what holds, and would not hold if it could
                    left.append((value, origin, source))
                continue
            if held is None or described.width(value) < described.width(held.value):
                held = Setting(value, origin)
            if source is None or source.standing == REACHES:
                break  # whoever chose it has the last word over what is farther
        if held is not None:
            self.settings.given[key] = held
        holds = held.value if held is not None else described.default
        for value, origin, source in left:
            if value != holds and source is not None:
                self._leave_out(key, value, source, _profile_in(origin, source))

    def _decide_sum(self, key: str, said: Said) -> None:
        described = KEYS[key]
        sum_: list[Any] = []
        origins: list[str] = []
        for value, origin, source in said:
            kept = value
            if source is not None:
                kept = [part for part in value if _may(key, described.reach_of([part]), origin, source)]
                if left := [part for part in value if part not in kept]:
                    self._leave_out(key, left, source, _profile_in(origin, source))
            if kept or not value:
                sum_ += [part for part in kept if part not in sum_]
                origins.append(origin)
        if origins:
            self.settings.given[key] = Setting(sum_, ", ".join(origins))


def _may(key: str, reach: int, origin: str, source: Source) -> bool:
    """Say whether *source* may set *key* to a value that reaches so far."""
    if source.standing == REACHES:
        return key != "trust.paths" or not source.is_project
    return reach <= (source.standing if origin == source.path else NARROWS)  # a profile is chosen as a whole


def _profile_in(origin: str, source: Source) -> str:
    return origin.removeprefix(source.path).strip(" []")


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
