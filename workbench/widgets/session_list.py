"""Every session, one line each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workbench.view.sessions import SessionLine, list_line, shows_density
from workbench.view.text import Line
from workbench.widgets.line_list import LineList


class SessionList(LineList):
    """The sessions that are shown; the cursor stays on its session when others come or go."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: Sequence[SessionLine] = ()
        self.density: Callable[[SessionLine], str] = lambda line: ""
        """Tells how a session's events lie in time, as far as that is known."""

    @property
    def chosen(self) -> SessionLine | None:
        """The session under the cursor."""
        return self.lines[self.cursor] if self.cursor < len(self.lines) else None

    def show_lines(self, lines: Sequence[SessionLine], *, stay: bool) -> None:
        """Show these; with ``stay``, the cursor goes with its session, and stands still on the screen."""
        chosen = self.chosen
        cursor = 0
        if stay and chosen is not None:
            ids = [line.session_id for line in lines]
            cursor = ids.index(chosen.session_id) if chosen.session_id in ids else min(self.cursor, len(ids))
        row = self.cursor - self.scroll_offset.y
        self.lines = lines
        if stay and self.laid_out and 0 <= row < self.height:
            self.count = len(lines)
            self.set_extent(len(lines))
            self.show_from(max(0, min(cursor - row, len(lines) - self.height)))
        self.resize_to(len(lines), cursor)
        self.redraw()

    def key(self, index: int) -> object:
        """See `LineList`."""
        return self.lines[index]

    def line(self, index: int) -> Line:
        """See `LineList`."""
        line, cells = self.lines[index], self.line_cells
        return list_line(line, cells, self.shift, self.density(line) if shows_density(cells) else "")

    def longest(self) -> int:
        """See `LinePane`."""
        return max((len(line.title) for line in self.lines[self.scroll_offset.y :][: self.height]), default=0)
