"""The run path in one file: the code of every module that a successful `run` loads.

Thirty modules cost five milliseconds to find, check and read one by one, a third of a bare interpreter; one file
with all of them costs less than two. It lies in `__pycache__` beside the other byte code, is checked against each
source's size and time, and is written again by the first run after a change. Where it cannot be written, modules
are imported one by one as ever.
"""

import marshal
import posix
import sys

_FILE = f"{__file__.rpartition('/')[0]}/__pycache__/run_path.{sys.implementation.cache_tag}"
_OURS = ("aitrack", "__future__")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType


def thaw() -> bool:
    """Load the run path from the one file; return False when it is missing or out of date."""
    try:
        descriptor = posix.open(_FILE, posix.O_RDONLY | posix.O_CLOEXEC)
        try:
            modules = marshal.loads(posix.read(descriptor, 1 << 22))
        finally:
            posix.close(descriptor)
        for _, path, stamp, _ in modules:
            if _stamp(path) != stamp:
                return False
    except (OSError, ValueError, EOFError, TypeError):
        return False
    for name, path, _, code in modules:
        if name not in sys.modules:
            _load(name, path, code)
    return True


def _load(name: str, path: str, code: "CodeType") -> None:
    """Do what an import does, less the search: those that a module imports have been loaded before it."""
    module = type(sys)(name)
    parent, _, own = name.rpartition(".")
    folder, _, file = path.rpartition("/")
    module.__file__ = path
    module.__package__ = name if file == "__init__.py" else parent
    if file == "__init__.py":
        module.__path__ = [folder]
    sys.modules[name] = module
    exec(code, module.__dict__)
    if parent:
        setattr(sys.modules[parent], own, module)


def freeze() -> None:
    """Write the code of all our modules that are loaded now, so that the next run finds them together."""
    try:
        content = marshal.dumps([_entry(name) for name in _in_order()])
        temporary = f"{_FILE}.{posix.getpid()}"
        descriptor = posix.open(temporary, posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL | posix.O_CLOEXEC, 0o644)
        try:
            posix.write(descriptor, content)
        finally:
            posix.close(descriptor)
        posix.rename(temporary, _FILE)
    except (OSError, ValueError, SyntaxError):
        pass


def _entry(name: str) -> tuple[str, str, tuple[int, int], "CodeType"]:
    path = str(sys.modules[name].__file__)
    with open(path, "rb") as source:
        code = compile(source.read(), path, "exec", dont_inherit=True, optimize=2)  # without docstrings
    return name, path, _stamp(path), code


def _in_order() -> list[str]:
    """Return the names of our loaded modules, each behind those that it imports at its top."""
    import ast

    done: dict[str, bool] = {}

    def visit(name: str) -> None:
        if name in done or name not in sys.modules or name.partition(".")[0] not in _OURS:
            return
        module = sys.modules[name]
        done[name] = False  # on its way: packages import what is inside them
        visit(name.rpartition(".")[0])
        with open(str(module.__file__), "rb") as source:
            for node in ast.parse(source.read()).body:
                if isinstance(node, ast.Import):
                    for alias in node.names:
                        visit(alias.name)
                elif isinstance(node, ast.ImportFrom):
                    within = ".".join(filter(None, [module.__package__ if node.level else "", node.module]))
                    visit(within)
                    for alias in node.names:
                        visit(f"{within}.{alias.name}")
        del done[name]
        done[name] = True

    for name in list(sys.modules):
        visit(name)
    return list(done)


def _stamp(path: str) -> tuple[int, int]:
    found = posix.stat(path)
    return found.st_mtime_ns, found.st_size
