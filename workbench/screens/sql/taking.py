"""What was found, taken elsewhere: a row opened as the session it tells of, a cell or a row copied."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING

from workbench.screens.lane_screen import LaneScreen
from workbench.view.session.source import SessionSource
from workbench.view.sql.answer import distinct, text_of, way
from workbench.view.sql.asking import Asking
from workbench.view.sql.desk import Desk
from workbench.view.sql.grid import Grid
from workbench.widgets.grid import GridPane

if TYPE_CHECKING:
    from workbench.screens.hand_out import HandOut


class Taking:
    """Made by a screen, which it speaks through."""

    def __init__(self, screen: LaneScreen, desk: Desk, asking: Asking, answer: GridPane) -> None:
        self._screen, self._desk, self._asking, self._answer = screen, desk, asking, answer

    @property
    def _grid(self) -> Grid | None:
        """What was found, where that is anything."""
        grid = self._desk.grid
        return grid if grid is not None and grid.answer.rows else None

    def open(self) -> None:
        """Open what the row tells of."""
        if (grid := self._grid) is None:
            return
        leads = way(grid.answer.columns, grid.answer.rows[self._answer.cursor], grid.column)
        if leads is None:
            self._screen.say("this row names no session: select session_id, and seq for an event, to open it from here")
        elif self._asking.running:
            self._screen.say("a query runs: esc stops it")
        else:
            self._asking.open(leads, self._opened)

    def _opened(self, found: tuple[SessionSource, int | None]) -> None:
        from workbench.screens.session import SessionScreen

        self._screen.app.push_screen(SessionScreen(*found))

    @cached_property
    def _out(self) -> HandOut:
        """Made when something is first copied: to know secrets takes a moment."""
        from workbench.screens.hand_out import HandOut

        return HandOut(self._screen, self._screen.lane("out"))

    def copy_cell(self) -> None:
        """Copy the cell."""
        if (grid := self._grid) is not None:
            value = grid.answer.rows[self._answer.cursor][grid.column]
            self._out.copy(grid.names[grid.column], lambda: text_of(value), "cell.txt")

    def copy_row(self) -> None:
        """Copy the row."""
        if (grid := self._grid) is not None:
            named = dict(zip(distinct(grid.names), grid.answer.rows[self._answer.cursor]))
            self._out.copy("row", lambda: json.dumps(named, default=text_of, ensure_ascii=False), "row.json")
