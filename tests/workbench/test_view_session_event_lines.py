"""An event as one line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runtime.event import Draft, Row, RowBuilder
from tests.support.builders import START_US, THREAD, message, request_end, status, tool_result, tool_use
from workbench.view import words
from workbench.view.session.event_lines import Layout, event_line, heading
from workbench.view.text import line_text, line_width, width


def row_of(draft: Draft, seq: int = 1_204) -> Row:
    """The row of a draft."""
    return RowBuilder("sesn_x").row(seq, draft, 100, b"")


def text_of(draft: Draft, cells: int = 110, **layout: object) -> str:
    """The line of a draft, as text."""
    return line_text(event_line(row_of(draft), Layout(cells, 48_113, START_US, **layout)))  # type: ignore[arg-type]


def test_the_columns() -> None:
    """Seq, time since the start, glyph, name, summary; at the right, tokens and duration."""
    assert text_of(tool_use(192_100, command="pytest -q")).rstrip() == " 1,204  +3:12.1  ▸ bash         pytest -q"
    line = text_of(request_end(500))
    assert line.startswith(" 1,204  +0:00.5  ◆ request      claude-sonnet-4-5  ") and line.endswith("80→20   1.5s")


def test_errors_have_a_glyph_and_stay_legible() -> None:
    """The glyph and the name are red; what went wrong is not."""
    line = event_line(row_of(tool_result(4, 3, is_error=True)), Layout(110, 10, START_US))
    roles = {text.strip(): role for text, role in line if text.strip()}
    assert roles["✗"] == roles["bash"] == "error"
    assert roles["output of 3"] == "text"


def test_status_events_say_their_reason_once() -> None:
    """Not the JSON of it."""
    assert text_of(status(3, "idle", "end_turn")).rstrip().endswith("┴ idle         end_turn")
    assert text_of(status(3, "running")).rstrip().endswith("┬ running")


def test_an_event_that_replaces_another_looks_like_any_other() -> None:
    """The other one has no line any more; which it was stands beside the payload."""
    draft = message(3, "as processed")
    assert text_of(draft._replace(extra={"supersedes": 1_201})) == text_of(draft)


def test_times_never_touch_the_seq_before_them() -> None:
    """From ten hours on they take a cell more; sessions that are shorter do not pay for it."""
    hours = 3_600_000_000
    for took_us, cells in ((9 * hours, 9), (10 * hours, 10), (99 * hours, 10), (9_000 * hours, 10)):
        layout = Layout(100, 1_000_000, START_US, end_us=START_US + took_us)
        assert layout.time_cells == cells
        for time_us in (START_US, START_US + took_us):
            assert width(words.since(time_us, START_US)) < cells
    assert Layout(30, 10, START_US, end_us=START_US + 99 * hours).time_cells == 0


def test_threads_are_named_as_soon_as_there_are_two() -> None:
    """By the name of their agent, or else by the end of their id."""
    assert "main" not in text_of(message(1), threads={THREAD: "main"})
    assert "  main        ❯ user" in text_of(message(1), threads={THREAD: "main", "sthr_b": "reviewer"})
    assert "  rimary      ❯ user" in text_of(message(1), threads={"sthr_a": "main", "sthr_b": "reviewer"})


def test_looking_to_the_right_moves_the_summary_alone() -> None:
    """Columns stand still."""
    draft = message(1, "0123456789" * 19)
    still, slid = text_of(draft, 80), text_of(draft, 80, shift=25)
    start = Layout(80, 48_113).summary_start()
    assert still[:start] == slid[:start]
    assert slid[start:].startswith("5678901234")


NAMES = st.none() | st.text(max_size=30)
COUNTS = st.none() | st.integers(0, 10**9)
KINDS = "user.message agent.tool_use span.model_request_end session.error x quantum.y a.b.c".split()
ROWS = st.builds(
    Row, st.just("sesn_x"), st.integers(0, 10**7), st.just("sevt_x"),
    st.sampled_from([*KINDS, ""]), st.text(max_size=20), st.none() | st.integers(-(10**18), 10**18), st.integers(0, 9),
    st.none(), NAMES, NAMES, st.booleans(), st.none() | st.integers(-(10**15), 10**15), COUNTS, COUNTS, COUNTS, COUNTS,
    COUNTS, st.text(max_size=200), st.integers(0, 10**8), st.none(), st.just(b""),
)  # fmt: skip


@given(ROWS, st.integers(1, 200), st.booleans(), st.integers(0, 300))
def test_whatever_the_event_the_line_is_no_wider_than_the_list(row: Row, cells: int, threads: bool, shift: int) -> None:
    """Names of any length and script, times before the beginning, widths of one cell: a line is a line."""
    names = {"a": "main", "b": "other"} if threads else {}
    layout = Layout(cells, 10**7, 0, names, shift)
    line = event_line(row, layout)
    assert "\n" not in line_text(line)
    if cells >= 60:
        assert line_width(line) == cells == line_width(heading(layout))
