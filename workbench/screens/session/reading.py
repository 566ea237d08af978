"""The payload pane: the event that is looked at, its tabs, its counterpart, and the ways out of the app."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from workbench.screens.session.part import Part
from workbench.view.payload.leafing import Leafing
from workbench.view.payload.raw import SHOWN_BYTES, first_hit, marked
from workbench.view.payload.sheet import PRETTY, Sheet
from workbench.view.text import Line
from workbench.widgets.payload_pane import PayloadPane
from workbench.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from workbench.screens.hand_out import HandOut
    from workbench.screens.session.screen import SessionScreen


class Reading(Part):
    """Between `Leafing`, which has payloads read, and the pane that shows them."""

    def __init__(self, screen: SessionScreen) -> None:
        super().__init__(screen)
        self.leafing = Leafing(screen.source)
        self._reading_on = False

    def start(self) -> None:
        """See `Part`."""
        self.pane = self.screen.query_one(PayloadPane)
        self.text = self.screen.query_one(TextPane)
        self.text.came_to_rest = self._read_on
        self.leafing.start(self.screen.lane("pair"), lambda: self.pane.tab, self._show)

    def close(self) -> None:
        """See `Part`."""
        self.leafing.close()

    def want(self) -> None:
        """Show the payload under the cursor, unless it goes by too quickly to be read."""
        if not self.screen.following.busy:
            self.leafing.want(self.screen.at)

    def moved(self, by_hand: bool) -> None:
        """See `Part`: whoever goes somewhere wants to read what is there, whatever else comes."""
        if by_hand:
            self.leafing.want(self.screen.at)
        else:
            self.want()

    def anew(self) -> None:
        """Show it again: something else is to be seen in it."""
        self.leafing.forget()
        self.want()

    def _show(self, sheet: Sheet) -> None:
        search = self.screen.finding.finder.search
        needle = "" if search is None else search.needle
        self.pane.show(sheet, needle)
        is_large = sheet.row.payload_bytes > SHOWN_BYTES
        if search is not None and is_large and sheet.seq in search and not sheet.has(self.pane.shown_tab, needle):
            self._look_on(sheet, needle)

    def _look_on(self, sheet: Sheet, needle: str) -> None:
        """What was searched for stands further down in a large payload: read on until it is there."""

        def came(lines: list[Line]) -> None:
            self._reading_on = False
            self.pane.read_on(sheet, lines)
            if self.pane.sheet is not sheet or self.screen.finding.finder.needle != needle:
                return
            if first_hit(marked(lines, needle)) is not None:
                self.pane.show(sheet, needle, stay=False)
            else:
                self._look_on(sheet, needle)

        if sheet.raw.has_more and not self._reading_on:
            self._reading_on = True
            self.screen.source.lane.run(sheet.raw.read, came)

    def _read_on(self) -> None:
        """Somebody has come to the end of what was read of a raw payload, and there is more."""
        sheet = self.pane.sheet
        if sheet is None or self._reading_on:
            return
        self._reading_on = True

        def came(lines: list[Line]) -> None:
            self._reading_on = False
            self.pane.read_on(sheet, lines)

        self.screen.source.lane.run(sheet.raw.read, came)

    def step_back(self) -> bool:
        """See `Part`: from the payload to the list."""
        if not self.text.has_focus:
            return False
        self.screen.list.focus()
        return True

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def other_pane(self) -> None:
        """To the other pane."""
        if why_not := self.screen.zooming.why_not("other_pane"):
            self.screen.say(why_not)
        elif self.text.has_focus:
            self.screen.list.focus()
        else:
            self.text.focus()

    def enter_pane(self) -> None:
        """To the payload; there, where it is raw, fold or unfold what the first line in sight is part of."""
        if self.text.has_focus and self.text.folds is not None:
            self.text.fold()
        else:
            self.other_pane()

    def fold_more(self) -> None:
        """Fold the raw payload a level more."""
        self.screen.say(self.pane.fold_all(1))

    def fold_less(self) -> None:
        """A level less."""
        self.screen.say(self.pane.fold_all(-1))

    def wrap(self) -> None:
        """Wrap the payload's long lines, or not."""
        self.text.toggle_wrap()

    def raw(self) -> None:
        """The payload as it is stored, or laid out for people."""
        if problem := self.pane.toggle_raw():
            self.screen.say(problem)

    def pair(self) -> None:
        """To the counterpart of this event; from there, back."""
        if (row := self.screen.source.row(self.screen.at)) is not None:
            self.leafing.counterpart(row, self.screen.go_to)

    @cached_property
    def out(self) -> HandOut:
        """The ways out, made when the first is taken: to know secrets takes a moment."""
        from workbench.screens.hand_out import HandOut

        return HandOut(self.screen, self.screen.lane("out"))

    def yank(self) -> None:
        """Copy the payload."""
        self.out.yank(self.pane.sheet, self.pane.shown_tab)

    def yank_id(self) -> None:
        """Copy the event's id."""
        self.out.yank_id(self.pane.sheet)

    def edit(self) -> None:
        """Open the payload in an editor; where it is shown as a picture, that in a viewer."""
        sheet = self.pane.sheet
        if sheet is not None and sheet.pictures and self.pane.shown_tab == PRETTY:
            self.out.look(sheet)
        else:
            self.out.edit(sheet)

    def page(self) -> None:
        """Read the payload in a pager."""
        self.out.page(self.pane.sheet, self.pane.shown_tab)

    def pipe(self) -> None:
        """Ask for a command to give the payload to."""
        self.screen.ask("|", "a command that is given this payload", lambda text: self.out.pipe(self.pane.sheet, text))
