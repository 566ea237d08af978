"""What was found in all sessions: a heading for each, and its events under it."""

from __future__ import annotations

from workbench.view.search.lines import found_line, heading_line
from workbench.view.search.rows import RowFetch
from workbench.view.search.searching import Found, Group, Results
from workbench.view.text import Line
from workbench.widgets.line_list import LineList


class SearchList(LineList):
    """Lines are only ever added below those that are there, so the cursor need never move."""

    def __init__(self, rows: RowFetch, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.results = Results()
        self._rows = rows

    @property
    def chosen(self) -> tuple[Group, Found | None] | None:
        """What is under the cursor: an event of a session, or the heading of one."""
        return self.results.at(self.cursor) if self.cursor < self.results.lines else None

    def show_results(self, results: Results) -> None:
        """Show others, from the first line."""
        self.results = results
        self.redraw()
        self.resize_to(results.lines, 0)

    def sorted_anew(self, cursor: int) -> None:
        """The same in another order: what the cursor was on is in another line."""
        self.redraw()
        self.put_cursor(cursor, by_hand=False)
        self._ask()

    def grown(self) -> None:
        """There are more."""
        if self.results.lines != self.count:
            self.resize_to(self.results.lines)
            self._ask()

    def show_from(self, top: float) -> None:
        """See `LinePane`."""
        super().show_from(top)
        self._ask()

    def _ask(self) -> None:
        """Have the rows of what is in sight fetched now, not when it is drawn."""
        top = round(self.scroll_offset.y)
        for index in range(top, min(top + self.height, self.results.lines)):
            self.key(index)

    def rows_came(self) -> None:
        """Lines can say more of their events."""
        self.refresh()

    def key(self, index: int) -> object:
        """See `LineList`; a line that can say more is another."""
        group, found = self.results.at(index)
        return (index, group.events) if found is None else (index, self._rows.row(group.session_id, found.seq))

    def line(self, index: int) -> Line:
        """See `LineList`."""
        group, found = self.results.at(index)
        if found is None:
            return heading_line(group, self.line_cells)
        row = self._rows.row(group.session_id, found.seq)
        return found_line(found, row, group.about.started_us, self.line_cells)
