"""Byte code of our own in the store's cache, and the standard library taken from its own files.

Whatever `re.py` lies beside the script, whatever the program did to `sys.modules` or `sys.path`: what the collector
imports after a failure is the interpreter's own, runs under our builtins, and stays out of the program's sight.
"""

# Objects of any type pass through here, and are never asked what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# Types stand in comments: in the code objects they would cost each start of a program their reading.
# pyright: reportTypeCommentUsage=false, reportUnknownParameterType=false

import _imp
import marshal
import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType  # noqa: F401  # in type comments
    from typing import Any  # noqa: F401  # in type comments


PACKAGE = "_aitrack_collector"
# What a start needs, and what only a failure needs: two files in the cache, since most runs read the first alone.
GROUPS = {
    "start": ("modules", "boot", "spool", "rare", "plain", "redact_names", "wire", "ledger", "touched"),
    "failure": (
        "library", "capture", "confided", "facts", "failure", "frames", "messages", "patterns", "python", "redact",
        "redact_commands", "redact_encoded", "redact_extents", "redact_formats", "redact_forms", "redact_judge",
        "redact_tables", "redact_tokens", "redact_tools", "redact_urls", "redact_values",
        "redact_looks", "redact_taints", "sources", "stacks", "story", "values", "focus", "tracing",
    ),
}  # fmt: skip
MONITORED = {"start": ("trail", "telling", "spans")}  # where there is sys.monitoring
# A start carries these as bytes.
UNREAD = ("rare", "plain", "redact_names", "wire", "telling", "ledger", "touched", "spans")
_Module = type(sys)


# -- byte code of our own --------------------------------------------------------------------------------------------


def compiled(group, collector, cache):
    # type: (str, str, Any) -> Any
    """Return the code objects of *group*, and put them into the file *cache* for the next start."""
    names = GROUPS[group] + (MONITORED.get(group, ()) if sys.version_info >= (3, 12) else ())
    paths = [collector + "/" + name + ".py" for name in names]
    states = posix.stat(collector).st_mtime_ns  # type: Any
    if group != "start":
        states = [(path, seen.st_size, seen.st_mtime_ns) for path in paths for seen in (posix.stat(path),)]
    codes = {path[len(collector) + 1 : -3]: _compiled(path, 2) for path in paths}
    for name in UNREAD:
        if name in codes:
            codes[name] = marshal.dumps(codes[name])
    write_cache(cache, marshal.dumps((states, codes)))
    return codes


def keep_byte_code(source, cached, code):
    # type: (Any, Any, CodeType) -> None
    """Write the byte code of `sitecustomize` where Python was told not to: compiling it at each start costs 15 M.

    It is a file of ours in a folder of ours; for the program's own modules Python does as it was told.
    """
    try:
        seen = posix.stat(source)
        magic = sys.modules["_frozen_importlib_external"].MAGIC_NUMBER
        stamp = int(seen.st_mtime).to_bytes(4, "little") + (seen.st_size & 0xFFFFFFFF).to_bytes(4, "little")
        write_cache(cached.encode("utf-8", "surrogateescape"), magic + b"\0\0\0\0" + stamp + marshal.dumps(code), 0o644)
    except (OSError, KeyError):
        pass


def write_cache(path, data, mode=0o600):
    # type: (bytes, bytes, int) -> None
    """Write a file of the cache whole or not at all; a store that cannot be written costs time, nothing else."""
    temporary = path + b".%d" % posix.getpid()
    try:
        try:
            posix.mkdir(path.rpartition(b"/")[0], 0o700)
        except FileExistsError:
            pass
        fd = posix.open(temporary, posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL | posix.O_CLOEXEC, mode)
        try:
            whole = posix.write(fd, data) == len(data)
        finally:
            posix.close(fd)
        if whole:
            posix.rename(temporary, path)
        else:
            posix.unlink(temporary)
    except OSError:
        pass


def _compiled(path, optimize=-1):
    # type: (Any, Any) -> Any
    return compile(_read(path), path, "exec", 0, True, optimize)


def _read(path):
    # type: (Any) -> Any
    fd = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        state = posix.fstat(fd)
        data = posix.read(fd, state.st_size)
        if len(data) != state.st_size:
            raise ValueError
        return data
    finally:
        posix.close(fd)


# -- the standard library --------------------------------------------------------------------------------------------

_standard = {}  # type: dict[str, Any]  # modules that we loaded for ourselves
_stdlib = {"folder": None}  # type: dict[str, Any]


def imported(name, package, fromlist, level):
    # type: (str, str, tuple[str, ...], int) -> Any
    """Answer an import statement of ours, or of a standard module that we loaded."""
    if level:
        name = package + "." + name if name else package
    module = standard(name)
    if not fromlist:
        return standard(name.partition(".")[0])
    for item in fromlist:
        if item != "*" and not hasattr(module, item):
            setattr(module, item, standard(name + "." + item))
    return module


def replace(name, module):
    # type: (str, Any) -> None
    """Give our imports *module* from now on when they ask for the standard *name*."""
    _standard[name] = module


