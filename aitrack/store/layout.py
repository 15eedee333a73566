"""Where things lie in the store, and the ids of sessions.

Imported by every run, so it uses the C modules only; a test equates the default folder with platformdirs.
"""

from __future__ import annotations

import posix
import sys
import time

STORE_VERSION = 1
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u


def decode(name: bytes) -> str:
    """Return *name*, as the kernel knows it, as text; what is not valid survives as surrogates."""
    return name.decode(sys.getfilesystemencoding(), "surrogateescape")


def encode(text: str) -> bytes:
    """Undo `decode`."""
    return text.encode(sys.getfilesystemencoding(), "surrogateescape")


def home(environ: dict[bytes, bytes]) -> str:
    """Return the store's folder: `AITRACK_HOME`, else aitrack's folder below the user's state folder."""
    if chosen := environ.get(b"AITRACK_HOME"):
        return _absolute(decode(chosen))
    if sys.platform == "darwin":
        return f"{_user_folder(environ)}/Library/Application Support/aitrack"
    state = decode(environ.get(b"XDG_STATE_HOME", b""))
    return (state if state.strip() else f"{_user_folder(environ)}/.local/state") + "/aitrack"


def _absolute(path: str) -> str:
    return path if path.startswith("/") else f"{posix.getcwd()}/{path}"


def _user_folder(environ: dict[bytes, bytes]) -> str:
    if folder := environ.get(b"HOME"):
        return decode(folder).rstrip("/")
    import pwd

    try:
        return pwd.getpwuid(posix.getuid()).pw_dir.rstrip("/")
    except KeyError:
        return "/nonexistent"


def new_session_id() -> str:
    """Return an id whose alphabetical order is the order of creation.

    48 bits of milliseconds, then 32 random bits: two sessions that start in the same millisecond clash once in
    four billion times.
    """
    number = time.time_ns() // 1_000_000 << 32 | int.from_bytes(posix.urandom(4), "big")
    return "".join([_ALPHABET[number >> shift & 31] for shift in range(75, -1, -5)])


def is_session_id(name: str) -> bool:
    """Say whether *name* has the form of a session's id."""
    return 16 <= len(name) <= 26 and set(name) <= set(_ALPHABET)


def started_at(session_id: str) -> float:
    """Return the moment, in seconds since the epoch, at which *session_id* was made."""
    number = 0
    for sign in session_id[:16]:
        number = number << 5 | _ALPHABET.index(sign)
    return (number >> 32) / 1000


def day_folder(home_folder: str, moment: float) -> str:
    """Return the folder of the sessions that start on the (UTC) day of *moment*."""
    day = time.gmtime(moment)
    return f"{home_folder}/sessions/{day.tm_year:04}/{day.tm_mon:02}/{day.tm_mday:02}"


def session_folder(home_folder: str, session_id: str) -> str:
    """Return the folder of *session_id*."""
    return f"{day_folder(home_folder, started_at(session_id))}/{session_id}"


def make_folders(path: str) -> None:
    """Make the folder *path* and those above it, for the user alone."""
    try:
        posix.mkdir(path, 0o700)
    except FileNotFoundError:
        make_folders(path.rpartition("/")[0])
        make_folders(path)
    except FileExistsError:
        pass
