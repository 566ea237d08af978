"""Every session, one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from workbench.view.sessions.forest import Branch
from workbench.view.sessions.listing import Beside, SessionLine, list_line
from workbench.view.sessions.selection import Selection
from workbench.view.sessions.sparks import NOTHING, Glimpse
from workbench.view.text import Line
from workbench.widgets.line_list import LineList


class SessionList(LineList):
    """The sessions that are shown; the cursor stays on its session when others come or go."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: Sequence[SessionLine] = ()
        self.branches: Mapping[str, Branch] = {}
        """What leads to a session that is a fork, or has some."""
        self.selection = Selection()
        self.glimpse: Callable[[SessionLine], Glimpse] = lambda line: NOTHING
        """Tells what is known of a session beyond its manifest."""

    @property
    def chosen(self) -> SessionLine | None:
        """The session under the cursor."""
        return self.lines[self.cursor] if self.cursor < len(self.lines) else None

    def show_lines(self, lines: Sequence[SessionLine], branches: Mapping[str, Branch], *, stay: bool) -> None:
        """Show these; with ``stay``, the cursor goes with its session, and stands still on the screen."""
        chosen = self.chosen
        cursor = 0
        if stay and chosen is not None:
            wanted = chosen.session_id
            found = (at for at, line in enumerate(lines) if line[0] == wanted)
            cursor = next(found, min(self.cursor, len(lines)))
        row = self.cursor - self.scroll_offset.y
        self.lines, self.branches = lines, branches
        if stay and self.laid_out and 0 <= row < self.height:
            self.count = len(lines)
            self.set_extent(len(lines))
            self.show_from(max(0, min(cursor - row, len(lines) - self.height)))
        self.resize_to(len(lines), cursor)

    def _beside(self, line: SessionLine) -> Beside:
        branch, folded = self.branches.get(line.session_id, ("", 0))
        return Beside(line.session_id in self.selection, branch, folded)

    def key(self, index: int) -> object:
        """See `LineList`."""
        line = self.lines[index]
        return line, self._beside(line)

    def line(self, index: int) -> Line:
        """See `LineList`."""
        line = self.lines[index]
        glimpse = self.glimpse(line)
        return list_line(line, self.line_cells, self.shift, glimpse.density, glimpse.course, self._beside(line))

    def longest(self) -> int:
        """See `LinePane`."""
        return max((len(line.title) for line in self.lines[self.scroll_offset.y :][: self.height]), default=0)
