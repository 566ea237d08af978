"""Handing the session over: written to a file that opens where one is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.screens.session.part import Part
from workbench.screens.writing import HINT, USUAL, Writing

if TYPE_CHECKING:
    from workbench.screens.session.screen import SessionScreen


class Sharing(Part):
    """Between a `Writing` and the screen whose session it writes."""

    def __init__(self, screen: SessionScreen) -> None:
        super().__init__(screen)
        self._writing: Writing | None = None

    def hand_over(self) -> None:
        """Ask how to write it, and where; at which event it opens is settled by now."""
        screen = self.screen
        if self._writing is None:
            self._writing = Writing(screen, screen.source.store)
        if self._writing.on:
            screen.say("this session is being written: esc stops that")
        elif not screen.source.count:
            screen.say("there is nothing to hand over yet")
        else:
            begin, ids, seq = self._writing.begin, [screen.source.session_id], screen.at
            screen.ask(f"hand over at event {seq:,} › ", HINT, lambda text: begin(ids, text, seq), text=USUAL)

    def step_back(self) -> bool:
        """See `Part`: stop writing."""
        if self._writing is None or not self._writing.stop():
            return False
        self.screen.say("stopped: nothing was written")
        return True
