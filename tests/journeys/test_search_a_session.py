"""Find a word that somebody said, somewhere in a session."""

from __future__ import annotations

from runtime.store import Store
from tests.support.driver import Person, errand, opened

BILLING = "Move the billing exports"


async def look_for(person: Person, text: str) -> None:
    """Press ``/``, type, press enter."""
    await person.press("/")
    await person.types(text)
    await person.press("enter")


@errand
async def test_search_and_step_through_what_was_found(demo_store: Store) -> None:
    """The first place comes at once; ``n`` and ``N`` go on and back, around the ends."""
    async with opened(demo_store, BILLING, at=0) as person:
        await look_for(person, "required in v4")
        first = person.cursor
        person.sees_in_payload("required in v4")
        person.sees("/required in v4   1 of 2 events")
        await person.press("n")
        assert person.cursor > first
        person.sees("2 of 2 events")
        await person.press("n")
        assert person.cursor == first
        person.sees("around the end")
        await person.press("N")
        person.sees("around the beginning")


@errand
async def test_what_was_found_is_marked(demo_store: Store) -> None:
    """In the list by a dot, in the payload by its background, and nowhere any more after ``esc``."""
    async with opened(demo_store, BILLING, at=0) as person:
        await look_for(person, "ledger")
        assert sum(line.startswith("•") for line in person.lines) == 0, (
            "one is under the cursor, the next is out of sight"
        )
        await person.press("n")
        marked = [text for line in person.session.reading.text._lines for text, role in line if role == "hit"]
        assert marked and set(marked) == {"ledger"}
        await person.press("n")
        assert any(line.startswith("•") for line in person.lines)
        await person.press("escape")
        person.does_not_see("/ledger   ")
        assert not any(line.startswith("•") for line in person.lines)
        assert not [text for line in person.session.reading.text._lines for text, role in line if role == "hit"]


@errand
async def test_a_word_nobody_said(demo_store: Store) -> None:
    """Says so, and stays where one was."""
    async with opened(demo_store, BILLING, at=7) as person:
        await look_for(person, "zebra")
        person.sees("/zebra   in no payload")
        assert person.cursor == 7
        await person.press("n")
        person.sees("'zebra' is in no payload")


@errand
async def test_capitals_count_if_there_are_any(demo_store: Store) -> None:
    """A needle in small letters finds any, one with a capital only that."""
    async with opened(demo_store, "Free disk space", at=0) as person:
        await look_for(person, "releases")
        person.sees("2 events")
        await person.press("escape")
        await look_for(person, "rELEASES")
        person.sees("in no payload")


@errand
async def test_changing_ones_mind(demo_store: Store) -> None:
    """``esc`` in the prompt leaves everything as it was; so does an empty search."""
    async with opened(demo_store, BILLING, at=3) as person:
        before = person.screen
        await person.press("/", "x", "escape")
        assert person.screen == before
        await person.press("n")
        person.sees("nothing was searched for")
