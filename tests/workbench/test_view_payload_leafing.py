"""From one payload to the next: a heavy one is read only where somebody stays, and the list never waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.builders import add_session, message, new_store
from tests.support.drawing import Drawing
from workbench.view.payload.leafing import HEAVY_BYTES, Leafing
from workbench.view.payload.sheet import PRETTY, Sheet
from workbench.view.session.source import SessionSource
from workbench.view.text import line_text

HEAVY = 2
"""The event whose payload is heavy."""


class Reader:
    """Somebody who looks at payloads; all that they were shown."""

    def __init__(self, folder: Path) -> None:
        store = new_store(folder)
        drafts = [message(number, "x" * HEAVY_BYTES if number == HEAVY else f"words {number}") for number in range(5)]
        self.drawing = Drawing()
        self.source = SessionSource(store, add_session(store, "sesn_heavy", [drafts]))
        self.rows, self.far = self.drawing.lane("rows"), self.drawing.lane("far")
        self.source.start(self.rows, lambda start, stop: None)
        self.source.prepare(0)
        self.leafing, self.shown = Leafing(self.source), list[Sheet]()
        self.leafing.start(self.far, lambda: PRETTY, self.shown.append)

    def come_to_rest(self) -> None:
        """Wait until nothing is under way."""
        while self.rows.pending or self.far.pending:
            self.drawing.make_calls(self.rows)
            self.drawing.make_calls(self.far)

    def close(self) -> None:
        """Go."""
        self.leafing.close()
        self.source.close()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """One, at a session with a heavy payload."""
    reader = Reader(tmp_path)
    yield reader
    reader.close()
    assert reader.drawing.failures == []


def test_whoever_stays_at_a_heavy_payload_is_shown_it(reader: Reader) -> None:
    """As any other."""
    reader.leafing.want(HEAVY)
    assert reader.shown == [], "it was waited for"
    reader.come_to_rest()
    assert [sheet.seq for sheet in reader.shown] == [HEAVY]
    assert "xxxxx" in "".join(map(line_text, reader.shown[0].lines(PRETTY)))


def test_whoever_goes_by_is_shown_only_where_they_come_to_rest(reader: Reader) -> None:
    """The heavy one is not even read."""
    for seq in (1, HEAVY, 3):
        reader.leafing.want(seq)
    reader.come_to_rest()
    assert HEAVY not in [sheet.seq for sheet in reader.shown]
    assert reader.shown[-1].seq == 3


def test_whoever_comes_back_to_it_is_shown_it_after_all(reader: Reader) -> None:
    """However often they changed their mind."""
    for seq in (HEAVY, 3, HEAVY, 1, HEAVY):
        reader.leafing.want(seq)
    reader.come_to_rest()
    assert reader.shown[-1].seq == HEAVY


def test_a_screen_that_goes_does_not_wait_for_a_heavy_payload(reader: Reader) -> None:
    """What is under way is given up."""
    reader.leafing.want(HEAVY)
    reader.close()
    assert reader.shown == []
