"""Events under the model requests that made them: where the heads of groups are, and what each comes to.

    1,203 +3:12.1  ◇ request      2 tools  $0.03                          12.4k→310   2.1s
    1,204 +3:14.2  │ ▸ bash         pytest -q tests/test_io.py
    1,205 +3:14.2  │ ◆ request      claude-opus-4-5                       12.4k→310   2.1s
    1,206 +3:18.4  │ ↳ bash         1 failed, 41 passed                                4.2s

Of a head only numbers are kept, and lines stay what they are: grouping draws them otherwise. A session without model
requests is grouped under its turns.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import isnan, nan
from typing import NamedTuple

from runtime.asking.prices import cost_usd
from runtime.event import Row
from runtime.reader import LogReader
from workbench.view import words
from workbench.view.glyphs import glyph
from workbench.view.session.event_lines import DURATION_CELLS, Layout, event_line, summary_of
from workbench.view.session.find import Wanted, windows
from workbench.view.session.standing import BEYOND, Picked, Standing
from workbench.view.sessions.listing import dollars
from workbench.view.text import Line, fit, width

START, END = "span.model_request_start", "span.model_request_end"
_TOOL_USES = ("agent.tool_use", "agent.mcp_tool_use", "agent.custom_tool_use")
_COLUMNS = (
    "type", "thread_id", "turn", "time_us", "model", "duration_us", "input_tokens", "output_tokens",
    "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens",
)  # fmt: skip
_OF_A_REQUEST = ("tool_use", "tool_result", "model_request_end", "tool_confirmation")
READ_EVENTS = 16_384
"""So many at a time: of a million, what is read and let go again is never much."""
STEM, STEM_CELLS = "│ ", 2


class Totals(NamedTuple):
    """What a group comes to."""

    tools: int
    input: int
    output: int
    cost_usd: float | None
    took_us: int | None


class Heads:
    """The heads of one kind, in order, and their totals. Grows on a lane; who draws may look at any time."""

    def __init__(self) -> None:
        self.seqs = array("q")
        self._tools, self._input, self._output = array("q"), array("q"), array("q")
        self._took, self._cost = array("q"), array("d")

    def add(self, seq: int) -> int:
        """A group begins; its place."""
        for column in (self._tools, self._input, self._output):
            column.append(0)
        self._took.append(-1)
        self._cost.append(0.0)
        self.seqs.append(seq)
        return len(self.seqs) - 1

    def count_tool(self, place: int) -> None:
        """A tool was used."""
        self._tools[place] += 1

    def spent(self, place: int, input: int, output: int, cost: float | None, took_us: int | None) -> None:
        """A request ended."""
        self._input[place] += input
        self._output[place] += output
        self._cost[place] += nan if cost is None else cost
        if took_us is not None:
            self._took[place] = max(0, self._took[place]) + took_us

    def totals(self, seq: int) -> Totals | None:
        """What the group of head ``seq`` comes to; None of an event that is no head."""
        place = bisect_left(self.seqs, seq)
        if place == len(self.seqs) or self.seqs[place] != seq:
            return None
        cost, took = self._cost[place], self._took[place]
        return Totals(
            self._tools[place], self._input[place], self._output[place], None if isnan(cost) else cost,
            took if took >= 0 else None,
        )  # fmt: skip


class Groups:
    """The heads of a session."""

    def __init__(self) -> None:
        self.requests, self.turns = Heads(), Heads()
        self.known = 0
        """So many events were looked at."""
        self.changed_from = 0
        """The first head that is not what it was before the last `read`."""
        self._turn = 0
        self._under: dict[str, int] = {}
        """By thread, the request that was made last."""

    @property
    def by_turns(self) -> bool:
        """Whether there are no model requests to group by."""
        return not self.requests.seqs

    @property
    def heads(self) -> Heads:
        """Those that count."""
        return self.turns if self.by_turns else self.requests

    def read(self, reader: LogReader, count: int, wanted: Wanted = lambda: True) -> None:
        """Take in events up to ``count``."""
        import pyarrow as pa
        import pyarrow.compute as pc  # a moment to import; only who groups pays it

        kinds = pa.array([START, END, *_TOOL_USES])
        self.changed_from = BEYOND
        for low, high in windows(self.known, count, 1, READ_EVENTS):
            if not wanted():
                return
            table = reader.table(low, high, _COLUMNS)
            turns = table.column("turn").combine_chunks()
            places = pc.indices_nonzero(pc.is_in(table.column("type"), value_set=kinds))
            begins = pc.indices_nonzero(pc.not_equal(turns.slice(1), turns.slice(0, len(turns) - 1))).to_pylist()
            self._begin([0, *(place + 1 for place in begins)], turns, low)
            some = table.take(places)
            columns = [some.column(name).to_pylist() for name in _COLUMNS]
            for place, row in zip(places.to_pylist(), zip(*columns)):
                self._take(low + place, *row)
            self.known = high

    def _begin(self, places: list[int], turns: Sequence[object], low: int) -> None:
        """Where the turn is another than before, a turn begins."""
        for place in places:
            turn = turns[place].as_py()  # type: ignore[attr-defined]  # a number of Arrow's
            if turn != self._turn:
                self._turn = turn
                self.turns.add(low + place)

    def _take(
        self, seq: int, kind: str, thread: str, turn: int, time_us: int | None, model: str | None, took: int | None,
        input: int | None, output: int | None, read: int | None, write: int | None, kept: int | None,
    ) -> None:  # fmt: skip
        """A request, its end, or the use of a tool."""
        if kind == START:
            self._under[thread] = self.requests.add(seq)
            return
        place = self._under.get(thread)
        turns = bisect_right(self.turns.seqs, seq) - 1
        sums = [
            (heads, at) for heads, at in ((self.requests, place), (self.turns, turns)) if at is not None and at >= 0
        ]
        cost = cost_usd(model, time_us, input, output, read, write, kept or 0) if kind == END else None
        for heads, at in sums:
            self.changed_from = min(self.changed_from, heads.seqs[at])
            if kind == END:
                heads.spent(at, (input or 0) + (read or 0) + (write or 0), output or 0, cost, took)
            else:
                heads.count_tool(at)

    # ── which lines there are ────────────────────────────────────────────────────────────────────────────────────────

    def only_heads(self, shown: Standing) -> Picked:
        """The heads alone; of what a filter lets through, those that have something of it under them."""
        heads = self.heads.seqs
        if isinstance(shown, Picked):
            return Picked(shown, self._of(shown.between(0, BEYOND)))
        if not len(shown):
            return Picked(shown, heads)
        return Picked(shown, array("q", [seq for seq in heads if seq in shown]))

    def with_heads(self, shown: Picked) -> Picked:
        """What a filter lets through, and the heads above it."""
        more = [seq for seq in self._of(shown.between(0, BEYOND)) if seq not in shown]
        return Picked(shown, array("q", sorted([*shown.between(0, BEYOND), *more])))

    def _of(self, seqs: Sequence[int]) -> array[int]:
        """The heads that have one of these events under them, or are one."""
        heads = self.heads.seqs
        if len(seqs) < len(heads):
            places = sorted({bisect_right(heads, seq) - 1 for seq in seqs} - {-1})
            return array("q", [heads[place] for place in places])
        firsts = [bisect_left(seqs, head) for head in heads] + [len(seqs)]
        return array("q", [head for head, low, high in zip(heads, firsts, firsts[1:]) if low < high])

    # ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def line(self, row: Row, layout: Layout, before_us: int | None = None) -> Line:
        """An event's line, grouped."""
        line = event_line(row, layout, before_us)
        totals = self.heads.totals(row.seq)
        mark, _ = glyph(row)
        at = next((place for place, (text, _) in enumerate(line) if text == mark + " "), None)
        if at is None:
            return line
        if totals is not None:
            return self._head_line(row, line[: at + 2], totals, layout)
        return _under(line, at) if self._is_under(row) else line

    def _is_under(self, row: Row) -> bool:
        if self.by_turns:
            return bool(self.turns.seqs) and row.seq > self.turns.seqs[0]
        return row.type.startswith("agent.") or row.type.endswith(_OF_A_REQUEST)

    def _head_line(self, row: Row, line: Line, totals: Totals, layout: Layout) -> Line:
        """Tools and money where other lines say what they are about, tokens and time where others do."""
        used = f"{words.tokens(totals.input)}→{words.tokens(totals.output)}" if totals.input or totals.output else ""
        took = words.duration(totals.took_us)
        right = used + fit(took, DURATION_CELLS + 1 if used else DURATION_CELLS, right=True) if used or took else ""
        room = layout.cells - layout.summary_start() - width(right) - bool(right)
        if layout.cells < 48:
            right, room = "", layout.cells - layout.summary_start()
        if room <= 0:
            return line
        said = [words.count(totals.tools, "tool")] if totals.tools else []
        said += [_price(totals.cost_usd)] if totals.cost_usd else []
        about = summary_of(row) if self.by_turns else ""
        line = [*line, (fit("  ".join([*said, *([about] if about else [])]), room), "text")]
        return [*line, (" " + right, "muted")] if right else line


def _price(amount: float) -> str:
    """Of one request, which may cost less than a cent."""
    return dollars(amount, True) if amount >= 0.1 else f"${amount:.4f}"


def _under(line: Line, at: int) -> Line:
    """A line further to the right, at the cost of what it says."""
    line = [*line[:at], (STEM, "faint"), *line[at:]]
    if len(line) > at + 3:
        text, role = line[at + 3]
        line[at + 3] = (fit(text.rstrip(), max(0, width(text) - STEM_CELLS)), role)
    else:
        line[-1] = (fit(line[-1][0].rstrip(), max(0, width(line[-1][0]) - STEM_CELLS)), line[-1][1])
    return line
