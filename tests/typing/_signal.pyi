# The C module behind `signal`, which the run path uses to spare itself the import of enum.
from collections.abc import Iterable
from signal import SIGCHLD as SIGCHLD
from signal import SIGCONT as SIGCONT
from signal import SIGHUP as SIGHUP
from signal import SIGINT as SIGINT
from signal import SIGKILL as SIGKILL
from signal import SIGPIPE as SIGPIPE
from signal import SIGQUIT as SIGQUIT
from signal import SIGRTMIN as SIGRTMIN
from signal import SIGSTOP as SIGSTOP
from signal import SIGTERM as SIGTERM
from signal import SIGTSTP as SIGTSTP
from signal import SIGTTIN as SIGTTIN
from signal import SIGTTOU as SIGTTOU
from signal import SIGURG as SIGURG
from signal import SIGWINCH as SIGWINCH
from signal import SIGXFSZ as SIGXFSZ
from signal import SIG_BLOCK as SIG_BLOCK
from signal import SIG_DFL as SIG_DFL
from signal import SIG_IGN as SIG_IGN
from signal import SIG_SETMASK as SIG_SETMASK
from signal import SIG_UNBLOCK as SIG_UNBLOCK
from signal import default_int_handler as default_int_handler
from signal import getsignal as getsignal
from signal import signal as signal
from signal import sigtimedwait as sigtimedwait

def pthread_sigmask(how: int, mask: Iterable[int], /) -> set[int]: ...
def sigpending() -> set[int]: ...
