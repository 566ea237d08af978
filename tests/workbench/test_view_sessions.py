"""The list of sessions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runtime.asking.listing import Listed
from workbench.view.sessions import SessionLine, filtered, heading, in_order, list_line, session_line
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
    words = line_text(list_line(line_of(first_us=1_772_442_847_000_000, last_us=1_772_442_851_000_000), 160)).split()
    assert words[:4] == ["Fix", "it", "coder", "claude-x"]
    assert words[-6:] == ["4.0s", "2", "1,204", "✗", "3", "12.4k"]


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
    assert line.origin == "codex" and filtered([line], "gpt") == [line]


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
    assert filtered([one, other], "") == [one, other]
    assert filtered([one, other], "parser FIX") == [one]
    assert filtered([one, other], "fix claude-y") == filtered([one, other], "sesn_b") == [other]
    assert filtered([one, other], "nothing") == []


@given(st.text(max_size=60), st.integers(24, 220), st.integers(0, 80))
def test_a_line_is_as_wide_as_the_list(title: str, cells: int, shift: int) -> None:
    """Whatever the title, at any width from the narrowest on."""
    line = list_line(line_of(title=title), cells, shift)
    assert line_width(line) == cells == line_width(heading(cells))
