"""Which of the sessions are shown: the filter, facets, and what has to be asked of the store for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from runtime.store import Store
from workbench.screens.lane_screen import LaneScreen
from workbench.view.filter.language import FilterError, parse, same
from workbench.view.filter.sessions import COURSES, FIELDS, FINDINGS, narrows, needs, passing
from workbench.view.sessions.asked import Asked
from workbench.view.sessions.listing import BY_COURSE, Courses, Order, SessionLine
from workbench.view.text import Line, shown
from workbench.widgets.prompt import Prompt

if TYPE_CHECKING:
    from workbench.view.filter.facets import Facet

HINT = "words, or model:opus errors>3 cost>1 finding:error_loop tool:bash verdict:satisfied is:live -words"
NONE_PASSES: Line = [("No session has these words. ", "muted"), ("esc", "accent"), (" shows all again.", "muted")]
NOT_YET: Line = [("The sessions' events are being asked. ", "muted"), *NONE_PASSES[1:]]


class Narrowing:
    """A filter as it is typed, and what is known to go by."""

    def __init__(self, screen: LaneScreen, store: Store, changed: Callable[[], None]) -> None:
        """``changed`` hears that other sessions pass now, or may."""
        self._screen, self._changed = screen, changed
        self.words = ""
        """What the list is filtered by."""
        self._typed = self._wrong = ""
        self._asked = Asked(store)
        self._asked.start(screen.lane("asked"), self._answered)
        self.waits = False
        """Something has to be asked before it is known what passes."""
        self._then: Callable[[], None] | None = None
        self._passed: tuple[str, list[SessionLine], list[SessionLine]] = "", [], []
        """What passed last: the filter, of which lines, which."""

    def close(self) -> None:
        """The screen goes."""
        self._asked.close()

    def tick(self) -> None:
        """Keep up with what has changed."""
        self._asked.tick()

    def came(self, session_ids: Iterable[str]) -> None:
        """These are new or other than they were."""
        self._asked.changed(session_ids)

    def failed(self) -> None:
        """What was asked went wrong."""
        self._asked.failed()
        self._then, self.waits = None, False

    @property
    def courses(self) -> Courses:
        """What became of sessions, as far as that was asked."""
        return self._asked.known.courses or {}

    def passing(self, lines: list[SessionLine]) -> list[SessionLine]:
        """Those that are shown. While a word is typed, only those are looked at that passed what there was of it."""
        before, of, passed = self._passed
        among = passed if of is lines and narrows(self.words, before) else lines
        found = passing(among, self.words, self._asked.known) if self.words else lines
        self._passed = self.words, lines, found
        return found

    def ordered_by(self, order: Order) -> None:
        """The list is to be in this order, for which something may have to be asked."""
        if order.column in BY_COURSE:
            self._asked.missing([COURSES])

    # ── the filter ───────────────────────────────────────────────────────────────────────────────────────────────────

    def ask(self) -> None:
        """Ask for words."""
        self._screen.query_one(Prompt).ask("filter", "/", HINT, self._typed, history="sessions")

    def typed(self, text: str) -> None:
        """Filter while words are typed; the one that is being typed counts as soon as it makes sense."""
        self._typed, self._wrong = text.strip(), ""
        for part in (self._typed, self._typed.rpartition(" ")[0], ""):
            try:
                kinds = needs(part)
            except FilterError as error:
                self._wrong = self._wrong or shown(str(error))
            else:
                self.words = part
                self.waits = self._asked.missing(kinds)
                break
        self._changed()

    def answered(self) -> None:
        """It was typed to its end: what makes no sense is said."""
        self._screen.say(self._wrong or self._unknown_finding(), "error")

    def _unknown_finding(self) -> str:
        """What is wrong with a finding that was asked for, if no finding is called so."""
        names = self._asked.finding_names
        for term in parse(self.words, FIELDS):
            wrong = [text for text in term.texts if not any(same(text, name) for name in names)]
            if term.field == "finding" and names and wrong:
                return f"no finding is called {shown(wrong[0])}: there are {', '.join(map(shown, names))}"
        return ""

    def clear(self) -> None:
        """Show all sessions."""
        self.words = self._typed = self._wrong = ""
        self.waits, self._then = False, None
        self._changed()

    def also(self, term: str) -> None:
        """Only those of them that pass one more word."""
        if term and term not in self.words.split():
            self.typed(f"{self.words} {term}")

    def empty(self) -> Line:
        """What stands where no session passes."""
        return NOT_YET if self.waits else NONE_PASSES

    def _answered(self) -> None:
        """The store has answered."""
        self._passed = "", [], []
        self.waits = bool(self.words) and self._asked.missing(needs(self.words))
        if self.words and not self.waits and (wrong := self._unknown_finding()):
            self._screen.say(wrong, "error")
        self._changed()
        then, self._then = self._then, None
        if then is not None:
            then()

    # ── facets ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def facets(self, lines: Callable[[], Sequence[SessionLine]]) -> None:
        """Show which values ``lines`` have, as soon as all of them are known."""
        if self._asked.missing([COURSES, FINDINGS]):
            self._screen.say("counting …", "muted")
            self._then = lambda: self.facets(lines)
            return
        from workbench.screens.facets import FacetsScreen
        from workbench.view.filter.facets_sessions import facets

        found: list[Facet] = facets(lines(), self._asked.known)
        self._screen.say("")
        if not found:
            self._screen.say("no session is shown, so there is nothing to choose from")
        elif self._screen.is_current:
            self._screen.app.push_screen(
                FacetsScreen(found, "sessions"), lambda term: self.also(term) if term else None
            )