def forget(beginnings):
    # type: (Any) -> None
    """Load anew, when next asked, the modules named in *beginnings*, or beginning with one that ends in a sign."""
    for name in list(_standard):
        if name in beginnings or name.startswith(tuple(word for word in beginnings if not word.isalnum())):
            del _standard[name]


def standard(name):
    # type: (str) -> Any
    """Return a module of the standard library: the program's when it is untouched, else one of our own."""
    module = _standard.get(name)
    if module is None:
        module = _standard[name] = _untouched(name) or _loaded(name)
    return module


def _folder():
    # type: () -> Any
    if _stdlib["folder"] is None:
        file = (
            getattr(sys.modules.get("os"), "__file__", None) or f"{sys.base_prefix}/lib/python3.{sys.version_info[1]}/"
        )
        _stdlib["folder"] = file.rpartition("/")[0]
    return _stdlib["folder"]


def _untouched(name):
    # type: (str) -> Any
    """Return what `sys.modules` holds if a bare interpreter would hold the same, in C or frozen."""
    module = sys.modules.get(name)
    if type(module) is not _Module or name == "sys":
        return None
    spec = module.__dict__.get("__spec__")
    kind = type(getattr(spec, "loader", None)).__name__
    origin = getattr(spec, "origin", None)
    if name in sys.builtin_module_names:
        return module if origin == "built-in" else None
    if kind == "ExtensionFileLoader" and type(origin) is str and origin.startswith(_folder()):
        return module
    return module if origin == "frozen" and name in ("abc", "codecs", "io", "os", "stat", "_collections_abc") else None


def _loaded(name):
    # type: (str) -> Any
    if name == "__future__":
        module = _Module(name)  # type: Any
        module.annotations = None
        return module
    if name == "sys":
        return _sys()
    if name in sys.builtin_module_names:
        return _from_c(name, None)
    base = _folder() + "/" + name.replace(".", "/")
    for path, is_package in ((base + "/__init__.py", True), (base + ".py", False)):
        code = _standard_code(path)
        if code is not None:
            return _run_standard(name, code, path, is_package)
    for suffix in _imp.extension_suffixes():
        path = _folder() + "/lib-dynload/" + name + suffix
        if _exists(path):
            return _from_c(name, path)
    raise ImportError(name)


def _sys():
    # type: () -> Any
    """Return a `sys` whose `modules` are our own: `enum` and others register what they make there."""
    module = _Module("sys")  # type: Any
    module.__dict__.update(sys.__dict__)
    module.modules = _standard
    return module


def _from_c(name, path):
    # type: (str, Any) -> Any
    before = sys.modules.get(name)
    spec = _Spec()  # type: Any
    spec.name, spec.origin, spec.parent, spec.loader = name, path, "", None
    module = _imp.create_builtin(spec) if path is None else _imp.create_dynamic(spec, path)
    (_imp.exec_builtin if path is None else _imp.exec_dynamic)(module)
    if before is None:
        sys.modules.pop(name, None)
    return module


class _Spec:
    """What the makers of C modules ask a spec for."""


def _exists(path):
    # type: (Any) -> bool
    try:
        posix.stat(path)
    except OSError:
        return False
    return True


def _standard_code(path):
    # type: (Any) -> Any
    """Return the code of a file of the standard library, from its byte code where that is not older."""
    try:
        state = posix.stat(path)
    except OSError:
        return None
    folder, _, file = path.rpartition("/")
    try:
        data = _read(f"{folder}/__pycache__/{file[:-3]}.{sys.implementation.cache_tag}.pyc")
        stamp = int(state.st_mtime).to_bytes(4, "little") + (state.st_size & 0xFFFFFFFF).to_bytes(4, "little")
        if data[4:8] == b"\0\0\0\0" and data[8:16] == stamp:
            return marshal.loads(memoryview(data)[16:])
    except (OSError, ValueError, EOFError, TypeError):
        pass
    return _compiled(path)


def _builtins():
    # type: () -> Any
    """Return the builtins for standard modules: running a text would make the interpreter forget a Ctrl-C."""
    found = _stdlib.get("builtins")
    if found is None:
        from .modules import pristine

        found = _stdlib["builtins"] = dict(pristine)
        for mode in ("eval", "exec"):
            found[mode] = _of_text(mode, pristine[mode])
    return found


def _of_text(mode, run):
    # type: (str, Any) -> Any
    def of_text(source, *namespaces):
        # type: (Any, *Any) -> Any
        return run(compile(source, "<string>", mode, 0, True) if type(source) is str else source, *namespaces)

    return of_text


def _run_standard(name, code, path, is_package):
    # type: (str, CodeType, Any, Any) -> Any
    module = _Module(name)
    package = name if is_package else name.rpartition(".")[0]
    module.__dict__.update({"__builtins__": _builtins(), "__package__": package, "__file__": path})
    _standard[name] = module
    try:
        exec(code, module.__dict__)
    except BaseException:
        _standard.pop(name, None)
        raise
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(standard(parent), child, module)
    return module
