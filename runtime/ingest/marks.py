"""Which sessions are being followed into the store right now: for whoever shows them, as nobody writes all the time.

A session is locked only while events are written to it, a moment every so often. So whoever follows a file holds
another lock for as long as more is to be expected: ``locks/SESSION.followed``. It keeps nobody out, and dies with its
process.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from runtime.files import FileLocks, make_folder
from runtime.store import FOLLOWED, Store

EXPECTED_S = 600.0
"""After so long without anything new, nothing more is expected: by then its open segment may be sealed, too."""


class FollowedMarks:
    """The marks of one process."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store, self._clock = store, clock
        self._locks: FileLocks | None = None
        self._until: dict[str, float] = {}

    def grown(self, session_ids: Iterable[str]) -> None:
        """Something new has come of these."""
        for session_id in session_ids:
            if session_id not in self._until:
                if self._locks is None:
                    self._locks = FileLocks(make_folder(self._store.locks_folder))
                self._locks.acquire(session_id + FOLLOWED)  # if another process has it, that says the same
            self._until[session_id] = self._clock() + EXPECTED_S

    def fade(self) -> None:
        """Take away the marks of those of which nothing more is expected."""
        now = self._clock()
        for session_id in [each for each, until in self._until.items() if until < now]:
            del self._until[session_id]
            if self._locks is not None:
                self._locks.release_one(session_id + FOLLOWED)

    def close(self) -> None:
        """Take them all away."""
        self._until.clear()
        if self._locks is not None:
            self._locks.release()
            self._locks = None


def is_recent(path: str | Path) -> bool:
    """Whether somebody wrote to a file so lately that more is to be expected."""
    try:
        return time.time() - os.stat(path).st_mtime < EXPECTED_S
    except OSError:
        return False
