"""Settings with their origin: where each came from, nearest first.

Command line > `AITRACK_OPT_*` > `--config` > `./aitrack.toml` > `pyproject.toml`
> the user's own file.  `run` asks this module on every start, so that it looks
for files with bare system calls and imports a parser only when one is there.
A project's files may set what their standing allows: see `keys` and `trust`.
"""

from __future__ import annotations

import errno
import posix

from aitrack.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from aitrack.config.keys import Key
    from aitrack.config.trust import LeftOut

    Tables = dict[str, "Setting"]

PREFIX = "AITRACK_OPT_"
NOT_SETTINGS = ("CONFIG", "PROFILE", "TRUST")  # say where to read and what to believe, and are no settings themselves
LIMIT = 1 << 20  # a configuration of more than 1 MiB is something else
_PROJECT = ("project", "pyproject")
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.EINVAL, errno.ENXIO, errno.ENAMETOOLONG)


class Setting:
    """One value, and the place that set it."""

    __slots__ = ("origin", "value")

    def __init__(self, value: Any, origin: str) -> None:
        self.value = value
        self.origin = origin

    def __repr__(self) -> str:
        return f"Setting({self.value!r}, {self.origin!r})"


class Settings:
    """What was set, by key (`retry.delay`); asking for another gives its default.

    *left_out* is what a file sets and may not decide, with the reason; *standing* says of each file what it may.
    """

    __slots__ = ("breakers", "files", "given", "left_out", "profile", "standing", "warnings")

    def __init__(self) -> None:
        self.given: dict[str, Setting] = {}
        self.breakers: dict[str, dict[str, Setting]] = {}
        self.files: list[str] = []
        self.left_out: list[LeftOut] = []
        self.standing: dict[str, str] = {}
        self.warnings: list[str] = []
        self.profile: str | None = None

    def __getitem__(self, key: str) -> Setting:
        found = self.given.get(key)
        if found is not None:
            return found
        from aitrack.config.keys import KEYS

        return Setting(KEYS[key].default, "default")

    def __contains__(self, key: str) -> bool:
        return key in self.given

    def value(self, key: str) -> Any:
        """Return the value of *key*: what was set, else its default."""
        return self[key].value

    def breaker(self, name: str) -> dict[str, Setting]:
        """Return the settings of the breaker *name*: options first, then its table, then `[breaker]`."""
        from aitrack.config.keys import KEYS

        own = self.breakers.get(name, {})
        found: dict[str, Setting] = {}
        for key in KEYS:
            if key.startswith("breaker.") and key != "breaker.use":
                short = key[8:]
                general = self[key]
                from_run = general.origin == "command line" or general.origin.startswith(PREFIX)
                found[short] = general if from_run or short not in own else own[short]
        return found


def load(
    cwd: str,
    environ: Mapping[Any, Any],
    overrides: Mapping[str, Any] | None = None,
    config_file: str | None = None,
    profile: str | None = None,
    cache: str | None = None,
    trust: bool | None = None,
) -> Settings:
    """Return the settings that hold in *cwd*.

    *overrides* are the options of the command line by key, typed or as text; *trust* is `--trust-project`.
    *cache* is a folder of our own in which parsed files are kept, so that the
    next run does not pay for the TOML parser again.
    """
    variables = _variables(environ)
    config_file = config_file or variables.get("CONFIG")
    profile = profile or variables.get("PROFILE")
    found = candidates(cwd, environ, config_file)
    settings = Settings()
    if not (found or profile or overrides or any(name not in NOT_SETTINGS for name in variables)):
        if "TRUST" in variables:
            from aitrack.config.trust import asked_for

            asked_for(trust, variables)  # a word that means nothing is told, needed or not
        return settings
    from aitrack.config.layers import fill

    user = user_file(environ)
    folder = user.rpartition("/")[0] if user else None
    fill(settings, found, variables, overrides or {}, profile, cache, trust, folder)
    return settings


def candidates(cwd: str, environ: Mapping[Any, Any], config_file: str | None = None) -> list[tuple[str, str, int]]:
    """Open the files that may set something, nearest first: (kind, path, descriptor), or what errno says, negative.

    A file named on the command line is listed even when it is missing: that is
    the user's mistake to be told, where the others are only looked for.
    A project's file that is a link is not opened here: its links must be judged too.
    """
    found: list[tuple[str, str, int]] = []
    if config_file:
        path = config_file if config_file[:1] == "/" else f"{cwd}/{config_file}"
        found.append(("named", path, open_candidate(path, follow=True)))
    user = user_file(environ)
    folder = cwd.rstrip("/")
    wanted = [("project", f"{folder}/aitrack.toml"), ("pyproject", f"{folder}/pyproject.toml")]
    for kind, path in [*wanted, ("user", user)] if user else wanted:
        descriptor = open_candidate(path, follow=kind not in _PROJECT)
        if -descriptor not in _NOT_THERE and not (descriptor == -errno.EACCES and not _is_there(path)):
            found.append((kind, path, descriptor))
    return found


def open_candidate(path: str, *, follow: bool) -> int:
    """Return a descriptor of the regular file at *path*, or the error's number, negative."""
    try:
        return files.open_regular(path, limit=LIMIT, follow=follow)[0]
    except OSError as error:
        return -(error.errno or errno.EIO)
    except ValueError:  # a name with a NUL in it
        return -errno.ENOENT


def user_file(environ: Mapping[Any, Any]) -> str | None:
    """Return the path of the user's own file, whether or not it exists.

    The same as `platformdirs.user_config_dir` gives (a test equates them),
    without the price of importing it.
    """
    base = _get(environ, "XDG_CONFIG_HOME").strip()
    if base[:1] != "/":  # a relative one is no setting, says its specification; it could be a project's folder
        home = _get(environ, "HOME")
        if home[:1] != "/":
            return None
        base = home + "/.config"
    return base + "/aitrack/config.toml"


def _is_there(path: str) -> bool:
    try:
        posix.stat(path)
    except (OSError, ValueError):
        return False
    return True


def _variables(environ: Mapping[Any, Any]) -> dict[str, str]:
    """Return the settings of the environment by name without the prefix; keys may be bytes."""
    found: dict[str, str] = {}
    for name in environ:
        if name[:12] == PREFIX or name[:12] == b"AITRACK_OPT_":
            found[_text(name)[12:]] = _text(environ[name])
    return found


def _get(environ: Mapping[Any, Any], name: str) -> str:
    for known in environ:  # not `get`: keys are bytes in `posix.environ` and text in `os.environ`
        if known == name or known == name.encode():
            return _text(environ[known])
    return ""


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "surrogateescape")


def describe(key: str) -> Key:
    """Return what is known about *key*: its kind, default and meaning."""
    from aitrack.config.keys import KEYS

    return KEYS[key]
