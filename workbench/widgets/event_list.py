"""The events of a session that stand, one line each, whatever their number: only rows in sight are asked for."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import TYPE_CHECKING

from workbench.view.session.event_lines import Layout, Times, event_line, summary_of
from workbench.view.session.marks import marked
from workbench.view.session.source import SessionSource
from workbench.view.session.standing import ALL, Picked, Standing
from workbench.view.text import Line, width
from workbench.widgets.line_list import LineList
from workbench.widgets.minimap import Minimap

if TYPE_CHECKING:
    from workbench.view.session.groups import Groups


class EventList(LineList):
    """A window on a `SessionSource`."""

    BAR = Minimap

    def __init__(self, source: SessionSource, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.source = source
        self.hits: Container[int] = ()
        """Events that a search has found."""
        self._marked: frozenset[int] = frozenset()
        self.events = 0
        """How many events there were when the list last grew; `count` is how many of them have a line."""
        self.standing = ALL
        """Which events have a line, as the list was last drawn."""
        self.times = Times.BEGINNING
        self.picked: Picked | None = None
        """What a filter lets through, where there is one."""
        self.groups: Groups | None = None
        """What events are grouped under, where they are."""
        self._columns = (0, 0)
        self._left_at = 0

    @property
    def seq(self) -> int:
        """The event under the cursor; while there are no lines, the one that it was on."""
        return self.standing.seq(self.cursor) if self.count else self._left_at

    def put_seq(self, seq: int, *, by_hand: bool = True) -> None:
        """Put the cursor on an event, or on what replaced it."""
        self.put_cursor(self.standing.line(self.standing.latest(seq)), by_hand=by_hand)

    @property
    def layout_now(self) -> Layout:
        """The columns at the present width."""
        source = self.source
        return Layout(
            self.line_cells, self.events, source.start_us, source.threads, self.shift, source.end_us, self.times
        )

    def line(self, index: int) -> Line | None:
        """See `LineList`."""
        row = self.source.row(self.standing.seq(index))
        before_us = None
        if self.times is Times.BEFORE and index:
            before = self.source.row(self.standing.seq(index - 1))
            if before is None:
                return None
            before_us = before.time_us
        if row is None:
            return None
        layout, groups = self.layout_now, self.groups
        line = event_line(row, layout, before_us) if groups is None else groups.line(row, layout, before_us)
        return marked(line) if row.seq in self._marked else line

    def key(self, index: int) -> object:
        """See `LineList`; an event's line stays what it is when lines above it go."""
        seq = self.standing.seq(index)
        return (seq, self.standing.seq(index - 1)) if self.times is Times.BEFORE and index else seq

    def turn_times(self) -> Times:
        """Have times say something else; what, then."""
        self.times = self.times.after
        self.redraw()
        return self.times

    def is_hit(self, index: int) -> bool:
        """See `LineList`."""
        return self.standing.seq(index) in self.hits

    def mark(self, seqs: Iterable[int]) -> None:
        """These events are marked, and no others."""
        before, self._marked = self._marked, frozenset(seqs)
        if self._marked != before:
            self.redraw()

    def group(self, groups: Groups | None) -> None:
        """Events are drawn under these heads from now on, or under none."""
        if self.groups is not groups:
            self.groups = groups
            self.redraw()

    def come_to(self, seq: int) -> None:
        """Heads from event ``seq`` on come to something else."""
        if self.standing.seq(self.scroll_offset.y + self.height) >= seq:
            self.redraw()

    def rows_came(self, start: int, stop: int) -> None:
        """Rows that were drawn as missing may be drawn now."""
        first = self.standing.line(start)
        self.refresh_lines(first, self.standing.line(stop) - first + 1)  # the line after may say how long after

    def grow(self, *, to_last: bool) -> None:
        """The session has grown to what its source says. Lines that were replaced go; nothing else moves."""
        self.events = self.source.count
        layout = self.layout_now
        columns, self._columns = self._columns, (layout.seq_cells, layout.time_cells)
        if self._columns != columns:
            self._strips.clear()
        wanted = self.source.standing if self.picked is None else self.picked
        cursor, count = None, wanted.lines(self.events)
        if self.standing is not wanted:
            cursor = self._restand(wanted, count)
        self.resize_to(count, count - 1 if to_last else cursor)

    def _restand(self, wanted: Standing, count: int) -> int | None:
        """Other events have lines now. Where the cursor has to go, if what was under it has none.

        Where a filter says which, the cursor's event stays on its line of the screen, else the topmost one does.
        """
        seq, row, top = self.seq, self.cursor - self.scroll_offset.y, self.standing.seq(self.scroll_offset.y)
        filtered = wanted is self.picked or isinstance(self.standing, Picked)
        self.standing, self._left_at = wanted, seq
        cursor = wanted.line(wanted.latest(seq))
        self.cursor = wanted.line(seq)
        self.set_extent(count)
        if self.laid_out:
            in_sight = filtered and 0 <= row < self.height
            self.show_from(max(0, min(cursor, count - 1) - row) if in_sight else wanted.line(top))
        return None if seq in wanted else cursor

    def longest(self) -> int:
        """See `LinePane`: as far as the longest summary in sight."""
        top = self.scroll_offset.y
        lines = range(top, min(self.count, top + self.height))
        rows = [self.source.row(self.standing.seq(index)) for index in lines]
        room = self.line_cells - self.layout_now.summary_start()
        return max([0, *(width(summary_of(row)) - room // 2 for row in rows if row is not None)])
