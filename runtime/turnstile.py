"""A turnstile: so many threads at once, whoever came first goes first.

A disk syncs a dozen files as quickly as it syncs sixty-four, and Python runs one thread at a time: sixty-four threads
that all have something to write spend their time waking each other up, and some of them wait far longer than others.
"""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType


class Turnstile:
    """``with turnstile:`` waits until fewer than ``width`` others are in. Not to be entered twice by a thread."""

    def __init__(self, width: int) -> None:
        self._free = width
        self._waiting: deque[threading.Lock] = deque()
        self._state = threading.Lock()

    def __enter__(self) -> None:
        with self._state:
            if self._free:
                self._free -= 1
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        try:
            turn.acquire()  # until somebody who leaves lets go of it
        except BaseException:
            with self._state:
                if turn in self._waiting:
                    self._waiting.remove(turn)
                else:
                    self._next()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._state:
            self._next()

    def _next(self) -> None:
        """Whoever has waited longest takes the place that was left."""
        if self._waiting:
            self._waiting.popleft().release()
        else:
            self._free += 1
