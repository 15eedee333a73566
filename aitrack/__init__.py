"""Supervise a script, and explain, group and survive its failures.

The names of the in-process API load at first use (PEP 562), so that importing the package costs nothing.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aitrack.api.adapting import adapt_prompt as adapt_prompt
    from aitrack.api.advice import commit as commit
    from aitrack.api.advice import hint as hint
    from aitrack.api.advice import permanent as permanent
    from aitrack.api.advice import transient as transient
    from aitrack.api.breaking import BreakerOpen as BreakerOpen
    from aitrack.api.breaking import breaker as breaker
    from aitrack.api.expecting import Json as Json
    from aitrack.api.expecting import Reject as Reject
    from aitrack.api.falling_back import fallback as fallback
    from aitrack.api.handling import ErrorContext as ErrorContext
    from aitrack.api.handling import handle_error as handle_error
    from aitrack.api.operations import event as event
    from aitrack.api.operations import operation as operation
    from aitrack.api.operations import snapshot as snapshot
    from aitrack.api.prompting import Prompting as Prompting
    from aitrack.api.prompting import PromptingFailed as PromptingFailed
    from aitrack.api.retrying import retry as retry
    from aitrack.api.retrying import retry_call as retry_call
    from aitrack.api.retrying import retrying as retrying
    from aitrack.api.sessions import Session as Session
    from aitrack.api.sessions import get_session as get_session
    from aitrack.api.sessions import list_sessions as list_sessions
    from aitrack.api.sessions import session as session
    from aitrack.api.sessions import start_session as start_session
    from aitrack.api.strategies import alternative as alternative
    from aitrack.api.strategies import alternative_path as alternative_path
    from aitrack.api.strategies import cached as cached
    from aitrack.api.strategies import create_if_missing as create_if_missing
    from aitrack.api.strategies import degraded as degraded
    from aitrack.api.strategies import empty as empty
    from aitrack.api.strategies import simplified as simplified
    from aitrack.api.strategies import skip as skip
    from aitrack.api.testing import set_testing as set_testing
    from aitrack.api.tracking import track as track

# each name of the API and the module below `aitrack.api` that has it
_NAMES = {
    "adapt_prompt": "adapting",
    "commit": "advice",
    "hint": "advice",
    "permanent": "advice",
    "transient": "advice",
    "BreakerOpen": "breaking",
    "breaker": "breaking",
    "Json": "expecting",
    "Reject": "expecting",
    "fallback": "falling_back",
    "ErrorContext": "handling",
    "handle_error": "handling",
    "event": "operations",
    "operation": "operations",
    "snapshot": "operations",
    "Prompting": "prompting",
    "PromptingFailed": "prompting",
    "retry": "retrying",
    "retry_call": "retrying",
    "retrying": "retrying",
    "Session": "sessions",
    "get_session": "sessions",
    "list_sessions": "sessions",
    "session": "sessions",
    "start_session": "sessions",
    "alternative": "strategies",
    "alternative_path": "strategies",
    "cached": "strategies",
    "create_if_missing": "strategies",
    "degraded": "strategies",
    "empty": "strategies",
    "simplified": "strategies",
    "skip": "strategies",
    "set_testing": "testing",
    "track": "tracking",
}


def __getattr__(name: str) -> object:
    """Load a name of the API at its first use."""
    module = _NAMES.get(name)
    if module is None:
        raise AttributeError(f"module `aitrack` has no attribute `{name}`")
    from importlib import import_module

    found: object = getattr(import_module(f"aitrack.api.{module}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*_NAMES, *globals()])
