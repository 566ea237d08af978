"""The list in one column: which line is in which cell, and what stands there."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from tests.workbench.test_view_timeline import Log, Told, clocked, line, shown
from workbench.view.session.find import Search
from workbench.view.session.standing import ALL, Picked
from workbench.view.timeline.minimap import ERROR, HIT, MARK, TURN, cell_of, line_of, thumb, ticks


@given(st.integers(1, 3_000), st.integers(1, 60), st.data())
def test_lines_and_cells_go_up_together(lines: int, cells: int, data: st.DataObject) -> None:
    """Whoever points at the cell of a line stays in it; first and last lines are at the ends."""
    at = data.draw(st.integers(0, lines - 1))
    cell = cell_of(at, lines, cells)
    assert 0 <= cell < cells and cell_of(line_of(cell, lines, cells), lines, cells) == cell
    assert line_of(cell, lines, cells) <= at
    assert cell_of(0, lines, cells) == 0 and cell_of(lines - 1, lines, cells) == min(lines, cells) - 1
    assert 0 <= line_of(data.draw(st.integers(0, cells - 1)), lines, cells) < lines


@given(st.integers(0, 3_000), st.integers(1, 60), st.data())
def test_what_is_in_sight_has_its_cells(lines: int, height: int, data: st.DataObject) -> None:
    """One at least, unless all lines are in sight: then there is nothing to tell."""
    top = data.draw(st.integers(0, max(0, lines - height)))
    first, stop = thumb(top, height, lines, height)
    assert (first, stop) == (0, 0) if lines <= height else 0 <= first < stop <= height


def session(count: int, errors: set[int], turn_every: int = 0) -> Log:
    """Events of which some are errors."""
    log = Log()
    told = [Told(is_error=seq in errors, time_us=1_000_000) for seq in range(count)]
    log.events = [
        each._replace(turn=seq // turn_every if turn_every else 0) for seq, each in enumerate(clocked(told))
    ]  # fmt: skip
    return log


def test_each_tick_is_where_its_line_is() -> None:
    """Errors over everything, hits over marks, marks over turns; a short list has a cell for each line."""
    log = session(12, {3}, turn_every=6)
    timeline = shown(log, line(20))
    search = Search("x", 0, 12)
    search.add(0, 12, [3, 5])
    assert ticks(timeline, ALL, 12, 15, None) == f"   {ERROR}  {TURN}        "
    assert ticks(timeline, ALL, 12, 15, search, (0, 3, 5)) == f"{MARK}  {ERROR} {HIT}{TURN}        "
    assert ticks(timeline, ALL, 12, 4, search, ()) == f" {ERROR}{TURN} "


def test_of_a_filter_only_what_it_shows_is_there() -> None:
    """Lines are those of the list; marks on events that have none are left out."""
    log = session(12, {3})
    timeline = shown(log, line(20))
    picked = Picked(ALL, array("q", [1, 3, 8]))
    assert ticks(timeline, picked, 3, 5, None, (2, 8)) == f" {ERROR}{MARK}  "


def test_turns_in_every_cell_say_nothing() -> None:
    """They are left out where there are so many."""
    log = session(40, set(), turn_every=2)
    assert ticks(shown(log, line(20)), ALL, 40, 10, None).strip() == ""


def test_errors_that_were_replaced_leave_and_new_ones_come() -> None:
    """As the session grows, over the borders of what is counted at once."""
    log = session(200, {70, 150})
    timeline = shown(log, line(20))
    assert list(timeline.tiles.errors) == [70, 150]
    log.events += clocked([Told(is_error=True, time_us=1_000_000), Told(time_us=1_000_000)])
    log.standing = log.standing.joined({70: 201})
    shown(log, timeline)
    assert list(timeline.tiles.errors) == [150, 200]
