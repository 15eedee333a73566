"""The tables of classification: what a status, an errno, a type, a signal or a phrase means.

Each entry is `(category, kind)`. To teach aitrack a new failure for everybody, add a line
here; for yourself, write a `[[retry.rule]]`. The tables are Python, not TOML,
because they are read after each failure and parsing TOML costs more than all else there.
"""

from __future__ import annotations

import errno

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Meaning: TypeAlias = tuple[str, str]

CATEGORIES = (
    "ok", "transient", "overload", "timeout", "resource", "permanent", "bug", "crash", "killed", "abort", "unknown",
)  # fmt: skip

# ---- HTTP ----

STATUS: dict[int, Meaning] = {
    401: ("permanent", "auth"),
    402: ("permanent", "quota"),
    403: ("permanent", "auth"),
    404: ("permanent", "not_found"),
    408: ("transient", "timeout"),
    410: ("permanent", "not_found"),
    422: ("permanent", "bad_request"),
    425: ("transient", "unavailable"),
    429: ("overload", "rate_limit"),
    500: ("transient", "server_error"),
    501: ("permanent", "server_error"),
    502: ("transient", "server_error"),
    503: ("overload", "unavailable"),
    504: ("transient", "timeout"),
    505: ("permanent", "bad_request"),
    529: ("overload", "unavailable"),
}


def of_status(status: int) -> Meaning | None:
    """Return what an HTTP status means; successes and redirections mean nothing."""
    if status in STATUS:
        return STATUS[status]
    if 400 <= status < 500:
        return "permanent", "bad_request"
    return ("transient", "server_error") if 500 <= status < 600 else None


# ---- errno ----

ERRNO: dict[int, Meaning] = {
    errno.ECONNREFUSED: ("transient", "refused"),
    errno.ECONNRESET: ("transient", "reset"),
    errno.ECONNABORTED: ("transient", "reset"),
    errno.EPIPE: ("transient", "reset"),
    errno.ENETDOWN: ("transient", "unreachable"),
    errno.ENETUNREACH: ("transient", "unreachable"),
    errno.EHOSTUNREACH: ("transient", "unreachable"),
    errno.ETIMEDOUT: ("transient", "timeout"),
    errno.EAGAIN: ("transient", "busy"),
    errno.EINTR: ("transient", "interrupted"),
    errno.ENOSPC: ("resource", "disk_full"),
    errno.EDQUOT: ("resource", "disk_full"),
    errno.ENOMEM: ("resource", "out_of_memory"),
    errno.EMFILE: ("resource", "too_many_files"),
    errno.ENFILE: ("resource", "too_many_files"),
    errno.EADDRINUSE: ("resource", "address_in_use"),
    errno.ENOENT: ("permanent", "missing_file"),
    errno.EACCES: ("permanent", "permission"),
    errno.EPERM: ("permanent", "permission"),
    errno.EROFS: ("permanent", "permission"),
    errno.EISDIR: ("permanent", "is_directory"),
    errno.ENOTDIR: ("permanent", "missing_directory"),
    errno.EEXIST: ("permanent", "exists"),
}
NAME_TO_ERRNO = {name: number for number, name in errno.errorcode.items()}
GAI: dict[int, Meaning] = {
    -3: ("transient", "dns"),  # EAI_AGAIN
    -2: ("permanent", "dns"),  # EAI_NONAME
    -5: ("permanent", "dns"),  # EAI_NODATA
    -4: ("permanent", "dns"),  # EAI_FAIL
}

# ---- types ----
# By name, qualified or short; never imported. A name in GENERIC says nothing by itself and passes
# the question on to its cause; one in WRAPPERS does too, but has an answer when the cause has none.

GENERIC = frozenset(
    (
        "BaseException", "Exception", "RuntimeError", "Error", "OSError", "IOError", "EnvironmentError", "URLError",
        "HTTPError",
        "SystemExit", "ExceptionGroup", "BaseExceptionGroup", "CalledProcessError", "ShellError", "make", "npm",
        "die", "panic", "exception",
        "RemoteTraceback", "_RemoteTraceback", "StandardError", "StopIteration", "ExitStatus",
    )
)  # fmt: skip

