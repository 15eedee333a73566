"""The one entry point: `run` goes straight to the supervisor, every other word to the cli."""

import sys

if sys.argv[1:2] == ["--launched"]:  # by launcher.sh, with two words of its own: a note, and the installed packages
    _note, _packages, *_words = sys.argv[2:]
    _own = __file__.rpartition("/aitrack/")[0]
    sys.path[:0] = [_own] if _own == _packages else [_own, _packages]
else:
    _note, _words = "", sys.argv[1:]

if __name__ == "__main__":
    from aitrack.start import main

    sys.exit(main(_words, _note))
