"""The scroll bar of a list of events: it shows what there is where, and what is pressed on is gone to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.scrollbar import ScrollBarRender
from textual.strip import Strip

from workbench.theme import in_ascii_alone, role_styles
from workbench.view.glyphs import in_ascii
from workbench.view.session.find import Search
from workbench.view.session.standing import ALL, Standing
from workbench.view.timeline.drawing import Timeline
from workbench.view.timeline.minimap import CURSOR, ERROR, PLAIN, ROLES, cell_of, line_of, thumb, ticks
from workbench.widgets.scroll_bar import SlimBar


class Minimap(SlimBar):
    """Drawn anew only when it looks different; until it has a timeline, an ordinary scroll bar without its ends."""

    def __init__(self) -> None:
        super().__init__()
        self._timeline: Timeline | None = None
        self._standing: Standing = ALL
        self._lines = self._line = 0
        self._search: Search | None = None
        self._seqs: tuple[Sequence[int], ...] = ()
        self._ticks = ""
        self._ticked_as: tuple[object, ...] = ()
        self._pressed = False
        self._target: int | None = None
        self.go: Callable[[int], None] = lambda line: None
        """Told which line somebody points at."""

    def start(self, timeline: Timeline, go: Callable[[int], None]) -> None:
        """Show what this timeline shows from now on."""
        self._timeline, self.go = timeline, go

    def show(
        self, standing: Standing, lines: int, line: int, search: Search | None, *seqs: Sequence[int]
    ) -> None:  # fmt: skip
        """The list has these lines, the cursor on one of them; this was searched for.

        ``seqs`` are the events that are marked, and those at which something looks wrong.
        """
        before = self._cursor_cell
        self._standing, self._lines, self._line, self._search, self._seqs = standing, lines, line, search, seqs
        if self._ticks_are_old() or self._cursor_cell != before:
            self.refresh()

    @property
    def _cursor_cell(self) -> int:
        return cell_of(self._line, self._lines, max(1, self.size.height))

    # ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _ticks_are_old(self) -> bool:
        """Bring the ticks up to date; whether they look different now."""
        timeline, search, height = self._timeline, self._search, self.size.height
        if timeline is None or not height or not timeline.whole:
            return False
        now = (
            height, self._lines, self._standing, timeline.tiles.version, timeline.strand,
            timeline.strand and timeline.strand.counted, search, search and search.changes, self._seqs,
        )  # fmt: skip
        if len(now) == len(self._ticked_as) and all(a is b or a == b for a, b in zip(now, self._ticked_as)):
            return False
        self._ticked_as, before = now, self._ticks
        self._ticks = ticks(timeline, self._standing, self._lines, height, search, *self._seqs)
        return self._ticks != before

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of the last time, where those are the same."""
        height = self.size.height
        self._ticks_are_old()
        seen = thumb(int(self.position), int(self.window_size), self._lines, height) if height else (0, 0)
        look = (height, self._ticks, self._cursor_cell if self._lines else -1, seen, self.mouse_over)
        if look != self._drawn_as:
            self._drawn_as, self._finished = look, self._cells(height, look[2], seen)
        return self._finished[crop.y : crop.bottom]

    def _cells(self, height: int, cursor: int, seen: tuple[int, int]) -> list[Strip]:
        style = self.app.console.get_style(cast(ScrollBarRender, self.render()).style)
        roles, ascii_alone = role_styles(self.app), in_ascii_alone(self.app)
        segments = []
        for cell, tick in enumerate(self._ticks.ljust(height, PLAIN)[:height]):
            ground = Style(bgcolor=style.color if seen[0] <= cell < seen[1] else style.bgcolor)
            role = ROLES[tick]
            if cell == cursor:
                tick, role = (tick, "caret") if tick == ERROR else (CURSOR, ROLES[CURSOR])
            segments.append(Segment(in_ascii(tick) if ascii_alone else tick, ground + roles.get(role)))
        for line_filter in self.get_line_filters():
            segments = line_filter.apply(segments, self.background_colors[1])
        return [Strip([segment], 1) for segment in segments]

    # ── the mouse ────────────────────────────────────────────────────────────────────────────────────────────────────

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Go to what is pressed on, and with the mouse until it is let go."""
        self._pressed = True
        self.capture_mouse()
        self._point_at(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Dragged."""
        if self._pressed:
            self._point_at(event)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go."""
        self._pressed = False
        self.release_mouse()
        event.stop().prevent_default()

    def on_mouse_capture(self, event: events.MouseCapture) -> None:
        """Textual's would drag the lines in sight along."""
        event.prevent_default()

    def _point_at(self, event: events.MouseEvent) -> None:
        """However fast the mouse moves, the cursor goes where it is now, not everywhere it was."""
        event.stop().prevent_default()
        waiting, self._target = self._target is not None, event.y
        if not waiting:
            self.call_later(self._jump)

    def _jump(self) -> None:
        cell, self._target = self._target or 0, None
        height = max(1, self.size.height)
        cell = max(0, min(cell, height - 1))
        if self._lines and cell != self._cursor_cell:
            self.go(line_of(cell, self._lines, height))