TYPES: dict[str, Meaning] = {
    "KeyboardInterrupt": ("abort", "interrupted"),
    "CancelledError": ("abort", "cancelled"),
    "TimeoutError": ("transient", "timeout"),
    "TimeoutExpired": ("transient", "timeout"),
    "timeout": ("transient", "timeout"),
    "ConnectionRefusedError": ("transient", "refused"),
    "ConnectionResetError": ("transient", "reset"),
    "ConnectionAbortedError": ("transient", "reset"),
    "BrokenPipeError": ("transient", "reset"),
    "RemoteDisconnected": ("transient", "reset"),
    "IncompleteRead": ("transient", "reset"),
    "BadStatusLine": ("transient", "reset"),
    "SSLEOFError": ("transient", "reset"),
    "SSLZeroReturnError": ("transient", "reset"),
    "SSLCertVerificationError": ("permanent", "tls"),
    "CertificateError": ("permanent", "tls"),
    "BlockingIOError": ("transient", "busy"),
    "InterruptedError": ("transient", "interrupted"),
    "FileNotFoundError": ("permanent", "missing_file"),
    "PermissionError": ("permanent", "permission"),
    "IsADirectoryError": ("permanent", "is_directory"),
    "NotADirectoryError": ("permanent", "missing_directory"),
    "FileExistsError": ("permanent", "exists"),
    "MemoryError": ("resource", "out_of_memory"),
    "OutOfMemoryError": ("resource", "out_of_memory"),
    "ModuleNotFoundError": ("permanent", "missing_module"),
    "ImportError": ("permanent", "missing_module"),
    "SyntaxError": ("permanent", "syntax"),
    "IndentationError": ("permanent", "syntax"),
    "TabError": ("permanent", "syntax"),
    "CompileError": ("permanent", "syntax"),
    "TestFailure": ("bug", "assertion"),
    "AssertionError": ("bug", "assertion"),
    "Assertion": ("bug", "assertion"),
    "JSONDecodeError": ("bug", "invalid_json"),
    "UnicodeDecodeError": ("bug", "encoding"),
    "UnicodeEncodeError": ("bug", "encoding"),
    "UnicodeError": ("bug", "encoding"),
    "UnicodeTranslateError": ("bug", "encoding"),
    "ValidationError": ("bug", "schema"),
    "KeyError": ("bug", "missing_key"),
    "IndexError": ("bug", "index"),
    "LookupError": ("bug", "lookup"),
    "AttributeError": ("bug", "missing_attribute"),
    "NameError": ("bug", "name"),
    "UnboundLocalError": ("bug", "name"),
    "TypeError": ("bug", "type"),
    "ValueError": ("bug", "value"),
    "ZeroDivisionError": ("bug", "arithmetic"),
    "OverflowError": ("bug", "arithmetic"),
    "FloatingPointError": ("bug", "arithmetic"),
    "ArithmeticError": ("bug", "arithmetic"),
    "RecursionError": ("bug", "recursion"),
    "NotImplementedError": ("bug", "not_implemented"),
    "ReferenceError": ("bug", "name"),
    "RangeError": ("bug", "value"),
    "BufferError": ("bug", "value"),
    "EOFError": ("bug", "truncated"),
    "StopAsyncIteration": ("bug", "value"),
    "runtime error": ("bug", "go_runtime"),
    "AddressSanitizer": ("bug", "memory"),
    "NullPointerException": ("bug", "null"),
    "IndexOutOfBoundsException": ("bug", "index"),
    "ArrayIndexOutOfBoundsException": ("bug", "index"),
    "ClassCastException": ("bug", "type"),
    "IllegalArgumentException": ("bug", "value"),
    "IllegalStateException": ("bug", "value"),
    "NumberFormatException": ("bug", "value"),
    "ArithmeticException": ("bug", "arithmetic"),
    "NullReferenceException": ("bug", "null"),
    "StackOverflowError": ("bug", "recursion"),
    "NoMethodError": ("bug", "missing_attribute"),
    "ArgumentError": ("bug", "value"),
    "ConnectException": ("transient", "refused"),
    "SocketTimeoutException": ("transient", "timeout"),
    "SocketException": ("transient", "reset"),
    "UnknownHostException": ("transient", "dns"),
    "NoRouteToHostException": ("transient", "unreachable"),
    "ClassNotFoundException": ("permanent", "missing_module"),
    "NoClassDefFoundError": ("permanent", "missing_module"),
    "FileNotFoundException": ("permanent", "missing_file"),
    "NoSuchFileException": ("permanent", "missing_file"),
    "AccessDeniedException": ("permanent", "permission"),
    # requests, httpx, httpcore, urllib3, aiohttp
    "ConnectTimeout": ("transient", "timeout"),
    "ReadTimeout": ("transient", "timeout"),
    "WriteTimeout": ("transient", "timeout"),
    "PoolTimeout": ("transient", "timeout"),
    "ConnectTimeoutError": ("transient", "timeout"),
    "ReadTimeoutError": ("transient", "timeout"),
    "Timeout": ("transient", "timeout"),
    "TimeoutException": ("transient", "timeout"),
    "ServerTimeoutError": ("transient", "timeout"),
    "ChunkedEncodingError": ("transient", "reset"),
    "RemoteProtocolError": ("transient", "reset"),
    "ServerDisconnectedError": ("transient", "reset"),
    "ReadError": ("transient", "reset"),
    "WriteError": ("transient", "reset"),
    "InvalidURL": ("permanent", "bad_request"),
    "MissingSchema": ("permanent", "bad_request"),
    "UnsupportedProtocol": ("permanent", "bad_request"),
    "TooManyRedirects": ("permanent", "bad_request"),
    # language models
    "RateLimitError": ("overload", "rate_limit"),
    "OverloadedError": ("overload", "unavailable"),
    "ServiceUnavailableError": ("overload", "unavailable"),
    "APITimeoutError": ("transient", "timeout"),
    "InternalServerError": ("transient", "server_error"),
    "AuthenticationError": ("permanent", "auth"),
    "PermissionDeniedError": ("permanent", "auth"),
    "NotFoundError": ("permanent", "not_found"),
    "BadRequestError": ("permanent", "bad_request"),
    "UnprocessableEntityError": ("permanent", "bad_request"),
    "ContextWindowExceededError": ("permanent", "context_length"),
    "LengthFinishReasonError": ("bug", "truncated"),
    "ContentFilterFinishReasonError": ("bug", "refusal"),
    # cloud and databases
    "EndpointConnectionError": ("transient", "refused"),
    "ConnectionClosedError": ("transient", "reset"),
    "NoCredentialsError": ("permanent", "auth"),
    "ResourceExhausted": ("overload", "rate_limit"),
    "TooManyRequests": ("overload", "rate_limit"),
    "ServiceUnavailable": ("overload", "unavailable"),
    "DeadlineExceeded": ("transient", "timeout"),
    "BusyLoadingError": ("transient", "busy"),
    "SerializationFailure": ("transient", "deadlock"),
    "DeadlockDetected": ("transient", "deadlock"),
    "AdminShutdown": ("transient", "reset"),
    "CannotConnectNow": ("transient", "unavailable"),
    "TooManyConnections": ("overload", "unavailable"),
    "QueryCanceled": ("transient", "timeout"),
    "UniqueViolation": ("permanent", "bad_request"),
    "UndefinedTable": ("permanent", "not_found"),
    "InvalidPassword": ("permanent", "auth"),
    "IntegrityError": ("permanent", "bad_request"),
    "ProgrammingError": ("bug", "sql"),
    "InterfaceError": ("transient", "reset"),
}

