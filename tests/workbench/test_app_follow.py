"""Watching a session that is being written."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.log import FileLog
from runtime.manifest import Manifest
from runtime.store import Store
from tests.support.builders import START_US, message, status, tool_result
from tests.support.driver import Person, errand, opened


@pytest.fixture
def live(plain_surroundings: Path) -> tuple[Store, FileLog]:
    """A session of 60 events with a writer."""
    store = Store("live").prepare()
    log = store.create(Manifest("sesn_live", created_us=START_US, title="Live"))
    log.append([status(0, "running"), *(message(number) for number in range(1, 60))])
    return store, log


async def until_count(person: Person, count: int) -> None:
    """Until the screen knows of so many events."""
    await person.wait_until(lambda: person.session.list.count == count)


@errand
async def test_following_stays_at_the_tail(live: tuple[Store, FileLog]) -> None:
    """The cursor, the payload and the last line in sight are those of the newest event."""
    store, log = live
    async with opened(store, "Live") as person:
        person.sees("● live, following")
        log.append([message(number) for number in range(60, 75)])
        await until_count(person, 75)
        assert person.cursor == 74
        person.sees_in_payload("message 74")
        assert person.lines[-2].startswith("▌  74")
    log.close()


@errand
async def test_held_nothing_moves(live: tuple[Store, FileLog]) -> None:
    """Looking up holds; what comes is counted; ``f`` goes back to the tail and follows again."""
    store, log = live
    async with opened(store, "Live") as person:
        await person.press("k", "k", "k")
        person.sees("‖ live, held")
        still = [line[:70] for line in person.lines[4:-1]]
        log.append([message(number) for number in range(60, 274)])
        await until_count(person, 274)
        person.sees("▼ 214 new")
        assert person.cursor == 56
        assert [line[:70] for line in person.lines[4:-1]] == still
        await person.press("f")
        assert person.cursor == 273
        person.sees("● live, following")
        person.does_not_see("new")
        await person.press("f")
        person.sees("‖ live, held")
    log.close()


@errand
async def test_the_end_of_the_list_follows_too(live: tuple[Store, FileLog]) -> None:
    """``G`` is enough; so is walking there."""
    store, log = live
    async with opened(store, "Live") as person:
        await person.press("g")
        person.sees("held")
        await person.press("G")
        person.sees("following")
        await person.press("k", "j")
        person.sees("following")
    log.close()


@errand
async def test_errors_are_counted_as_they_come(live: tuple[Store, FileLog]) -> None:
    """In the header, whether somebody looks or not."""
    store, log = live
    async with opened(store, "Live") as person:
        await person.press("g")
        log.append([tool_result(60, 1, is_error=True), tool_result(61, 1)])
        await until_count(person, 62)
        person.sees("✗ 1")
        await person.press("e")
        assert person.cursor == 60
    log.close()


@errand
async def test_the_writer_ends_or_disappears(live: tuple[Store, FileLog]) -> None:
    """In the middle of a turn it is gone; after the turn's end it is done; and it may come back."""
    store, log = live
    async with opened(store, "Live") as person:
        log.close()
        await person.wait_until(lambda: "◌ writer gone" in person.screen)
        with store.writer("sesn_live") as again:
            await person.wait_until(lambda: "● live, following" in person.screen)
            again.append([status(60, "idle", "end_turn")])
            await until_count(person, 61)
        await person.wait_until(lambda: "○ ended" in person.screen)
        await person.press("f")
        person.sees("nothing to follow")


@errand
async def test_sealing_in_the_middle_changes_nothing_one_sees(live: tuple[Store, FileLog]) -> None:
    """Segments are the log's business."""
    store, log = live
    async with opened(store, "Live") as person:
        log.seal()
        log.append([message(number) for number in range(60, 64)])
        await until_count(person, 64)
        await person.press("g")
        person.sees_cursor_on("session.status_running")
        log.seal()
        await person.press("G")
        assert person.cursor == 63
        person.sees_in_payload("message 63")
    log.close()


@errand
async def test_an_empty_session_that_begins(plain_surroundings: Path) -> None:
    """From “no events yet” to the first event without a key."""
    store = Store("live").prepare()
    with store.create(Manifest("sesn_new", created_us=START_US, title="New")) as log:
        async with opened(store, "New") as person:
            person.sees("No events yet.")
            log.append([message(0, "at last")])
            await until_count(person, 1)
            person.sees_in_payload("at last")


@errand
async def test_the_list_shows_who_is_written_to(live: tuple[Store, FileLog]) -> None:
    """First, and with a mark; when one comes back from a session, as it is now."""
    store, log = live
    async with opened(store) as person:
        assert person.lines[2].split()[:2] == ["▌●", "Live"] and person.lines[2].split()[-1] == "60"
        log.append([message(60)])
        await person.press("enter", "q")
        await person.wait()
        assert person.lines[2].split()[:2] == ["▌●", "Live"] and person.lines[2].split()[-1] == "61"
    log.close()


@errand
async def test_a_session_that_passes_ten_hours_makes_room_for_its_times(live: tuple[Store, FileLog]) -> None:
    """Seq and time never touch; lines that were drawn before move along."""
    store, log = live
    ten_hours_us = 10 * 3_600_000_000
    async with opened(store, "Live", size=(80, 24)) as person:
        log.append([message(number)._replace(time_us=START_US + ten_hours_us - 1) for number in range(60, 1_010)])
        await until_count(person, 1_010)
        await person.press("k")
        person.sees("1,009 +9:59:59  ❯")
        log.append([message(1_010)._replace(time_us=START_US + ten_hours_us)])
        await until_count(person, 1_011)
        person.sees("1,009  +9:59:59  ❯")
        await person.press("G")
        person.sees("1,010 +10:00:00  ❯")
    log.close()
