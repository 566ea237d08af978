"""The filter of a session's screen: asked for, set, shown in the list, cleared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.screens.session.part import Part
from workbench.view.filter.language import FilterError, quoted
from workbench.view.filter.sifter import Sifter
from workbench.view.session.source import Pulse
from workbench.view.session.standing import Picked
from workbench.view.text import Line, shown

if TYPE_CHECKING:
    from workbench.screens.session.screen import SessionScreen
    from workbench.view.filter.facets import Facet

NOTHING: Line = [("Nothing passes. ", "muted"), ("esc", "accent"), (" shows all events again.", "muted")]
NOTHING_YET: Line = [("Nothing yet: payloads are being looked through. ", "muted"), *NOTHING[1:]]
NO_EVENTS: Line = [("No events yet.", "muted")]


class Sifting(Part):
    """Between a `Sifter`, which knows what passes, and the screen that shows it."""

    def __init__(self, screen: SessionScreen, sifted: str = "") -> None:
        """``sifted``: the filter to begin with."""
        super().__init__(screen)
        self._sifter = Sifter(screen.source)
        self._typed = sifted

    def start(self) -> None:
        """See `Part`."""
        self.screen.list.empty = NO_EVENTS
        self._sifter.start(self.screen.lane("filter"), self.show)
        if self._typed:
            self.screen.call_after_refresh(self.show_only, self._typed)

    def close(self) -> None:
        """See `Part`."""
        self._sifter.close()

    @property
    def text(self) -> str:
        """The filter that is set; empty where none is."""
        return self._sifter.text

    @property
    def on(self) -> bool:
        """Whether a filter is set."""
        return self._sifter.on

    @property
    def passed(self) -> tuple[Picked | None, int]:
        """What passed, and of how many events that is known; nothing until that is sure."""
        sifter = self._sifter
        return (sifter.picked, sifter.known) if sifter.done else (None, 0)

    def words(self) -> Line:
        """See `Part`."""
        return self._sifter.words()

    def step_back(self) -> bool:
        """See `Part`: the filter goes."""
        if not self.on:
            return False
        self.clear()
        return True

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def filter(self) -> None:
        """Ask for a filter; the one that is set, or that was wrong, can be edited."""
        hint = "show only: type:tool_use tool:bash is:error took>30s tokens>10k words -not"
        self.screen.ask("&", hint, self.show_only, text=self._typed)

    def show_only(self, text: str) -> None:
        """Set it; where it is none, say why, and leave everything as it is."""
        self._typed = text.strip()
        source = self.screen.source
        try:
            self._sifter.set(text, source.count, source.standing)
        except FilterError as error:
            self.screen.say(shown(str(error)), "error")
        else:
            self.screen.describe()

    def clear(self) -> None:
        """Show everything again."""
        self._typed = ""
        self._sifter.clear()

    def only_this(self) -> None:
        """Show only events like the one under the cursor: of its tool, or of its type."""
        row = self.screen.source.row(self.screen.list.seq)
        if row is None:
            return
        if row.name and row.type.endswith(("tool_use", "tool_result")):
            self._also(f"tool:{quoted(row.name)}")
        else:
            self._also(f"type:{quoted(row.type)}")

    def _also(self, term: str) -> None:
        if term not in self._sifter.text.split():
            self.show_only(f"{self._sifter.text} {term}")

    def facets(self) -> None:
        """Show which values the events that are shown have."""
        source = self.screen.source
        self.screen.say("counting …", "muted")
        self._sifter.facets(source.count, source.standing, self._choose)

    def _choose(self, found: list[Facet]) -> None:
        from workbench.screens.facets import FacetsScreen

        if not self.screen.is_current:
            return
        self.screen.say("")
        if not found:
            self.screen.say("nothing is shown, so there is nothing to choose from")
            return
        self.screen.app.push_screen(FacetsScreen(found), lambda term: self._also(term) if term else None)

    # ── showing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def grown(self, pulse: Pulse) -> bool:
        """The session has grown. If a filter is set, the list follows as soon as it is known what passes."""
        if not self.on:
            return False
        follow = self.screen.following.follow
        follow.gone = self.screen.list.standing.hidden_from(follow.seen, pulse.count)
        self._sifter.grown(pulse.count, pulse.standing)
        return True

    def lets(self, seq: int) -> bool:
        """Whether an event passes."""
        return self._sifter.picked is None or seq in self._sifter.picked

    def show(self) -> None:
        """Other events are shown."""
        screen, follow = self.screen, self.screen.following.follow
        screen.list.picked = screen.grouping.over(self._sifter.picked)
        all_shown = screen.list.picked is None
        screen.list.empty = (NOTHING if self._sifter.done else NOTHING_YET) if self.on else NO_EVENTS
        screen.list.grow(to_last=not all_shown and follow.at_tail and follow.live)
        if all_shown and screen.list.cursor < screen.list.count - 1:
            follow.hold()  # what is under the cursor stays there, though more comes below it now
        follow.gone = screen.list.standing.hidden_from(follow.seen, follow.count)
        passed = self._sifter.picked
        screen.finding.finder.replaced(screen.source.standing if passed is None else passed)
        screen.reading.want()
        screen.scrubbing.sifted()
        screen.describe()
