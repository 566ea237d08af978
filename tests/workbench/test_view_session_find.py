"""Finding within a session: errors, turns, threads, text."""

from __future__ import annotations

from array import array
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.event import Draft
from runtime.reader import LogReader
from tests.support.builders import START_US, THREAD, add_session, message, new_store, status, tool_result, tool_use
from workbench.view.session import find
from workbench.view.session.find import (
    Found,
    Search,
    find_error,
    find_of_thread,
    find_threads,
    find_turn,
    run_search,
    windows,
)
from workbench.view.session.standing import ALL, Picked, Standing


def reader_of(tmp_path: Path, drafts: list[Draft], sizes: tuple[int, ...] = ()) -> LogReader:
    """A session of ``drafts``, in segments of these sizes."""
    store, batches, start = new_store(tmp_path), [], 0
    for size in (*sizes, len(drafts)):
        batches.append(drafts[start : start + size])
        start += size
    return store.reader(add_session(store, "sesn_f", [batch for batch in batches if batch]))


def errors_at(count: int, *seqs: int) -> list[Draft]:
    """``count`` events, some of them errors."""
    return [tool_result(seq, 0, is_error=seq in seqs) for seq in range(count)]


@given(st.integers(0, 50), st.integers(0, 60), st.sampled_from([1, -1]), st.integers(1, 20))
def test_windows_cover_a_range_once(start: int, length: int, step: int, size: int) -> None:
    """In the direction asked for, without gaps; borders at multiples, so that files are read once each."""
    ranges = list(windows(start, start + length, step, size))
    covered = [seq for low, high in ranges for seq in range(low, high)]
    assert sorted(covered) == list(range(start, start + length))
    assert ranges == sorted(ranges, reverse=step < 0)
    assert all(high - low <= size for low, high in ranges)


def test_errors_forwards_and_backwards(tmp_path: Path) -> None:
    """Never the event one is on; across segments; None beyond the last."""
    reader = reader_of(tmp_path, errors_at(30, 3, 11, 12, 29), (10, 5))
    forwards, seq = [], 0
    while (found := find_error(reader, seq, 1)) is not None:
        forwards.append(seq := found)
    assert forwards == [3, 11, 12, 29]
    backwards, seq = [], 29
    while (found := find_error(reader, seq, -1)) is not None:
        backwards.append(seq := found)
    assert backwards == [12, 11, 3]


def test_an_errand_that_is_no_longer_wanted_ends(tmp_path: Path) -> None:
    """Without an answer."""
    reader = reader_of(tmp_path, errors_at(30, 3))
    assert find_error(reader, 0, 1, lambda: False) is None
    assert find_turn(reader, 20, -1, lambda: False) is None


def test_turns(tmp_path: Path) -> None:
    """From anywhere in a turn to the next, to its own beginning, and from there to the one before."""
    drafts = [
        message(0),
        *(status(n, kind, "end_turn" if kind == "idle" else None) for n, kind in enumerate(["running", "idle"] * 3, 1)),
    ]
    reader = reader_of(tmp_path, drafts, (2, 2))
    assert [find_turn(reader, seq, 1) for seq in range(7)] == [1, 3, 3, 5, 5, None, None]
    assert [find_turn(reader, seq, -1) for seq in range(7)] == [0, 0, 1, 1, 3, 3, 5]


@pytest.mark.parametrize("few", [True, False])
def test_threads_are_called_after_their_agents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: bool) -> None:
    """The first event's is ``main``; a hostile name is made harmless. Row by row or by column: the same."""
    if not few:
        monkeypatch.setattr(find, "FEW_EVENTS", 0)
    kind = "session.thread_created"
    created = {
        "id": "sevt_c",
        "type": kind,
        "session_thread_id": "sthr_b",
        "agent_name": "re\x1bviewer",
    }
    nameless = {"id": "sevt_d", "type": kind, "session_thread_id": 7}
    reader = reader_of(tmp_path, [message(0), Draft(created, THREAD, START_US), Draft(nameless, THREAD, START_US)])
    assert find_threads(reader, 0, 3) == {THREAD: "main", "sthr_b": "re\\x1bviewer"}
    assert find_threads(reader, 2, 3) == {}


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def searched(reader: LogReader, needle: str, start: int = 0) -> tuple[Search, list[Found]]:
    """A whole search, and what was reported of it."""
    search, reports = Search(needle, start, reader.count), []

    def report(found: Found) -> None:
        reports.append(found)
        search.add(*found)

    run_search(search, reader, report, Event())
    return search, reports


