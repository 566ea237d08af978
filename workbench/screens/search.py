"""Search through all sessions: what is found appears while it is looked for, and nothing that is there moves."""

from __future__ import annotations

from functools import partial
from threading import Event
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from runtime.store import Store
from workbench import keys
from workbench.screens.lane_screen import LaneScreen
from workbench.view.filter.language import FilterError
from workbench.view.search import lines as search_lines
from workbench.view.search.rows import RowFetch
from workbench.view.search.searching import ORDERS, Question, Report, Results, StoreSearch, question
from workbench.view.session.source import SessionSource
from workbench.view.text import Line, line_width, shown
from workbench.widgets.bar import Bar
from workbench.widgets.prompt import Prompt
from workbench.widgets.search_list import SearchList

HINT = "what was said, in any session; before it, if wanted: tool:bash is:error"
NOT_YET: Line = [("Nothing yet. ", "muted"), ("esc", "accent"), (" stops looking.", "muted")]
NOTHING: Line = [("No session has it. ", "muted"), ("/", "accent"), (" looks for something else.", "muted")]
UNASKED: Line = [("Nothing was looked for. ", "muted"), ("/", "accent"), (" asks what.", "muted")]


class SearchScreen(LaneScreen):
    """What was found in a store."""

    BINDINGS: ClassVar[list[BindingType]] = list(keys.bindings("search"))

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.asked: Question | None = None
        self._typed = ""
        self.running = False
        self._stopped = False
        self._far = (0, 0)
        self._order = 0
        self._said: Line = []
        self._cancel = Event()
        self._rows = RowFetch(store)

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        yield Bar(id="location", classes="bar")
        yield SearchList(self._rows, id="list")
        yield Prompt(id="status", classes="bar")

    def on_mount(self) -> None:
        """Ask at once."""
        self._looks, self._opens = self.lane("search"), self.lane("open")
        self.list = self.query_one(SearchList)
        self._rows.start(self.lane("rows"), self.list.rows_came)
        self.list.moved = self._moved
        self.list.empty = UNASKED
        self.prompt = self.query_one(Prompt).giving_back_to(self.list)
        self.action_ask()
        self.describe()

    def let_go(self) -> None:
        """See `LaneScreen`."""
        self._cancel.set()
        super().let_go()

    def on_resize(self) -> None:
        """The bars are made for a width."""
        self.call_after_refresh(self.describe)

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def on_prompt_answered(self, message: Prompt.Answered) -> None:
        """Look for it; where it is nothing to look for, say why."""
        self._typed = message.text
        if not message.text.strip():
            self.on_prompt_given_up()
            return
        try:
            self._look_for(question(message.text))
        except FilterError as error:
            self.say(shown(str(error)), "error")

    def on_prompt_given_up(self) -> None:
        """Whoever has not asked anything yet wants to be where they were."""
        if self.asked is None:
            self.action_back()

    def _look_for(self, asked: Question) -> None:
        """From the beginning; what is under way ends."""
        self._cancel.set()
        self._cancel = cancel = Event()
        self.asked, self.running, self._stopped, self._far = asked, True, False, (0, 0)
        self._said, self._order, self.list.empty = [], 0, NOT_YET
        self.list.show_results(Results())
        self.describe()
        search = StoreSearch(self.store, asked)

        def report(report: Report) -> None:
            self._looks.tell(partial(self._found, report, cancel))

        self._looks.run(partial(search.run, report, cancel), lambda _: self._ended(cancel))

    def _found(self, report: Report, cancel: Event) -> None:
        """More was looked through."""
        if cancel.is_set():
            return
        for part in report.parts:
            self.list.results.add(part)
        self._far = report.sessions, report.of_sessions
        self.list.grown()
        self.describe()

    def _ended(self, cancel: Event) -> None:
        """Everything was looked through."""
        if cancel is self._cancel and not self._stopped:
            self.running = False
            self.list.empty = NOTHING
            self.list.refresh()
            self.describe()

    def failed(self, error: Exception) -> None:
        """See `LaneScreen`: what cannot be read is said when all else was looked through."""
        self.running, self.list.empty = False, NOTHING
        self.list.refresh()
        super().failed(error)

    # ── saying ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def describe(self) -> None:
        """The lines above and below the list."""
        if not self.is_mounted:
            return
        right: Line = [] if self.asked is None else self._progress()
        left: Line = [("search", "strong"), ("   all sessions   ", "faint")]
        if self.asked is not None:
            left += search_lines.asked(*self.asked)
        self.query_one("#location", Bar).show(left, right)
        room = max(0, self.size.width - 4 - line_width(self._said))
        self.query_one("#status", Bar).show(self._said, [(keys.footer(room, "move", "search", "app"), "faint")])

    def _progress(self) -> Line:
        """``looking …  1,204 of 20,000 sessions   312 events in 40 sessions``."""
        results = self.list.results
        found = (search_lines.counted(results), "muted" if not results.events else "text")
        far = search_lines.so_far(max(self._far[0], results.sessions), self._far[1])
        if self.running:
            return [("looking …  ", "accent"), (f"{far}   ", "muted"), found]
        if self._stopped:
            return [(f"stopped after {far}   ", "muted"), found]
        return [found] if results.events else [("nothing found", "muted")]

    def say(self, words: str, role: str = "text") -> None:
        """See `LaneScreen`."""
        self._said = [(words, role)] if words else []
        self.describe()

    # ── doing ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _moved(self, by_hand: bool) -> None:
        if self._said and by_hand:
            self.say("")

    def on_line_list_chosen(self) -> None:
        """A line was clicked twice."""
        self.action_open()

    def action_ask(self) -> None:
        """Ask what to look for; what was asked last can be edited."""
        self.query_one(Prompt).ask("search", "/", HINT, self._typed, history="search all")

    def action_open(self) -> None:
        """Open the session at the event under the cursor, and go on searching there."""
        chosen = self.list.chosen
        if chosen is None or self.asked is None:
            return
        group, found = chosen
        seq = (found or group.found[0]).seq
        needle = self.asked.needle
        self._opens.run(
            lambda: SessionSource(self.store, group.session_id), lambda source: self._opened(source, seq, needle)
        )

    def _opened(self, source: SessionSource, seq: int, needle: str) -> None:
        from workbench.screens.session import SessionScreen

        self.app.push_screen(SessionScreen(source, seq, needle))

    def action_next_session(self) -> None:
        """To the next session in which something was found."""
        self.list.put_cursor(self.list.results.heading(self.list.cursor, 1))

    def action_previous_session(self) -> None:
        """To this session's heading, or the one before."""
        self.list.put_cursor(self.list.results.heading(self.list.cursor, -1))

    def why_not(self, id: str) -> str:
        """See `workbench.screens.palette.Knowing`."""
        waits = id == "search.sort" and self.running
        return "more is being found: in another order when that is over; esc ends it" if waits else ""

    def action_sort(self) -> None:
        """In the next order; the cursor goes with what it is on."""
        if why_not := self.why_not("search.sort"):
            self.say(why_not, "muted")
            return
        self._order = (self._order + 1) % len(ORDERS)
        order = list(ORDERS)[self._order]
        self.list.sorted_anew(self.list.results.sort(order, self.list.cursor))
        self.say(order, "muted")

    def action_stop(self) -> None:
        """Stop looking; where nothing is looked for, back."""
        if not self.running:
            self.action_back()
            return
        self._cancel.set()
        self.running, self._stopped = False, True
        self.list.empty = UNASKED
        self.list.refresh()
        self.describe()

    def action_back(self) -> None:
        """To where one was."""
        self.app.go_back(self)  # type: ignore[attr-defined]  # the app is ours
