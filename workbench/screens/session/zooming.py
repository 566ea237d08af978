"""One pane alone: the list, or the payload, in all the room that both have."""

from __future__ import annotations

from workbench.screens.session.part import Part
from workbench.view.text import Line

ALONE = "-alone"
"""The terminal is so small that there is no room for both anyhow."""


class Zooming(Part):
    """Which pane that is goes with the focus. What stands where is said in ``styles/app.tcss``."""

    on = False

    def badge(self) -> Line:
        """What stands above while one pane hides the other."""
        return [("z: both panes   ", "muted")] if self.on else []

    def why_not(self, action: str) -> str:
        """See `Part`."""
        hidden = action == "other_pane" and not self.on and self.screen.has_class(ALONE)
        return "no room for both: z shows the payload" if hidden else ""

    def zoom_pane(self) -> None:
        """The pane that has the focus alone; again, both. Where only the list has room: the payload instead of it."""
        text, events = self.screen.reading.text, self.screen.list
        self.on = not self.on
        if self.screen.has_class(ALONE):
            (text if self.on else events).focus()
        self.lay()
        self.screen.describe()

    def lay(self) -> None:
        """Show what is to be seen now; after the focus has changed, too."""
        is_payload = self.on and self.screen.reading.text.has_focus
        self.screen.set_class(is_payload, "-payload")
        self.screen.set_class(self.on and not is_payload, "-list")

    def focused(self) -> None:
        """One of the panes has the focus, or what is typed into: that changes nothing."""
        if self.on and (self.screen.list.has_focus or self.screen.reading.text.has_focus):
            self.lay()
