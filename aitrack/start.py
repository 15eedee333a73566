"""From the words of the command line to the part of aitrack that serves them."""

import gc
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aitrack.supervise.clean import Origin
    from aitrack.supervise.plan import RunPlan

_BESIDE_THE_PATH = ("re", "json", "aitrack.config.keys")  # a run that loaded one of these was not a plain one


def main(words: list[str], note: str, is_frozen: bool = False) -> int:
    """Serve *words* and return the exit status.

    *note* is what the launcher saw before Python started; *is_frozen* says that the run path came from one file.
    """
    if words[:1] == ["run"]:
        gc.disable()  # nothing here lives long enough to be worth a search
        from aitrack.supervise.clean import clean_start

        origin = clean_start(note)
        if not {"-h", "--help"} & set(words[1:2]):
            _run(words[1:], origin, is_frozen)
        origin.undo()
        gc.enable()
    from aitrack.cli.app import main as command_line

    return command_line(words)


def _run(words: list[str], origin: "Origin", is_frozen: bool) -> None:
    import posix

    from aitrack.supervise.run import run

    status = run(words, origin, _before, _after)
    if not is_frozen and sys.modules.keys().isdisjoint(_BESIDE_THE_PATH):
        from aitrack import frozen

        frozen.freeze()
    posix._exit(status)  # pyright: ignore[reportPrivateUsage]  # nothing of ours is left that an orderly end would tidy up


def _before(plan: "RunPlan") -> None:
    """Refuse exports that cannot be, and compare with the successful runs before."""
    from aitrack.errors import UsageError

    if "export" in plan.settings:
        from aitrack.report.after import check_export

        for wish in plan.settings.value("export"):
            try:
                check_export(wish)
            except ValueError as error:
                raise UsageError(f"`--export`: {error}") from None
    if plan.settings.value("preflight") != "off":
        _look_ahead(plan)


def _look_ahead(plan: "RunPlan") -> None:
    """Say what would be lacking that all successful runs had, or refuse to start without it."""
    from aitrack.analysis.preflight import lacking
    from aitrack.errors import BreakerOpen
    from aitrack.store.layout import home
    from aitrack.supervise import say

    found, _ = lacking(home(plan.environ), plan.script, plan.argv[plan.own_words :], _as_text(plan.environ), plan.cwd)
    texts = [str(lack["text"]) for lack in found]
    if texts and plan.settings.value("preflight") == "stop":
        raise BreakerOpen(f"preflight: {'; '.join(texts)}; not run")
    for text in texts:
        if not plan.settings.value("quiet"):
            say.line(f"preflight: {text}")


def _after(plan: "RunPlan", folder: str) -> None:
    """Tell the CI system, write JUnit and hand the session on, where that was asked for."""
    from aitrack.report.after import after_run
    from aitrack.store.layout import home

    settings = plan.settings
    ci, junit, exports = settings.value("ci"), settings.value("junit"), settings.value("export")
    with open(2, "w", buffering=1, errors="backslashreplace", closefd=False) as stream:
        environ = _as_text(plan.environ)
        after_run(home(plan.environ), folder, ci=ci, junit=junit, exports=exports, environ=environ, out=stream)


def _as_text(environ: dict[bytes, bytes]) -> dict[str, str]:
    import os

    return {os.fsdecode(name): os.fsdecode(value) for name, value in environ.items()}
