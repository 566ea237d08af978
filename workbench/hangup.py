"""The terminal goes away: a window is closed, a connection is lost. Nobody is left to press ``q``, so the app ends.

A shell's child is told by a signal. Whoever has no controlling terminal is not: Textual would then read nothing from
what is not there any more, again and again, and wait for it to take a frame.
"""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Callable

PATIENCE_SECONDS = 2.0
"""So long the app may take to end as it should."""


def watch(descriptor: int, gone: Callable[[], object]) -> None:
    """When the terminal behind ``descriptor`` is no more, call ``gone``, on a thread of its own; then end it all."""
    if hasattr(select, "poll"):
        threading.Thread(target=_wait, args=(descriptor, gone), name="hangup", daemon=True).start()


def _wait(descriptor: int, gone: Callable[[], object]) -> None:
    poll = select.poll()
    poll.register(descriptor, 0)  # that it hangs up is said unasked; until then nothing wakes this
    if not any(event & select.POLLHUP for _, event in poll.poll()):
        return  # no terminal at all: there is nothing to wait for
    gone()
    time.sleep(PATIENCE_SECONDS)
    os.kill(os.getpid(), signal.SIGHUP)
