"""How the process ends: Ctrl-C counts once, and nobody waits for threads whose work is not needed any more."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import NoReturn

__all__ = ["Interruptions", "before_leaving", "heard", "interrupted", "leave"]

AGAIN_SECONDS = 0.25
PATIENCE_SECONDS = 2.0
INTERRUPTED = 130

_first: list[Callable[[], object]] = []


class Interruptions:
    """What Ctrl-C does in a process of ours: the first raises KeyboardInterrupt, others only help where that did not.

    One keypress can come as two signals (`timeout` sends one to the process and one to its group), and people press
    twice: a second KeyboardInterrupt would strike while the first is told, or while Python ends, and show as a
    traceback. So a further one raises only while nobody has heard the first (some libraries swallow it when it comes
    while they are imported); from `PATIENCE_SECONDS` on it ends the process at once.
    """

    def __init__(self) -> None:
        self.since: float | None = None
        self.heard = False

    def take_over(self) -> None:
        """Be the handler of SIGINT, unless somebody else is (or ignores it) or this is not the main thread."""
        now = signal.getsignal(signal.SIGINT)
        ours = now is signal.default_int_handler or isinstance(now, Interruptions)
        if ours and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self)

    def over(self) -> None:
        """The work is over, the process about to end: no further signal raises anything."""
        self.since = time.monotonic() if self.since is None else self.since
        self.heard = True

    def __call__(self, number: int, frame: object) -> None:
        """The signal handler."""
        now = time.monotonic()
        waited = now - (self.since or now)
        if self.since is None or (not self.heard and waited >= AGAIN_SECONDS):
            self.since = now
            raise KeyboardInterrupt
        if waited >= PATIENCE_SECONDS:
            with contextlib.suppress(OSError):
                os.write(
                    2, b"viralsim: interrupted again; ended at once.\n"
                )  # print may be under way already
            leave(INTERRUPTED)


def interrupted() -> bool:
    """Whether Ctrl-C came unheard: its KeyboardInterrupt was swallowed, or became another error on its way."""
    handler = signal.getsignal(signal.SIGINT)
    return isinstance(handler, Interruptions) and handler.since is not None and not handler.heard


def heard() -> None:
    """Say that a KeyboardInterrupt has arrived where it is told and the work is stopped."""
    handler = signal.getsignal(signal.SIGINT)
    if isinstance(handler, Interruptions):
        handler.heard = True


def before_leaving(action: Callable[[], object]) -> None:
    """Have something done before `leave` ends the process.

    Parameters
    ----------
    action : callable
        It must be quick and may be called after the thing is done already.
    """
    _first.append(action)


def leave(code: int) -> NoReturn:
    """End the process now, whatever its threads do: one inside a kernel, or compiling one, cannot be stopped.

    Python's own end would wait for them, would take a further Ctrl-C for a new one, and may end with SIGINT in place of
    the exit code where the first came while a module was imported. What is printed is flushed, what was asked of
    `before_leaving` is done, and compiled code that is being written to the cache is written first.

    Parameters
    ----------
    code : int
        Exit code.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is told already
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, RuntimeError, AttributeError):
            stream.flush()
    for action in _first:
        with contextlib.suppress(Exception):
            action()
    hold_cache = getattr(sys.modules.get("viralsim.kernels"), "hold_cache", None)
    if hold_cache is not None:
        hold_cache()
    os._exit(code)
