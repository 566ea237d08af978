"""The timeline of a session: clicked or dragged over, it moves the cursor that all panes share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from workbench.view.session.find import Search
from workbench.view.session.source import SessionSource
from workbench.view.text import Line
from workbench.view.timeline.drawing import NAME_CELLS, Timeline, lanes_for, named
from workbench.view.timeline.strand import Strand
from workbench.widgets.ink import Inks, lines_of

MARGIN = 1
"""Cells kept free at either end."""
NAMED_FROM_CELLS = 80


class TimelineBar(Widget):
    """Draws a `Timeline`. Lanes are drawn anew when more was counted, the ruler when a mark on it moved."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.timeline = Timeline()
        self.source: SessionSource | None = None
        """Whose events they are."""
        self.calm = False
        self._cursor = 0
        self._search: Search | None = None
        self._marks: Sequence[int] = ()
        self._notices: Sequence[int] = ()
        self._stale = True
        self._target: int | None = None
        self._pressed = False
        self._ruler: Line = []
        self._shows: tuple[object, ...] = ()
        """What the ruler was made of: while that is the same, so is it."""
        self._inks: Inks | None = None

    # ── what is to be shown ──────────────────────────────────────────────────────────────────────────────────────────

    def stand(self, cells: int, lines: int) -> None:
        """Take the room there is on a terminal of this size."""
        named = 0 if self.source is None else len(self.source.threads)
        threads = 1 if self.timeline.follows_thread else max(named, len(self.timeline.tiles.threads))
        lanes = lanes_for(cells, lines, threads)
        timeline, before = self.timeline, (self.timeline.lanes, self.timeline.cells)
        timeline.lanes, timeline.cells = lanes, max(0, cells - 2 * MARGIN - self._name_cells(cells))
        if (timeline.lanes, timeline.cells) != before:
            self.styles.height = lanes + 1 if lanes else 0
            self.display = lanes > 0
            self.renew()

    def _name_cells(self, cells: int) -> int:
        return NAME_CELLS if cells >= NAMED_FROM_CELLS else 0

    def start(self, source: SessionSource, scrubbed: Callable[[int], None], counted: Callable[[], None]) -> None:
        """Show this session; ``scrubbed`` hears what somebody points at, ``counted`` that more was counted."""
        self.source, self.scrubbed, self._told = source, scrubbed, counted
        self.timeline.changed = self._counted

    def show(self, strand: Strand | None) -> None:
        """Show this of the session from now on, or all of it."""
        self.timeline.strand = strand
        self._redo()

    def look(self, *, calm: bool) -> None:
        """The session may have grown; while it is ``calm``, count, but draw nothing yet."""
        self.calm = calm
        if self.source is not None:
            self.timeline.look(self.source)

    def _counted(self) -> None:
        self._redo()
        self._told()

    def _redo(self) -> None:
        self.stand(*self.screen.size)
        self.renew()

    def renew(self) -> None:
        """What was counted, or how it is to be shown, has changed."""
        self._stale = True
        self.mark(self._cursor, self._search)

    def mark(self, cursor: int, search: Search | None) -> None:
        """The cursor is here, and this is what was searched for."""
        self._cursor, self._search = cursor, search
        timeline = self.timeline
        if not self.calm and (self._stale or timeline.is_out(cursor)):
            self._stale = not timeline.draw(cursor)
            self.refresh()
            if self._stale and self.source is not None:
                timeline.look(self.source)
        chart = timeline.chart
        shows = chart, chart.axis.cell(cursor), search, search and search.changes, self._marks, self._notices
        if shows != self._shows:
            self._shows = shows
            self._ruler = timeline.ruler(cursor, search, self._marks, self._notices)
            self.refresh(Region(0, timeline.lanes, self.size.width, 1))

    def notice(self, seqs: Sequence[int]) -> None:
        """At these events something looks wrong."""
        self._notices = tuple(seqs)

    @property
    def marks(self) -> Sequence[int]:
        """Events that somebody marked."""
        return self._marks

    @marks.setter
    def marks(self, seqs: Sequence[int]) -> None:
        self._marks = tuple(seqs)
        self.mark(self._cursor, self._search)

    def zoom(self, step: int) -> str:
        """Closer around the cursor, further away, or with 0 everything; why not, if not."""
        why_not = self.timeline.zoom(step, self._cursor) if step else self.timeline.fit()
        self.renew()
        return why_not

    def turn_scale(self) -> None:
        """By event, or by clock."""
        self.timeline.by_clock = not self.timeline.by_clock
        self.renew()

    # ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def notify_style_update(self) -> None:
        """The theme changed."""
        self._inks = None
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        """See `lines_of`."""
        return lines_of(self, crop)

    def render_line(self, y: int) -> Strip:
        """A lane, or the ruler under them."""
        if self._inks is None:
            self._inks = Inks(self)
        chart, timeline = self.timeline.chart, self.timeline
        if y < len(chart.lanes):
            names = {} if self.source is None else self.source.threads
            name, line = timeline.name(y, names), chart.lanes[y]
        else:
            name, line = (timeline.scale, self._ruler) if y == timeline.lanes else ("", [])
        if self._name_cells(self.size.width):
            line = named(name, line)
        return self._inks.strip([(" " * MARGIN, ""), *line], self.size.width)

    # ── the mouse ────────────────────────────────────────────────────────────────────────────────────────────────────

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Go to what is pressed on, and with the mouse until it is let go."""
        self._pressed = True
        self.capture_mouse()
        self._point_at(event.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Dragged."""
        if self._pressed:
            self._point_at(event.x)

    def on_mouse_up(self) -> None:
        """Let go."""
        self._pressed = False
        self.release_mouse()

    def _point_at(self, x: int) -> None:
        """However fast the mouse moves, the cursor goes where it is now, not everywhere it was."""
        waiting, self._target = self._target is not None, x
        if not waiting:
            self.call_later(self._scrub)

    def _scrub(self) -> None:
        x, self._target = self._target, None
        axis = self.timeline.chart.axis
        cell = (x or 0) - MARGIN - self._name_cells(self.size.width)
        if self.timeline.chart.marks and axis.cell(self._cursor) != max(0, min(cell, axis.cells - 1)):
            self.scrubbed(axis.seq(cell))
