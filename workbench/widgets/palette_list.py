"""The palette's two parts: the commands that were found, and the line that is typed into."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from textual import events

from workbench.view.palette import Match, command_line
from workbench.view.text import Line
from workbench.widgets.line_list import LineList
from workbench.widgets.prompt import Prompt


class PaletteList(LineList, can_focus=False):
    """A line for each command. It never has the focus: whoever looks at it types."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.matches: Sequence[Match] = ()
        self.empty = [
            ("Nothing that can be done has these letters. ", "muted"),
            ("esc", "accent"),
            (" goes back.", "muted"),
        ]

    def show_matches(self, matches: Sequence[Match]) -> None:
        """Show these, with the cursor on the best."""
        self.matches = matches
        self.redraw()
        self.resize_to(len(matches), 0)
        self.show_from(0)

    @property
    def chosen(self) -> Match | None:
        """The command under the cursor."""
        return self.matches[self.cursor] if self.cursor < len(self.matches) else None

    def line(self, index: int) -> Line:
        """See `LineList`."""
        return command_line(self.matches[index], self.line_cells)


class PalettePrompt(Prompt):
    """A prompt some keys of which do something else than edit what stands in it."""

    def __init__(self, doing: Mapping[str, Callable[[], None]], *, id: str | None = None) -> None:
        super().__init__(id=id, classes="bar")
        self._doing = doing

    def on_key(self, event: events.Key) -> None:
        """See `Prompt`, which does not hear of a key that did something."""
        do = self._doing.get(event.key)
        if do is not None and self.about:
            event.stop()
            event.prevent_default()
            do()

    def take(self, event: events.Key) -> None:
        """A key that came before the prompt had the focus, or after somebody clicked elsewhere."""
        self.on_key(event)
        if event.key not in self._doing:
            super().on_key(event)

    def on_blur(self, event: events.Blur) -> None:  # type: ignore[override]  # a handler may take the event or not
        """Somebody clicked on a command: that is no giving up."""
        event.prevent_default()
