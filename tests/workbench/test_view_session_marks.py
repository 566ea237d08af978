"""Marks of a session: set, taken away, kept, gone to."""

from __future__ import annotations

from pathlib import Path

from workbench.kept.remembered import Remembered
from workbench.view.session.marks import Marks, beyond, marked
from workbench.view.session.standing import ALL, Standing
from workbench.view.text import line_text, line_width


def test_a_mark_is_set_and_taken_away_with_the_same_key(tmp_path: Path) -> None:
    """And is still there in the next run."""
    remembered = Remembered(tmp_path / "a.json", clock=iter(range(1, 99)).__next__)
    marks = Marks(remembered, "sesn_a")
    assert marks.toggle(7, "sevt_7", ALL) and marks.toggle(3, "sevt_3", ALL)
    assert not marks.toggle(7, "sevt_7", ALL)
    remembered.close()
    assert Marks(Remembered(tmp_path / "a.json"), "sesn_a").seqs(ALL, 10) == [3]
    assert Marks(Remembered(tmp_path / "a.json"), "sesn_b").seqs(ALL, 10) == []


def test_a_mark_goes_over_to_what_replaced_its_event() -> None:
    """There it is taken away, too. One beyond the session's end counts for nothing."""
    marks = Marks(Remembered(), "sesn_a")
    marks.toggle(3, "sevt_3", ALL)
    marks.toggle(50, "sevt_50", ALL)
    later = Standing({3: 8})
    assert marks.seqs(later, 10) == [8]
    assert not marks.toggle(8, "sevt_3", later)
    assert marks.seqs(later, 10) == []


def test_the_one_that_was_set_last_is_what_is_compared() -> None:
    """But never an event with itself."""
    marks = Marks(Remembered(clock=iter(range(1, 99)).__next__), "sesn_a")
    for seq in (5, 9, 2):
        marks.toggle(seq, f"sevt_{seq}", ALL)
    assert marks.latest_but(7, ALL, 10) == 2 and marks.latest_but(2, ALL, 10) == 9
    assert Marks(Remembered(), "sesn_a").latest_but(2, ALL, 10) is None


def test_beyond_the_last_comes_the_first() -> None:
    """In either direction."""
    seqs = [2, 5, 9]
    assert [beyond(seqs, at, 1) for at in (0, 2, 4, 9)] == [2, 5, 5, 2]
    assert [beyond(seqs, at, -1) for at in (0, 2, 4, 10)] == [9, 9, 2, 9]
    assert beyond([], 3, 1) is None


def test_a_marked_line_is_as_wide_as_before() -> None:
    """The mark takes the gap behind the number; where there is none, nothing is overwritten."""
    line = [(" 12", "faint"), ("  +0:01.0", "muted"), ("  ", ""), ("x", "text")]
    assert line_text(marked(line)) == " 12◆ +0:01.0  x" and line_width(marked(line)) == line_width(line)
    assert line_text(marked([(" 12", "faint"), ("", "muted"), ("  ", ""), ("x", "")])) == " 12◆ x"
    assert line_text(marked([("12", "faint"), ("x", "")])) == "12x" and marked([]) == []
