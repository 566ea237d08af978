"""The thread that draws, for tests of what is done on lanes without an app."""

from __future__ import annotations

import threading
from collections.abc import Callable

from workbench.view.lane import Lane


class Drawing:
    """The thread that draws, as far as a lane knows it: calls wait until somebody makes them."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []
        self._changed = threading.Condition()
        self.failures: list[Exception] = []

    def deliver(self, call: Callable[[], None]) -> None:
        """From a lane."""
        with self._changed:
            self._waiting.append(call)
            self._changed.notify_all()

    def lane(self, name: str = "test") -> Lane:
        """A lane that hands back to this thread."""
        return Lane(name, self.deliver, self.failures.append)

    def make_calls(self, lane: Lane) -> None:
        """Until nothing is under way on ``lane``."""
        while lane.pending:
            with self._changed:
                assert self._changed.wait_for(lambda: bool(self._waiting), timeout=20)
                calls, self._waiting = self._waiting, []
            for call in calls:
                call()
