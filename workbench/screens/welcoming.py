"""What the list of sessions does on the first run: it offers to import, and says how that goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime.store import Store
from workbench.screens.lane_screen import LaneScreen

if TYPE_CHECKING:
    from workbench.arriving import Arrival
    from workbench.view.found import Found


class Welcoming:
    """Between an empty store, whoever looks at it, and an `Arrival`. What it needs is imported when there is one."""

    def __init__(
        self, screen: LaneScreen, store: Store, began: Callable[[], None], changed: Callable[[], None]
    ) -> None:
        """``began`` is called when an import begins, ``changed`` when its words are others."""
        self._screen, self._store, self._began, self._changed = screen, store, began, changed
        self._lane = screen.lane("found")
        self._looked = False
        self.arrival: Arrival | None = None

    def look(self) -> None:
        """The store is empty: see what there is to import; once."""
        if not self._looked:
            self._looked = True
            from workbench.view.found import look

            self._lane.run(lambda: look(stop=lambda: self._lane.closed), self._offer)

    def ask(self) -> None:
        """Somebody asks what there is to import, whatever is there already."""
        from workbench.view.found import look

        if self.arrival is not None:
            self._screen.say("an import is under way: esc ends it")
            return

        def found(found: Found) -> None:
            self._offer(found)
            if not found.places:
                self._screen.say("no transcripts where tools keep theirs; `workbench import PATH` takes any place")

        self._lane.run(lambda: look(stop=lambda: self._lane.closed), found)

    def look_again(self) -> None:
        """Somebody asks anew."""
        self._looked = self.arrival is not None and not self.arrival.ended

    def _offer(self, found: Found) -> None:
        from workbench.screens.welcome import WelcomeScreen

        if found.places and self._screen.is_current:
            self._screen.app.push_screen(WelcomeScreen(found, str(self._store.root)), self._answered)

    def _answered(self, answer: tuple[str, list[str]] | None) -> None:
        if answer is not None:
            from workbench.arriving import Arrival
            from workbench.screens.welcome import WATCHED

            how, paths = answer
            told = lambda: self._screen.deliver(self._told)
            self.arrival = Arrival(str(self._store.root), paths, watch=how == WATCHED, changed=told)
            self._began()

    def _told(self) -> None:
        """The import has come further, or to its end."""
        arrival = self.arrival
        if arrival is not None and arrival.ended:
            self.arrival = None
            self._screen.say(*arrival.outcome())
        else:
            self._changed()

    def words(self) -> str:
        """What the line above says of it."""
        arrival = self.arrival
        return f"{arrival.words()} · esc ends it   " if arrival is not None and arrival.words() else ""

    def stop(self) -> bool:
        """End what is under way; False if nothing is."""
        if self.arrival is None:
            return False
        self.arrival.stop()
        return True

    def close(self) -> None:
        """The app ends, or the screen does."""
        self.stop()
