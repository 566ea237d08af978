"""What is asked of all sessions, what comes of it, and how it is written down."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.event import Draft
from runtime.store import Store
from tests.support.builders import START_US, THREAD, add_session, message, new_store, tool_result, tool_use
from workbench.view.filter.language import FilterError
from workbench.view.search import searching
from workbench.view.search.lines import counted, excerpt_line, found_line, heading_line, so_far
from workbench.view.search.searching import ORDERS, About, Found, Part, Question, Report, Results, StoreSearch, question
from workbench.view.text import line_text, line_width

# ── what is asked ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("connection refused", Question("", "connection refused")),
        ("is:error connection  refused ", Question("is:error", "connection  refused")),
        ("type:tool_use -tool:bash,read x", Question("type:tool_use -tool:bash,read", "x")),
        ('tool:"my tool" x', Question('tool:"my tool"', "x")),
        ("took>30s x", Question("took>30s", "x")),
        ("x is:error", Question("", "x is:error")),
        (" is:error", Question("", "is:error")),
        ("type: tool", Question("", "type: tool")),
        ("https://example.org is down", Question("", "https://example.org is down")),
        ('"name":"bash"', Question("", '"name":"bash"')),
    ],
)
def test_words_of_a_filter_in_front_narrow(text: str, asked: Question) -> None:
    """What follows is text as it stands; so is what only looks like a filter."""
    assert question(text) == asked


@pytest.mark.parametrize("text", ["is:error", "is:wrong x", "took>long x"])
def test_what_makes_no_sense_is_refused(text: str) -> None:
    """A filter that is none, and one with nothing to look for after it."""
    with pytest.raises(FilterError):
        question(text)


# ── what was found ───────────────────────────────────────────────────────────────────────────────────────────────────

parts = st.lists(
    st.builds(
        lambda session, seqs, more, about: Part(
            f"sesn_{session}",
            About(f"title {session}", "", None) if about or seqs else None,
            [Found(seq, "a", "b", "c") for seq in seqs],
            len(seqs) + more,
        ),
        st.integers(0, 3),
        st.lists(st.integers(0, 99), max_size=4),
        st.integers(1, 3),
        st.booleans(),
    ),
    max_size=12,
)


@given(parts=parts)
def test_what_is_there_stays_in_its_line(parts: list[Part]) -> None:
    """Whatever comes: lines are only added below, every event is counted, and each stands under its session."""
    results = Results()
    before: list[tuple[str, Found | None]] = []
    for part in parts:
        results.add(part)
        now = [(group.session_id, found) for group, found in map(results.at, range(results.lines))]
        assert now[: len(before)] == before
        before = now
    assert results.events == sum(part.events for part in parts)
    assert results.shown == sum(found is not None for _, found in before)
    headings = [line for line, (_, found) in enumerate(before) if found is None]
    assert headings == [group.first for group in results.groups]
    for line, (session_id, found) in enumerate(before):
        if found is not None:
            assert session_id == before[max(each for each in headings if each < line)][0]


@given(parts=parts, line=st.integers(0, 60))
def test_from_heading_to_heading(parts: list[Part], line: int) -> None:
    """The next one, or the one before; where there is none, one stays."""
    results = Results()
    for part in parts:
        results.add(part)
    firsts = [group.first for group in results.groups]
    assert results.heading(line, 1) == min((first for first in firsts if first > line), default=line)
    assert results.heading(line, -1) == max((first for first in firsts if first < line), default=line)


@given(parts=parts, orders=st.lists(st.sampled_from(list(ORDERS)), max_size=4), line=st.integers(0, 60))
def test_another_order_loses_nothing(parts: list[Part], orders: list[str], line: int) -> None:
    """Each session keeps its events, what was in a line is found again, and the first order comes back."""
    results = Results()
    for part in parts:
        results.add(part)

    def everything() -> list[tuple[int, Found | None]]:
        return [(group.number, found) for group, found in map(results.at, range(results.lines))]

    before = everything()
    line = min(line, max(0, results.lines - 1))
    for order in orders:
        here = results.at(line) if before else None
        line = results.sort(order, line)
        assert not before or results.at(line) == here
        assert sorted(everything(), key=lambda each: each[0]) == before
        assert [group.first for group in results.groups] == [
            at for at, (_, found) in enumerate(everything()) if found is None
        ]
    results.sort("most events first", line)
    assert [-group.events for group in results.groups] == sorted(-group.events for group in results.groups)
    results.sort("as they were found", line)
    assert everything() == before


texts = st.text(st.characters(exclude_categories=["C", "Z", "M"]), max_size=60)


@given(before=texts, match=texts.filter(bool), after=texts, cells=st.integers(0, 100))
def test_an_excerpt_fits_and_shows_its_match(before: str, match: str, after: str, cells: int) -> None:
    """However narrow it is, and however much stands before the match."""
    line = excerpt_line(Found(1, before, match, after), cells)
    assert line_width(line) <= cells
    marked = "".join(text for text, role in line if role == "hit")
    assert marked == match or marked.endswith("…") or not cells or (cells == 1 and len(marked) <= 1)


@pytest.mark.parametrize("cells", [20, 44, 60, 80, 120, 200])
def test_lines_fit(cells: int) -> None:
    """With and without the row, which comes later and moves nothing."""
    results = Results()
    about = About("a title " * 20, "claude_code", START_US)
    results.add(Part("sesn_1", about, [Found(12, "x" * 99, "needle", "")], 312))
    heading = heading_line(results.groups[0], cells)
    assert line_width(heading) == cells
    assert "312 events" in line_text(heading)
    found = results.groups[0].found[0]
    line = found_line(found, None, START_US, cells)
    assert line_width(line) <= cells
    if cells >= 60:
        assert "needle" in line_text(line)


def test_what_is_not_shown_is_said() -> None:
    """So that nobody takes the part for the whole."""
    results = Results()
    assert counted(results) == "nothing found yet"
    results.add(Part("sesn_1", About("one", "", None), [Found(1, "", "x", "")], 1))
    assert counted(results) == "1 event in 1 session"
    results.add(Part("sesn_2", None, [], 20_000))
    assert counted(results) == "20,001 events in 2 sessions, 1 shown"
    assert so_far(0, 0) == "looking for sessions" and so_far(1_204, 20_000) == "1,204 of 20,000 sessions"


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Three sessions, in each of which something failed."""
    store = new_store(tmp_path / "store")
    for number in range(3):
        events = [
            message(number * 100 + 1, "why does the build fail?", person=True),
            tool_use(number * 100 + 2, command="make build"),
            tool_result(number * 100 + 3, number * 100 + 2, is_error=True),
            message(number * 100 + 4, "the BUILD is green"),
        ]
        add_session(store, f"sesn_{number}", [events], title=f"Build {number}")
    return store


