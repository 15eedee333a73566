"""The collector's own imports, apart from the program's.

Our modules run from cached code objects under a private `__import__`. What they import from the standard library is
taken from its own files, whatever `re.py` lies beside the script, whatever the program did to `sys.modules`, `sys.path`
or the builtins, and nothing that we import becomes visible to it.
"""

import _imp
import builtins
import marshal
import posix
import sys

PACKAGE = "_aitrack_collector"
# What a start needs, and what only a failure needs: two files in the cache, since most runs read the first alone.
GROUPS = {
    "start": ("boot", "spool"),
    "failure": (
        "capture", "failure", "frames", "messages", "plain", "python", "redact", "redact_formats", "redact_names", "redact_taints",
        "sources", "values", "wire", "facts",
    ),
}  # fmt: skip

_Module = type(sys)
_pristine = dict(builtins.__dict__)
_import = builtins.__import__
_codes = {}  # name -> code of our modules
_own = {}  # our modules that have run
_standard = {}  # modules of the standard library that we loaded for ourselves
_replaced = {}  # modules of the standard library that we give to ourselves in another form
_place = {"collector": "", "home": b""}
_stdlib = ""


def start(collector, home, spool):
    """Load the first group and let it begin."""
    global _stdlib
    _place["collector"], _place["home"] = collector, home
    _stdlib = sys.modules["os"].__file__.rpartition("/")[0]
    _pristine["__import__"] = private_import
    package = _own[""] = _Module(PACKAGE, "The collector of aitrack, at work in this process.")
    package.modules = _own
    _own["modules"] = this = _Module(PACKAGE + ".modules")
    this.__dict__.update(
        {"own": own, "visible": visible, "replace": replace, "stdlib_folder": _stdlib, "pristine": _pristine, "home": home, "folder": collector}
    )
    load_group("start")
    own("boot").start(home, spool)
    sys.modules[PACKAGE] = package


def load_group(group):
    """Read the code objects of *group* from the cache; compile them and fill the cache where that fails."""
    names = GROUPS[group]
    collector = _place["collector"]
    states = []
    for name in names:
        seen = posix.stat(collector + "/" + name + ".py")
        states.append((seen.st_size, seen.st_mtime_ns))
    path = _cache_path(group)
    key = (collector, tuple(states))
    try:
        found = marshal.loads(_read(path, True))
        if found[0] == key:
            _codes.update(found[1])
            return
    except (OSError, ValueError, EOFError, TypeError, IndexError):
        pass
    codes = {name: _compiled(collector + "/" + name + ".py") for name in names}
    _codes.update(codes)
    write_cache(path, marshal.dumps((key, codes)))
    if group == "start":
        write_cache(loader_cache, marshal.dumps(loader_code))  # noqa: F821  # given by sitecustomize


def _cache_path(group):
    number = posix.stat(_place["collector"]).st_ino
    return _place["home"] + ("/cache/%s-%s-%d" % (group, sys.implementation.cache_tag, number)).encode()


def _compiled(path):
    return _pristine["compile"](_read(path, False), path, "exec", 0, True)


def _read(path, must_be_ours):
    fd = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        state = posix.fstat(fd)
        if must_be_ours and state.st_uid != posix.geteuid():
            raise ValueError
        pieces = []
        while True:
            piece = posix.read(fd, state.st_size + 1)
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)
    finally:
        posix.close(fd)


def write_cache(path, data):
    """Write a file of the cache whole or not at all; a store that cannot be written costs time, nothing else."""
    if type(path) is str:
        path = path.encode("utf-8", "surrogateescape")
    temporary = path + b".%d" % posix.getpid()
    try:
        try:
            posix.mkdir(path.rpartition(b"/")[0], 0o700)
        except FileExistsError:
            pass
        fd = posix.open(temporary, posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL | posix.O_CLOEXEC, 0o600)
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


def visible(name):
    """Import *name* as the program would, where it must be the program's own copy."""
    return _import(name)


def own(name):
    """Return our module *name*, run at its first use."""
    module = _own.get(name)
    if module is None:
        if name not in _codes:
            load_group("failure" if name in GROUPS["failure"] else "trail")
        module = _Module(PACKAGE + "." + name)
        module.__dict__.update({"__builtins__": _pristine, "__package__": PACKAGE})
        _own[name] = module
        try:
            exec(_codes[name], module.__dict__)
        except BaseException:
            del _own[name]
            raise
    return module


