"""From the words of the command line to the part of aitrack that serves them."""

import gc
import sys

from aitrack import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aitrack.supervise.clean import Origin


def main(words: list[str], note: str) -> int:
    """Serve *words*; *note* is what the launcher saw before Python started. Returns the exit status."""
    if words[:1] == ["run"]:
        gc.disable()  # nothing here lives long enough to be worth a search
        sys.path.sort(key=_is_not_compiled)
        is_whole = frozen.thaw()
        from aitrack.supervise.clean import clean_start

        origin = clean_start(note)
        if not {"-h", "--help"} & set(words[1:2]):
            _run(words[1:], origin, is_whole)
        origin.undo()
        gc.enable()
    from aitrack.cli.app import main as command_line

    return command_line(words)


def _is_not_compiled(folder: str) -> bool:
    """Order the folder of C modules first: they are all that is still looked for, and each folder before costs."""
    return not folder.endswith("lib-dynload")


def _run(words: list[str], origin: "Origin", is_whole: bool) -> None:
    import posix

    from aitrack.supervise.run import run

    status = run(words, origin)
    if status == 0 and not is_whole:
        frozen.freeze()
    posix._exit(status)  # nothing of ours is left that an orderly end would tidy up