WRAPPERS: dict[str, Meaning] = {
    "ConnectionError": ("transient", "reset"),
    "ConnectError": ("transient", "refused"),
    "NewConnectionError": ("transient", "refused"),
    "NameResolutionError": ("transient", "dns"),
    "MaxRetryError": ("transient", "refused"),
    "ProtocolError": ("transient", "reset"),
    "NetworkError": ("transient", "reset"),
    "TransportError": ("transient", "reset"),
    "ProxyError": ("transient", "refused"),
    "ClientConnectorError": ("transient", "refused"),
    "ClientOSError": ("transient", "reset"),
    "ClientConnectionError": ("transient", "reset"),
    "APIConnectionError": ("transient", "refused"),
    "CannotConnectError": ("transient", "refused"),
    "SSLError": ("permanent", "tls"),
    "gaierror": ("transient", "dns"),
    "BrokenProcessPool": ("crash", "worker"),
    "panic": ("bug", "panic"),
}

# Types of our own for failures without an exception, and statuses that libraries hide in a type's name.
HTTP_TYPES = (
    "HTTPError",
    "HTTPStatusError",
    "APIStatusError",
    "ApiException",
    "ClientResponseError",
    "HttpError",
    "HTTPException",
    "APIError",
)

CODES: dict[
    str, Meaning
] = {  # words that cloud libraries put into a message: `An error occurred (Throttling) when ...`
    "Throttling": ("overload", "rate_limit"),
    "ThrottlingException": ("overload", "rate_limit"),
    "ThrottledException": ("overload", "rate_limit"),
    "RequestThrottled": ("overload", "rate_limit"),
    "TooManyRequestsException": ("overload", "rate_limit"),
    "RequestLimitExceeded": ("overload", "rate_limit"),
    "ProvisionedThroughputExceededException": ("overload", "rate_limit"),
    "LimitExceededException": ("overload", "rate_limit"),
    "SlowDown": ("overload", "rate_limit"),
    "ServiceUnavailable": ("overload", "unavailable"),
    "InternalError": ("transient", "server_error"),
    "InternalFailure": ("transient", "server_error"),
    "RequestTimeout": ("transient", "timeout"),
    "AccessDenied": ("permanent", "auth"),
    "AccessDeniedException": ("permanent", "auth"),
    "UnrecognizedClientException": ("permanent", "auth"),
    "InvalidClientTokenId": ("permanent", "auth"),
    "ExpiredToken": ("permanent", "auth"),
    "ExpiredTokenException": ("permanent", "auth"),
    "NoSuchKey": ("permanent", "not_found"),
    "NoSuchBucket": ("permanent", "not_found"),
    "ResourceNotFoundException": ("permanent", "not_found"),
    "ValidationException": ("permanent", "bad_request"),
}

