"""The collector's own imports, apart from the program's.

Our modules run from cached code objects under a private `__import__` and a copy of the builtins. Whatever the program
does to the builtins or to `sys.modules` does not reach them, and nothing that they import becomes visible to it.
What is needed only after a failure stands in `library`.
"""

import marshal
import sys

PACKAGE = "_aitrack_collector"

_Module = type(sys)
pristine = globals()["__builtins__"]  # given by sitecustomize: a copy that the program cannot change
_import = pristine["__import__"]
_codes = {}  # name -> code of our modules
_own = {}  # our modules that have run
_place = {}


def start(collector, home, spool, codes):
    """Run the beginning of the collector."""
    _codes.update(codes)
    _place.update(collector=collector, home=home)
    pristine["__import__"] = private_import
    _own["modules"] = this = _Module(PACKAGE + ".modules")
    this.__dict__.update(globals())
    _own[""] = package = _Module(PACKAGE, "The collector of aitrack, at work in this process.")
    package.modules = _own
    own("boot").start(spool)
    sys.modules[PACKAGE] = package


def home():
    """Return the store's folder."""
    return _place["home"]


def collector_folder():
    """Return the folder of the collector's sources."""
    return _place["collector"]


def own(name):
    """Return our module *name*, run at its first use."""
    module = _own.get(name)
    if module is None:
        if name not in _codes:
            _codes.update(own("rare").codes_of("failure", _place["collector"], _place["home"]))
        code = _codes[name]
        if type(code) is bytes:
            code = marshal.loads(code)
        module = _own[name] = _Module(PACKAGE + "." + name)
        module.__dict__.update({"__builtins__": pristine, "__package__": PACKAGE})
        try:
            exec(code, module.__dict__)
        except BaseException:
            del _own[name]
            raise
    return module


def loaded(name):
    """Return our module *name* if it has run, else None."""
    return _own.get(name)


def visible(name):
    """Import *name* as the program would, where it must be the program's own copy."""
    return _import(name)


def private_import(name, globals=None, locals=None, fromlist=(), level=0):
    """Import for the collector's modules; what is not ours comes from `library`."""
    package = globals.get("__package__") if globals else None
    if package == PACKAGE:
        if level:
            return own(name) if name else _siblings(fromlist)
        if name == "sys":
            return sys
        if AT_HAND.get(name) is not None:
            return AT_HAND[name]
        if name == "__future__":
            return _FUTURE
    return own("library").imported(name, package, fromlist, level)


def _siblings(names):
    package = _own[""]
    for name in names:
        setattr(package, name, own(name))
    return package


AT_HAND = {
    name: sys.modules.get(name) for name in ("posix", "time", "_imp", "marshal", "_thread", "_weakref", "builtins")
}
_FUTURE = _Module("__future__")
_FUTURE.annotations = None
