"""Counterparts: what answers an event, and what it answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.event import Draft
from runtime.manifest import Manifest
from runtime.reader import LogReader
from tests.support.builders import START_US, THREAD, add_session, message, new_store, tool_result, tool_use
from workbench.view.payload import counterparts

LONG = 500


@pytest.fixture(params=["sealed", "open"])
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> LogReader:
    """Two calls, and much later their results in the other order; a message of the model's behind its request."""
    drafts = [tool_use(0), tool_use(1), *(message(number) for number in range(2, LONG))]
    drafts += [tool_result(LONG, 1), tool_result(LONG + 1, 0), tool_result(LONG + 2, 999)]
    for number, kind, thread in (
        (LONG + 3, "span.model_request_start", THREAD),
        (LONG + 4, "span.model_request_start", "sthr_other"),
        (LONG + 5, "agent.message", THREAD),
        (LONG + 6, "agent.tool_use", THREAD),
    ):
        drafts.append(Draft({"id": f"sevt_{number:06d}", "type": kind}, thread, START_US))
    store = new_store(tmp_path)
    if request.param == "sealed":
        add_session(store, "sesn_pairs", [drafts])
    else:
        with store.create(Manifest("sesn_pairs", created_us=START_US)) as log:
            log.append(drafts)
    return store.reader("sesn_pairs")


def counterpart(reader: LogReader, seq: int, reach: int | None = None) -> int | None:
    """The seq of it."""
    found = counterparts.far(reader, reader.rows(seq, seq + 1)[0], reach=reach)
    return found.seq if found is not None else None


def test_each_finds_its_own(reader: LogReader) -> None:
    """In both directions, however many lie between."""
    assert [counterpart(reader, seq) for seq in (0, 1)] == [LONG + 1, LONG]
    assert [counterpart(reader, seq) for seq in (LONG, LONG + 1)] == [1, 0]


def test_what_is_not_there_is_not_found(reader: LogReader) -> None:
    """A result without its use, a use without a result, an event that answers nothing."""
    assert [counterpart(reader, seq) for seq in (LONG + 2, LONG + 6, 5)] == [None, None, None]


def test_what_was_said_belongs_to_the_request_of_its_thread(reader: LogReader) -> None:
    """Other threads ask at the same time."""
    assert counterpart(reader, LONG + 5) == LONG + 3


def test_looking_goes_no_further_than_asked_and_stops_when_told(reader: LogReader) -> None:
    """So that nobody waits for what is far away."""
    assert counterpart(reader, 0, reach=LONG) is None and counterpart(reader, 0, reach=LONG + 1) == LONG + 1
    assert counterparts.far(reader, reader.rows(0, 1)[0], lambda: False) is None


def test_what_is_near_is_found_without_looking_far(reader: LogReader, tmp_path: Path) -> None:
    """Nearly always it is."""
    use, result = reader.rows(0, 1)[0], reader.rows(LONG, LONG + 1)[0]
    assert counterparts.near(reader, use) is None and counterparts.near(reader, result) is None
    near = [tool_use(0), message(1), tool_result(2, 0)]
    store = new_store(tmp_path / "near")
    add_session(store, "sesn_near", [near])
    with store.reader("sesn_near") as other:
        rows = other.rows(0, 3)
        assert counterparts.near(other, rows[0]) == rows[2] and counterparts.near(other, rows[2]) == rows[0]
