"""The store's key for keyed hashes: made by the first run, read by everybody after it.

Whoever holds it can test guesses of what was hashed, so it is read as nothing else than a file that is ours alone,
and a damaged one is made anew: hashes without a key would be open to everybody.
"""

from __future__ import annotations

import _imp
import posix

from aitrack.store.layout import STORE_VERSION
from aitrack.system import files

BYTES = 32
_SHORTEST = 16


def read(home: str) -> bytes:
    """Return the key of the store at *home*, nothing when it has none that can be trusted."""
    try:
        key = files.read_ours(f"{home}/key", 1 << 10)[:64]
    except OSError:
        return b""
    return key if len(key) >= _SHORTEST else b""


def read_or_make(home: str) -> bytes:
    """Return the key of the store at *home*, made now if need be, whoever else does so at the same time."""
    return read(home) or _make(home)


def _make(home: str) -> bytes:
    path = f"{home}/key"
    temporary = f"{path}.{posix.getpid()}"
    files.write(temporary, posix.urandom(BYTES))
    try:
        _put(temporary, path, home)
    finally:
        try:
            posix.unlink(temporary)
        except OSError:
            pass
    key = read(home)
    if not key:
        raise OSError(5, "it cannot be read", path)
    return key


def _put(temporary: str, path: str, home: str) -> None:
    """Give a new key its name, unless another process was faster."""
    try:
        posix.link(temporary, path)
    except OSError:  # a file system without hard links, or something there that is no key
        if not read(home):
            posix.rename(temporary, path)
    else:
        files.write(f"{home}/VERSION", b'{"store": %d}\n' % STORE_VERSION)


def keyed_hash(key: bytes, data: bytes) -> str:
    """Return a hash that only the owner of *key* can compare with another.

    SipHash, which the interpreter has built in for the hashes of its byte code: every run hashes its environment, and
    loading another cost as much as reading all other facts. Twice, for a key of 128 bits.
    """
    inner = _imp.source_hash(int.from_bytes(key[:8], "little", signed=True), data)
    return _imp.source_hash(int.from_bytes(key[8:16], "little", signed=True), inner + data).hex()
