"""Sessions in which later events replace earlier ones: only what stands is on the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.event import Draft
from runtime.log import FileLog
from runtime.manifest import Manifest
from runtime.store import Store
from tests.support.builders import START_US, add_session, message, tool_result
from tests.support.driver import Person, errand, opened


def instead_of(old: int, draft: Draft) -> Draft:
    """``draft`` as what replaces event ``old``."""
    return draft._replace(extra={**draft.extra, "supersedes": old})


def seqs(person: Person) -> list[int]:
    """The events in sight, as their lines say."""
    shown = [line.lstrip("▌• ").split(" ", 1)[0].replace(",", "") for line in person.lines[2:-1]]
    return [int(number) for number in shown if number.isdigit()]


@pytest.fixture
def live(plain_surroundings: Path) -> tuple[Store, FileLog]:
    """A session of 60 events with a writer."""
    store = Store("live").prepare()
    log = store.create(Manifest("sesn_live", created_us=START_US, title="Live"))
    log.append([message(number) for number in range(60)])
    return store, log


@errand
async def test_only_what_stands_has_a_line(plain_surroundings: Path) -> None:
    """In the list, in what errors there are, and in what is found."""
    store = Store("one").prepare()
    drafts = [message(0), tool_result(1, 0, is_error=True), message(2, "needle"), instead_of(1, tool_result(1, 0))]
    add_session(store, "sesn_one", [[*drafts, instead_of(2, message(2, "a needle again"))]], title="One")
    async with opened(store, "One", at=0) as person:
        assert seqs(person) == [0, 3, 4]
        person.does_not_see("✗")
        await person.press("j")
        assert person.cursor == 3
        await person.press("e")
        person.sees("this session has no errors")
        await person.press("/")
        await person.types("needle")
        await person.press("enter")
        assert person.cursor == 4
        person.sees("1 of 1 event")
        await person.press("g", "G")
        assert person.cursor == 4 and seqs(person) == [0, 3, 4]


@errand
async def test_a_replaced_line_goes_and_the_cursor_stays_on_its_event(live: tuple[Store, FileLog]) -> None:
    """Lines above the cursor may go, lines below it come: nothing that is in sight and stands moves."""
    store, log = live
    async with opened(store, "Live") as person:
        await person.press("k", "k", "k")
        before = seqs(person)
        row = next(index for index, line in enumerate(person.lines) if line.startswith("▌"))
        assert person.cursor == 56 and 50 in before
        log.append([instead_of(50, message(50, "as it is now")), instead_of(3, message(3, "this too"))])
        await person.wait_until(lambda: person.session.source.count == 62)
        assert person.cursor == 56
        person.sees_cursor_on("user.message")
        person.sees("▼ 2 new")
        after = seqs(person)
        assert after == [seq for seq in range(before[0], 61) if seq != 50], "what stands above it is where it was"
        assert [index for index, line in enumerate(person.lines) if line.startswith("▌")] == [row - 1]
    log.close()


@errand
async def test_following_goes_on_at_the_tail(live: tuple[Store, FileLog]) -> None:
    """The replacing event is the last line; what it replaces is gone."""
    store, log = live
    async with opened(store, "Live") as person:
        log.append([instead_of(59, message(59, "grown")), message(60), instead_of(58, message(58, "grown too"))])
        await person.wait_until(lambda: person.session.source.count == 63)
        assert person.cursor == 62 and seqs(person)[-4:] == [57, 60, 61, 62]
        person.sees("● live, following")
        person.sees_in_payload("grown too")
    log.close()


@errand
async def test_an_event_that_is_replaced_under_the_cursor_is_followed_to_what_replaces_it(
    live: tuple[Store, FileLog],
) -> None:
    """It is the same event: whoever reads its payload reads its payload now."""
    store, log = live
    async with opened(store, "Live") as person:
        await person.press("g", "j", "j")
        assert person.cursor == 2
        log.append([instead_of(2, message(2, "as it was finished"))])
        await person.wait_until(lambda: person.session.source.count == 61)
        assert person.cursor == 60
        person.sees_in_payload("as it was finished")
    log.close()


@errand
async def test_what_comes_does_not_bring_back_the_cursor_that_was_scrolled_away_from(
    live: tuple[Store, FileLog],
) -> None:
    """The wheel has moved what is in sight: it stays there."""
    store, log = live
    async with opened(store, "Live") as person:
        person.session.list.show_from(5)
        person.session.following.follow.hold()
        await person.wait()
        before = seqs(person)
        log.append([message(60), instead_of(1, message(1))])
        await person.wait_until(lambda: person.session.source.count == 62)
        assert seqs(person) == before and before[0] == 5
    log.close()


@errand
async def test_going_to_an_event_by_its_number(plain_surroundings: Path) -> None:
    """``:812``; one that was replaced leads to what replaced it, one that is not there to the last."""
    store = Store("long").prepare()
    drafts = [message(number) for number in range(1_500)]
    add_session(store, "sesn_a", [[*drafts, instead_of(700, message(700))]], title="A")
    async with opened(store, "A") as person:
        for typed, cursor, said in [
            ("812", 812, "812 / 1,500"),
            ("1,204", 1_204, "1,204 / 1,500"),
            ("700", 1_500, "event 700 was replaced by this one"),
            ("0", 0, "0 / 1,500"),
            ("99999999999999999999999", 1_500, "this is the last one"),
        ]:
            await person.press(":")
            await person.types(typed)
            person.sees(f":{typed}")
            await person.press("enter")
            assert person.cursor == cursor
            person.sees(said)
            assert any(line.startswith(f"▌{cursor:5,} ") for line in person.lines), person.screen
            person.sees_in_payload("message")


@errand
async def test_what_is_typed_does_nothing_else_and_escape_changes_nothing(live: tuple[Store, FileLog]) -> None:
    """What the keys mean elsewhere does not happen."""
    store, log = live
    async with opened(store, "Live", at=30) as person:
        await person.press(":", "g", "q", "backspace", "backspace", "4", "2", "left", "backspace", "1")
        person.sees(":12")
        await person.press("escape")
        assert person.cursor == 30
        await person.press(":", "g", "q", "x", "2", "enter")
        assert person.cursor == 30
        await person.press("j")
        assert person.cursor == 31, "the list has the keys again"
    log.close()


@errand
async def test_keys_typed_faster_than_the_prompt_comes_are_not_lost(live: tuple[Store, FileLog]) -> None:
    """As they are pasted into a terminal, or sent by a program."""
    store, log = live
    async with opened(store, "Live", at=30) as person:
        await person.pilot.press(":", "1", "2", "enter", "j")
        await person.wait()
        assert person.cursor == 13
    log.close()
