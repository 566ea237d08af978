"""Coming back: where somebody left off in a session, from one visit to the next and from one run to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from workbench.screens.session.part import Part

if TYPE_CHECKING:
    from workbench.kept.remembered import Place, Remembered
    from workbench.screens.session.screen import SessionScreen

WORDS = "where you left off · G for the end"


class Left(NamedTuple):
    """A session that somebody has left, to come back to as it was."""

    session_id: str
    seq: int
    sifted: str


class Returning(Part):
    """Between the screen and what is remembered. Whoever asked for an event, or comes to a live session, gets that."""

    def __init__(self, screen: SessionScreen, *, asked: bool) -> None:
        """``asked``: somebody named the event to begin with."""
        super().__init__(screen)
        self._asked = asked
        self._place: Place | None = None
        self._started = False

    @property
    def _remembered(self) -> Remembered:
        return self.screen.app.remembered  # type: ignore[attr-defined, no-any-return]  # the app is ours

    def first(self, otherwise: int) -> int:
        """The event to begin with."""
        source = self.screen.source
        if self._asked or source.pulse.writer:
            return otherwise
        place = self._remembered.position(source.session_id)
        if place is None or place.seq >= source.count - 1:
            return otherwise  # the end is where one begins anyway
        self._place = place
        return place.seq

    def start(self) -> None:
        """See `Part`; last of all parts, as it may move the cursor."""
        self._started = True
        screen = self.screen
        if self._place is None:
            return
        row = screen.source.row(self._place.seq)
        if row is not None and row.id != self._place.event_id:
            screen.jump_to(screen.source.count - 1)  # it was deleted and imported anew: the number means nothing now
        else:
            screen.say(WORDS)

    @property
    def left(self) -> Left:
        """What to come back to, if this session is left now."""
        return Left(self.screen.source.session_id, self.screen.at, self.screen.sifting.text)

    def close(self) -> None:
        """See `Part`: remember where somebody leaves."""
        if self._started:
            self.screen.app.left = self.left  # type: ignore[attr-defined]  # the app is ours
        row = self.screen.source.row(self.screen.at) if self._started else None
        if row is not None:
            self._remembered.stand_at(self.screen.source.session_id, self.screen.at, row.id)
