"""What is done with several sessions: they are selected, their ids copied, and they are written out for somebody."""

from __future__ import annotations

from collections.abc import Callable

from runtime.store import Store
from workbench.screens.lane_screen import LaneScreen
from workbench.screens.writing import HINT, USUAL, Writing
from workbench.view import words
from workbench.view.sessions.selection import Selection
from workbench.view.text import shown
from workbench.widgets.prompt import Prompt
from workbench.widgets.session_list import SessionList


class Picking:
    """Between a `Selection` and the screen that shows it."""

    def __init__(self, screen: LaneScreen, store: Store, lines: SessionList, changed: Callable[[], None]) -> None:
        self._screen, self._list, self._changed = screen, lines, changed
        self._lane = screen.lane("copy")
        self.writing = Writing(screen, store)
        self.selection: Selection = lines.selection
        self._asked_for: list[str] = []
        self.asking = False
        """It is being asked how to write them."""

    def select(self) -> None:
        """Select the session under the cursor, or no longer; and on to the next."""
        chosen = self._list.chosen
        if chosen is not None:
            self.selection.toggle(chosen)
            self._list.refresh_line(self._list.cursor)
            self._list.move(1)
            self._changed()

    def select_all(self) -> None:
        """Select all that are shown; none of them, if all are."""
        self.selection.toggle_all(self._list.lines)
        self._list.refresh()
        self._screen.say("")

    def clear(self) -> None:
        """Select none."""
        self.selection.clear()
        self._list.refresh()
        self._changed()

    def _ids(self) -> list[str]:
        """Those that are selected; else the one under the cursor."""
        chosen = self._list.chosen
        return self.selection.ids or ([chosen.session_id] if chosen is not None else [])

    # ── copying ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def copy_ids(self) -> None:
        """Copy their ids, a line each."""
        from workbench import external

        ids = self._ids()
        if ids:
            what = shown(ids[0]) if len(ids) == 1 else f"{words.count(len(ids), 'id')},"
            text = external.Masked("\n".join(ids), 0)
            self._lane.run(lambda: external.copied(what, text, self._screen.tell_terminal, "ids.txt"), self._screen.say)

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def ask(self) -> None:
        """Ask how to write them, and where; which ones is settled by now."""
        self._asked_for = self._ids()
        if self.writing.on:
            self._screen.say("sessions are being written: esc stops that")
        elif self._asked_for:
            self.asking = True
            sign = f"{words.count(len(self._asked_for), 'session')} › "
            self._screen.query_one(Prompt).ask("write", sign, HINT, USUAL)

    def answered(self, text: str) -> None:
        """Write them, and say how far that is and where they are in the end."""
        self.asking = False
        self.writing.begin(self._asked_for, text)
