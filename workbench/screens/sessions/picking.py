"""What is done with several sessions: they are selected, their ids copied, and they are written out for somebody."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime.errors import WorkbenchError
from runtime.store import Store
from workbench.screens.lane_screen import LaneScreen
from workbench.view import words
from workbench.view.selection import Selection
from workbench.view.text import shown
from workbench.widgets.prompt import Prompt
from workbench.widgets.session_list import SessionList

if TYPE_CHECKING:
    from workbench.view.parcels import Parcel, Wish

USUAL = "share ."
"""How and where sessions are written if nobody says otherwise (`workbench.view.parcels`)."""


class Picking:
    """Between a `Selection` and the screen that shows it."""

    def __init__(self, screen: LaneScreen, store: Store, lines: SessionList, changed: Callable[[], None]) -> None:
        self._screen, self._store, self._list, self._changed = screen, store, lines, changed
        self._lane = screen.lane("write")
        self.selection: Selection = lines.selection
        self._asked_for: list[str] = []
        self.asking = False
        """It is being asked how to write them."""
        self._writing = False

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
            self._lane.run(lambda: external.copied(what, text, self._tell_terminal, "ids.txt"), self._screen.say)

    def _tell_terminal(self, sequence: str) -> None:
        """Between two frames, on the thread that draws."""

        def write() -> None:
            driver = self._screen.app._driver
            if driver is not None:
                driver.write(sequence)
                driver.flush()

        self._screen.deliver(write)

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def ask(self) -> None:
        """Ask how to write them, and where; which ones is settled by now."""
        self._asked_for = self._ids()
        if self._writing:
            self._screen.say("sessions are being written: esc stops that")
        elif self._asked_for:
            hint = "share FOLDER (secrets masked), or as they are: jsonl FOLDER, parquet FOLDER"
            self.asking = True
            sign = f"{words.count(len(self._asked_for), 'session')} › "
            self._screen.query_one(Prompt).ask("write", sign, hint, USUAL)

    def answered(self, text: str) -> None:
        """Write them, and say how far that is and where they are in the end."""
        from workbench.view.parcels import wish

        self.asking = False
        try:
            asked = wish(text)
        except WorkbenchError as error:
            self._screen.say(shown(str(error)), "error")
            return
        self._writing = True
        self._lane.run(lambda: self._written(self._asked_for, asked), self._done)

    def _written(self, ids: list[str], asked: Wish) -> str:
        from workbench.view.parcels import parcels, told

        done: list[Parcel] = []
        self._lane.tell(lambda: self._say_progress(0, len(ids)))
        for parcel in parcels(self._store, ids, asked, lambda: self._writing and not self._lane.closed):
            done.append(parcel)
            self._lane.tell(lambda count=len(done): self._say_progress(count, len(ids)))  # type: ignore[misc]  # a default
        return told(asked, done, len(ids))

    def _say_progress(self, done: int, count: int) -> None:
        if self._writing:
            self._screen.say(f"writing {words.count(count, 'session')}: {done:,} done …  (esc stops)", "muted")

    def _done(self, said: str) -> None:
        self._writing = False
        self._screen.say(said)

    def stop(self) -> bool:
        """Stop writing after the session that is being written; whether any was."""
        was, self._writing = self._writing, False
        return was

    def failed(self) -> None:
        """It went wrong, and it was said how."""
        self._writing = False
