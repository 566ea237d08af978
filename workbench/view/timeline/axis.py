"""Which events stand in which cell of a timeline: by event, all cells alike; by clock, long idle cut out and named.

by event   every cell the same number of events
by clock   every cell the same time   ▂▅▇▃⋯36m⋯▁▃▆   but where nothing happened for long, only its name
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.view import words
from workbench.view.timeline.tiles import TILE_EVENTS, Tiles

IDLE = "⋯"
NAMED_SHARE, CUT_SHARE = 3, 2
"""At most a third of the cells go to names of idle times; with those that are only dotted, at most half."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Cell ``n`` has the events from ``starts[n]`` up to ``starts[n + 1]``; often none."""

    starts: Sequence[int]
    names: dict[int, str] = field(default_factory=dict)
    """Idle times that were cut out, by the cell in which their names begin."""

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return len(self.starts) - 1

    def cell(self, seq: int) -> int:
        """The cell of an event; of one out of sight, the nearest."""
        return max(0, min(self.cells - 1, bisect_right(self.starts, seq) - 1))

    def seq(self, cell: int) -> int:
        """The first event in a cell; where there is none, the last before it."""
        cell = max(0, min(cell, self.cells - 1))
        start = self.starts[cell]
        return start if start < self.starts[cell + 1] else max(self.starts[0], start - 1)


def by_event(low: int, stop: int, span: int, cells: int, *, fine: bool) -> Axis:
    """The events from ``low`` up to ``stop`` where there is room for ``span``; not ``fine``, whole tiles only."""
    unit = 1 if fine else TILE_EVENTS
    room = max(-(-span // unit), cells)
    return Axis([min(stop, low + cell * room // cells * unit) for cell in range(cells + 1)])


def by_clock(tiles: Tiles, low: int, stop: int, cells: int, *, fine: bool) -> Axis | None:
    """The same by time; None where there is none to speak of."""
    end_us = tiles.time_us(stop - 1 if fine else stop, fine=fine)
    cuts = _cuts(tiles, low, stop, cells)
    unit = 1 if fine else TILE_EVENTS
    stretches, at, begin_us = [], low, tiles.time_us(low, fine=fine)
    for seq, gap_us, _ in cuts:
        until = min(stop, -(-seq // unit) * unit)
        quiet_us = tiles.time_us(seq, fine=fine) - (gap_us if fine else 0)  # a tile begins before the gap in it
        stretches.append((at, until, begin_us, max(begin_us, quiet_us)))
        at, begin_us = until, tiles.time_us(until, fine=fine)
    stretches.append((at, stop, begin_us, max(begin_us, end_us)))
    if not any(until_us > from_us for *_, from_us, until_us in stretches):
        return None
    shares = _shared([until_us - from_us for *_, from_us, until_us in stretches], _room(cuts, cells))
    starts: list[int] = []
    names: dict[int, str] = {}
    for number, ((first, last, from_us, until_us), share) in enumerate(zip(stretches, shares)):
        starts += _even(tiles, first, last, from_us, until_us, share, fine=fine)
        if number < len(cuts):
            names[len(starts)] = name = cuts[number][2]
            starts += [last] * len(name)
    return Axis([*starts, stop], names)


def _room(cuts: Sequence[tuple[int, int, str]], cells: int) -> int:
    return cells - sum(len(name) for *_, name in cuts)


def _cuts(tiles: Tiles, low: int, stop: int, cells: int) -> list[tuple[int, int, str]]:
    """Stalls to cut out: the event after each, how long, and what stands there. The longest first get a name."""
    inside = range(bisect_right(tiles.stalls, low), bisect_right(tiles.stalls, stop - 1))
    used, cuts = 0, []
    for index in sorted(inside, key=lambda index: -tiles.gaps_us[index]):
        name = f"{IDLE}{words.duration_short(tiles.gaps_us[index])}{IDLE}"
        if used + len(name) + 1 > cells // NAMED_SHARE:
            name = IDLE
        if used + len(name) + 1 > cells // CUT_SHARE:
            break
        used += len(name) + 1  # each leaves a stretch behind it that takes a cell at least
        cuts.append((tiles.stalls[index], tiles.gaps_us[index], name))
    return sorted(cuts)


def _shared(sizes: Sequence[int], cells: int) -> list[int]:
    """``cells`` shared out in proportion, one each at least."""
    whole, spare = sum(sizes), cells - len(sizes)
    borders, passed = [0], 0
    for size in sizes:
        passed += size
        borders.append(passed * spare // whole)
    return [1 + high - low for low, high in zip(borders, borders[1:])]


def _even(
    tiles: Tiles, first: int, last: int, from_us: int, until_us: int, cells: int, *, fine: bool
) -> list[int]:  # fmt: skip
    """Where each of a stretch's cells begins."""
    starts = [first]
    for cell in range(1, cells):
        at = tiles.seq_at(from_us + (until_us - from_us) * cell // cells, fine=fine)
        starts.append(max(starts[-1], min(at, last)))
    return starts
