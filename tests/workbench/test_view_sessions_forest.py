"""Forks under the sessions they were made from."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.support.session_lines import line_of
from workbench.view.sessions.forest import foldable, forest
from workbench.view.sessions.listing import SessionLine


def lines_of(parents: dict[str, str], live: str = "") -> list[SessionLine]:
    """Sessions by name, with the names of those they were forked from."""
    return [line_of(name in live, session_id=name, parent=parent or None) for name, parent in parents.items()]


def drawn(lines: list[SessionLine], folded: str = "", *, live_first: bool = False) -> list[str]:
    """What stands before each, and how many are folded behind it."""
    found = forest(lines, set(folded), live_first=live_first)
    branches = [found.branches.get(line.session_id, ("", 0)) for line in found.lines]
    return [f"{branch}{line.session_id}{f'+{n}' if n else ''}" for line, (branch, n) in zip(found.lines, branches)]


def test_forks_stand_under_their_parent_in_the_order_of_the_list() -> None:
    """Wherever they stood; forks of forks under these; one whose parent is not shown by itself."""
    lines = lines_of({"c": "a", "x": "", "d": "c", "a": "", "b": "a", "e": "gone"})
    assert drawn(lines) == ["x", "a", "├ c", "│ └ d", "└ b", "e"]
    assert drawn(lines, folded="a") == ["x", "a+3", "e"]
    assert drawn(lines, folded="cx") == ["x", "a", "├ c+1", "└ b", "e"]


def test_without_forks_nothing_is_done() -> None:
    """Not even a copy: that is what nearly every list is."""
    lines = lines_of({"a": "", "b": ""})
    assert forest(lines).lines is lines and forest(lines).branches == {}


def test_a_live_fork_takes_its_parent_to_the_top() -> None:
    """And so stays under it; only where live ones come first at all."""
    lines = lines_of({"x": "", "a": "", "b": "a", "c": "b"}, live="c")
    assert drawn(lines, live_first=True) == ["a", "└ b", "  └ c", "x"]
    assert drawn(lines) == ["x", "a", "└ b", "  └ c"]


def test_what_is_folded_from_where_one_is() -> None:
    """From a parent or any of its forks; a session by itself has nothing to fold."""
    lines = lines_of({"a": "", "b": "a", "c": "b", "x": "", "e": "gone"})
    assert [foldable(lines, line) for line in lines] == ["a", "b", "b", "", ""]


NAMES = st.sampled_from("abcdefgh")


@given(st.dictionaries(NAMES, st.one_of(st.just(""), NAMES)), st.sets(NAMES), st.sets(NAMES), st.booleans())
def test_nobody_is_lost_or_shown_twice(
    parents: dict[str, str], folded: set[str], live: set[str], live_first: bool
) -> None:
    """Whatever manifests say of their parents: themselves, one another, nobody there. What is not shown is counted."""
    lines = lines_of(parents, "".join(live))
    whole = forest(lines, live_first=live_first)
    assert sorted(line.session_id for line in whole.lines) == sorted(parents)
    some = forest(lines, folded, live_first=live_first)
    ids = [line.session_id for line in some.lines]
    assert len(set(ids)) == len(ids)
    assert len(ids) + sum(hidden for _, hidden in some.branches.values()) == len(parents)
