"""Nothing that a program of the suite starts outlives it, however it ends."""

from __future__ import annotations

import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1  # of <sys/prctl.h>
LIBC = ctypes.CDLL(None)


def end_with_parent() -> None:
    """Has this process get SIGTERM when the one that started it ends; for a `preexec_fn`."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end_in_order() -> None:
    """For the begin of a program: SIGTERM has its `finally` clauses run, and it ends with its parent; not under nohup,
    where it is to outlive that."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        end_with_parent()
