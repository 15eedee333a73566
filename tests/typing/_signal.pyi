# The C module behind `signal`, which the run path uses to spare itself the import of enum.
from collections.abc import Iterable
from signal import *
from signal import SIG_BLOCK as SIG_BLOCK, SIG_DFL as SIG_DFL, SIG_IGN as SIG_IGN, SIG_SETMASK as SIG_SETMASK
from signal import SIG_UNBLOCK as SIG_UNBLOCK, default_int_handler as default_int_handler

def pthread_sigmask(how: int, mask: Iterable[int], /) -> set[int]: ...
def sigpending() -> set[int]: ...
