"""Where a session's screen gets its rows: a reader on a lane, and never a wait for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.errors import WorkbenchError
from runtime.manifest import Manifest
from runtime.store import Store
from tests.support.builders import START_US, add_session, message, new_store, status, story, tool_result
from tests.support.drawing import Drawing
from workbench.view.lane import Lane
from workbench.view.session.source import Pulse, SessionSource
from workbench.view.session.window import PAGE_ROWS
from workbench.view.session.writer import has_writer, writers


@pytest.fixture
def drawing() -> Drawing:
    """This test's thread."""
    return Drawing()


@pytest.fixture
def lane(drawing: Drawing) -> Iterator[Lane]:
    """A lane, closed in the end."""
    lane = drawing.lane()
    yield lane
    lane.close()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with a session of 1,000 events in three segments."""
    store = new_store(tmp_path)
    add_session(store, "sesn_long", [story(0, 400), story(400, 500), story(900, 100)])
    return store


# ── lanes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_work_is_done_elsewhere_and_handed_back_here(drawing: Drawing, lane: Lane) -> None:
    """In order, on the thread that draws."""
    came: list[tuple[int, str]] = []
    for number in range(5):
        lane.run(lambda number=number: (number, threading.current_thread().name), came.append)  # type: ignore[misc]
    assert came == [] and lane.pending == 5
    drawing.make_calls(lane)
    assert [number for number, _ in came] == [0, 1, 2, 3, 4]
    assert all(name.startswith("test") for _, name in came)


def test_what_goes_wrong_is_said_here(drawing: Drawing, lane: Lane) -> None:
    """And the lane goes on."""
    came: list[int] = []
    lane.run(lambda: 1 // 0, came.append)
    lane.run(lambda: 7, came.append)
    drawing.make_calls(lane)
    assert [type(error) for error in drawing.failures] == [ZeroDivisionError] and came == [7]


def test_a_blink_waits_for_what_is_nearly_there_and_for_nothing_else(drawing: Drawing, lane: Lane) -> None:
    """A result within a blink is there at once; a late one is not waited for."""
    gate = threading.Event()
    late = lane.run(gate.wait, lambda _: None)
    assert lane.blink(late, 0.001) is None
    gate.set()
    assert lane.blink(lane.run(lambda: 7, lambda _: None), 20) == 7
    drawing.make_calls(lane)


def test_after_closing_nothing_is_handed_back(drawing: Drawing) -> None:
    """What was under way comes to nothing, and the lane's own things are let go of, after it."""
    lane, came, closed = drawing.lane(), [], threading.Event()
    lane.run(lambda: 7, came.append)
    lane.close(closed.set)
    lane.close()
    assert closed.wait(20)
    drawing.make_calls(lane)
    assert came == []


# ── rows and payloads ────────────────────────────────────────────────────────────────────────────────────────────────


def test_rows_come_a_page_at_a_time(store: Store, drawing: Drawing, lane: Lane) -> None:
    """The first look may wait a blink; then the page is there, and is announced once if it was late."""
    source, announced = SessionSource(store, "sesn_long"), []
    source.start(lane, lambda start, stop: announced.append((start, stop)))
    source.prepare(999)
    assert source.row(999) is not None and source.pages.rows == 1000 - 3 * PAGE_ROWS
    source.row(0)
    drawing.make_calls(lane)
    row = source.row(0)
    assert row is not None and row.seq == 0
    assert source.row(-1) is None and source.row(1000) is None
    assert announced in ([], [(0, PAGE_ROWS)])


def test_a_page_that_is_late_is_asked_for_once(store: Store, drawing: Drawing, lane: Lane) -> None:
    """Thirty lines that miss the same page do not wait thirty times."""
    gate = threading.Event()
    source, announced = SessionSource(store, "sesn_long"), []
    source.start(lane, lambda start, stop: announced.append((start, stop)))
    lane.run(gate.wait, lambda _: None)
    assert [source.row(seq) for seq in range(300, 330)] == [None] * 30
    assert lane.pending <= 3, "the disk that is slow, the page, and the one ahead"
    gate.set()
    drawing.make_calls(lane)
    assert (256, 512) in announced
    row = source.row(300)
    assert row is not None and row.seq == 300


def test_payloads_are_those_of_the_log(store: Store, drawing: Drawing, lane: Lane) -> None:
    """Byte for byte."""
    source, came = SessionSource(store, "sesn_long"), []
    source.start(lane, lambda *_: None)
    source.entry(450, came.append)
    drawing.make_calls(lane)
    with store.reader("sesn_long") as reader:
        assert came[0].payload == reader.payload(450)


def test_a_payload_that_is_not_there_is_a_failure(store: Store, drawing: Drawing, lane: Lane) -> None:
    """Said, not raised somewhere else."""
    source = SessionSource(store, "sesn_long")
    source.start(lane, lambda *_: None)
    (store.sessions_folder / "sesn_long" / "000001.payload.parquet").write_bytes(b"PAR1 no")
    source.entry(450, lambda _: None)
    drawing.make_calls(lane)
    assert len(drawing.failures) == 1 and isinstance(drawing.failures[0], (WorkbenchError, OSError))


def test_opening_what_is_not_there(store: Store) -> None:
    """Our own error, which says what to do."""
    with pytest.raises(WorkbenchError, match="workbench sessions"):
        SessionSource(store, "sesn_nowhere")


# ── what is new ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_look_finds_what_was_appended(tmp_path: Path, drawing: Drawing, lane: Lane) -> None:
    """Events, errors among them, whether anybody writes, whether a turn is under way."""
    store = new_store(tmp_path)
    pulses: list[Pulse] = []
    with store.create(Manifest("sesn_live", created_us=START_US)) as log:
        log.append([status(0, "running"), message(1)])
        source = SessionSource(store, "sesn_live")
        assert source.pulse == Pulse(2, 0, True, True)
        source.start(lane, lambda *_: None)
        log.append([tool_result(2, 1, is_error=True), status(3, "idle", "end_turn")])
        source.look(pulses.append)
        source.look(pulses.append)
        drawing.make_calls(lane)
        assert pulses == [Pulse(4, 1, True, False)], "a second look while the first is under way is none"
        log.seal()
    source.look(pulses.append)
    drawing.make_calls(lane)
    assert pulses[-1] == Pulse(4, 1, False, False), "counted once, although it was sealed meanwhile"


def test_who_writes_is_found_out_without_a_lock(tmp_path: Path) -> None:
    """A lock that a process left behind when it died does not count."""
    store = new_store(tmp_path)
    assert writers(store.locks_folder) == frozenset() and not has_writer(store.locks_folder, "sesn_live")
    with store.create(Manifest("sesn_live", created_us=START_US)):
        (store.locks_folder / "sesn_dead").touch()
        assert writers(store.locks_folder) == {"sesn_live"}
        assert has_writer(store.locks_folder, "sesn_live") and not has_writer(store.locks_folder, "sesn_dead")
    assert not has_writer(store.locks_folder, "sesn_live")
    assert writers(tmp_path / "nowhere") == frozenset()


def test_time_starts_with_the_first_event(store: Store) -> None:
    """Known from the manifest where it is sealed, from the rows where it is open."""
    assert SessionSource(store, "sesn_long").start_us == START_US
    with store.create(Manifest("sesn_open", created_us=START_US)) as log:
        log.append([message(7)])
        assert SessionSource(store, "sesn_open").start_us == START_US + 7_000
