# Starts the collector, then makes room for the user's own sitecustomize, as if this file did not exist.
# It must parse on Python 2.7 and 3.6, where it starts nothing; it stands alone in its folder, so that nothing here can
# shadow a module of the program. What a start needs is one file of byte code in the store's cache.
import sys


def _start(folder):
    import marshal
    import posix

    spool = posix.environ.get(b"AITRACK_SPOOL")
    if not spool or sys.implementation.name != "cpython":
        return
    home = spool.rsplit(b"/", 7)[0]
    if posix.stat(spool).st_uid != posix.geteuid():
        return  # under sudo: nothing of somebody else's store is read, let alone run, or written
    collector = folder.rpartition("/")[0]
    folder = posix.stat(collector)
    cache = b"%s/cache/start-%s-%d" % (home, sys.implementation.cache_tag.encode(), folder.st_ino)
    try:
        fd = posix.open(cache, posix.O_RDONLY | posix.O_CLOEXEC | posix.O_NONBLOCK | posix.O_NOFOLLOW)
        try:
            seen = posix.fstat(fd)
            if seen.st_uid != posix.geteuid() or seen.st_mode & 0o170022 != 0o100000:
                raise ValueError  # not a regular file that is ours alone: see `modules.is_ours_alone`
            changed, codes = marshal.loads(posix.read(fd, seen.st_size))
        finally:
            posix.close(fd)
        if changed != folder.st_mtime_ns:
            raise ValueError  # a file was replaced: of what a start reads, the folder tells at the price of one look
    except (OSError, ValueError, EOFError, TypeError):
        names = {"__name__": "_aitrack_collector.library"}
        with open(collector + "/library.py", "rb") as file:
            exec(compile(file.read(), collector + "/library.py", "exec", 0, True), names)
        codes = names["compiled"]("start", collector, cache)
        if sys.dont_write_bytecode:
            names["keep_byte_code"](__file__, __cached__, sys._getframe(1).f_code)
    names = {"__name__": "_aitrack_collector.modules", "__builtins__": sys.modules["builtins"].__dict__.copy()}
    exec(codes["modules"], names)
    names["start"](collector, home, spool, codes)


_folder = __file__.replace("\\", "/").rpartition("/")[0]
sys.path[:] = [_entry for _entry in sys.path if _entry != _folder]  # children still find it in PYTHONPATH
sys.path_importer_cache.pop(_folder, None)
# The import system takes this module for the user's: give it theirs, or the error that it would have met without us.
sys.modules.pop("sitecustomize", None)
try:
    import sitecustomize  # noqa: F401
finally:
    try:
        if sys.version_info >= (3, 8):  # noqa: UP036  # 2.7 and 3.6 find this file too
            _start(_folder)
    except BaseException:  # whatever it is: the program must not notice
        pass
