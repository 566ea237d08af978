"""The list of sessions. It paints at once and fills as manifests are read; what arrives never moves the cursor."""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from runtime.errors import SessionNotFound
from runtime.store import Store
from workbench import keys
from workbench.screens.lane_screen import LaneScreen
from workbench.view import sessions as listing
from workbench.view import words
from workbench.view.filter import FilterError
from workbench.view.filter_sessions import passing
from workbench.view.sessions import SessionLine
from workbench.view.source import SessionSource
from workbench.view.sparks import Sparks
from workbench.view.text import shown
from workbench.widgets.bar import Bar
from workbench.widgets.prompt import Prompt
from workbench.widgets.session_list import SessionList

if TYPE_CHECKING:
    from workbench.view.shelf import News, Shelf

FIRST_BATCH_SECONDS, BATCH_SECONDS = 0.1, 0.5
LOOK_SECONDS = 0.3
FILTER_HINT = "words, or model:opus errors>3 cost>1 took>5m started>2026-05 is:live -words"
LOOK_SHARE = 20
"""After a look that took long, none for so many times as long."""


class SessionsScreen(LaneScreen):
    """Every session in a store."""

    BINDINGS: ClassVar[list[BindingType]] = list(keys.bindings("sessions"))

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.lines: list[SessionLine] = []
        self.words = ""
        """What the list is filtered by."""
        self.order = listing.NEWEST
        self._typed = self._wrong = ""
        self._reading = False
        self._touched = False
        self._said = ""
        self._shelf: Shelf | None = None
        self._looking = False
        self._look_due = 0.0

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        yield Bar(id="location", classes="bar")
        yield Bar(id="heading", margin=0)
        yield SessionList(id="list")
        yield Prompt(id="status", classes="bar")

    def on_mount(self) -> None:
        """Begin to read."""
        self._reads, self._opens = self.lane("sessions"), self.lane("open")
        self.list = self.query_one(SessionList)
        self.list.moved = self._moved
        self._sparks = Sparks(self.store)
        self._sparks.start(self.lane("sparks"), self.list.redraw)
        self.list.density = self._sparks.of
        self.prompt = self.query_one(Prompt).giving_back_to(self.list)
        self.list.focus()
        self.reload()
        self.set_interval(LOOK_SECONDS, self._tick)

    def on_screen_resume(self) -> None:
        """Back from a session, which may have grown."""
        opened = self.list.chosen
        if self.lines and not self._reading and opened is not None:
            self._reads.run(partial(self._look_at, opened.session_id), self._came)

    def _look_at(self, session_id: str) -> News:
        from workbench.view.shelf import News

        try:
            return News([self._known_shelf().line(session_id)], frozenset())
        except SessionNotFound:
            return News([], frozenset({session_id}))

    def on_resize(self) -> None:
        """The bars are made for a width."""
        self.describe()

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def reload(self) -> None:
        """Read every session's manifest, and show them as they come."""
        self._reading = True
        first = not self.lines

        def read() -> list[SessionLine]:
            found: list[SessionLine] = []
            due = monotonic() + FIRST_BATCH_SECONDS
            for line in self._known_shelf().lines():
                if self._reads.closed:
                    break
                found.append(line)
                if first and monotonic() > due:
                    self.deliver(partial(self._show, list(found)))
                    due = monotonic() + BATCH_SECONDS
            return found

        self._reads.run(read, self._all_read)

    def _known_shelf(self) -> Shelf:
        """The shelf. On the lane only: what it needs takes a moment to import, and the first paint does without."""
        if self._shelf is None:
            from workbench.view.shelf import Shelf

            self._shelf = Shelf(self.store)
        return self._shelf

    def _all_read(self, lines: list[SessionLine]) -> None:
        self._reading = False
        self._show(lines)

    def _tick(self) -> None:
        """See what came, changed or went; one look at a time, and not for long together."""
        if self._reading or self._looking or not self.is_current or monotonic() < self._look_due:
            return
        self._looking = True

        def look() -> News | None:
            begun = monotonic()
            try:
                return self._known_shelf().news()
            finally:
                self._look_due = monotonic() + LOOK_SHARE * (monotonic() - begun)

        def seen(news: News | None) -> None:
            self._looking = False
            if news is not None:
                self._came(news)

        self._reads.run(look, seen)

    def failed(self, error: Exception) -> None:
        """See `LaneScreen`."""
        self._looking = self._reading = False
        super().failed(error)

    def _came(self, news: News) -> None:
        """Put what is new among the others; the cursor stays with its session."""
        fresh = {line.session_id for line in news.lines} | news.gone
        kept = [line for line in self.lines if line.session_id not in fresh]
        self._show([*kept, *news.lines])

    def _show(self, lines: list[SessionLine]) -> None:
        self.lines = listing.in_order(lines, self.order)
        self._filter()

    def _filter(self) -> None:
        self.list.show_lines(passing(self.lines, self.words), stay=self._touched)
        self._touched = self._touched or not self._reading
        if self._reading:
            self.list.empty = []
        elif self.lines:
            self.list.empty = [
                ("No session has these words. ", "muted"),
                ("esc", "accent"),
                (" shows all again.", "muted"),
            ]
        else:
            self.list.empty = [
                ("No sessions yet. ", "text"), ("workbench demo", "accent"), (" shows some; ", "muted"),
                ("workbench import PATH", "accent"), (" brings in yours.", "muted"),
            ]  # fmt: skip
        self.describe()

    # ── saying ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def describe(self) -> None:
        """The lines above and below the list."""
        if not self.is_mounted:
            return
        number = words.count(len(self.lines), "session")
        if self.words:
            number = f"{len(self.list.lines):,} of {number}"
        reading = [("reading …  ", "muted")] if self._reading else []
        self.query_one("#location", Bar).show(
            [("sessions", "strong"), (f"   {shown(str(self.store.root))}", "faint")], [*reading, (number, "muted")]
        )
        cells = self.list.line_cells
        self.query_one("#heading", Bar).show(listing.heading(cells, self.order))
        left = [(self._said, "error")] if self._said else [(f"/{self.words}", "accent")] if self.words else []
        room = self.size.width - 4 - sum(len(text) for text, _ in left)
        self.query_one("#status", Bar).show(left, [(keys.footer(room, "move", "sessions", "app"), "faint")])

    def say(self, words: str, role: str = "text") -> None:
        """See `LaneScreen`."""
        self._said = words
        self.describe()

    # ── doing ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _moved(self, by_hand: bool) -> None:
        """From now on the cursor stays with its session."""
        self._touched = self._touched or by_hand
        if self._said:
            self.say("")

    def on_line_list_chosen(self) -> None:
        """A line was clicked twice."""
        self.action_open()

    def action_open(self) -> None:
        """Open the session under the cursor."""
        chosen = self.list.chosen
        if chosen is not None:
            self._touched = True
            self._opens.run(lambda: SessionSource(self.store, chosen.session_id), self._opened)

    def _opened(self, source: SessionSource) -> None:
        from workbench.screens.session import SessionScreen

        self.app.push_screen(SessionScreen(source))

    def action_filter(self) -> None:
        """Ask for words."""
        self.query_one(Prompt).ask("filter", "/", FILTER_HINT, self._typed)

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Filter while words are typed; the one that is being typed counts as soon as it makes sense."""
        self._typed, self._wrong = message.text.strip(), ""
        for text in (self._typed, self._typed.rpartition(" ")[0], ""):
            try:
                passing((), text)
            except FilterError as error:
                self._wrong = self._wrong or shown(str(error))
            else:
                self.words = text
                break
        self._filter()

    def on_prompt_answered(self, message: Prompt.Answered) -> None:
        """What makes no sense is said."""
        self.say(self._wrong)

    def on_prompt_given_up(self) -> None:
        """The filter goes."""
        self.action_clear()

    def action_clear(self) -> None:
        """Show all sessions."""
        self.words = self._said = self._typed = ""
        self._filter()
        self.list.focus()

    def action_sort(self) -> None:
        """By the next column."""
        self._sort(self.order.next(self.list.line_cells))

    def action_reverse(self) -> None:
        """The other way round."""
        self._sort(self.order._replace(upward=not self.order.upward))

    def _sort(self, order: listing.Order) -> None:
        """In another order, from its top."""
        self.order, self._touched = order, False
        self._show(self.lines)

    def action_reload(self) -> None:
        """Read again."""
        self.reload()

    def action_quit(self) -> None:
        """Leave the app."""
        self.app.exit()
