"""Two events of a session beside each other: what they are, and their payloads line by line."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType

from runtime.reader import LogReader
from workbench import keys
from workbench.screens.hand_out import HandOut
from workbench.screens.lane_screen import LaneScreen
from workbench.view import words
from workbench.view.comparing.events import TwoEvents, columns_apart, read_both, told
from workbench.view.comparing.texts import Drawn, Pair, as_text, differences, drawn
from workbench.view.session.source import SessionSource
from workbench.view.text import Line, Span, line_width
from workbench.widgets.bar import Bar
from workbench.widgets.text_pane import TextPane

EDGE_CELLS = 3
"""Of the screen's width: what the pane keeps free at its ends, and its scroll bar."""
HERE: Span = ("▌", "accent")


class ComparePayloads(LaneScreen):
    """Reads and compares on a lane; leaving it ends that."""

    BINDINGS: ClassVar[list[BindingType]] = list(keys.bindings("compare"))

    def __init__(self, source: SessionSource, left: int, right: int, why: str) -> None:
        """Events ``left`` and ``right``, and in words why these two."""
        super().__init__()
        self._source, self._seqs, self._why = source, (left, right), why
        self._reader: LogReader | None = None
        self._both: TwoEvents | None = None
        self._pairs: list[Pair] = []
        self._drawn = Drawn([], [])
        self._raw = False
        self._errand = 0
        self._place = 0
        self._top = 0
        """Where the pane was scrolled to when a difference was last gone to: whoever scrolls on goes on from there."""
        self._said: Line = []

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        yield Bar(id="location", classes="bar")
        yield Bar(id="left")
        yield Bar(id="right")
        yield Bar(id="apart")
        yield TextPane(id="diff")
        yield Bar(id="status", classes="bar")

    def on_mount(self) -> None:
        """Read both events."""
        self.pane = self.query_one(TextPane)
        self.pane.wrap, self.pane.first_cell = False, self._first_cell
        self.pane.show_lines([[("comparing …", "muted")]])
        self.pane.focus()
        self.query_one("#location", Bar).show([("compare", "strong"), (f"   {self._why}", "muted")])
        self._work, self._out = self.lane("compare"), HandOut(self, self.lane("out"))
        self._compare()

    def let_go(self) -> None:
        """See `LaneScreen`."""
        self._errand += 1
        self._work.close(lambda: self._reader.close() if self._reader is not None else None)
        super().let_go()

    def on_resize(self, event: events.Resize) -> None:
        """Lines are made for a width."""
        if self._both is not None:
            self._compare(stay=True)

    def _compare(self, stay: bool = False) -> None:
        """Draw them, as they are to be shown now."""
        self._errand += 1
        errand, raw, cells = self._errand, self._raw, max(20, self.size.width - EDGE_CELLS)
        signs = self.app.no_color

        def work() -> tuple[TwoEvents, list[Pair], Drawn] | None:
            if errand != self._errand:
                return None
            if self._reader is None:
                self._reader = self._source.store.reader(self._source.session_id)
            both = self._both or read_both(self._reader, *self._seqs)
            pairs = both.pairs(raw, lambda: errand == self._errand)
            return both, pairs, drawn(pairs, cells, signs=signs)

        self._work.run(work, lambda found: self._show(*found, stay=stay) if found and errand == self._errand else None)

    def _show(self, both: TwoEvents, pairs: list[Pair], finished: Drawn, *, stay: bool) -> None:
        self._both, self._pairs, self._drawn = both, pairs, finished
        left, right, start = both.left.row, both.right.row, self._source.start_us
        self.query_one("#left", Bar).show(told(left, "-", start))
        self.query_one("#right", Bar).show(told(right, "+", start))
        apart = columns_apart(left, right, self._source.threads)
        gap = ""
        if left.time_us is not None and right.time_us is not None:
            gap = f"{words.duration(abs(right.time_us - left.time_us))} apart"
        self.query_one("#apart", Bar).show(
            [("  ", ""), (apart or "the same in every column", "muted")], [(gap, "faint")]
        )
        lines = finished.lines if finished.places else [[("The payloads say the same.", "muted")]]
        self.pane.show_lines(lines, escaped=False, stay=stay)
        if not stay and finished.places:
            self._go(0)
        self._describe()

    def _first_cell(self, line: int) -> Span:
        """What stands before a line: the difference that was gone to stands out."""
        places = self._drawn.places
        here = places and places[self._place][0] <= line < places[self._place][1]
        return HERE if here else (" ", "")

    def _describe(self) -> None:
        left = list(self._said)
        if not left and self._both is not None:
            total, places = differences(self._pairs), len(self._drawn.places)
            place = f"difference {self._place + 1:,} of {total:,}" if places else "no difference"
            left = [(place, "muted"), (f"   {'JSON, keys in order' if self._is_raw else 'as text'}", "faint")]
            left += [(f"   {self._both.cut}", "warning")] if self._both.cut else []
        room = max(0, self.size.width - 4 - line_width(left))
        self.query_one("#status", Bar).show(left, [(keys.footer(room, "compare", "app"), "faint")])

    @property
    def _is_raw(self) -> bool:
        return self._raw or (self._both is not None and not self._both.has_text)

    def say(self, words: str, role: str = "text") -> None:
        """See `LaneScreen`."""
        self._said = [(words, role)] if words else []
        if self._both is None:  # they could not even be read
            self.pane.show_lines([[(words, role)]], escaped=False)
        self._describe()

    def _go(self, place: int) -> None:
        places = self._drawn.places
        self._place = place % len(places)
        last = max(0, len(self._drawn.lines) - self.pane.height)
        self.pane.show_from(min(last, max(0, places[self._place][0] - self.pane.height // 4)))
        self.pane.redraw()
        self._top, self._said = self.pane.scroll_offset.y, []
        self._describe()

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_next_difference(self) -> None:
        """To the next difference; of where somebody has scrolled to."""
        self._step(1)

    def action_previous_difference(self) -> None:
        """To the one before."""
        self._step(-1)

    def _step(self, step: int) -> None:
        places, top = self._drawn.places, self.pane.scroll_offset.y
        if not places:
            self.say("they do not differ")
            return
        if top == self._top:
            self._go(self._place + step)
            return
        beyond = [place for place, (begin, _) in enumerate(places) if (begin >= top if step > 0 else begin < top)]
        self._go(beyond[0 if step > 0 else -1] if beyond else 0 if step > 0 else -1)

    def action_raw(self) -> None:
        """As people read them, or as JSON with its keys in order."""
        if self._both is not None and not self._both.has_text:
            self.say("there is only the raw payload of at least one of them")
            return
        self._raw, self._said = not self._raw, []
        self._compare()

    def action_yank(self) -> None:
        """Copy all differences, secrets masked."""
        pairs, (left, right) = self._pairs, self._seqs
        if not differences(pairs):
            self.say("there is no difference to copy")
            return
        self._out.copy("comparison", lambda: as_text(pairs), f"compared_{left}_{right}.diff")

    def action_back(self) -> None:
        """Back to the session."""
        self.dismiss()