GRPC: dict[str, Meaning] = {
    "UNAVAILABLE": ("transient", "unavailable"),
    "RESOURCE_EXHAUSTED": ("overload", "rate_limit"),
    "DEADLINE_EXCEEDED": ("transient", "timeout"),
    "ABORTED": ("transient", "deadlock"),
    "INTERNAL": ("transient", "server_error"),
    "UNAUTHENTICATED": ("permanent", "auth"),
    "PERMISSION_DENIED": ("permanent", "auth"),
    "NOT_FOUND": ("permanent", "not_found"),
    "INVALID_ARGUMENT": ("permanent", "bad_request"),
    "FAILED_PRECONDITION": ("permanent", "bad_request"),
    "UNIMPLEMENTED": ("permanent", "bad_request"),
    "CANCELLED": ("abort", "cancelled"),
}

# ---- ends without an exception ----

SIGNAL_NAMES = {
    1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
    9: "SIGKILL", 10: "SIGUSR1",
    11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM", 24: "SIGXCPU", 25: "SIGXFSZ",
    31: "SIGSYS",
}  # fmt: skip

SIGNALS: dict[str, Meaning] = {
    "SIGSEGV": ("crash", "segfault"),
    "SIGBUS": ("crash", "segfault"),
    "SIGILL": ("crash", "illegal_instruction"),
    "SIGFPE": ("crash", "arithmetic"),
    "SIGABRT": ("crash", "aborted"),
    "SIGTRAP": ("crash", "trap"),
    "SIGSYS": ("crash", "bad_system_call"),
    "SIGQUIT": ("crash", "quit"),
    "SIGKILL": ("killed", "killed"),
    "SIGTERM": ("killed", "terminated"),
    "SIGHUP": ("killed", "hangup"),
    "SIGXCPU": ("resource", "cpu_limit"),
    "SIGXFSZ": ("resource", "file_size_limit"),
    "SIGPIPE": ("abort", "broken_pipe"),
    "SIGINT": ("abort", "interrupted"),
}