def looked(store: Store, text: str, cancel: Event | None = None) -> tuple[Results, list[Report]]:
    """Everything that a search says."""
    results, reports = Results(), list[Report]()

    def take(report: Report) -> None:
        reports.append(report)
        for part in report.parts:
            results.add(part)

    StoreSearch(store, question(text)).run(take, cancel or Event())
    return results, reports


def seqs(results: Results) -> list[tuple[str, list[int]]]:
    """What was found, by session."""
    return [(group.session_id, [found.seq for found in group.found]) for group in results.groups]


def test_newest_sessions_come_first_each_with_its_events(store: Store) -> None:
    """And at the end all sessions are done."""
    results, reports = looked(store, "build")
    assert seqs(results) == [(f"sesn_{number}", [0, 1, 3]) for number in (2, 1, 0)]
    assert [group.about.title for group in results.groups] == ["Build 2", "Build 1", "Build 0"]
    assert reports[-1].sessions == reports[-1].of_sessions == 3
    assert reports[0].parts == [], "the first word comes before anything is looked through"


def test_a_filter_narrows(store: Store) -> None:
    """By type, by tool, by trouble."""
    assert seqs(looked(store, "type:tool_use build")[0])[0] == ("sesn_2", [1])
    assert seqs(looked(store, "is:error output")[0])[0] == ("sesn_2", [2])
    assert seqs(looked(store, "-type:message build")[0])[0] == ("sesn_2", [1])
    assert looked(store, "tool:read build")[0].events == 0


def test_what_was_replaced_is_not_found(tmp_path: Path) -> None:
    """As in the session itself, where nobody could go to it."""
    store = new_store(tmp_path / "store")
    later = Draft({**message(1, "needle two").payload}, THREAD, START_US + 5_000, {"supersedes": 0})
    add_session(store, "sesn_1", [[message(0, "needle one"), later]])
    results = looked(store, "needle")[0]
    assert seqs(results) == [("sesn_1", [1])] and results.events == 1


def test_so_much_is_kept_and_no_more(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one session, and of all; what is beyond is counted."""
    monkeypatch.setattr(searching, "MOST_OF_ONE", 2)
    results = looked(store, "build")[0]
    assert (results.events, results.shown, results.sessions) == (9, 6, 3)
    monkeypatch.setattr(searching, "MOST_SHOWN", 3)
    results = looked(store, "build")[0]
    assert (results.events, results.shown, results.sessions, len(results.groups)) == (9, 3, 3, 2)


def test_whoever_does_not_want_it_any_more_hears_no_more_of_it(store: Store) -> None:
    """At once."""
    cancel = Event()
    cancel.set()
    assert looked(store, "build", cancel)[0].events == 0


def test_an_empty_store_has_nothing(tmp_path: Path) -> None:
    """And says so at once."""
    results, reports = looked(new_store(tmp_path / "store"), "build")
    assert results.events == 0 and reports[-1].of_sessions == 0
