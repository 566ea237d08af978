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

from runtime.event import Row
from runtime.segment import Entry
from workbench import keys
from workbench.screens.lane_screen import LaneScreen
from workbench.view import words
from workbench.view.events import heading
from workbench.view.finder import Finder
from workbench.view.follow import Follow
from workbench.view.glyphs import glyph
from workbench.view.location import badge, breadcrumb, position
from workbench.view.payload import raw_lines
from workbench.view.source import Pulse, SessionSource
from workbench.view.text import Line, line_width, shown
from workbench.widgets.bar import Bar
from workbench.widgets.covered import Covered, Framed
from workbench.widgets.event_list import EventList
from workbench.widgets.prompt import Prompt
from workbench.widgets.text_pane import TextPane

TICK_SECONDS = 0.1
QUIET_TICKS = 10
"""A session that nobody writes to is looked at once in so many ticks."""
FLOODED_TICKS = 4
"""While more events come than fit in the list, the payload is renewed once in so many ticks."""
PAYLOAD_BLINK_SECONDS = 0.008

STACKED_BELOW_CELLS = 100
ALONE_BELOW = (60, 15)


class SessionScreen(LaneScreen):
    """A window on one session's log."""

    BINDINGS: ClassVar[list[BindingType]] = list(keys.bindings("session"))

    def __init__(self, source: SessionSource, seq: int | None = None) -> None:
        super().__init__()
        self.source = source
        self.start_seq = max(0, source.count - 1) if seq is None else seq
        pulse = source.pulse
        self.follow = Follow(source.count, live=pulse.writer, in_turn=pulse.in_turn)
        self.finder = Finder(source.store, source.session_id)
        self._ticks = 0
        self._flooded = False
        self._said: Line = []
        self._searched = ""
        self._payload_seq: int | None = None
        self._payload_asked = False

    def compose(self) -> ComposeResult:
        """The parts; `on_resize` says how they stand to each other."""
        yield Bar(id="location", classes="bar")
        with Covered(id="panes"):
            with Covered(id="events"):
                yield Bar(id="heading", margin=0)
                yield EventList(self.source, id="list")
            with Framed(id="payload"):
                yield Bar(id="what")
                yield Bar(id="which")
                yield TextPane(id="raw")
        yield Prompt(id="status", classes="bar")

    def on_mount(self) -> None:
        """Have what the first paint needs, then everything else."""
        self.list, self.raw = self.query_one(EventList), self.query_one(TextPane)
        self.prompt = self.query_one(Prompt).giving_back_to(self.list)
        self.source.start(self.lane("rows"), self.list.rows_came)
        self.finder.start(self.lane("find"), self._found, self._progress)
        self.source.prepare(self.start_seq)
        self.list.empty = [("No events yet.", "muted")]
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
        self.source.close()

    def on_resize(self, event: events.Resize) -> None:
        """Side by side, one above the other, or the list alone."""
        cells, lines = event.size
        alone = cells < ALONE_BELOW[0] or lines < ALONE_BELOW[1]
        self.set_class(alone, "-alone")
        self.set_class(cells < STACKED_BELOW_CELLS and not alone, "-stacked")
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
        left = (
            self._said
            or self.finder.words(seq)
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
        """Fetch the payload under the cursor; however fast the cursor moves, one at a time."""
        seq = self.list.seq
        if self._payload_asked or seq == self._payload_seq or not self.source.count:
            return
        if self._flooded and self._ticks % FLOODED_TICKS:
            return  # more than a page a tick goes by: nobody reads each payload
        self._payload_asked = True

        def came(result: tuple[Entry, list[Line]]) -> None:
            self._payload_asked = False
            self._show_payload(seq, *result)
            self._want_payload()

        reader = self.source.reader

        def work() -> tuple[Entry, list[Line]]:
            entry = reader.entry(seq)
            return entry, raw_lines(entry.payload, entry.extra)

        future = self.source.lane.run(work, came)
        result = self.source.lane.blink(future, PAYLOAD_BLINK_SECONDS)
        if result is not None:
            self._show_payload(seq, *result)

    def _show_payload(self, seq: int, entry: Entry, lines: list[Line]) -> None:
        if seq == self._payload_seq:
            return
        self._payload_seq = seq
        row: Row | None = self.source.pages.row(seq)
        kind, role = (shown(row.type), glyph(row)[1]) if row is not None else ("", "text")
        self.query_one("#what", Bar).show([(kind, role)], [(f"seq {words.number(seq)}", "muted")])
        self.query_one("#which", Bar).show([(shown(entry.id), "faint")], [(words.size(len(entry.payload)), "faint")])
        self.raw.show_lines(lines, self.finder.needle)

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
            if pulse.standing is not self.list.standing:
                self.follow.gone = pulse.standing.gone_from(self.follow.seen)
                self.finder.replaced(pulse.standing)
            self.list.grow(to_last=to_last)
            self._learn_threads(before)
        self._want_payload()  # not only when the list says that its cursor moved: one frame instead of two
        self.describe()

    def _learn_threads(self, start: int) -> None:
        self.source.learn_threads(start, self.source.count, self._threads_known)

    def _threads_known(self) -> None:
        if len(self.source.threads) > 1:  # one alone is not shown
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
            self._payload_seq = None
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
        else:
            self.describe()

    def action_next_hit(self) -> None:
        """To the next event that has what was searched for."""
        self.finder.hit(self.list.seq, 1)

    def action_previous_hit(self) -> None:
        """To the one before."""
        self.finder.hit(self.list.seq, -1)

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
        elif self.raw.has_focus:
            self.list.focus()
        else:
            self.app.go_back(self)  # type: ignore[attr-defined]  # the app is ours
