"""The whole list in one column beside it: in which of its parts there are errors, marks, hits and turns.

    ▐   an error is there: not the sign that a line has, beside which it stands by chance
    •   a hit of the search
    ◆   somebody marked something there
    !   something looks wrong there
    ─   a turn begins, where turns are few enough to be told apart
    ◂   the cursor

As on the timeline's ruler, whichever stands further up here wins, and an error is seen through the cursor too. Errors
are those that the filter lets through.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from workbench.view.session.find import Search
from workbench.view.session.standing import Standing
from workbench.view.timeline.drawing import Timeline

TURN, NOTICE, MARK, HIT, ERROR, CURSOR, PLAIN = "─", "!", "◆", "•", "▐", "◂", " "
ROLES = {TURN: "faint", NOTICE: "warning", MARK: "strong", HIT: "accent", ERROR: "error", CURSOR: "accent", PLAIN: ""}
CROWDED_SHARE = 3
"""Turns are shown while no more than one cell in so many has one."""


def cell_of(line: int, lines: int, cells: int) -> int:
    """The cell of a line; a list that is shorter than the column has a cell for each."""
    return max(0, min(line, lines - 1)) * cells // lines if lines > cells else max(0, line)


def line_of(cell: int, lines: int, cells: int) -> int:
    """The first line in a cell."""
    return min(-(-cell * lines // cells) if lines > cells else cell, max(0, lines - 1))


def thumb(top: int, height: int, lines: int, cells: int) -> tuple[int, int]:
    """Which cells stand for the lines in sight; none where all are."""
    if lines <= height:
        return 0, 0
    first = cell_of(top, lines, cells)
    return first, max(first + 1, cell_of(top + height - 1, lines, cells) + 1)


def ticks(
    timeline: Timeline, standing: Standing, lines: int, cells: int, search: Search | None,
    marks: Sequence[int] = (), notices: Sequence[int] = (),
) -> str:  # fmt: skip
    """What stands in each cell, without the cursor."""
    used = min(lines, cells)
    starts = [standing.seq(line_of(cell, lines, cells)) for cell in range(used)]
    borders = [*starts, timeline.tiles.counted]
    turns = _cells_of_turns(timeline.tiles.turns, borders)
    noticed, marked = (
        {cell_of(standing.line(seq), lines, cells) for seq in seqs if seq in standing} for seqs in (notices, marks)
    )
    found = ""
    for cell, (low, high) in enumerate(zip(borders, borders[1:])):
        if timeline.any_error(low, high):
            found += ERROR
        elif search is not None and search.any_within(low, high):
            found += HIT
        else:
            found += MARK if cell in marked else NOTICE if cell in noticed else TURN if cell in turns else PLAIN
    return found + PLAIN * (cells - used)


def _cells_of_turns(turns: Sequence[int], borders: Sequence[int]) -> set[int]:
    places = [bisect_left(turns, border) for border in borders]
    found = {cell for cell, (low, high) in enumerate(zip(places, places[1:])) if low < high}
    return found if len(found) * CROWDED_SHARE <= len(borders) else set()
