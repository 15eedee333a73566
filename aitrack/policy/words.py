"""The words by which failures are told apart in settings: categories and kinds.

The tables of `diagnose` give meanings to evidence in these words; a test holds the two together, since
neither floor imports the other.
"""

from __future__ import annotations

CATEGORIES = frozenset(
    "ok transient overload timeout resource permanent bug crash killed abort unknown".split()  # noqa: SIM905 - as it is written in settings
)

KINDS = frozenset(
    """
    aborted address_in_use arithmetic assertion auth bad_data bad_request bad_system_call broken_pipe bug busy
    cancelled command_not_found configuration context_length cpu_limit deadlock disk_full dns encoding exists
    file_size_limit go_runtime hangup illegal_instruction index interrupted invalid_json io is_directory
    killed lock_held lookup memory missing_attribute missing_directory missing_file missing_key missing_module
    name not_executable not_found not_implemented null out_of_memory panic permission protocol quit quota
    rate_limit recursion refusal refused repetition reset schema segfault server_error software sql syntax system
    temporary terminated timeout tls too_many_files tool_call trap truncated type unavailable unreachable usage
    value worker
    """.split()  # noqa: SIM905 - a list of sixty quoted words is read worse
)
