"""The table of keys, as `workbench.keys` has it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from workbench import keys
from workbench.view import words
from workbench.view.text import Line, fit
from workbench.widgets.bar import Bar
from workbench.widgets.text_pane import TextPane

KEY_CELLS = 16
USUAL_SECONDS = 60


def help_lines(stall_seconds: int) -> list[Line]:
    """A line for each key, under the part of the app where it works."""
    stall = keys.USUAL_STALL if stall_seconds == USUAL_SECONDS else words.duration(stall_seconds * words.SECOND_US)
    lines: list[Line] = []
    for names, said in keys.help_lines(stall):
        if names:
            lines.append([("  " + fit(names, KEY_CELLS), "accent"), (said, "text")])
        else:
            lines.append([(said, "strong")])
    return lines


class HelpScreen(Screen[None]):
    """Leaves as it came: with a key."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,enter", "dismiss", "back", show=False)]

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        yield Bar(id="location", classes="bar")
        yield TextPane(id="keys")
        yield Bar(id="status", classes="bar")

    def on_mount(self) -> None:
        """Show the table."""
        self.query_one("#location", Bar).show([("keys", "strong")])
        self.query_one("#status", Bar).show([], [("esc back", "faint")])
        pane = self.query_one(TextPane)
        pane.show_lines(help_lines(self.app.settings.stall_seconds))  # type: ignore[attr-defined]  # the app is ours
        pane.focus()
