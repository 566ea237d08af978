"""What stands where later events replaced earlier ones."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from runtime.event import Draft
from runtime.manifest import Manifest
from runtime.reader import LogReader
from runtime.store import Store
from tests.support.builders import START_US, add_session, message, new_store, tool_result
from workbench.view.session.find import Search, find_error, find_turn
from workbench.view.session.source import SessionSource
from workbench.view.session.standing import ALL, Standing, errors_among, replaced_in_sealed


def instead_of(old: int, draft: Draft) -> Draft:
    """``draft`` as what replaces event ``old``."""
    return draft._replace(extra={**draft.extra, "supersedes": old})


def sealed(tmp_path: Path, *batches: list[Draft]) -> Store:
    """A store with one sealed session."""
    store = new_store(tmp_path)
    add_session(store, "sesn_a", batches)
    return store


@pytest.mark.parametrize("seed", range(20))
def test_lines_and_seqs_are_two_ways_to_say_the_same(seed: int) -> None:
    """As counting says: the standing events, in order, are lines 0, 1, 2 …; however what was replaced became known."""
    chance = random.Random(seed)
    by = {old: chance.randrange(old + 1, 60) for old in chance.sample(range(50), chance.randrange(0, 40))}
    standing, left = ALL, list(by.items())
    chance.shuffle(left)
    while left:
        some = [left.pop() for _ in range(min(len(left), chance.randrange(1, 6)))]
        standing = standing.joined(dict(some))
    stands = [seq for seq in range(60) if seq not in by]
    assert [standing.seq(line) for line in range(len(stands))] == stands
    assert [standing.line(seq) for seq in stands] == list(range(len(stands)))
    assert [seq for seq in range(60) if seq in standing] == stands and len(standing) == len(by)
    assert all(standing.latest(seq) in standing for seq in range(60))
    assert [standing.gone_from(seq) for seq in range(61)] == [sum(old >= seq for old in by) for seq in range(61)]


def test_what_was_known_before_does_not_change() -> None:
    """A search may still hold it, on another thread."""
    first = ALL.joined({3: 5})
    second = first.joined({1: 6, 5: 7})
    assert (first.line(10), second.line(10), ALL.line(10)) == (9, 7, 10)
    assert first.latest(3) == 5 and second.latest(3) == 7 and second.joined({}) is second


def test_a_session_in_which_nothing_was_replaced_is_not_even_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its manifest says so; one segment in which something was is the only one that is read."""
    again = instead_of(2, message(2, "again"))
    store = sealed(tmp_path, [message(number) for number in range(10)], [message(10), again])
    asked: list[tuple[int, int | None]] = []
    read = LogReader.table

    def table(self: LogReader, start: int = 0, stop: int | None = None, columns: list[str] | None = None) -> object:
        asked.append((start, stop))
        return read(self, start, stop, columns)

    monkeypatch.setattr(LogReader, "table", table)
    with store.reader("sesn_a") as reader:
        assert replaced_in_sealed(reader) == {2: 11}
    assert asked == [(10, 12)]


def test_an_event_that_says_it_replaces_itself_or_a_later_one_replaces_nothing(tmp_path: Path) -> None:
    """A log may come from anywhere; what it says must not lead in circles."""
    odd = [message(0), instead_of(1, message(1)), instead_of(3, message(2)), message(3), instead_of(-1, message(4))]
    source = SessionSource(sealed(tmp_path, odd), "sesn_a")
    assert len(source.standing) == 0 and source.standing.latest(1) == 1


@pytest.mark.parametrize("seal", [True, False], ids=["sealed", "open"])
def test_errors_that_were_replaced_do_not_count(tmp_path: Path, seal: bool) -> None:
    """Nor does replacing one twice count twice; sealed, open, or half and half."""
    store = new_store(tmp_path)
    with store.create(Manifest("sesn_a", created_us=START_US)) as log:
        log.append([message(0), *(tool_result(number, 0, is_error=True) for number in range(1, 6))])
        if seal:
            log.seal()
        log.append([instead_of(2, tool_result(2, 0)), instead_of(3, tool_result(3, 0, is_error=True))])
        if seal:
            log.seal()
        log.append([instead_of(7, tool_result(3, 0)), instead_of(2, tool_result(2, 0))])
        source = SessionSource(store, "sesn_a")
        assert source.pulse.errors == 3
        assert errors_among(source.reader, [2, 5, 6, 7, 8]) == 3


def test_jumps_pass_over_what_was_replaced(tmp_path: Path) -> None:
    """Errors and beginnings of turns, both ways."""
    drafts = [
        message(0, person=True), tool_result(1, 0, is_error=True), message(2, person=True), message(3),
        tool_result(4, 0, is_error=True), instead_of(1, tool_result(1, 0)), message(5, person=True),
        instead_of(2, message(2)), message(6),
    ]  # fmt: skip
    source = SessionSource(sealed(tmp_path, drafts), "sesn_a")
    reader, standing = source.reader, source.standing
    assert find_error(reader, 0, 1, standing=standing) == 4 and find_error(reader, 4, -1, standing=standing) is None
    assert find_error(reader, 0, 1) == 1, "without that knowledge it would be the one that does not stand"
    assert find_turn(reader, 0, 1, standing=standing) == 3, "turn 2 begins with its first event that stands"
    assert find_turn(reader, 3, -1, standing=standing) == 0
    assert find_turn(reader, 8, -1, standing=standing) == 6 and find_turn(reader, 6, 1, standing=standing) is None


def test_a_turn_whose_events_were_all_replaced_is_no_place_to_go(tmp_path: Path) -> None:
    """Not even at the end."""
    drafts = [message(0, person=True), message(1, person=True), message(2, person=True), instead_of(1, message(3))]
    source = SessionSource(sealed(tmp_path, drafts), "sesn_a")
    assert find_turn(source.reader, 0, 1, standing=source.standing) == 2
    assert find_turn(source.reader, 2, -1, standing=source.standing) == 0


def test_hits_that_were_replaced_are_forgotten() -> None:
    """Places among the others move up."""
    search = Search("x", 4, 10)
    search.add(4, 10, [5, 8])
    search.add(0, 4, [1, 2])
    search.drop(Standing({2: 9, 5: 9}))
    assert len(search) == 2 and [search.place(seq) for seq in (1, 2, 5, 8)] == [1, None, None, 2]
