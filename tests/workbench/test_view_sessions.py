"""The list of sessions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runtime.asking.listing import Listed
from workbench.view.filter_sessions import passing
from workbench.view.sessions import NEWEST, Order, SessionLine, cost, heading, in_order, list_line, session_line
from workbench.view.text import line_text, line_width


def listed(session_id: str = "sesn_a", **facts: object) -> Listed:
    """A session in a list."""
    plain = {
        "session_id": session_id, "title": "Fix it", "format": None, "native_id": None, "agent": "coder",
        "model": "claude-x",
        "created_us": 5, "first_us": 10, "last_us": 4_000_010, "turns": 2, "events": 1_204, "errors": 3,
        "tool_uses": 1, "requests": 1, "input_tokens": 400, "output_tokens": 100, "cache_read_tokens": 11_500,
        "cache_write_tokens": 400,
        "cost_at_least_usd": None, "cost_is_exact": False, "live": False, "parent": None, "about": {},
    }  # fmt: skip
    return Listed(**{**plain, **facts})  # type: ignore[arg-type]


def line_of(writer: bool = False, **facts: object) -> SessionLine:
    """Its line."""
    return session_line(listed(**facts), writer=writer)  # type: ignore[arg-type]


def test_the_columns() -> None:
    """What one looks for first."""
    words = line_text(list_line(line_of(
        first_us=1_772_442_847_000_000, last_us=1_772_442_851_000_000, cost_at_least_usd=0.43, cost_is_exact=True,
    ), 160)).split()  # fmt: skip
    assert words[:4] == ["Fix", "it", "coder", "claude-x"]
    assert words[-7:] == ["4.0s", "2", "1,204", "✗", "3", "12.4k", "$0.43"]


def test_states_have_glyphs() -> None:
    """Written to now; left open; damaged."""
    assert line_of(writer=True).mark == "●"
    assert line_of(live=True).mark == "◌"
    assert line_of().mark == " "
    damaged = line_of(damage="the manifest cannot be read")
    assert damaged.mark == "✗" and "cannot be read" in damaged.title


def test_an_import_says_what_it_came_from() -> None:
    """Rather than which agent it was; both can be filtered by."""
    line = line_of(format="codex", agent="gpt")
    assert line.origin == "codex" and passing([line], "gpt") == [line]


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
        ("format:codex", [one]), ("agent:review", [other]), ("model:gpt-5.5,opus", [one]), ("errors>3", [one]),
        ("cost>1", [one]), ("-cost>1", [other]), ("tokens>12k", [one, other]), ("started>2026-04", [one]),
        ("took>1ms", []), ("is:error", [one]), ("is:live", []), ("title:fix -codex", [other]),
        ("turns:2", [one, other]),
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
    for cells, columns in [(160, "started took turns events errors tokens cost".split()), (50, ["events", "errors"])]:
        order, seen = NEWEST, []
        for _ in columns:
            seen.append(order.column)
            order = order.next(cells)
        assert set(seen[1:]) <= set(columns) and order.column in ("started", columns[0], columns[-1])
        assert line_text(heading(cells, order._replace(upward=True))).count("▲") == 1


def test_costs() -> None:
    """A plus where there may be more; nothing where nobody knows, or nothing was asked of a model."""
    assert cost(line_of(cost_at_least_usd=0.425, cost_is_exact=True)) == "$0.42"
    assert cost(line_of(cost_at_least_usd=1204.4)) == "$1,204+"
    assert cost(line_of()) == cost(line_of(cost_at_least_usd=0.0, requests=0)) == ""


@given(st.text(max_size=60), st.integers(24, 220), st.integers(0, 80))
def test_a_line_is_as_wide_as_the_list(title: str, cells: int, shift: int) -> None:
    """Whatever the title, at any width from the narrowest on."""
    line = list_line(line_of(title=title), cells, shift, "▁▂▃")
    assert line_width(line) == cells == line_width(heading(cells))
