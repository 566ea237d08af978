"""The frame of a session's screen.

    ┌ where: sessions › title › thread › turn › event                           errors, state ┐
    │ the timeline                                                                             │
    │ events, one line each                        │ payload of the event under the cursor    │
    └ position, or what was just said                                      what can be done ──┘

Narrow terminals put the payload below the list; very small ones show the list alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType

from workbench import keys
from workbench.screens.lane_screen import LaneScreen
from workbench.screens.session.arranging import Arranging
from workbench.screens.session.finding import Finding
from workbench.screens.session.following import Following
from workbench.screens.session.grouping import Grouping
from workbench.screens.session.marking import Marking
from workbench.screens.session.noticing import Noticing
from workbench.screens.session.part import Part
from workbench.screens.session.picturing import Picturing
from workbench.screens.session.playing import Playing
from workbench.screens.session.reading import Reading
from workbench.screens.session.returning import Returning
from workbench.screens.session.scrubbing import Scrubbing
from workbench.screens.session.sharing import Sharing
from workbench.screens.session.sifting import Sifting
from workbench.screens.session.zooming import ALONE, Zooming
from workbench.view.session.event_lines import heading
from workbench.view.session.location import badge, breadcrumb, position
from workbench.view.session.source import SessionSource
from workbench.view.text import Line, line_width
from workbench.view.words import SECOND_US
from workbench.widgets.bar import Bar
from workbench.widgets.covered import Covered
from workbench.widgets.event_list import EventList
from workbench.widgets.payload_pane import PayloadPane
from workbench.widgets.prompt import Prompt
from workbench.widgets.timeline import TimelineBar

if TYPE_CHECKING:
    from workbench.kept.settings import Settings
    from workbench.view.palette import Offer

STACKED_BELOW_CELLS = 100
ALONE_BELOW = (60, 15)
HISTORIES = {"/": "search", "&": "filter", "|": "command"}
"""By sign, what answers are remembered as."""


class SessionScreen(LaneScreen):
    """A window on one session's log."""

    BINDINGS: ClassVar[list[BindingType]] = list(keys.bindings("session"))

    def __init__(self, source: SessionSource, seq: int | None = None, needle: str = "", sifted: str = "") -> None:
        """With the cursor on event ``seq`` or on the last; ``needle`` is searched for from there on; only what passes
        the filter ``sifted`` is shown."""
        super().__init__()
        self.source = source
        self.start_seq = max(0, source.count - 1) if seq is None else seq
        self.following = Following(self)
        self.finding = Finding(self, needle)
        self.sifting = Sifting(self, sifted)
        self.reading = Reading(self)
        self.picturing = Picturing(self)
        self.scrubbing = Scrubbing(self)
        self.marking = Marking(self)
        self.grouping = Grouping(self)
        self.playing = Playing(self)
        self.noticing = Noticing(self)
        self.sharing = Sharing(self)
        self.zooming = Zooming(self)
        self.arranging = Arranging(self)
        self.returning = Returning(self, asked=seq is not None)
        self.parts: tuple[Part, ...] = (
            self.playing, self.following, self.finding, self.sifting, self.reading, self.picturing, self.scrubbing,
            self.marking, self.grouping, self.sharing, self.zooming, self.arranging, self.returning, self.noticing,
        )  # fmt: skip
        """In the order in which they hear of things, and in which they are ended step by step."""
        self._said: Line = []

    def compose(self) -> ComposeResult:
        """The widgets; `on_resize` says how they stand to each other."""
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
        self.list = self.query_one(EventList)
        self.prompt = self.query_one(Prompt).giving_back_to(self.list)
        self.source.start(self.lane("rows"), self.list.rows_came)
        self.start_seq = self.returning.first(self.start_seq)
        self.source.prepare(self.start_seq)
        self.list.grow(to_last=False)
        self.list.put_seq(self.start_seq, by_hand=False)
        for part in self.parts:
            part.start()
        self.list.moved = self._moved
        self.list.focus()
        self.reading.want()
        self.describe()

    def let_go(self) -> None:
        """See `LaneScreen`."""
        for part in self.parts:
            part.close()
        self.source.close()

    def on_resize(self, event: events.Resize) -> None:
        """Side by side, one above the other, or the list alone."""
        cells, lines = event.size
        alone = cells < ALONE_BELOW[0] or lines < ALONE_BELOW[1]
        self.set_class(alone, ALONE)
        self.set_class(cells < STACKED_BELOW_CELLS and not alone, "-stacked")
        self.scrubbing.bar.stand(cells, lines)
        if alone and not self.zooming.on and self.reading.text.has_focus:
            self.list.focus()
        self.call_after_refresh(self.describe)

    # ── the cursor, which all panes share ────────────────────────────────────────────────────────────────────────────

    @property
    def at(self) -> int:
        """The seq of the event that is looked at."""
        return self.list.seq

    @property
    def stall_us(self) -> int:
        """From here on a time in which nothing happened is a stall."""
        settings: Settings = self.app.settings  # type: ignore[attr-defined]  # the app is ours
        return settings.stall_seconds * SECOND_US

    def _moved(self, by_hand: bool) -> None:
        """Another event is looked at."""
        if by_hand:
            self._said = []
        for part in self.parts:
            part.moved(by_hand)
        self.describe()

    def jump_to(self, seq: int) -> None:
        """Look at an event, however far away."""
        self.grouping.open_for(seq)
        self.source.bring(seq)
        self.list.put_seq(seq, by_hand=False)
        self.following.follow_if_last()

    def go_to(self, seq: int | None, words: str) -> None:
        """Look at an event that was found, or say why there is none."""
        if seq is not None:
            self.jump_to(seq)
        self.say(words)
        if seq is not None and self.at != self.source.standing.latest(seq):
            self.say(f"the filter does not let event {seq:,} through")

    def on_descendant_focus(self) -> None:
        """Another pane has the focus."""
        self.zooming.focused()

    def on_line_list_chosen(self) -> None:
        """A line was clicked twice."""
        self.reading.text.focus()

    # ── the lines above and below ────────────────────────────────────────────────────────────────────────────────────

    def describe(self) -> None:
        """Say where one is, and what is under way."""
        seq = self.at
        row = self.source.row(seq)
        right = self.zooming.badge() + self.playing.badge() + badge(self.following.follow, self.source.pulse.errors)
        cells = self.size.width - 4 - line_width(right)
        where = breadcrumb(self.source.manifest, row, self.source.threads, cells)
        self.query_one("#location", Bar).show(where, right)
        self.query_one("#heading", Bar).show(heading(self.list.layout_now))
        self.scrubbing.mark()
        left = self._said or [span for part in self.parts for span in part.words()]
        left = left or [(position(seq, self.source.count), "muted")]
        room = max(0, self.size.width - 4 - line_width(left))
        self.query_one("#status", Bar).show(left, [(keys.footer(room, "move", "session", "app"), "faint")])

    def say(self, words: str, role: str = "text") -> None:
        """See `LaneScreen`."""
        self._said = [(words, role)] if words else []
        self.describe()

    # ── the palette ──────────────────────────────────────────────────────────────────────────────────────────────────

    def offers(self, typed: str) -> list[Offer]:
        """See `Offering`: a number is that of an event to go to."""
        from workbench.view.palette import Command, Offer

        number = typed.strip()
        if not number or number.strip("0123456789,"):
            return []
        go = Command(f"event {number}", "go there", first=True)
        return [Offer(go, lambda: self.finding.go_to_number(number))]

    def why_not(self, id: str) -> str:
        """See `Knowing`."""
        action = next(key.action for key in keys.KEYS if key.id == id)
        return next(filter(None, (part.why_not(action) for part in self.parts)), "")

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_do(self, action: str) -> None:
        """Have the part that can do it, by its name in `workbench.keys`."""
        next(getattr(part, action) for part in (*self.parts, self) if hasattr(part, action))()

    def back(self) -> None:
        """End what is under way, step by step; then back to the sessions."""
        if not any(part.step_back() for part in self.parts):
            self.app.go_back(self)  # type: ignore[attr-defined]  # the app is ours

    def ask(self, sign: str, hint: str, then: Callable[[str], None], *, text: str = "") -> None:
        """Ask for a line of text, and do ``then`` with it; see `Prompt.ask`."""
        self._then = then
        self.query_one(Prompt).giving_back_to(self.reading.text if self.has_class("-payload") else self.list)
        self.query_one(Prompt).ask(sign, sign, hint, text, HISTORIES.get(sign, ""))

    def on_prompt_answered(self, message: Prompt.Answered) -> None:
        """What was asked for is here."""
        self._said = []
        self._then(message.text)
