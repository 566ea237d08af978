"""How a session's events lie in time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import add_session, message, new_store
from workbench.view.lane import Lane
from workbench.view.sessions.course import Course
from workbench.view.sessions.shelf import Shelf
from workbench.view.sessions.sparks import CELLS, HEIGHTS, NOTHING, Sparks, density, spark


@given(st.lists(st.integers(0, 1 << 40), max_size=20))
def test_a_cell_for_each_count(counts: list[int]) -> None:
    """More is never lower, the most is highest, and only nothing is blank."""
    cells = spark(counts)
    heights = [" " + HEIGHTS for _ in cells]
    levels = [each.index(cell) for each, cell in zip(heights, cells)]
    assert len(cells) == len(counts) and [level > 0 for level in levels] == [count > 0 for count in counts]
    assert [level for _, level in sorted(zip(counts, levels))] == sorted(levels)
    assert not any(counts) or max(levels) == len(HEIGHTS)


def test_events_by_clock(tmp_path: Path) -> None:
    """First many, then nothing for long, then one; sealed or not, and with times that nobody knows."""
    store = new_store(tmp_path)
    add_session(store, "sesn_a", [[*map(message, range(8)), message(16_000), message(9)._replace(time_us=None)]])
    add_session(store, "sesn_b", [[message(1)._replace(time_us=None)]])
    for name, cells in (("sesn_a", "█" + " " * (CELLS - 2) + "▁"), ("sesn_b", "")):
        with store.reader(name) as reader:
            assert density(reader.table(columns=["time_us"]).column(0)) == cells


def test_only_what_was_asked_for_is_told_the_last_first(tmp_path: Path) -> None:
    """What is not there is blank; what was told is remembered."""
    store = new_store(tmp_path)
    for name in "abc":
        add_session(store, f"sesn_{name}", [[message(0)]])
    lines = {line.session_id: line for line in Shelf(store).lines()}
    calls: list[Callable[[], None]] = []
    failed: list[Exception] = []
    lane, sparks, came = Lane("sparks", calls.append, failed.append), Sparks(store), []
    sparks.start(lane, lambda: came.append(1))
    store.delete("sesn_b")
    assert [sparks.of(lines[f"sesn_{name}"]) for name in "abc"] == [NOTHING] * 3
    lane._pool.submit(lambda: None).result()
    calls.pop()()
    assert sparks.of(lines["sesn_a"]).density.strip() == "█" and sparks._wanted == {}, "the others are being told"
    lane._pool.submit(lambda: None).result()
    calls.pop()()
    assert sparks.of(lines["sesn_b"]) == NOTHING and sparks.of(lines["sesn_c"]).density.strip() == "█"
    assert sparks.of(lines["sesn_a"]).course == Course()
    assert len(came) == 2 and not failed and not lane.pending
    lane.close()
