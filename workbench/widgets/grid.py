"""What a query found, a line a row. Left and right move from column to column, and slide what is in sight."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.strip import Strip

from workbench.view.sql.grid import EMPTY, NO_ROWS, Grid
from workbench.view.text import Line, line_text
from workbench.widgets.line_list import CURSOR, LineList


class GridPane(LineList):
    """Rows under a heading that somebody else shows."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.grid: Grid | None = None
        self.slid: Callable[[], None] = lambda: None
        """Told that another column is current, or that columns stand elsewhere."""

    def show_grid(self, grid: Grid | None, cursor: int = 0) -> None:
        """Show another answer; or nothing."""
        self.grid, self.empty = grid, EMPTY if grid is None else NO_ROWS
        if grid is not None and self.laid_out:
            grid.lay_out(self.line_cells)
        self.count = 0  # the cursor of another answer means nothing here
        self.redraw()
        self.resize_to(0 if grid is None else len(grid.answer.rows), cursor)

    def line(self, index: int) -> Line | None:
        """See `LineList`."""
        return None if self.grid is None else self.grid.line(index, self.line_cells)

    def _under_cursor(self, index: int) -> Strip:
        """As any list's; the current cell stands out while the pane has the focus."""
        if self.grid is None:
            return self.inks().blank(self.size.width)
        line = self.grid.line(index, self.line_cells, current=self.has_focus)
        role = "accent" if self.has_focus else "faint"
        if self.app.native_ansi_color:
            line, role = [(line_text(line), "")], ""
        return self.inks("cursor").strip([(CURSOR, role), *line], self.size.width)

    def width_changed(self) -> None:
        """See `LinePane`."""
        if self.grid is not None:
            self.grid.lay_out(self.line_cells)
            self.slid()
        super().width_changed()

    def on_click(self, event: events.Click) -> None:
        """The cell under the mouse."""
        if self.grid is not None:
            column = self.grid.column_at(event.x - 1, self.line_cells)
            if column is not None:
                self._to_column(column)

    def action_right(self) -> None:
        """To the next column."""
        if self.grid is not None:
            self._to_column(self.grid.column + 1)

    def action_left(self) -> None:
        """To the column before."""
        if self.grid is not None:
            self._to_column(self.grid.column - 1)

    def _to_column(self, column: int) -> None:
        if self.grid is not None:
            first = self.grid.first
            self.grid.show_column(column, self.line_cells)
            if self.grid.first != first:
                self.redraw()
            else:
                self.refresh_line(self.cursor)
            self.slid()
