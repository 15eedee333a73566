"""The run path in one file: a program of byte code that holds every module a successful `run` loads.

Thirty modules cost five milliseconds to find, check and read one by one, a third of a bare interpreter; one file
with all of them costs one. It lies in `__pycache__` beside the other byte code, where the launcher finds it, checks
itself against each source's size and time, and is written again by the first run after a change. Where it cannot be
written, modules are imported one by one as ever.
"""

import marshal
import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from types import CodeType

_FILE = f"{__file__.rpartition('/')[0]}/__pycache__/run_path.{sys.implementation.cache_tag}.pyc"
_MODULES = "the place of the modules"

# What the file does when it is run: load the modules, which stand in dependency order, without any search, and go on
# as __main__.py does. An installed package changes as a whole, so one stamp is enough there.
_PROGRAM = f"""
import posix, sys
_note, _packages, *_words = sys.argv[2:]
_modules = {_MODULES!r}
_own = _modules[0][1].rpartition("/aitrack/")[0]
sys.path[:0] = [_own] if _own == _packages else [_own, _packages]
sys.path.sort(key=lambda folder: not folder.endswith("lib-dynload"))  # C modules are all that is still looked for
_whole = True
try:
    for _name, _path, _stamp, _code in _modules if _own != _packages else _modules[:1]:
        _found = posix.stat(_path)
        if (_found.st_mtime_ns, _found.st_size) != _stamp:
            _whole = False
            break
except OSError:
    _whole = False
if _whole:
    for _name, _path, _stamp, _code in _modules:
        _module = type(sys)(_name)
        _parent, _, _own_name = _name.rpartition(".")
        _module.__file__ = _path
        _module.__package__ = _name if _path.endswith("/__init__.py") else _parent
        if _module.__package__ == _name:
            _module.__path__ = [_path.rpartition("/")[0]]
        sys.modules[_name] = _module
        exec(_code, _module.__dict__)
        if _parent:
            setattr(sys.modules[_parent], _own_name, _module)
from aitrack.start import main
sys.exit(main(_words, _note, _whole))
"""


def freeze() -> None:
    """Write the code of all our modules that are loaded now, so that the next run finds them together."""
    try:
        modules = tuple([_entry(name) for name in _in_order()])
        program = compile(_PROGRAM, _FILE, "exec", dont_inherit=True, optimize=2)
        constants = [modules if constant == _MODULES else constant for constant in program.co_consts]
        content = _magic_number() + bytes(12) + marshal.dumps(program.replace(co_consts=tuple(constants)))
        temporary = f"{_FILE}.{posix.getpid()}"
        descriptor = posix.open(temporary, posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL | posix.O_CLOEXEC, 0o644)
        try:
            posix.write(descriptor, content)
        finally:
            posix.close(descriptor)
        posix.rename(temporary, _FILE)
    except (OSError, ValueError, SyntaxError):
        pass


def _magic_number() -> bytes:
    from importlib.util import MAGIC_NUMBER

    return MAGIC_NUMBER


def _entry(name: str) -> tuple[str, str, tuple[int, int], "CodeType"]:
    path = str(sys.modules[name].__file__)
    found = posix.stat(path)
    with open(path, "rb") as source:
        code = compile(_without_types(source.read()), path, "exec", dont_inherit=True, optimize=2)  # nor docstrings
    return name, path, (found.st_mtime_ns, found.st_size), code


def _without_types(source: bytes) -> "ast.Module":
    """Return the program of *source* without its annotations: nobody asks for them, and each start would read them."""
    import ast

    class Stripped(ast.NodeTransformer):
        def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
            node.returns = None
            return self.generic_visit(node)

        def visit_arg(self, node: ast.arg) -> ast.AST:
            node.annotation = None
            return node

        def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
            return node.value and ast.copy_location(ast.Assign([node.target], node.value), node)

        def visit_If(self, node: ast.If) -> ast.AST | None:
            is_for_checkers = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
            return None if is_for_checkers else self.generic_visit(node)

        def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
            return None if node.module == "__future__" else node

    stripped: ast.Module = Stripped().visit(ast.parse(source))
    return ast.fix_missing_locations(stripped)


def _in_order() -> list[str]:
    """Return the names of our loaded modules, each behind those that it imports at its top."""
    import ast

    done: dict[str, bool] = {}

    def visit(name: str) -> None:
        if name in done or name == __name__ or name not in sys.modules or name.partition(".")[0] != "aitrack":
            return
        module = sys.modules[name]
        done[name] = False  # on its way: packages import what is inside them
        visit(name.rpartition(".")[0])
        with open(str(module.__file__), "rb") as source:
            for node in _without_types(source.read()).body:
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

    visit("aitrack")
    for name in list(sys.modules):
        visit(name)
    return list(done)