EXITS: dict[int, Meaning] = {
    2: ("permanent", "usage"),
    69: ("transient", "unavailable"),
    75: ("transient", "temporary"),
    64: ("permanent", "usage"),
    65: ("permanent", "bad_data"),
    66: ("permanent", "missing_file"),
    67: ("permanent", "auth"),
    68: ("permanent", "dns"),
    70: ("permanent", "software"),
    71: ("permanent", "system"),
    72: ("permanent", "missing_file"),
    73: ("permanent", "permission"),
    74: ("permanent", "io"),
    76: ("permanent", "protocol"),
    77: ("permanent", "permission"),
    78: ("permanent", "configuration"),
    124: ("timeout", "timeout"),
    126: ("permanent", "not_executable"),
    127: ("permanent", "command_not_found"),
    130: ("abort", "interrupted"),
}

PROGRAM_EXITS: dict[str, dict[int, Meaning]] = {  # programs whose own statuses are documented
    "curl": {
        6: ("transient", "dns"), 7: ("transient", "refused"), 18: ("transient", "reset"),
        28: ("transient", "timeout"),
        35: ("transient", "tls"), 52: ("transient", "reset"), 55: ("transient", "reset"), 56: ("transient", "reset"),
        60: ("permanent", "tls"),
    },
    "wget": {4: ("transient", "refused"), 5: ("permanent", "tls"), 6: ("permanent", "auth")},
    "rsync": {
        10: ("transient", "reset"), 12: ("transient", "reset"), 30: ("transient", "timeout"),
        35: ("transient", "timeout"),
    },
}  # fmt: skip

# ---- phrases ----
# Looked for in messages of exceptions that say nothing by their type, and in stderr, without regard to case.
# Within a line the first entry wins. No quantifier may stand inside another, and none may be unbounded.

PHRASES: tuple[tuple[str, str, str], ...] = (
    (
        r"insufficient[_ ]quota|exceeded your current quota|quota exceeded for|billing hard limit",
        "permanent",
        "quota",
    ),
    (
        r"context[_ ]length[_ ]exceeded|maximum context length|prompt is too long|context window",
        "permanent",
        "context_length",
    ),
    (
        r"too many requests|rate[ _-]?limit(?:ed|s)?(?: is)?(?: exceeded| reached)?\b|"
        r"\b429\b(?=.{0,40}(?:error|too many|rate))|throttl",
        "overload",
        "rate_limit",
    ),
    (
        r"service (?:is )?(?:temporarily )?unavailable|"
        r"\b(?:http|status|error|code)[ /:=.\d]{0,12}\b(?:503|529)\b|overloaded|server is busy",
        "overload",
        "unavailable",
    ),
    (
        r"bad gateway|internal server error|\b(?:http|status|error|code)[ /:=.\d]{0,12}\b50[02]\b",
        "transient",
        "server_error",
    ),
    (r"gateway time-?out|\b(?:http|status|error|code)[ /:=.\d]{0,12}\b504\b", "transient", "timeout"),
    (
        r"certificate verify failed|certificate has expired|self[- ]signed certificate|"
        r"SSL certificate problem|hostname mismatch",
        "permanent",
        "tls",
    ),
    (r"connection refused|ECONNREFUSED|actively refused|failed to connect to", "transient", "refused"),
    (
        r"connection (?:was )?(?:reset|aborted)|ECONNRESET|ECONNABORTED|EPIPE|socket hang up|"
        r"connection (?:was )?closed|server closed the connection|remote end closed|broken pipe|early eof|"
        r"unexpected disconnect",
        "transient",
        "reset",
    ),
    (
        r"temporary failure in name resolution|EAI_AGAIN|could not resolve|name or service not known|"
        r"getaddrinfo|ENOTFOUND|no such host|name resolution",
        "transient",
        "dns",
    ),
    (
        r"network is unreachable|no route to host|host is unreachable|ENETUNREACH|EHOSTUNREACH|network is down",
        "transient",
        "unreachable",
    ),
    (
        r"timed out|ETIMEDOUT|ESOCKETTIMEDOUT|deadline exceeded|timeout (?:exceeded|expired|was reached)|"
        r"timeouterror|operation time-?out",
        "transient",
        "timeout",
    ),
    (
        r"database is locked|database table is locked|could not obtain lock|lock wait timeout|"
        r"resource temporarily unavailable|try again later|temporarily unavailable",
        "transient",
        "busy",
    ),
    (r"deadlock (?:detected|found)|could not serialize access", "transient", "deadlock"),
    (r"no space left on device|ENOSPC|disk quota exceeded|disk full", "resource", "disk_full"),
    (
        r"out of memory|cannot allocate memory|ENOMEM|memory exhausted|heap limit|oom-?kill|std::bad_alloc|"
        r"GC overhead limit",
        "resource",
        "out_of_memory",
    ),
    (r"too many open files|EMFILE|ENFILE", "resource", "too_many_files"),
    (r"address already in use|EADDRINUSE|port is already allocated", "resource", "address_in_use"),
    (
        r"invalid api key|authentication failed|unauthorized|permission denied \(publickey|access denied|"
        r"login incorrect|password authentication failed|403 forbidden",
        "permanent",
        "auth",
    ),
    (r"permission denied|EACCES|EPERM|operation not permitted|read-only file system", "permanent", "permission"),
    (r"no module named|cannot find module|MODULE_NOT_FOUND|cannot find package", "permanent", "missing_module"),
    (r"command not found|: not found$|not recognized as an internal", "permanent", "command_not_found"),
    (r"no such file or directory|ENOENT|cannot open file|file not found", "permanent", "missing_file"),
    (r"is a directory|EISDIR", "permanent", "is_directory"),
    (r"(?:repository|404|page|resource) not found|404 not found", "permanent", "not_found"),
    (
        r"(?:unable to create|could not create|another .{0,40}holds|already locked|lock file)"
        r".{0,200}(?:\.lock|file exists|lock)|"
        r"is another process running",
        "permanent",
        "lock_held",
    ),
    (r"codec can'?t (?:de|en)code|invalid (?:continuation|start) byte|illegal byte sequence", "bug", "encoding"),
    (r"unbound variable|syntax error|segmentation fault|assertion failed|stack smashing", "bug", "bug"),
)


