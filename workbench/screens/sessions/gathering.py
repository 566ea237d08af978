"""The reading of the list of sessions: all of them once, and after that what came, changed or went."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from runtime.errors import SessionNotFound
from runtime.store import Store
from workbench.screens.lane_screen import LaneScreen
from workbench.view.sessions.listing import SessionLine

if TYPE_CHECKING:
    from workbench.view.sessions.shelf import News, Shelf

FIRST_BATCH_SECONDS, BATCH_SECONDS = 0.1, 0.5
LOOK_SHARE = 20
"""After a look that took long, none for so many times as long."""


class Gathering:
    """Between a `Shelf`, which knows what there is, and the screen that shows it."""

    def __init__(
        self, screen: LaneScreen, store: Store, read: Callable[[list[SessionLine]], None], came: Callable[[News], None]
    ) -> None:
        """``read`` is given all sessions there are so far, ``came`` what is new."""
        self._screen, self._store = screen, store
        self._read, self._came = read, came
        self._lane = screen.lane("sessions")
        self._shelf: Shelf | None = None
        self.reading = False
        """Not all of them are here yet."""
        self._looking = False
        self._look_due = 0.0

    def begin(self, *, first: bool) -> None:
        """Read every session's manifest; the ``first`` time, hand them on as they come."""
        self.reading = True

        def work() -> list[SessionLine]:
            found: list[SessionLine] = []
            due = monotonic() + FIRST_BATCH_SECONDS
            for line in self._known_shelf().lines():
                if self._lane.closed:
                    break
                found.append(line)
                if first and monotonic() > due:
                    self._screen.deliver(partial(self._read, list(found)))
                    due = monotonic() + BATCH_SECONDS
            return found

        self._lane.run(work, self._all_read)

    def _known_shelf(self) -> Shelf:
        """The shelf. On the lane only: what it needs takes a moment to import, and the first paint does without."""
        if self._shelf is None:
            from workbench.view.sessions.shelf import Shelf

            self._shelf = Shelf(self._store)
        return self._shelf

    def _all_read(self, lines: list[SessionLine]) -> None:
        self.reading = False
        self._read(lines)

    def tick(self) -> None:
        """See what came, changed or went; one look at a time, and not for long together."""
        if self.reading or self._looking or not self._screen.is_current or monotonic() < self._look_due:
            return
        self._looking = True

        def look() -> News | None:
            begun = monotonic()
            try:
                return self._known_shelf().news()
            finally:
                self._look_due = monotonic() + LOOK_SHARE * (monotonic() - begun)

        def seen(news: News | None) -> None:
            self._looking = False
            if news is not None:
                self._came(news)

        self._lane.run(look, seen)

    def look_at(self, session_id: str) -> None:
        """Look at one session, which may have changed."""

        def work() -> News:
            from workbench.view.sessions.shelf import News

            try:
                return News([self._known_shelf().line(session_id)], frozenset())
            except SessionNotFound:
                return News([], frozenset({session_id}))

        if not self.reading:
            self._lane.run(work, self._came)

    def failed(self) -> None:
        """Something went wrong: it can be looked at again."""
        self._looking = self.reading = False
