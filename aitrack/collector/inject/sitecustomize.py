# Starts the collector, then makes room for the user's own sitecustomize, as if this file did not exist.
# It must parse on Python 2.7 and 3.6, where it starts nothing; it stands alone in its folder, so that nothing here can
# shadow a module of the program.
import sys


def _leave(folder):
    """Take our folder off the path: children still find it in PYTHONPATH."""
    sys.path[:] = [entry for entry in sys.path if entry != folder]
    sys.path_importer_cache.pop(folder, None)


def _start(folder):
    """Run the cached byte code of the collector's loader, or have it compiled."""
    import marshal
    import posix

    spool = posix.environ.get(b"AITRACK_SPOOL")
    if not spool or sys.implementation.name != "cpython":
        return
    home = spool.rsplit(b"/", 7)[0]
    collector = folder.rpartition("/")[0]
    path = collector + "/modules.py"
    seen = posix.stat(path)
    name = "%s/cache/loader-%s-%d-%d-%d" % (
        home.decode("utf-8", "surrogateescape"), sys.implementation.cache_tag, seen.st_ino, seen.st_mtime_ns, seen.st_size
    )  # fmt: skip
    code = None
    try:
        fd = posix.open(name, posix.O_RDONLY | posix.O_CLOEXEC)
        try:
            if posix.fstat(fd).st_uid == posix.geteuid():
                code = marshal.loads(posix.read(fd, 1 << 20))
        finally:
            posix.close(fd)
    except (OSError, ValueError, EOFError, TypeError):
        pass
    if code is None:
        with open(path, "rb") as file:
            code = compile(file.read(), path, "exec", 0, True)
    names = {"__name__": "_aitrack_collector.modules", "__file__": path, "loader_cache": name, "loader_code": code}
    exec(code, names)
    names["start"](collector, home, spool)


try:
    _folder = __file__.replace("\\", "/").rpartition("/")[0]
    _leave(_folder)
    if sys.version_info >= (3, 8):
        _start(_folder)
except BaseException:  # whatever it is: the program must not notice
    pass

# The import system takes this module for the user's: give it theirs, or the error that it would have met without us.
sys.modules.pop("sitecustomize", None)
import sitecustomize  # noqa: E402, F401
