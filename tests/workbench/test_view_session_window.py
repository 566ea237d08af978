"""Pages of rows: bounded, and right while a session grows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runtime.event import Row, RowBuilder
from tests.support.builders import message
from workbench.view.session.window import KEPT_PAGES, PAGE_ROWS, Pages


def rows(start: int, stop: int) -> list[Row]:
    """Rows of these seqs."""
    builder = RowBuilder("sesn_x")
    return [builder.row(seq, message(seq), 10, b"") for seq in range(start, stop)]


def test_memory_does_not_grow_with_the_session() -> None:
    """Only the last pages are kept, and what was looked at lately stays."""
    pages = Pages()
    for number in range(KEPT_PAGES + 40):
        pages.put(number, rows(number * PAGE_ROWS, (number + 1) * PAGE_ROWS))
        assert pages.row(0) is not None, "looked at again and again"
    assert pages.rows == KEPT_PAGES * PAGE_ROWS
    assert pages.row(PAGE_ROWS) is None


def test_the_last_page_grows() -> None:
    """What was there stays until the fuller page comes; a shorter one changes nothing."""
    pages = Pages()
    assert pages.wanted(0, 10) and not pages.wanted(1, 10) and not pages.wanted(-1, 10)
    assert pages.put(0, rows(0, 10))
    assert not pages.wanted(0, 10) and pages.wanted(0, 11)
    assert pages.row(9) is not None and pages.row(10) is None
    assert not pages.put(0, rows(0, 5)) and pages.row(9) is not None
    assert pages.put(0, rows(0, 12)) and pages.row(11) is not None


@given(st.lists(st.integers(0, 20), min_size=1, max_size=20))
def test_travel_goes_on_as_it_went(visited: list[int]) -> None:
    """The page to fetch ahead lies on the other side from where the eye came."""
    pages, before = Pages(), 0
    for number in visited:
        ahead = pages.next_in_travel(number)
        assert ahead == (None if number == before else number + (1 if number > before else -1))
        before = number
