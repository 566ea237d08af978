"""The first run: what could be imported into a store without sessions, to choose from."""

from __future__ import annotations

import os
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from workbench import keys
from workbench.view.found import Found, place_line
from workbench.view.text import Line, shown
from workbench.widgets.bar import Bar
from workbench.widgets.line_list import LineList

ONCE, WATCHED = "once", "watched"
NOTE = "Transcripts of other tools on this machine. Importing leaves them as they are."


class FoundList(LineList):
    """A line for each place."""

    def __init__(self, found: Found, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.found = found

    def key(self, index: int) -> object:
        """See `LineList`."""
        return index, self.found.places[index].chosen

    def line(self, index: int) -> Line:
        """See `LineList`."""
        return place_line(self.found.places[index], os.environ.get("HOME", ""), self.line_cells)


class WelcomeScreen(Screen[tuple[str, list[str]] | None]):
    """Ends with how to import which folders, or with None: not now."""

    BINDINGS: ClassVar[list[BindingType]] = list(keys.bindings("welcome"))

    def __init__(self, found: Found, store: str) -> None:
        super().__init__()
        self._found, self._store = found, store

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        yield Bar(id="location", classes="bar")
        yield Bar(id="heading")
        yield Bar(id="note")
        yield FoundList(self._found, id="list")
        yield Bar(id="status", classes="bar")

    def on_mount(self) -> None:
        """Show what was found."""
        self.query_one("#location", Bar).show(
            [("welcome", "strong"), (f"   {shown(self._store)}", "faint")], [("no sessions yet", "muted")]
        )
        self.query_one("#note", Bar).show([(NOTE, "muted")])
        self._list = self.query_one(FoundList)
        self._list.resize_to(len(self._found.places))
        self._list.focus()
        self._describe()

    def on_resize(self) -> None:
        """The bar is made for a width."""
        footer = keys.footer(self.size.width - 4, "welcome", "app")
        self.query_one("#status", Bar).show([], [(footer, "faint")])

    def _describe(self) -> None:
        role = "strong" if self._found.paths else "muted"
        self.query_one("#heading", Bar).show([(self._found.headline(), role)])
        self._list.refresh()

    def on_line_list_chosen(self) -> None:
        """A line was clicked twice."""
        self.action_turn()

    def action_turn(self) -> None:
        """Choose what is under the cursor, or no longer."""
        self._found.turn(self._list.cursor)
        self._describe()

    def action_turn_all(self) -> None:
        """Choose all, or none."""
        self._found.turn_all()
        self._describe()

    def action_begin(self) -> None:
        """Import what is chosen."""
        self._end(ONCE)

    def action_watch(self) -> None:
        """Import it, and follow it."""
        self._end(WATCHED)

    def _end(self, how: str) -> None:
        if self._found.paths:
            self.dismiss((how, self._found.paths))

    def action_later(self) -> None:
        """Not now."""
        self.dismiss(None)
