"""The timeline: what is counted, which events stand in which cell, what is drawn of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.event import Draft
from tests.support.builders import START_US, add_session, message, new_store, status, tool_result, tool_use
from workbench.view.session.find import Search
from workbench.view.session.source import SessionSource
from workbench.view.session.standing import ALL
from workbench.view.text import line_text, width
from workbench.view.timeline import axis as axes
from workbench.view.timeline import drawing as timelines
from workbench.view.timeline import tiles as tiling
from workbench.view.timeline.axis import IDLE, Axis, by_event
from workbench.view.timeline.drawing import BARS, CURSOR, ERROR, HIT, PLAIN, TURN, Timeline, lanes_for
from workbench.view.timeline.tiles import Tiles, code_of

TILE, CHUNK, KEPT = 8, 64, 10
"""Instead of 256, 16,384 and 16: so a session of a few hundred events has all there is to have."""
MINUTE_US = 60_000_000


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    """The sizes above, wherever they are known."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (tiling, axes, timelines):
            for name, value in (("TILE_EVENTS", TILE), ("CHUNK_EVENTS", CHUNK), ("KEPT_CHUNKS", KEPT)):
                if hasattr(module, name):
                    patch.setattr(module, name, value)
        yield


class Told(NamedTuple):
    """An event, as far as a timeline cares."""

    type: str = "agent.tool_use"
    thread_id: str = "a"
    is_error: bool = False
    time_us: int | None = None
    turn: int = 0


