"""The timeline: a session's shape is seen, and gone about in."""

from __future__ import annotations

from workbench.screens.session.part import Part
from workbench.widgets.timeline import TimelineBar


class Scrubbing(Part):
    """What keys do to the timeline, and what pointing at it does."""

    def start(self) -> None:
        """See `Part`."""
        self.bar = self.screen.query_one(TimelineBar)
        self.bar.start(self.screen.source, self.scrub_to)
        self.screen.call_after_refresh(self.bar.look, calm=False)

    def scrub_to(self, seq: int) -> None:
        """Somebody points at an event; where it has no line, to the next that has."""
        self.screen.list.put_cursor(self.screen.list.standing.line(seq))

    def next_stall(self) -> None:
        """To the event after the next time in which nothing happened."""
        self.screen.go_to(*self.bar.timeline.stall(self.screen.at, 1))

    def previous_stall(self) -> None:
        """To the one before."""
        self.screen.go_to(*self.bar.timeline.stall(self.screen.at, -1))

    def zoom_in(self) -> None:
        """Show less of the session, around the cursor."""
        self.screen.say(self.bar.zoom(1))

    def zoom_out(self) -> None:
        """Show more of it."""
        self.screen.say(self.bar.zoom(-1))

    def zoom_fit(self) -> None:
        """Show all of it."""
        self.screen.say(self.bar.zoom(0))

    def scale(self) -> None:
        """Cells are so many events, or so much time."""
        self.bar.turn_scale()