def test_a_search_goes_from_here_to_the_end_and_on_from_the_beginning(tmp_path: Path) -> None:
    """The first thing reported is the first hit from where one is."""
    drafts = [tool_use(seq, command=f"step {seq % 5} of many") for seq in range(40)]
    search, reports = searched(reader_of(tmp_path, drafts, (15, 10)), "Step 3".lower(), start=20)
    assert reports[0][2] == [23]
    assert search.done and search.percent == 100 and len(search) == 8
    assert [seq for seq in range(40) if seq in search] == [3, 8, 13, 18, 23, 28, 33, 38]
    assert [search.place(seq) for seq in (3, 23, 38, 4)] == [1, 5, 8, None]


def test_going_from_hit_to_hit(tmp_path: Path) -> None:
    """Forwards and backwards, around the ends once all is looked through; before that, only as far as is known."""
    search = Search("x", 20, 40)
    search.add(20, 30, [23, 28])
    assert search.beyond(23, 1) == 28 and search.beyond(28, 1) is None and search.beyond(23, -1) is None
    search.add(30, 40, [])
    search.add(0, 20, [3])
    assert search.done
    assert (
        search.beyond(28, 1) == 3
        and search.beyond(3, -1) == 28
        and search.beyond(10, 1) == 23
        and search.beyond(10, -1) == 3
    )


@given(st.sets(st.integers(0, 59)), st.integers(0, 60), st.integers(0, 59))
def test_beyond_is_what_a_sorted_list_would_say(hits: set[int], start: int, seq: int) -> None:
    """Wherever the search began."""
    search, ordered = Search("x", start, 60), sorted(hits)
    for low, high in search.windows():
        search.add(low, high, [hit for hit in ordered if low <= hit < high])
    assert search.beyond(seq, 1) == next((hit for hit in ordered if hit > seq), ordered[0] if ordered else None)
    assert search.beyond(seq, -1) == next((hit for hit in ordered[::-1] if hit < seq), ordered[-1] if ordered else None)
    assert [hit in search for hit in range(60)] == [hit in hits for hit in range(60)]


def test_a_search_that_is_cancelled_stops(tmp_path: Path) -> None:
    """It reports nothing more, and is not done."""
    reader, cancel, reports = reader_of(tmp_path, [message(seq) for seq in range(20)], (10,)), Event(), []
    cancel.set()
    run_search(Search("message", 0, 20), reader, reports.append, cancel)
    assert reports == []


@pytest.mark.parametrize("size", [4, 8_192])
def test_the_next_of_a_thread_however_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Only what stands, or what a filter lets through; at either end there is none."""
    monkeypatch.setattr(find, "FEW_EVENTS", size)
    store = new_store(tmp_path)
    rare = {2, 3, 30, 31, 57}
    drafts = [message(n)._replace(thread_id="sthr_rare" if n in rare else THREAD) for n in range(60)]
    add_session(store, "sesn_x", [drafts[:40], drafts[40:]])
    with store.reader("sesn_x") as reader:
        walked, seq = [], find_of_thread(reader, 2, 1)
        while seq is not None:
            walked.append(seq)
            seq = find_of_thread(reader, seq, 1)
        assert walked == [3, 30, 31, 57]
        assert find_of_thread(reader, 57, -1) == 31 and find_of_thread(reader, 2, -1) is None
        assert find_of_thread(reader, 3, 1, standing=Standing({30: 40})) == 31
        assert find_of_thread(reader, 3, 1, standing=Picked(ALL, array("q", [2, 57]))) == 57
        assert find_of_thread(reader, 3, 1, wanted=lambda: False) is None
        assert find_of_thread(reader, 4, 1) == 5 and find_of_thread(reader, 4, -1) == 1
