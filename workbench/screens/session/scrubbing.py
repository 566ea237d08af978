"""The timeline: a session's shape is seen, and gone about in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from workbench.screens.session.part import Part
from workbench.view.timeline.strand import Strands
from workbench.widgets.minimap import Minimap
from workbench.widgets.timeline import TimelineBar

if TYPE_CHECKING:
    from workbench.screens.session.screen import SessionScreen


class Scrubbing(Part):
    """What keys do to the timeline, and what pointing at it does."""

    def __init__(self, screen: SessionScreen) -> None:
        super().__init__(screen)
        self.strands = Strands(screen.source)
        self._marks: tuple[int, ...] = ()
        self._notices: tuple[int, ...] = ()
        self._asked = False
        """Whether somebody waits to be told what the timeline shows."""

    def start(self) -> None:
        """See `Part`."""
        self.bar = self.screen.query_one(TimelineBar)
        self.bar.start(self.screen.source, self.scrub_to, self.sifted)
        self.bar.timeline.tiles.stall_us = self.screen.stall_us
        self.map = cast(Minimap, self.screen.list.vertical_scrollbar)
        self.map.start(self.bar.timeline, self.screen.list.put_cursor)
        self.strands.start(self.screen.lane("strand"), self.bar.timeline.tiles.threads, self._changed)
        self.screen.call_after_refresh(self.bar.look, calm=False)

    def close(self) -> None:
        """See `Part`."""
        self.strands.close()

    def sifted(self) -> None:
        """There may be more to count: a filter lets something else through, or the session has grown."""
        picked, known = self.screen.sifting.passed
        self.strands.let_through(picked, known)
        if self.bar.timeline.whole:
            self.strands.look(self.bar.timeline.tiles.counted)
        self.mark()

    def _changed(self) -> None:
        """Another strand is to be shown, or more of it."""
        strand = self.strands.strand
        anew = strand is not self.bar.timeline.strand
        self.bar.show(strand)
        if anew and self._asked:
            self._asked = False
            self.screen.say(strand.words if strand is not None else "the timeline shows everything")

    def next_strand(self) -> None:
        """The timeline: all, this thread, this tool, errors, model requests, what was spent."""
        source, known = self.screen.source, len(self.bar.timeline.tiles.threads)
        self._asked = True
        self.strands.follow(self.strands.what.after(source.row(self.screen.at), source.threads, known))
        self.sifted()

    def show_marks(self, seqs: Sequence[int]) -> None:
        """Somebody has marked these events."""
        self.bar.marks = self._marks = tuple(seqs)
        self.mark()

    def show_notices(self, seqs: Sequence[int]) -> None:
        """At these events something looks wrong."""
        self._notices = tuple(seqs)
        self.bar.notice(self._notices)
        self.mark()

    def mark(self) -> None:
        """The cursor is elsewhere, or something else is to be seen: on the timeline and beside the list."""
        events, search = self.screen.list, self.screen.finding.finder.search
        self.bar.mark(events.seq, search)
        self.map.show(events.standing, events.count, events.cursor, search, self._marks, self._notices)

    def scrub_to(self, seq: int) -> None:
        """Somebody points at an event; where it has no line, to the next that has."""
        self.screen.list.put_cursor(self.screen.list.standing.line(seq))

    def next_of_thread(self) -> None:
        """To the next event of this thread."""
        self.screen.finding.finder.of_thread(self.screen.at, 1)

    def previous_of_thread(self) -> None:
        """To the one before."""
        self.screen.finding.finder.of_thread(self.screen.at, -1)

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

    def next_times(self) -> None:
        """Times since the beginning, of the clock, since the line before."""
        times = self.screen.list.turn_times()
        self.screen.say(f"times are {times.words}")

    def scale(self) -> None:
        """Cells are so many events, or so much time."""
        self.bar.turn_scale()
