"""A screen with a timeline: what keys do to it, and what pointing at it does."""

from __future__ import annotations

from workbench.screens.payload_screen import PayloadScreen
from workbench.widgets.timeline import TimelineBar


class TimelineScreen(PayloadScreen):
    """A session's shape is seen, and gone about in. Subclasses have the cursor."""

    def start_timeline(self) -> None:
        """The panes are there."""
        self.timeline = self.query_one(TimelineBar)
        self.timeline.start(self.source, self.scrub_to)
        self.call_after_refresh(self.timeline.look, calm=False)

    def scrub_to(self, seq: int) -> None:
        """Somebody points at an event."""
        raise NotImplementedError

    def action_next_stall(self) -> None:
        """To the event after the next time in which nothing happened."""
        self.go_to_found(*self.timeline.timeline.stall(self.at, 1))

    def action_previous_stall(self) -> None:
        """To the one before."""
        self.go_to_found(*self.timeline.timeline.stall(self.at, -1))

    def action_zoom_in(self) -> None:
        """Show less of the session, around the cursor."""
        self.say(self.timeline.zoom(1))

    def action_zoom_out(self) -> None:
        """Show more of it."""
        self.say(self.timeline.zoom(-1))

    def action_zoom_fit(self) -> None:
        """Show all of it."""
        self.say(self.timeline.zoom(0))

    def action_scale(self) -> None:
        """Cells are so many events, or so much time."""
        self.timeline.turn_scale()
