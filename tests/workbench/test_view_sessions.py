"""The list of sessions."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from tests.support.session_lines import line_of, listed
from workbench.view.filter.facets_sessions import facets, like
from workbench.view.filter.language import FilterError
from workbench.view.filter.sessions import Known, narrows, needs, passing
from workbench.view.sessions.course import Course
from workbench.view.sessions.listing import (
    NEWEST,
    Beside,
    Order,
    SessionLine,
    cost,
    heading,
    in_order,
    list_line,
    put_in_order,
    session_line,
    status,
)
from workbench.view.sessions.selection import Selection
from workbench.view.text import line_text, line_width


def test_the_columns() -> None:
    """Wide, all of them; narrow, what one looks for first."""
    line = line_of(
        first_us=1_772_442_847_000_000, last_us=1_772_442_851_000_000, cost_at_least_usd=0.43, cost_is_exact=True,
        format="codex",
    )  # fmt: skip
    course = Course("satisfied", 2_000_000)
    told = re.split(r"  +", line_text(list_line(line, 198, density="▁▂▃", course=course)).strip())
    assert told[:5] == ["Fix it", "ended", "codex", "coder", "claude-x"]
    assert told[6:] == ["4.0s", "2.0s", "2", "1,204", "✗ 3", "12.4k", "$0.43", "satisfied", "▁▂▃"]
    assert (
        line_text(heading(198)).split()
        == (
            "session status source agent model started ▼ took idle turns events errors tokens cost verdict over time"
        ).split()
    )
    assert line_text(heading(78)).split() == "session started ▼ events errors tokens".split()


def test_states_have_glyphs() -> None:
    """Written to now, waiting meanwhile or not; left open in the middle of a turn, or after it; damaged; failed."""
    assert line_of(writer=True).mark == "●"
    assert session_line(listed(live=True), writer=True, waits=True).mark == "⊙"
    assert line_of(live=True).mark == "◌"
    assert session_line(listed(live=True), writer=False, in_turn=False).mark == line_of().mark == " "
    damaged = line_of(damage="the manifest cannot be read")
    assert damaged.mark == "✗" and "cannot be read" in damaged.title
    failed = Course(failed=True)
    assert line_text(list_line(line_of(), 198, course=failed)).startswith("⊗") and status(line_of(), failed) == "failed"
    assert status(line_of(writer=True), failed) == "live", "it may go on"


def test_an_import_says_what_it_came_from() -> None:
    """And which agent it was; both can be filtered by."""
    line = line_of(format="codex", agent="gpt")
    assert passing([line], "gpt") == passing([line], "source:codex agent:gpt") == [line]
    assert passing([line], "source:claude_code,open*") == []


def test_titles_are_untrusted() -> None:
    """No escape gets into a line."""
    assert "\x1b" not in line_text(list_line(line_of(title="\x1b[2Jboo"), 120))
    assert line_of(title=None).title == "untitled"


def test_order() -> None:
    """Those that are written to first, then the newest; the same from any beginning."""
    lines = [line_of(session_id=f"sesn_{n}", first_us=n * 1_000) for n in range(5)]
    live = line_of(session_id="sesn_live", first_us=1, writer=True)
    ids = [line.session_id for line in in_order([*lines, live])]
    assert ids == ["sesn_live", "sesn_4", "sesn_3", "sesn_2", "sesn_1", "sesn_0"]
    assert in_order([live, *lines[::-1]]) == in_order([*lines, live])


def test_filter_takes_every_word_in_any_order_and_case() -> None:
    """Over title, id, agent, model."""
    one, other = line_of(title="Fix the Parser"), line_of(session_id="sesn_b", title="Fix the tests", model="claude-y")
    assert passing([one, other], "") == [one, other]
    assert passing([one, other], "parser FIX") == [one]
    assert passing([one, other], "fix claude-y") == passing([one, other], "sesn_b") == [other]
    assert passing([one, other], "nothing") == []


def test_filter_by_what_the_columns_say() -> None:
    """Numbers, dates, names; what nobody knows passes nothing, and everything that is not asked for."""
    one = line_of(format="codex", model="gpt-5.5", errors=4, cost_at_least_usd=1.5, first_us=1_777_600_000_000_000)
    other = line_of(session_id="sesn_b", errors=0, agent="Reviewer", first_us=5, last_us=None, requests=0)
    for text, found in [
        ("source:codex", [one]), ("agent:review", [other]), ("model:gpt-5.5,opus", [one]), ("errors>3", [one]),
        ("cost>1", [one]), ("-cost>1", [other]), ("tokens>12k", [one, other]), ("started>2026-04", [one]),
        ("took>1ms", []), ("is:error", [one]), ("is:live", []), ("title:fix -codex", [other]),
        ("turns:2", [one, other]), ("is:ended", [one, other]), ("is:fork", []), ("-title:fix", []),
        ("errors:0,3..5", [one, other]), ("model:GPT*,opus", [one]),
    ]:  # fmt: skip
        assert passing([one, other], text) == found, text


def test_every_order_is_the_same_from_any_beginning_and_knows_its_unknown() -> None:
    """The most first, or the least; what nobody knows comes last both ways."""
    lines = [line_of(session_id=f"sesn_{n}", errors=n % 3, cost_at_least_usd=None if n == 2 else n) for n in range(5)]
    by_cost = in_order(lines, Order("cost"))
    assert [line.session_id[-1] for line in by_cost] == list("43102")
    assert [line.session_id[-1] for line in in_order(lines[::-1], Order("cost", True))] == list("01342")
    assert in_order(lines[::-1], Order("errors")) == in_order(lines, Order("errors"))


def test_sorting_goes_through_the_columns_that_are_shown() -> None:
    """And back to the first; the heading says where it is."""
    for cells in (50, 100, 198):
        order, seen = NEWEST.next(cells), []
        while order.column not in seen:
            seen.append(order.column)
            assert line_text(heading(cells, order)).count(order.mark) == 1
            assert order.upward == (order.column in "session status source agent model verdict".split())
            order = order.next(cells)
        assert set(seen) == set(line_text(heading(cells)).replace("over time", "").replace("▼", "").split())


@given(st.lists(st.tuples(st.integers(0, 9), st.one_of(st.none(), st.integers(0, 3)), st.booleans()), max_size=12))
def test_what_arrives_is_put_where_sorting_would_put_it(facts: list[tuple[int, int | None, bool]]) -> None:
    """In any order of the list, both ways round, one after another."""
    lines = [
        line_of(writer, session_id=f"sesn_{at}", errors=errors, cost_at_least_usd=cost, title=f"Title {errors}")
        for at, (errors, cost, writer) in enumerate(facts)
    ]
    courses = {line.session_id: Course("" if line.errors < 5 else "satisfied", line.errors) for line in lines[::2]}
    for name in "started errors cost session idle verdict status".split():
        for order in (Order(name), Order(name, True)):
            held: list[SessionLine] = []
            for line in lines:
                put_in_order(held, [line], order, courses)
            assert held == in_order(lines, order, courses) == in_order(lines[::-1], order, courses)


def test_what_was_asked_of_the_store_can_be_filtered_by() -> None:
    """A verdict, a finding, a tool, how long it was idle, that it failed; before there is an answer, nothing passes."""
    one, other = line_of(), line_of(session_id="sesn_b")
    known = Known(
        {"sesn_a": Course("satisfied", 120_000_000, True)}, {"sesn_a": frozenset({"bash", "Read"})},
        {"sesn_a": frozenset({"error_loop"}), "sesn_b": frozenset({"stall"})},
    )  # fmt: skip
    for text, found, need in [
        ("verdict:satisfied", [one], "courses"), ("idle>1m", [one], "courses"), ("is:failed", [one], "courses"),
        ("tool:read", [one], "tools"), ("tool:rea", [], "tools"), ("tool:b*", [one], "tools"),
        ("finding:error_loop", [one], "findings"), ("finding:stall,error_loop", [one, other], "findings"),
        ("-finding:stall", [one], "findings"), ("is:ended", [other], "courses"),
    ]:  # fmt: skip
        assert passing([one, other], text, known) == found, text
        assert needs(text) == {need}, text
    assert passing([one, other], "finding:error_loop") == [] and needs("errors>3 words is:live") == frozenset()


TYPED = [
    "fix", "coder", "-fix", "errors", "errors>3", "model:", "model:cl", "model:claude-x", "title:fi", "-title:f", "a,b",
    "f*", "is:live", "e", "-", "source:c", '"fi x"',
]  # fmt: skip


@given(st.lists(st.sampled_from(TYPED), max_size=3).map(" ".join), st.text('fixcoder -:>,*"a3', max_size=4))
def test_a_filter_that_is_typed_on_lets_no_more_through(before: str, more: str) -> None:
    """Where it is said that it narrows, whatever is typed, and so only those that passed are looked at again."""
    lines = [
        line_of(session_id=f"sesn_{n}", title=title, errors=n * 3, format=source, agent=agent)
        for n, (title, source, agent) in enumerate(
            [("Fix it", "codex", "coder"), ("fax 3", None, "errors"), ("x", "ca", "e")]
        )
    ]
    if narrows(before + more, before):
        try:
            passed = passing(lines, before)
            after = passing(lines, before + more)
        except FilterError:
            return
        assert after == passing(passed, before + more)
    assert narrows("mod x", "mod") and not narrows("errors>3", "errors") and not narrows("-fixes", "-fix")


def test_facets_count_what_is_shown_and_lead_to_it() -> None:
    """Each of them is a filter that lets those through."""
    lines = [
        line_of(session_id="sesn_a", format="codex", model="gpt 5"), line_of(session_id="sesn_b", format="codex"),
        line_of(session_id="sesn_c", writer=True),
    ]  # fmt: skip
    known = Known({"sesn_a": Course("satisfied", None, True)}, None, {"sesn_b": frozenset({"stall"})})
    found = facets(lines, known)
    assert [(each.field, each.value, each.events) for each in found] == [
        ("source", "codex", 2), ("source", "workbench", 1), ("model", "claude-x", 2), ("model", "gpt 5", 1),
        ("agent", "coder", 3),
        ("status", "ended", 1), ("status", "failed", 1), ("status", "live", 1), ("verdict", "satisfied", 1),
        ("finding", "stall", 1),
    ]  # fmt: skip
    for each in found:
        assert len(passing(lines, each.term, known)) == each.events, each


def test_only_like_this_one() -> None:
    """By the column the list is in order of, if it is one of words; else by where it comes from."""
    line = line_of(format="codex", model="gpt-5.5")
    assert like(line, "model") == "model:gpt-5.5" and like(line, "errors") == "source:codex"
    assert like(line_of(), "agent") == "agent:coder" and like(line_of(agent=None), "agent") == "source:workbench"


def test_a_selection_says_what_it_comes_to() -> None:
    """A plus where somebody's cost is not known; all are selected, and none when they are; it keeps up."""
    cheap = line_of(session_id="sesn_a", cost_at_least_usd=0.5, cost_is_exact=True)
    other, unpriced = cheap._replace(session_id="sesn_b", errors=0), line_of(session_id="sesn_c")
    selection = Selection()
    assert selection.words() == []
    selection.toggle_all([cheap, other])
    assert line_text(selection.words()) == "2 selected   $1.00   24.8k tokens   ✗ 3"
    selection.toggle(unpriced)
    assert line_text(selection.words()) == "3 selected   $1.00+   37.2k tokens   ✗ 6"
    selection.changed([other._replace(errors=4)], ["sesn_c", "sesn_z"])
    assert line_text(selection.words()).endswith("✗ 7") and selection.ids == ["sesn_a", "sesn_b"]
    selection.toggle_all([cheap])
    assert selection.ids == ["sesn_b"] and "sesn_a" not in selection
    selection.toggle(other)
    assert not len(selection) and selection.words() == []


def test_costs() -> None:
    """A plus where there may be more; nothing where nobody knows, or nothing was asked of a model."""
    assert cost(line_of(cost_at_least_usd=0.425, cost_is_exact=True)) == "$0.42"
    assert cost(line_of(cost_at_least_usd=1204.4)) == "$1,204+"
    assert cost(line_of()) == cost(line_of(cost_at_least_usd=0.0, requests=0)) == ""


@given(st.text(max_size=60), st.integers(24, 220), st.integers(0, 80), st.integers(0, 20), st.integers(0, 900))
def test_a_line_is_as_wide_as_the_list(title: str, cells: int, shift: int, depth: int, folded: int) -> None:
    """Whatever the title, at any width from the narrowest on; also of a fork of forks."""
    beside = Beside(True, "│ " * depth, folded)
    line = list_line(line_of(title=title), cells, shift, "▁▂▃", Course("max_iterations_reached", 5), beside)
    assert line_width(line) == cells == line_width(heading(cells))
