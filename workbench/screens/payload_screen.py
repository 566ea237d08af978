"""A screen with a payload: the event that is looked at, its tabs, its counterpart, and the ways out of the app."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from workbench.screens.lane_screen import LaneScreen
from workbench.view.leafing import Leafing
from workbench.view.sheet import Sheet
from workbench.view.source import SessionSource
from workbench.widgets.payload_pane import PayloadPane
from workbench.widgets.prompt import Prompt

if TYPE_CHECKING:
    from workbench.screens.hand_out import HandOut


class PayloadScreen(LaneScreen):
    """One event of a session is looked at. Subclasses say which, and go to another."""

    def __init__(self, source: SessionSource) -> None:
        super().__init__()
        self.source = source
        self.leafing = Leafing(source)

    def start_payload(self) -> None:
        """The panes are there."""
        self.payload = self.query_one(PayloadPane)
        self.leafing.start(self.lane("pair"), lambda: self.payload.tab, self._show_payload)

    @cached_property
    def out(self) -> HandOut:
        """The ways out, made when the first is taken: to know secrets takes a moment."""
        from workbench.screens.hand_out import HandOut

        return HandOut(self, self.lane("out"))

    @property
    def at(self) -> int:
        """The event that is looked at."""
        raise NotImplementedError

    @property
    def needle(self) -> str:
        """What is searched for."""
        return ""

    def go_to_found(self, seq: int | None, words: str) -> None:
        """Go to an event, or say why there is none."""
        raise NotImplementedError

    def _show_payload(self, sheet: Sheet) -> None:
        self.payload.show(sheet, self.needle)

    def action_raw(self) -> None:
        """The payload as it is stored, or laid out for people."""
        if problem := self.payload.toggle_raw():
            self.say(problem)

    def action_pair(self) -> None:
        """To the counterpart of this event; from there, back."""
        if (row := self.source.row(self.at)) is not None:
            self.leafing.counterpart(row, self.go_to_found)

    def action_yank(self) -> None:
        """Copy the payload."""
        self.out.yank(self.payload.sheet, self.payload.shown_tab)

    def action_yank_id(self) -> None:
        """Copy the event's id."""
        self.out.yank_id(self.payload.sheet)

    def action_edit(self) -> None:
        """Open the payload in an editor."""
        self.out.edit(self.payload.sheet)

    def action_page(self) -> None:
        """Read the payload in a pager."""
        self.out.page(self.payload.sheet, self.payload.shown_tab)

    def action_pipe(self) -> None:
        """Ask for a command to give the payload to."""
        self.query_one(Prompt).ask("pipe", "|", "a command that is given this payload")