class Log:
    """A session in memory that grows, and whose reader says how much of it was read."""

    def __init__(self) -> None:
        self.events: list[Told] = []
        self.start_us = START_US
        self.standing, self.read = ALL, 0
        self.tails = [SimpleNamespace(segment=SimpleNamespace(first=0))]
        self.reader = self.lane = self

    @property
    def count(self) -> int:
        """How many events there are."""
        return len(self.events)

    def rows(self, start: int, stop: int) -> list[Told]:
        """As a reader has them."""
        self.read += stop - start
        return self.events[start:stop]

    def run(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """As a lane does it, but at once."""
        then(work())


def shown(log: Log, timeline: Timeline, cursor: int = 0) -> Timeline:
    """``timeline``, with everything read that it takes to draw."""
    for _ in range(3):  # counted, in sight, read closely
        timeline.look(log)  # type: ignore[arg-type]  # as much of a source as is asked for
        if timeline.draw(cursor):
            return timeline
    raise AssertionError("there is nothing to draw, or it never comes")


def line(cells: int, lanes: int = 1, *, by_clock: bool = False) -> Timeline:
    """A timeline of some size."""
    timeline = Timeline()
    timeline.cells, timeline.lanes, timeline.by_clock = cells, lanes, by_clock
    return timeline


def counted(timeline: Timeline) -> list[Counter[int]]:
    """What was counted for each cell."""
    starts = timeline.chart.axis.starts
    return [timeline.tiles.counts(*pair) for pair in zip(starts, starts[1:])]


EVENTS = st.lists(
    st.builds(
        Told,
        st.sampled_from(["user.message", "agent.tool_use", "agent.message", "span.model_request_end", "odd"]),
        st.sampled_from("abcdef"),
        st.integers(0, 9).map(lambda number: number == 0),
        st.one_of(st.none(), st.integers(-5, 90).map(lambda seconds: seconds * 1_000_000)),
        st.just(0),
    ),
    min_size=1, max_size=80,
)  # fmt: skip


def clocked(events: list[Told]) -> list[Told]:
    """Times as steps from one event to the next, sometimes back; a turn every few events."""
    now, told = START_US, []
    for seq, event in enumerate(events):
        now += event.time_us or 0
        told.append(event._replace(time_us=None if event.time_us is None else now, turn=seq // 23))
    return told


# ── counting and places, whatever happens ────────────────────────────────────────────────────────────────────────────


@settings(max_examples=150, deadline=None)
@given(EVENTS, st.sampled_from([1, 2, 5, 15]), st.data())
def test_counts_add_up_and_places_are_where_they_say(events: list[Told], times: int, data: st.DataObject) -> None:
    """Whatever is appended, replaced, zoomed, resized or turned to the other scale, in whatever order."""
    log, timeline = Log(), line(data.draw(st.integers(4, 90)), data.draw(st.integers(1, 4)))
    whole = clocked(events * times)
    cursor = 0
    while log.count < len(whole) or data.draw(st.booleans()):
        log.events = whole[: data.draw(st.integers(log.count, len(whole)))] or whole
        olds = data.draw(st.sets(st.integers(0, max(0, log.count - 2)), max_size=5)) if log.count > 1 else set()
        log.standing = log.standing.joined({old: log.count - 1 for old in olds if old < log.count - 1})
        cursor = data.draw(st.integers(0, log.count - 1))
        timeline.by_clock = data.draw(st.booleans())
        timeline.cells = data.draw(st.integers(4, 90))
        shown(log, timeline, cursor)
        timeline.zoom(data.draw(st.sampled_from([-1, 1, 1])), cursor)
        shown(log, timeline, cursor)
        check_counts(log, timeline)
        check_places(timeline.chart.axis, cursor)
    timeline.fit()
    shown(log, timeline, cursor)
    assert (timeline.chart.axis.starts[0], timeline.chart.axis.starts[-1]) == (0, log.count)
    check_counts(log, timeline)


def check_counts(log: Log, timeline: Timeline) -> None:
    """Every standing event in sight counts once, in its cell; every error is on the ruler."""
    axis, threads = timeline.chart.axis, timeline.tiles.threads
    assert len(axis.starts) == timeline.cells + 1 == len(timeline.chart.marks) + 1
    for cell, found in enumerate(counted(timeline)):
        inside = [seq for seq in range(axis.starts[cell], axis.starts[cell + 1]) if seq in log.standing]
        events = [log.events[seq] for seq in inside]
        assert found == Counter(code_of(threads[each.thread_id], each.type, each.is_error) for each in events)
        assert (timeline.chart.marks[cell] == ERROR) == any(each.is_error for each in events)
    assert len(timeline.chart.lanes) == timeline.lanes
    assert {width(line_text(lane)) for lane in timeline.chart.lanes} == {timeline.cells}


def check_places(axis: Axis, cursor: int) -> None:
    """Cells and seqs go up together; whoever clicks on the cell of an event stays in it."""
    assert list(axis.starts) == sorted(axis.starts)
    assert axis.starts[0] <= cursor < axis.starts[-1], "the cursor is always in sight"
    for seq in range(axis.starts[0], axis.starts[-1]):
        cell = axis.cell(seq)
        assert axis.starts[cell] <= seq < axis.starts[cell + 1]
        assert axis.cell(axis.seq(cell)) == cell
    places = [axis.seq(cell) for cell in range(-2, axis.cells + 2)]
    assert places == sorted(places) and all(axis.starts[0] <= seq < axis.starts[-1] for seq in places)


@given(st.integers(1, 5_000), st.integers(1, 200))
def test_by_event_all_cells_are_alike(count: int, cells: int) -> None:
    """To the event; and a session with fewer events than cells has one in each."""
    starts = by_event(0, count, count, cells, fine=True).starts
    sizes = [high - low for low, high in zip(starts, starts[1:])]
    assert sum(sizes) == count
    assert max(sizes) - min(sizes) <= 1
    if count <= cells:
        assert sizes == [1] * count + [0] * (cells - count)


# ── tiles ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_event_is_read_once_and_what_is_looked_at_closely_once_more() -> None:
    """A session long for its cells is drawn from tiles; zooming in reads its own stretch, going on in it nothing."""
    log, timeline = Log(), line(20)
    log.events = clocked([Told(time_us=1_000_000)] * 1_000)
    shown(log, timeline)
    assert log.read == 1_000
    for _ in range(4):
        timeline.zoom(1, 10)
        shown(log, timeline, 10)
    assert log.read == 1_000 + 3 * CHUNK, "what was in sight when cells first held less than a tile"
    shown(log, timeline, 40)
    assert log.read == 1_000 + 3 * CHUNK


def test_what_is_appended_is_all_that_is_read() -> None:
    """However long the session is."""
    log, timeline = Log(), line(20)
    log.events = [Told()] * 1_000
    shown(log, timeline)
    log.events = log.events + [Told(is_error=True)] * 3
    log.read = 0
    shown(log, timeline)
    assert log.read == 3
    assert timeline.chart.marks.count(ERROR) == 1


def test_a_growing_session_does_not_move_under_the_eye_each_time() -> None:
    """Once it has outgrown its cells there is room for an eighth more, and until then cells stay what they are."""
    log, timeline, seen = Log(), line(50), set()
    log.events = [Told()] * 300
    shown(log, timeline)
    for _ in range(70):
        log.events = [*log.events, Told()]
        shown(log, timeline)
        seen.add(tuple(timeline.chart.axis.starts[:20]))
    assert len(seen) == 2


def test_replaced_events_leave_at_once() -> None:
    """Also from a part of the session that was let go of long ago; only that part is read again."""
    log, timeline = Log(), line(20)
    log.events = [Told(is_error=seq == 3) for seq in range(1_000)]
    shown(log, timeline)
    assert timeline.chart.marks[0] == ERROR
    log.read = 0
    log.standing = ALL.joined({3: 999})
    shown(log, timeline)
    assert ERROR not in timeline.chart.marks and log.read == CHUNK


def test_sealed_and_open_segments_count_alike(tmp_path: Path) -> None:
    """Read by column or row by row, by a real reader; turns stand where the log says they begin."""
    drafts = [
        message(0, person=True), tool_use(1), tool_result(2, 1, is_error=True), status(3, "idle", "end_turn"),
        message(4, person=True), tool_use(5), tool_result(6, 5),
    ]  # fmt: skip
    found = []
    for number, cut in enumerate((0, 4, 7)):
        store = new_store(tmp_path / str(number))
        add_session(store, "sesn_a", [drafts[:cut]] if cut else [])
        if cut < 7:
            with store.writer("sesn_a") as log:
                log.append(drafts[cut:])
                found.append(charted(SessionSource(store, "sesn_a")))
        else:
            found.append(charted(SessionSource(store, "sesn_a")))
    assert found[0] == found[1] == found[2]
    assert found[0][1].startswith(f"{TURN}{PLAIN}{ERROR}{PLAIN}{TURN}{PLAIN}{PLAIN} ")


def charted(source: SessionSource) -> tuple[list[str], str]:
    """Bars and marks of a session."""
    with source.reader:
        timeline = line(12)
        source.start(SimpleNamespace(run=lambda work, then: then(work())), lambda low, high: None)  # type: ignore[arg-type]
        timeline.look(source)
        assert timeline.draw(0)
        return [line_text(lane) for lane in timeline.chart.lanes], timeline.chart.marks


# ── by clock ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def waited(*minutes: float) -> Log:
    """Ten events a second apart, then a wait, and so on."""
    log = Log()
    log.events = clocked([
        Told(time_us=int(wait * MINUTE_US) if step == 0 else 1_000_000) for wait in (0, *minutes) for step in range(10)
    ])  # fmt: skip
    return log


def test_a_long_wait_is_cut_out_and_named() -> None:
    """What came before it and after it has the cells to itself."""
    timeline = shown(waited(36.5), line(45, by_clock=True))
    lane = line_text(timeline.chart.lanes[0])
    before, name, after = lane.partition(f"{IDLE}36m{IDLE}")
    assert name and len(before) == len(after) == 20
    assert sum(character in BARS for character in before) == sum(character in BARS for character in after) == 10
    axis = timeline.chart.axis
    assert axis.seq(len(before) + 2) == 9, "who clicks on the wait comes to the last event before it"
    assert axis.cell(9) < len(before) and axis.cell(10) == len(before) + 5


def test_many_waits_leave_room_for_what_happened() -> None:
    """The longest are named, more are dotted, and at least half of the cells are not theirs."""
    lane = line_text(shown(waited(*range(2, 42)), line(80, by_clock=True)).chart.lanes[0])
    assert f"{IDLE}41m{IDLE}" in lane and f"{IDLE}2m{IDLE}" not in lane
    named = sum(character not in f"{BARS} " for character in lane)
    assert 20 < named <= 40


def test_without_times_the_clock_says_what_counting_says() -> None:
    """A log may have none, or the same for all."""
    log = Log()
    log.events = [Told(), Told(time_us=START_US), Told(), Told(time_us=START_US)]
    assert shown(log, line(10, by_clock=True)).chart == shown(log, line(10)).chart


def test_stalls_are_gone_to_in_order_and_around_the_ends() -> None:
    """Each says how long it was; a session without any says that."""
    timeline = shown(waited(5, 0.5, 36.2), line(45))
    assert timeline.stall(0, 1) == (10, "5m00s without an event before this one")
    assert timeline.stall(10, 1) == (30, "36m12s without an event before this one")
    assert timeline.stall(39, 1) == (10, "5m00s without an event before this one, around the end")
    assert timeline.stall(10, -1) == (30, "36m12s without an event before this one, around the beginning")
    assert timeline.stall(11, -1)[0] == 10
    assert shown(waited(0.9), line(45)).stall(0, 1)[0] is None


# ── what is drawn ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_loudest_gives_the_colour_and_the_count_the_height() -> None:
    """An error before a person, a person before a tool, a tool before the agent, the agent before a request."""
    kinds = ["span.model_request_end", "agent.message", "agent.tool_use", "user.message"]
    log = Log()
    kinds.append("user.message")
    log.events = [Told(kind, is_error=at == 4) for last, kind in enumerate(kinds) for at in range(last + 1)]
    timeline = line(5)
    timeline.tiles.put(tiling.read_part(log, 0, 15, ALL, timeline.tiles.threads, tiling.After()))  # type: ignore[arg-type]
    axis = Axis([0, 1, 3, 6, 10, 15])
    lane = timeline._bars(axis, [timeline.tiles.counts(*pair) for pair in zip(axis.starts, axis.starts[1:])], False)[0]
    assert [role for _, role in lane] == ["span", "agent", "tool", "user", "error"]
    heights = [BARS.index(bar) for bar in line_text(lane)]
    assert heights == sorted(heights) and heights[0] == 0


def test_marks_give_way_to_one_another_but_never_an_error() -> None:
    """Turns, hits, the cursor: the later wins. Where the cursor is on an error, the error is what stands out."""
    log = Log()
    log.events = [Told(is_error=seq == 2, turn=(seq + 2) // 3) for seq in range(8)]
    timeline, search = shown(log, line(8)), Search("x", 0, 8)
    search.add(0, 8, [2, 4, 5])
    assert line_text(timeline.ruler(7, None)) == f"{PLAIN}{TURN}{ERROR}{PLAIN}{TURN}{PLAIN}{PLAIN}{CURSOR}"
    assert line_text(timeline.ruler(4, search)) == f"{PLAIN}{TURN}{ERROR}{PLAIN}{CURSOR}{HIT}{PLAIN}{TURN}"
    assert (ERROR, "error") in timeline.ruler(7, search) and (ERROR, "caret") in timeline.ruler(2, search)


def test_three_threads_have_lanes_and_the_others_share_one() -> None:
    """A fourth is not called 'one more'; with one lane for all it says how many there are."""
    log = Log()
    log.events = [Told(thread_id=f"thread{number}") for number in range(4)]
    timeline = shown(log, line(8, 4))
    names = {"thread0": "main"}
    assert [timeline.name(lane, names) for lane in range(4)] == ["main", "hread1", "hread2", "hread3"]
    log.events = [Told(thread_id=f"thread{number}") for number in range(7)]
    shown(log, timeline)
    assert timeline.name(3, names) == "+ 4"
    assert [line_text(lane).strip() for lane in timeline.chart.lanes] == ["▁", "▁", "▁", "▁▁▁▁"]
    assert shown(log, line(8)).name(0, names) == "7 threads"


@pytest.mark.parametrize(
    ("size", "threads", "lanes"),
    [
        ((59, 60), 3, 0), ((200, 14), 3, 0), ((79, 60), 3, 1), ((80, 24), 9, 1), ((80, 60), 1, 1), ((120, 32), 2, 2),
        ((120, 32), 3, 3), ((120, 32), 99, 4), ((200, 60), 0, 1),
    ],
)  # fmt: skip
def test_the_list_never_lacks_room(size: tuple[int, int], threads: int, lanes: int) -> None:
    """A lane a thread where there is room for it, one where there is little, none where there is none."""
    assert lanes_for(*size, threads) == lanes


def test_zooming_keeps_the_cursor_where_it_is_and_knows_its_ends() -> None:
    """In, until an event has a cell, and out, until all is in sight; why nothing happens is said."""
    log, timeline = Log(), line(50)
    log.events = [Told()] * 400
    shown(log, timeline, 300)
    before = timeline.chart.axis.cell(300)
    assert timeline.zoom(-1, 300) == "the whole session is in sight"
    for _ in range(3):
        assert timeline.zoom(1, 300) == ""
        shown(log, timeline, 300)
        assert abs(timeline.chart.axis.cell(300) - before) <= 1
    assert timeline.scale == "by event 8×"
    assert timeline.zoom(1, 300) == "this is as close as it gets"
    for _ in range(3):
        assert timeline.zoom(-1, 300) == ""
    shown(log, timeline, 300)
    assert timeline.scale == "by event" and timeline.chart.axis.starts[-1] == 400


def test_nothing_is_drawn_of_nothing() -> None:
    """A session without events, or a terminal without room."""
    assert not line(40).draw(0)
    log, timeline = Log(), line(0, 0)
    log.events = [Told()]
    timeline.look(log)  # type: ignore[arg-type]
    assert not timeline.draw(0)
    assert isinstance(timeline.tiles, Tiles) and timeline.tiles.counted == 1


def test_hostile_thread_names_are_made_harmless() -> None:
    """They come from the log."""
    log = Log()
    log.events = [Told(thread_id="\x1b[31mred\x1b")]
    assert "\x1b" not in shown(log, line(8)).name(0, {})


def test_a_draft_without_a_time_is_no_stall(tmp_path: Path) -> None:
    """Nor is a clock that goes back and comes again."""
    times = [START_US, None, START_US - 90 * MINUTE_US, START_US + 1]
    store = new_store(tmp_path)
    add_session(store, "sesn_t", [[Draft(message(n).payload, "sthr_a", time_us) for n, time_us in enumerate(times)]])
    source, timeline = SessionSource(store, "sesn_t"), line(20)
    part = tiling.read_part(source.reader, 0, 4, ALL, timeline.tiles.threads, tiling.After())
    assert part.stalls == [] and list(part.times) == [START_US, START_US, START_US, START_US + 1]
