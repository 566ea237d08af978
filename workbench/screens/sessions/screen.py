"""The list of sessions. It paints at once and fills as manifests are read; what arrives never moves the cursor."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from runtime.store import Store
from workbench import keys
from workbench.screens.lane_screen import LaneScreen
from workbench.screens.sessions.gathering import Gathering
from workbench.screens.sessions.narrowing import Narrowing
from workbench.screens.sessions.picking import Picking
from workbench.screens.welcoming import Welcoming
from workbench.view import words
from workbench.view.session.source import SessionSource
from workbench.view.sessions import listing
from workbench.view.sessions.forest import foldable, forest
from workbench.view.sessions.listing import SessionLine
from workbench.view.sessions.sparks import Sparks
from workbench.view.text import Line, line_width, shown
from workbench.widgets.bar import Bar
from workbench.widgets.prompt import Prompt
from workbench.widgets.session_list import SessionList

if TYPE_CHECKING:
    from workbench.kept.remembered import Remembered
    from workbench.view.palette import Offer
    from workbench.view.sessions.shelf import News

LOOK_SECONDS = 0.3
WIDE_CELLS = 10_000
"""Room for every column."""
NO_SESSIONS: Line = [
    ("No sessions yet. ", "text"), ("workbench demo", "accent"), (" shows some; ", "muted"),
    ("workbench import PATH", "accent"), (" brings in yours.", "muted"),
]  # fmt: skip

NOT_YET: Line = [("Sessions appear here as they come.", "muted")]


class SessionsScreen(LaneScreen):
    """Every session in a store."""

    BINDINGS: ClassVar[list[BindingType]] = list(keys.bindings("sessions"))

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.lines: list[SessionLine] = []
        self.order = listing.NEWEST
        self._touched = False
        self._said, self._said_role = "", "text"
        self._folded: set[str] = set()

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        yield Bar(id="location", classes="bar")
        yield Bar(id="heading", margin=0)
        yield SessionList(id="list")
        yield Prompt(id="status", classes="bar")

    def on_mount(self) -> None:
        """Begin to read."""
        self.order = self._kept_order()
        self.list = self.query_one(SessionList)
        self.list.moved = self._moved
        self.gathering = Gathering(self, self.store, self._show, self._came)
        self.narrowing = Narrowing(self, self.store, self._known_better)
        self.narrowing.ordered_by(self.order)
        self.picking = Picking(self, self.store, self.list, self.describe)
        self.welcoming = Welcoming(self, self.store, self._filter, self.describe)
        self._opens = self.lane("open")
        self._sparks = Sparks(self.store)
        self._sparks.start(self.lane("sparks"), self.list.redraw)
        self.list.glimpse = self._sparks.of
        self.prompt = self.query_one(Prompt).giving_back_to(self.list)
        self.list.focus()
        self.action_reload()
        self.set_interval(LOOK_SECONDS, self._tick)

    @property
    def _remembered(self) -> Remembered:
        return self.app.remembered  # type: ignore[attr-defined, no-any-return]  # the app is ours

    def _kept_order(self) -> listing.Order:
        """The order that somebody chose the last time."""
        column = self._remembered.layout("order", listing.NEWEST.column)
        upward = self._remembered.layout("upward", listing.NEWEST.upward) is True
        known = {order.column for order in listing.Order.by_each(WIDE_CELLS)}
        return listing.Order(str(column), upward) if column in known else listing.NEWEST

    def on_screen_resume(self) -> None:
        """Back from a session, which may have grown."""
        opened = self.list.chosen
        if self.lines and opened is not None:
            self.gathering.look_at(opened.session_id)

    def on_resize(self) -> None:
        """The bars are made for a width."""
        self.describe()

    def let_go(self) -> None:
        """See `LaneScreen`."""
        self.narrowing.close()
        self.welcoming.close()
        super().let_go()

    def failed(self, error: Exception) -> None:
        """See `LaneScreen`."""
        for part in (self.gathering, self.narrowing):
            part.failed()
        super().failed(error)

    # ── what comes ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _tick(self) -> None:
        self.gathering.tick()
        self.narrowing.tick()

    def _came(self, news: News) -> None:
        """Put what is new among the others; the cursor stays with its session."""
        fresh = {line.session_id for line in news.lines} | news.gone
        self.lines = [line for line in self.lines if line[0] not in fresh]
        listing.put_in_order(self.lines, news.lines, self.order, self.narrowing.courses)
        self.picking.selection.changed(news.lines, news.gone)
        self.narrowing.came(fresh)
        self._filter()

    def _show(self, lines: list[SessionLine]) -> None:
        self.lines = listing.in_order(lines, self.order, self.narrowing.courses)
        self._filter()

    def _known_better(self) -> None:
        """Other sessions pass, or more is known of them."""
        if self.order.column in listing.BY_COURSE:
            self._show(self.lines)
        else:
            self._filter()

    def _filter(self) -> None:
        passing, newest = self.narrowing.passing(self.lines), self.order == listing.NEWEST
        shown = forest(passing, self._folded, live_first=newest)
        self.list.show_lines(shown.lines, shown.branches, stay=self._touched)
        reading = self.gathering.reading
        self._touched = self._touched or not reading
        if not (reading or self.lines):
            self.welcoming.look()
        nothing = NO_SESSIONS if self.welcoming.arrival is None else NOT_YET
        self.list.empty = [] if reading else self.narrowing.empty() if self.lines else nothing
        self.describe()

    # ── saying ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def describe(self) -> None:
        """The lines above and below the list."""
        if not self.is_mounted:
            return
        number = words.count(len(self.lines), "session")
        if self.narrowing.words:
            number = f"{len(self.list.lines):,} of {number}"
        state = "reading …  " if self.gathering.reading else "asking …  " if self.narrowing.waits else ""
        state = state or self.welcoming.words()
        self.query_one("#location", Bar).show(
            [("sessions", "strong"), (f"   {shown(str(self.store.root))}", "faint")],
            [(state, "muted"), (number, "muted")] if state else [(number, "muted")],
        )
        self.query_one("#heading", Bar).show(listing.heading(self.list.line_cells, self.order))
        left = self._status()
        room = self.size.width - 4 - line_width(left)
        self.query_one("#status", Bar).show(left, [(keys.footer(room, "move", "sessions", "app"), "faint")])

    def _status(self) -> Line:
        """What was said; else the filter and the selection."""
        if self._said:
            return [(self._said, self._said_role)]
        filtered: Line = [(f"/{shown(self.narrowing.words)}", "accent")] if self.narrowing.words else []
        selected = self.picking.selection.words()
        return [*filtered, ("   ", ""), *selected] if filtered and selected else filtered or selected

    def say(self, words: str, role: str = "text") -> None:
        """See `LaneScreen`."""
        self._said, self._said_role = words, role
        self.describe()

    # ── doing ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _moved(self, by_hand: bool) -> None:
        """From now on the cursor stays with its session."""
        self._touched = self._touched or by_hand
        if self._said and by_hand:
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

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Filter while words are typed."""
        if message.about == "filter":
            self.narrowing.typed(message.text)

    def on_prompt_answered(self, message: Prompt.Answered) -> None:
        """What was asked for."""
        if message.about == "filter":
            self.narrowing.answered()
        else:
            self.picking.answered(message.text)

    def on_prompt_given_up(self) -> None:
        """The filter goes; anything else is as if it had not been asked."""
        if self.picking.asking:
            self.picking.asking = False
        else:
            self.action_clear()

    def action_filter(self) -> None:
        """See `workbench.keys`, as for all that follow."""
        self.narrowing.ask()

    def action_facets(self) -> None:
        self.narrowing.facets(lambda: self.list.lines)

    def action_only_this(self) -> None:
        from workbench.view.filter.facets_sessions import like

        chosen = self.list.chosen
        if chosen is not None:
            self.narrowing.also(like(chosen, self.order.column))

    def action_clear(self) -> None:
        """One thing at a time: what is being written, the filter, the selection."""
        stopped = self.picking.writing.stop() or self.welcoming.stop()
        self._said = ""
        if self.narrowing.words or self.narrowing.waits:
            self.narrowing.clear()
        elif not stopped:
            self.picking.clear()
        self.describe()
        self.list.focus()

    def action_select(self) -> None:
        self.picking.select()

    def action_select_all(self) -> None:
        self.picking.select_all()

    def action_yank(self) -> None:
        self.picking.copy_ids()

    def action_hand_over(self) -> None:
        self.picking.ask()

    def action_fold(self) -> None:
        """Fold the forks of this session, or of the one it was forked from; or unfold them."""
        chosen = self.list.chosen
        parent = foldable(self.lines, chosen) if chosen is not None else ""
        if not parent:
            self.say("this session has no forks, and is none")
            return
        self._folded ^= {parent}
        self._touched = True
        self._filter()
        self.list.put_cursor(next((at for at, line in enumerate(self.list.lines) if line[0] == parent), 0))

    def offers(self, typed: str) -> list[Offer]:
        """See `Offering`: the list in the order of any column."""
        from workbench.view.palette import Command, Offer

        return [
            Offer(
                Command(
                    f"sort by {order.column}", "in the order of this column",
                    why_not="it is in this order" if order.column == self.order.column else "",
                ),
                partial(self._sort, order),
            )
            for order in listing.Order.by_each(self.list.line_cells)
        ]  # fmt: skip

    def action_sort(self) -> None:
        self._sort(self.order.next(self.list.line_cells))

    def action_reverse(self) -> None:
        self._sort(self.order._replace(upward=not self.order.upward))

    def _sort(self, order: listing.Order) -> None:
        """In another order, from its top."""
        self.order, self._touched, self._said = order, False, ""
        self._remembered.arrange("order", order.column)
        self._remembered.arrange("upward", order.upward)
        self.narrowing.ordered_by(order)
        self._show(self.lines)

    def action_bring_in(self) -> None:
        self.welcoming.ask()

    def action_reload(self) -> None:
        self.welcoming.look_again()
        self.gathering.begin(first=not self.lines)

    def action_quit(self) -> None:
        self.app.exit()