def replace(name, module):
    """Give our own imports *module* when they ask for the standard *name*."""
    _replaced[name] = module
    _standard.pop(name, None)


def private_import(name, globals=None, locals=None, fromlist=(), level=0):
    """Import for the collector's modules and for what they load."""
    package = (globals or {}).get("__package__")
    if package == PACKAGE and (level or name == "sys"):
        return _import_own(name, fromlist) if level else sys
    if level:
        name = package + "." + name if name else package
    module = standard(name)
    for item in fromlist or ():
        if item != "*" and not hasattr(module, item):
            setattr(module, item, standard(name + "." + item))
    return module if fromlist else standard(name.partition(".")[0])


def _import_own(name, fromlist):
    if name:
        return own(name)
    package = _own[""]
    for item in fromlist:
        setattr(package, item, own(item))
    return package


def standard(name):
    """Return a module of the standard library: the program's when it is untouched, else one of our own."""
    module = _replaced.get(name) or _standard.get(name)
    if module is None:
        module = _standard[name] = _untouched(name) or _loaded(name)
    return module


def _untouched(name):
    """Return what `sys.modules` holds if a bare interpreter would hold the same, in C or frozen."""
    module = sys.modules.get(name)
    if type(module) is not _Module or name == "sys":
        return None
    spec = module.__dict__.get("__spec__")
    if name in sys.builtin_module_names:
        return module
    if spec is None:
        return None
    kind = type(getattr(spec, "loader", None)).__name__
    origin = getattr(spec, "origin", None)
    if kind == "ExtensionFileLoader" and type(origin) is str and origin.startswith(_stdlib):
        return module
    return module if origin == "frozen" and name in ("abc", "codecs", "io", "os", "stat", "_collections_abc") else None


def _loaded(name):
    if name == "__future__":
        module = _Module(name)
        module.annotations = None
        return module
    if name == "sys":
        return _sys()
    if name in sys.builtin_module_names:
        return _from_c(name, None)
    base = _stdlib + "/" + name.replace(".", "/")
    for path, is_package in ((base + "/__init__.py", True), (base + ".py", False)):
        code = _standard_code(path)
        if code is not None:
            return _run_standard(name, code, path, is_package)
    for suffix in _imp.extension_suffixes():
        path = _stdlib + "/lib-dynload/" + name + suffix
        if _exists(path):
            return _from_c(name, path)
    raise ImportError(name)


def _sys():
    """Return a `sys` whose `modules` are our own: `enum` and others register what they make there."""
    module = _Module("sys")
    module.__dict__.update(sys.__dict__)
    module.modules = _standard
    return module


def _from_c(name, path):
    before = sys.modules.get(name)
    spec = _Spec()
    spec.name, spec.origin, spec.parent, spec.loader = name, path, "", None
    module = _imp.create_builtin(spec) if path is None else _imp.create_dynamic(spec, path)
    (_imp.exec_builtin if path is None else _imp.exec_dynamic)(module)
    if before is None:
        sys.modules.pop(name, None)
    return module


class _Spec:
    """What the makers of C modules ask a spec for."""


def _exists(path):
    try:
        posix.stat(path)
    except OSError:
        return False
    return True


def _standard_code(path):
    """Return the code of a file of the standard library, from its byte code where that is not older."""
    try:
        state = posix.stat(path)
    except OSError:
        return None
    folder, _, file = path.rpartition("/")
    try:
        data = _read("%s/__pycache__/%s.%s.pyc" % (folder, file[:-3], sys.implementation.cache_tag), False)
        stamp = int(state.st_mtime).to_bytes(4, "little") + (state.st_size & 0xFFFFFFFF).to_bytes(4, "little")
        if data[4:8] == b"\0\0\0\0" and data[8:16] == stamp:
            return marshal.loads(memoryview(data)[16:])
    except (OSError, ValueError, EOFError, TypeError):
        pass
    return _compiled(path)


def _run_standard(name, code, path, is_package):
    module = _Module(name)
    package = name if is_package else name.rpartition(".")[0]
    module.__dict__.update({"__builtins__": _pristine, "__package__": package, "__file__": path})
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
