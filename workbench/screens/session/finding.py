"""Finding an event: the next error, a turn, a number, text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.screens.session.part import Part
from workbench.view import words
from workbench.view.session.finder import Finder
from workbench.view.text import Line

if TYPE_CHECKING:
    from workbench.screens.session.screen import SessionScreen


class Finding(Part):
    """Between a `Finder`, which looks, and the screen that goes to what it found."""

    def __init__(self, screen: SessionScreen, needle: str = "") -> None:
        super().__init__(screen)
        self.finder = Finder(screen.source.store, screen.source.session_id)
        self._searched = self._brought_by = needle

    def start(self) -> None:
        """See `Part`."""
        self.finder.start(self.screen.lane("find"), self._found, self._progress)
        self.finder.replaced(self.screen.source.standing)
        if self._searched:
            self.finder.look_for(self._searched, self.screen.at - 1)  # the event one comes to is the first

    def close(self) -> None:
        """See `Part`."""
        self.finder.close()

    def words(self) -> Line:
        """See `Part`."""
        return self.finder.words(self.screen.at)

    def why_not(self, action: str) -> str:
        """See `Part`."""
        asked = action not in ("next_hit", "previous_hit") or self.finder.search is not None
        return "" if asked else "nothing was searched for: / searches"

    def step_back(self) -> bool:
        """See `Part`: the search goes; but one that brought somebody here goes with the session."""
        if self.finder.search is None or self.finder.needle == self._brought_by:
            return False
        self.finder.forget()
        return True

    def _found(self, seq: int | None, words: str) -> None:
        """The finder has an answer: an event to go to, or why there is none."""
        if seq is not None:
            self.screen.jump_to(seq)
        self.screen.say(words)

    def _progress(self) -> None:
        """A search has come further."""
        events, search = self.screen.list, self.finder.search
        if events.hits is not search:
            events.hits = search if search is not None else ()
            self.screen.reading.anew()
        events.refresh()
        self.screen.describe()

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def next_error(self) -> None:
        """To the next event that is an error."""
        self.finder.error(self.screen.at, 1)

    def previous_error(self) -> None:
        """To the error before."""
        self.finder.error(self.screen.at, -1)

    def next_turn(self) -> None:
        """To the next turn."""
        self.finder.turn(self.screen.at, 1)

    def previous_turn(self) -> None:
        """To this turn's beginning, then the one before."""
        self.finder.turn(self.screen.at, -1)

    def search(self) -> None:
        """Ask what to look for."""
        self.screen.ask("/", "text to find in this session's payloads", self.look_for, text=self._searched)

    def look_for(self, text: str) -> None:
        """Look for it, from the cursor on."""
        self._searched, self._brought_by = text, ""
        self.finder.look_for(text, self.screen.at)

    def next_hit(self) -> None:
        """To the next event that has what was searched for."""
        self.finder.hit(self.screen.at, 1)

    def previous_hit(self) -> None:
        """To the one before."""
        self.finder.hit(self.screen.at, -1)

    def go_to_number(self, text: str) -> None:
        """To the event with this number; where there is none, to the last one."""
        screen = self.screen
        digits, last = text.replace(",", "")[:18], screen.source.count - 1
        if not digits or last < 0:
            screen.say("")
            return
        wanted = int(digits)
        seq = screen.source.standing.latest(min(wanted, last))
        screen.jump_to(seq)
        if wanted > last:
            screen.say(f"there is no event {words.number(wanted)}: this is the last one")
        elif wanted != seq:
            screen.say(f"event {words.number(wanted)} was replaced by this one")
        elif seq != screen.at:
            screen.say(f"the filter does not let event {words.number(wanted)} through")
        else:
            screen.say("")
