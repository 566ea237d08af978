"""The timeline over a session: a lane of bars for each thread, and under them a ruler.

    main     ▁▂▂▅▇▇▃▁▁▂▃▇█▆▂⋯36m⋯▁▃▆▇█▇▅▃▂▁▁▂▅▇▇▆▃▂
    review      ▁▂▃▂▁                ▁▃▅▆▅▃▁
    by clock ┬─────┬────✗───▼──      ──┬────✗──────

A bar says how many events stand in its cell, its colour what the loudest of them is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import log

from workbench.view import words
from workbench.view.session.find import Search
from workbench.view.session.source import SessionSource
from workbench.view.text import Line, fit, shown
from workbench.view.timeline.axis import Axis, by_clock, by_event
from workbench.view.timeline.strand import SHARED_LANE, Aspect, Strand
from workbench.view.timeline.tiles import (
    CHUNK_EVENTS,
    DOMAINS,
    KEPT_CHUNKS,
    TILE_EVENTS,
    After,
    Part,
    Tiles,
    loudest,
    read_part,
    thread_of,
)

CLOSEST_EVENTS = 16
"""By clock, so few fill the timeline; by event, one a cell."""
BARS = "▁▂▃▄▅▆▇█"
TURN, ERROR, NOTICE, MARK, HIT, CURSOR, PLAIN = "┬", "✗", "!", "◆", "╵", "▼", "─"
LANES = SHARED_LANE
"""So many threads have a lane of their own; the others share one."""
NAME_CELLS = 12
BAND = 3
"""The height of bars that are all the same: a band, not a wall."""
FULL_FROM_EVENTS = 8
"""So many events in a cell are a full bar, unless another has more."""


def lanes_for(cells: int, lines: int, threads: int) -> int:
    """How many lanes there are on a terminal of this size; none where the list needs every line."""
    if cells < 60 or lines < 15:
        return 0
    if cells < 80 or lines < 28 or threads < 2:
        return 1
    return min(threads, LANES + 1)


@dataclass(frozen=True, slots=True)
class Chart:
    """What was counted for the cells of one axis."""

    axis: Axis
    lanes: list[Line]
    """The bars, without names."""
    marks: str = ""
    """The ruler without what moves over it."""
    counted: int = field(default=0, compare=False)
    """How many events are in it."""


EMPTY = Chart(Axis([0, 0]), [])


class Timeline:
    """Which part of a session is in sight, by what scale, and what is to be seen of it."""

    def __init__(self) -> None:
        self.tiles = Tiles()
        self.strand: Strand | None = None
        """What of the session is to be seen; None for everything."""
        self.by_clock = False
        self.cells, self.lanes = 0, 0
        self.chart = EMPTY
        self.changed: Callable[[], None] = lambda: None
        """Told that more was counted."""
        self._low, self._span, self._fit = 0, 0, True
        self._reading = False
        self.whole = False
        """Whether all that there was at first has been counted: before, there is no shape to show."""

    # ── counting ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def look(self, source: SessionSource) -> None:
        """Count what is not counted yet, a part at a time, so that whatever else the lane has to do comes between."""
        if self._reading:
            return
        if not self.tiles.counted:
            self.tiles.after = After(source.start_us, stall_us=self.tiles.stall_us)
        low, stop = self._in_sight(source.count) if self._is_fine() else (0, 0)
        wanted = self.tiles.wanted(source.count, source.standing, low, stop)
        if wanted is None:
            self.whole = True
            return
        self._reading = True
        start, end, after = wanted
        reader, standing, threads = source.reader, source.standing, self.tiles.threads

        def came(part: Part) -> None:
            self._reading = False
            self.tiles.put(part)
            self.look(source)
            if not self._reading:
                self.changed()

        source.lane.run(lambda: read_part(reader, start, end, standing, threads, after), came)

    def _is_fine(self) -> bool:
        """Whether cells are drawn event by event: in those of a tile or more there is no need."""
        return self._span < min(TILE_EVENTS * self.cells, (KEPT_CHUNKS - 2) * CHUNK_EVENTS)

    # ── what is in sight ─────────────────────────────────────────────────────────────────────────────────────────────

    def _in_sight(self, count: int) -> tuple[int, int]:
        """Where what is in sight begins and stops; whole tiles, where tiles are what is drawn."""
        unit = 1 if self._is_fine() else TILE_EVENTS
        return self._low, min(count, self._low + -(-self._span // unit) * unit)

    def is_out(self, cursor: int) -> bool:
        """Whether the cursor has left what was zoomed in on."""
        return not self._fit and not self._low <= cursor < self._low + self._span

    def _reach(self, cursor: int) -> None:
        """Have the cursor in sight; and all there is, with some room for what comes, where that was in sight."""
        count = self.tiles.counted
        if self._fit:
            self._low = 0
            if count > self._span:
                self._span = count if not self._span else count + count // 8
        elif self.is_out(cursor):
            self._low = max(0, min(cursor - self._span // 3, count - self._span))
        if not self._is_fine():
            self._low -= self._low % TILE_EVENTS

    def zoom(self, step: int, cursor: int) -> str:
        """Closer around the cursor, or further away; why not, if not."""
        count = self.tiles.counted
        before = min(self._span, count)
        least = min(count, CLOSEST_EVENTS if self.by_clock else self.cells)
        span = max(least, before // 2) if step > 0 else before * 2
        if step > 0 and span >= before:
            return "this is as close as it gets"
        if span >= count:
            return self.fit() if before < count else "the whole session is in sight"
        self._low = max(0, min(cursor - (cursor - self._low) * span // before, count - span))
        self._span, self._fit = span, False
        return ""

    def fit(self) -> str:
        """Have the whole session in sight; there is nothing to say of it."""
        self._fit, self._low, self._span = True, 0, self.tiles.counted
        return ""

    # ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def draw(self, cursor: int) -> bool:
        """Make the chart anew, if all it takes is here; until then the old one stays."""
        if not self.whole or not self.lanes:
            return False
        self._reach(cursor)
        low, stop = self._in_sight(self.tiles.counted)
        fine = self._is_fine()
        if not self.cells or low >= stop or (fine and self.tiles.missing(low, stop)):
            return False
        axis = by_clock(self.tiles, low, stop, self.cells, fine=fine) if self.by_clock else None
        even = axis is None
        axis = axis or by_event(low, stop, self._span, self.cells, fine=fine)
        count: Callable[[int, int], Mapping[int, float]] = self.strand.values if self.strand else self.tiles.counts
        counts = [count(*pair) for pair in zip(axis.starts, axis.starts[1:])]
        bars = self._bars(axis, counts, even) if self.strand is None else self._bars_of(self.strand, axis, counts)
        self.chart = Chart(axis, bars, self._marks(axis, counts), self.tiles.counted)
        return True

    def _bars_of(self, strand: Strand, axis: Axis, counts: Sequence[Mapping[int, float]]) -> list[Line]:
        """The same of a strand. What was spent is not drawn by its logarithm: twice as dear is twice as tall."""
        lanes = [
            [(sum(mine.values()), loudest(mine)) for mine in (self._of_lane(found, lane) for found in counts)]
            for lane in range(self.lanes)
        ]
        most = max([0.0, *(value for lane in lanes for value, _ in lane)])
        if strand.weighs:
            return [_line([(value / most if value else None, loud) for value, loud in lane], axis) for lane in lanes]
        full = log(max(FULL_FROM_EVENTS, most))
        drawn = [value for value, _ in lanes[0] if value] if self.lanes == 1 else []
        if sum(drawn) > FULL_FROM_EVENTS * len(drawn):
            full = max(full, log(sum(drawn) / len(drawn)) * (len(BARS) - 1) / BAND)
        return [_line([(_logarithmic(value, full), loud) for value, loud in lane], axis) for lane in lanes]

    def _bars(self, axis: Axis, counts: Sequence[Mapping[int, float]], even: bool) -> list[Line]:
        """A lane each; where cells are to be alike, it does not show that some have an event or a tile more."""
        lanes: list[list[tuple[float, int]]] = []
        usual = self._span / self.cells if even else 0
        for lane in range(self.lanes):
            lanes.append([])
            for cell, found in enumerate(counts):
                mine = self._of_lane(found, lane)
                events = axis.starts[cell + 1] - axis.starts[cell]
                value = sum(mine.values()) * (usual / events if usual > 1 and events else 1)
                lanes[-1].append((value, loudest(mine)))
        full = log(max([FULL_FROM_EVENTS, *(value for lane in lanes for value, _ in lane)]))
        if even and self.lanes == 1 and usual > 1:
            full = max(full, log(usual) * (len(BARS) - 1) / BAND)  # the only lane's bars are all the same
        return [_line([(_logarithmic(value, full), loud) for value, loud in lane], axis) for lane in lanes]

    def _of_lane(self, found: Mapping[int, float], lane: int) -> Mapping[int, float]:
        if self.lanes == 1:
            return found
        return {code: count for code, count in found.items() if min(thread_of(code), LANES) == lane}

    def _marks(self, axis: Axis, counts: Sequence[Mapping[int, float]]) -> str:
        marks, turns = "", self.tiles.turns
        for cell, (low, high) in enumerate(zip(axis.starts, axis.starts[1:])):
            if any(code & 1 for code in counts[cell]):
                marks += ERROR
            elif low < high and bisect_left(turns, low) < bisect_left(turns, high):
                marks += TURN
            else:
                marks += PLAIN if low < axis.starts[-1] else " "
        return marks

    def ruler(self, cursor: int, search: Search | None, marks: Sequence[int] = (), notices: Sequence[int] = ()) -> Line:
        """Turns and errors; upon them what looks wrong (``notices``), somebody's ``marks``, hits and the cursor.

        An error is seen through them all.
        """
        axis = self.chart.axis
        here = axis.cell(cursor)
        noticed, marked = (
            {axis.cell(seq) for seq in seqs if axis.starts[0] <= seq < axis.starts[-1]} for seqs in (notices, marks)
        )
        spans: Line = []
        for cell, mark in enumerate(self.chart.marks):
            role = "error" if mark == ERROR else "faint"
            if mark != ERROR and search is not None and search.any_within(*axis.starts[cell : cell + 2]):
                mark, role = HIT, "accent"
            elif mark != ERROR and cell in marked:
                mark, role = MARK, "strong"
            elif mark != ERROR and cell in noticed:
                mark, role = NOTICE, "warning"
            if cell == here:
                mark, role = (mark, "caret") if mark == ERROR else (CURSOR, "accent")
            spans.append((mark, role))
        return _joined(spans)

    # ── names and places ─────────────────────────────────────────────────────────────────────────────────────────────

    def name(self, lane: int, names: Mapping[str, str]) -> str:
        """What stands before a lane."""
        threads = list(self.tiles.threads)
        if self.follows_thread and self.strand is not None:
            return self.strand.what.name
        if self.lanes == 1 and len(threads) > 1:
            return words.count(len(threads), "thread")
        if lane >= LANES and len(threads) > LANES + 1:
            return f"+ {len(threads) - LANES:,}"
        return names.get(threads[lane]) or shown(threads[lane][-6:]) if lane < len(threads) else ""

    @property
    def scale(self) -> str:
        """What stands before the ruler."""
        count, name = self.tiles.counted, "by clock" if self.by_clock else "by event"
        if self.strand is not None:
            name = self.strand.label or f"& {name}"
        return name if self._fit or not self._span else f"{name} {round(count / self._span)}×"

    @property
    def follows_thread(self) -> bool:
        """Whether one thread alone is to be seen."""
        return self.strand is not None and self.strand.what.aspect is Aspect.THREAD

    def any_error(self, low: int, high: int) -> bool:
        """Whether an error from ``low`` up to ``high`` passes the filter, whatever else the timeline follows."""
        if self.strand is not None and self.strand.filtered:
            return self.strand.any_error(low, high)
        errors = self.tiles.errors
        return bisect_left(errors, low) < bisect_left(errors, high)

    def stall(self, seq: int, step: int) -> tuple[int | None, str]:
        """The event after the next stall or the one before, and what to say of it."""
        found = self.tiles.stall(seq, step)
        if found is None:
            stall_us = self.tiles.stall_us
            time = "a minute" if stall_us == words.MINUTE_US else words.duration(stall_us)
            return None, f"nothing in this session took {time} without an event"
        stall, gap_us = found
        around = "" if (stall - seq) * step > 0 else f", around the {'end' if step > 0 else 'beginning'}"
        return stall, f"{words.duration(gap_us)} without an event before this one{around}"


def named(name: str, line: Line) -> Line:
    """A line with its name before it."""
    return [(fit(name, NAME_CELLS - 1) + " ", "muted"), *line]


def _logarithmic(value: float, full: float) -> float | None:
    """How tall a bar is for so many events; nothing for none."""
    return log(max(1, value)) / full if value else None


def _line(lane: Sequence[tuple[float | None, int]], axis: Axis) -> Line:
    heights = [None if share is None else round((len(BARS) - 1) * share) for share, _ in lane]
    spans = [(" " if height is None else BARS[height], DOMAINS[loud]) for height, (_, loud) in zip(heights, lane)]
    for cell, name in axis.names.items():
        spans[cell : cell + len(name)] = [(character, "muted") for character in name]
    return _joined(spans)


def _joined(spans: Line) -> Line:
    """Neighbours of one role together."""
    return [("".join(text for text, _ in group), role) for role, group in groupby(spans, key=lambda span: span[1])]
