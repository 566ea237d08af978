"""One session: where one is, its events, and the payload of the one under the cursor.

    ┌ where: sessions › title › thread › turn › event                           errors, state ┐
    │ events, one line each                        │ payload of the event under the cursor    │
    └ position, or what was just said                                      what can be done ──┘

Narrow terminals put the payload below the list; very small ones show the list alone.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType

from workbench import keys
from workbench.screens.sifting import Sifting
from workbench.screens.timeline_screen import TimelineScreen
from workbench.view import words
from workbench.view.events import heading
from workbench.view.finder import Finder
from workbench.view.follow import Follow
from workbench.view.location import badge, breadcrumb, position
from workbench.view.source import Pulse, SessionSource
from workbench.view.text import Line, line_width
from workbench.widgets.bar import Bar
from workbench.widgets.covered import Covered
from workbench.widgets.event_list import EventList
from workbench.widgets.payload_pane import PayloadPane
from workbench.widgets.prompt import Prompt
from workbench.widgets.text_pane import TextPane
from workbench.widgets.timeline import TimelineBar

TICK_SECONDS = 0.1
QUIET_TICKS = 5
"""A session that nobody writes to is looked at once in so many ticks."""
FLOODED_TICKS = 4
"""While more events come than fit in the list, the payload is renewed once in so many ticks."""

STACKED_BELOW_CELLS = 100
ALONE_BELOW = (60, 15)


class SessionScreen(TimelineScreen):
    """A window on one session's log."""

    BINDINGS: ClassVar[list[BindingType]] = list(keys.bindings("session"))

    def __init__(self, source: SessionSource, seq: int | None = None) -> None:
        super().__init__(source)
        self.start_seq = max(0, source.count - 1) if seq is None else seq
        pulse = source.pulse
        self.follow = Follow(source.count, live=pulse.writer, in_turn=pulse.in_turn)
        self.finder = Finder(source.store, source.session_id)
        self.sifting = Sifting(self)
        self._ticks = 0
        self._flooded = False
        self._said: Line = []
        self._searched = ""

    def compose(self) -> ComposeResult:
        """The parts; `on_resize` says how they stand to each other."""
        yield Bar(id="location", classes="bar")
        yield TimelineBar(id="timeline")
        with Covered(id="panes"):
            with Covered(id="events"):
                yield Bar(id="heading", margin=0)
                yield EventList(self.source, id="list")
            yield PayloadPane(id="payload")
        yield Prompt(id="status", classes="bar")

    def on_mount(self) -> None:
        """Have what the first paint needs, then everything else."""
        self.list, self.raw = self.query_one(EventList), self.query_one(TextPane)
        self.prompt = self.query_one(Prompt).giving_back_to(self.list)
        self.source.start(self.lane("rows"), self.list.rows_came)
        self.start_timeline()
        self.finder.start(self.lane("find"), self._found, self._progress)
        self.start_payload()
        self.source.prepare(self.start_seq)
        self.sifting.start()
        self.finder.replaced(self.source.standing)
        self.list.grow(to_last=False)
        self.list.put_seq(self.start_seq, by_hand=False)
        if self.list.cursor < self.list.count - 1:
            self.follow.hold()
        self.list.moved, self.list.looked_up = self._moved, self._looked_up
        self.list.focus()
        self._want_payload()
        self.describe()
        self._timer = self.set_interval(TICK_SECONDS, self._tick)
        self.call_after_refresh(self._learn_threads, 0)

    def let_go(self) -> None:
        """See `LaneScreen`."""
        self._timer.stop()
        self.finder.close()
        self.leafing.close()
        self.sifting.close()
        self.source.close()

    def on_resize(self, event: events.Resize) -> None:
        """Side by side, one above the other, or the list alone."""
        cells, lines = event.size
        alone = cells < ALONE_BELOW[0] or lines < ALONE_BELOW[1]
        self.set_class(alone, "-alone")
        self.set_class(cells < STACKED_BELOW_CELLS and not alone, "-stacked")
        self.timeline.stand(cells, lines)
        if alone and self.raw.has_focus:
            self.list.focus()
        self.call_after_refresh(self.describe)

    # ── what stands around the panes ─────────────────────────────────────────────────────────────────────────────────

    def describe(self) -> None:
        """The lines above and below."""
        seq = self.list.seq
        row = self.source.row(seq)
        right = badge(self.follow, self.source.pulse.errors)
        cells = self.size.width - 4 - line_width(right)
        where = breadcrumb(self.source.manifest, row, self.source.threads, cells)
        self.query_one("#location", Bar).show(where, right)
        self.query_one("#heading", Bar).show(heading(self.list.layout_now))
        self.timeline.mark(seq, self.finder.search)
        left = (
            self._said
            or [*self.sifting.words(), *self.finder.words(seq)]
            or [(position(seq, self.source.count), "muted")]
        )
        room = max(0, self.size.width - 4 - line_width(left))
        self.query_one("#status", Bar).show(left, [(keys.footer(room, "move", "session", "app"), "faint")])

    def say(self, words: str, role: str = "text") -> None:
        """See `LaneScreen`."""
        self._said = [(words, role)] if words else []
        self.describe()

    # ── events and payload ───────────────────────────────────────────────────────────────────────────────────────────

    def _moved(self, by_hand: bool) -> None:
        """Another event: its payload, and whether this still follows."""
        if by_hand:
            self._said = []
            self._follow_if_last()
        self._want_payload()
        self.describe()

    def _follow_if_last(self) -> None:
        """Whoever goes to the last event follows; whoever goes anywhere else does not."""
        if self.list.cursor >= self.list.count - 1:
            self.follow.resume()
        else:
            self.follow.hold()

    def _looked_up(self) -> None:
        """The wheel went up: nothing may move under the eye now."""
        self.follow.hold()
        self.describe()

    def on_line_list_chosen(self) -> None:
        """A line was clicked twice."""
        self.raw.focus()

    def _want_payload(self) -> None:
        """Show the payload under the cursor."""
        if not (self._flooded and self._ticks % FLOODED_TICKS):  # then a page goes by in a tick: nobody reads each
            self.leafing.want(self.list.seq)

    @property
    def at(self) -> int:
        """See `PayloadScreen`."""
        return self.list.seq

    @property
    def needle(self) -> str:
        """See `PayloadScreen`."""
        return self.finder.needle

    def go_to_found(self, seq: int | None, words: str) -> None:
        """See `PayloadScreen`."""
        self._found(seq, words)
        if seq is not None and self.list.seq != self.source.standing.latest(seq):
            self.say(f"the filter does not let event {seq:,} through")

    # ── what is new ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _tick(self) -> None:
        self._ticks += 1
        if self.follow.live or self._ticks % QUIET_TICKS == 0:
            self.source.look(self._seen)

    def _seen(self, pulse: Pulse) -> None:
        before = self.list.events
        self._flooded = pulse.count - before > self.list.height
        self.follow.live, self.follow.in_turn, self.follow.deleted = pulse.writer, pulse.in_turn, pulse.deleted
        if pulse.count > before:
            to_last = self.follow.grown(pulse.count)
            if not self.sifting.grown(pulse):
                if pulse.standing is not self.list.standing:
                    self.follow.gone = pulse.standing.gone_from(self.follow.seen)
                    self.finder.replaced(pulse.standing)
                self.list.grow(to_last=to_last)
            self._learn_threads(before)
        self.timeline.look(calm=self._flooded and bool(self._ticks % FLOODED_TICKS))
        self._want_payload()  # not only when the list says that its cursor moved: one frame instead of two
        self.describe()

    def _learn_threads(self, start: int) -> None:
        self.source.learn_threads(start, self.source.count, self._threads_known)

    def _threads_known(self) -> None:
        if len(self.source.threads) > 1:  # one alone is not shown
            self.timeline.stand(*self.size)
            self.list.redraw()
            self.describe()

    def action_follow(self) -> None:
        """Follow, or hold still."""
        if not self.follow.live:
            self.say("nobody writes to this session now: there is nothing to follow")
        elif self.follow.at_tail:
            self.follow.hold()
            self.describe()
        else:
            self.list.move_to_end(last=True)
            self.follow.resume()
            self.describe()

    # ── finding ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _found(self, seq: int | None, words: str) -> None:
        """The finder has an answer: an event to go to, or why there is none."""
        if seq is not None:
            self._jump_to(seq)
        self.say(words)

    def _jump_to(self, seq: int) -> None:
        self.source.bring(seq)
        self.list.put_seq(seq, by_hand=False)
        self._follow_if_last()

    def _progress(self) -> None:
        """A search has come further."""
        if self.list.hits is not self.finder.search:
            self.list.hits = self.finder.search if self.finder.search is not None else ()
            self.leafing.forget()
            self._want_payload()
        self.list.refresh()
        self.describe()

    def action_next_error(self) -> None:
        """To the next event that is an error."""
        self.finder.error(self.list.seq, 1)

    def action_previous_error(self) -> None:
        """To the error before."""
        self.finder.error(self.list.seq, -1)

    def action_next_turn(self) -> None:
        """To the next turn."""
        self.finder.turn(self.list.seq, 1)

    def action_previous_turn(self) -> None:
        """To this turn's beginning, then the one before."""
        self.finder.turn(self.list.seq, -1)

    def action_search(self) -> None:
        """Ask what to look for."""
        self.query_one(Prompt).ask("search", "/", "text to find in this session's payloads", self._searched)

    def action_go(self) -> None:
        """Ask where to go."""
        self.query_one(Prompt).ask("go", ":", "the number of an event to go to", only="0123456789,")

    def on_prompt_answered(self, message: Prompt.Answered) -> None:
        """Go there; or look for it, from the cursor on."""
        self._said = []
        if message.about == "go":
            self._go_to(message.text)
        elif message.about == "pipe":
            self.out.pipe(self.payload.sheet, message.text)
        elif message.about == "filter":
            self.sifting.answered(message.text)
        else:
            self._searched = message.text
            self.finder.look_for(message.text, self.list.seq)

    def _go_to(self, text: str) -> None:
        """To the event with this number; where there is none, to the last one."""
        digits, last = text.replace(",", "")[:18], self.source.count - 1
        if not digits or last < 0:
            self.describe()
            return
        wanted = int(digits)
        seq = self.source.standing.latest(min(wanted, last))
        self._jump_to(seq)
        if wanted > last:
            self.say(f"there is no event {words.number(wanted)}: this is the last one")
        elif wanted != seq:
            self.say(f"event {words.number(wanted)} was replaced by this one")
        elif seq != self.list.seq:
            self.say(f"the filter does not let event {words.number(wanted)} through")
        else:
            self.describe()

    def action_filter(self) -> None:
        """Ask what to show."""
        self.sifting.ask()

    def action_facets(self) -> None:
        """Show what there is to filter by."""
        self.sifting.facets()

    def action_only_this(self) -> None:
        """Show only what is like the event under the cursor."""
        self.sifting.to_this()

    def shown_anew(self) -> None:
        """The list shows other events."""
        self._want_payload()
        self.describe()

    def action_next_hit(self) -> None:
        """To the next event that has what was searched for."""
        self.finder.hit(self.list.seq, 1)

    def action_previous_hit(self) -> None:
        """To the one before."""
        self.finder.hit(self.list.seq, -1)

    def scrub_to(self, seq: int) -> None:
        """See `TimelineScreen`; where the event has no line, to the next that has."""
        self.list.put_cursor(self.list.standing.line(seq))

    # ── panes ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_pane(self) -> None:
        """To the other pane."""
        if self.has_class("-alone"):
            self.say("this terminal is too small for the payload")
        elif self.raw.has_focus:
            self.list.focus()
        else:
            self.raw.focus()

    def action_wrap(self) -> None:
        """Wrap the payload's long lines, or not."""
        self.raw.toggle_wrap()

    def action_back(self) -> None:
        """End what is under way, step by step; then back to the sessions."""
        if self.finder.search is not None:
            self.finder.forget()
        elif self.sifting.on:
            self.sifting.clear()
        elif self.raw.has_focus:
            self.list.focus()
        else:
            self.app.go_back(self)  # type: ignore[attr-defined]  # the app is ours