def meanings() -> list[tuple[str, str, str]]:
    """Return (evidence in words, category, kind) for each entry of all tables, strongest evidence first."""
    listed: list[tuple[str, Meaning]] = [(f"HTTP {status}", meaning) for status, meaning in sorted(STATUS.items())]
    listed += [(f"errno {errno.errorcode[number]}", meaning) for number, meaning in ERRNO.items()]
    listed += [(f"name lookup error {number}", meaning) for number, meaning in GAI.items()]
    listed += [(f"error code {code}", meaning) for code, meaning in CODES.items()]
    listed += [(f"gRPC status {code}", meaning) for code, meaning in GRPC.items()]
    listed += [(f"type {name}", meaning) for name, meaning in TYPES.items()]
    listed += [(f"type {name}, when its cause does not tell", meaning) for name, meaning in WRAPPERS.items()]
    listed += [(f"signal {name}", meaning) for name, meaning in SIGNALS.items()]
    for program, codes in PROGRAM_EXITS.items():
        listed += [(f"exit {code} of {program}", meaning) for code, meaning in codes.items()]
    listed += [(f"exit {code}", meaning) for code, meaning in sorted(EXITS.items())]
    listed += [(f"text /{phrase}/", (category, kind)) for phrase, category, kind in PHRASES]
    return [(evidence, category, kind) for evidence, (category, kind) in listed]


def kinds() -> frozenset[str]:
    """Return each kind that a table here can give, and those that programs can declare."""
    tables: tuple[dict[Any, Meaning], ...] = (
        STATUS,
        ERRNO,
        GAI,
        TYPES,
        WRAPPERS,
        CODES,
        GRPC,
        SIGNALS,
        EXITS,
        *PROGRAM_EXITS.values(),
    )
    named = {kind for table in tables for _, kind in table.values()} | {kind for _, _, kind in PHRASES}
    return frozenset(
        named | {"schema", "truncated", "context_length", "refusal", "tool_call", "repetition", "lock_held", "quota"}
    )
