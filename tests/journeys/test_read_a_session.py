"""Open a session, move through it, and read what was exactly said."""

from __future__ import annotations

import orjson

from runtime.store import Store
from tests.support.driver import errand, opened
from workbench.view import words

SEEK = "Fix the flaky seek test"


@errand
async def test_it_opens_at_its_end(demo_store: Store) -> None:
    """The first thing to be seen is how it ended."""
    async with opened(demo_store, SEEK) as person:
        person.sees_cursor_on("session.status_idle", name="end_turn")
        person.sees("49 / 49")
        person.sees("○ ended")


@errand
async def test_moving_as_in_less_and_vim(demo_store: Store) -> None:
    """Lines, half pages, pages, ends."""
    async with opened(demo_store, "Move the billing exports") as person:
        height = person.session.list.height
        places = []
        for key in (
            "g",
            "j",
            "j",
            "k",
            "down",
            "up",
            "ctrl+d",
            "ctrl+u",
            "pagedown",
            "pageup",
            "G",
            "k",
            "home",
            "end",
        ):
            await person.press(key)
            places.append(person.cursor)
        half, page, last = height // 2, height - 1, person.session.list.count - 1
        assert places == [0, 1, 2, 1, 2, 1, 1 + half, 1, 1 + page, 1, last, last - 1, 0, last]


@errand
async def test_turns(demo_store: Store) -> None:
    """``]`` goes to the next turn; ``[`` to the beginning of this one, then to the one before."""
    async with opened(demo_store, SEEK, at=0) as person:
        await person.press("]")
        person.sees("turn 2")
        second = person.cursor
        assert person.event.type == "session.status_running"
        await person.press("]")
        assert person.cursor == second
        person.sees("this is the last turn")
        await person.press("j", "j", "[")
        assert person.cursor == second
        await person.press("[")
        assert person.cursor == 0
        await person.press("[")
        person.sees("this is the first turn")


@errand
async def test_the_raw_payload_is_what_is_stored(demo_store: Store) -> None:
    """What the pane shows is, white space aside, the bytes in the log."""
    async with opened(demo_store, SEEK, at=7) as person:
        stored = person.session.source.reader.payload(7)
        await person.press("r")
        whole = "".join(part for line in person.session.reading.text._whole for part, _ in line)
        payload, _, beside = whole.partition("beside it, in this log only")
        assert orjson.loads(payload) == orjson.loads(stored)
        assert '"duration_us"' in beside
        person.sees(words.size(len(stored)))


@errand
async def test_reading_a_long_payload(demo_store: Store) -> None:
    """``tab`` goes over to the payload, where the same keys scroll; ``esc`` comes back, then leaves."""
    async with opened(demo_store, "Which uploads", at=30) as person:
        person.sees("2.1 MiB")
        await person.press("tab", "G")
        person.sees("… 2.0 MiB more")
        assert person.cursor == 30
        await person.press("g", "w")
        narrow = person.screen
        await person.press("l")
        assert person.screen != narrow, "unwrapped, there is more to the right"
        await person.press("escape")
        assert person.session.list.has_focus
        await person.press("escape")
        assert person.sessions.list.count == 7


@errand
async def test_looking_further_to_the_right(demo_store: Store) -> None:
    """``l`` slides the summaries and leaves the other columns where they are."""
    async with opened(demo_store, SEEK, at=1) as person:
        person.sees("tests/test_io")
        person.does_not_see("and fix it.  ")
        await person.press("l")
        line = next(line for line in person.lines if line.startswith("▌"))
        assert line.startswith("▌   1  +0:00.0  ❯ user") and "Find out why" in line
        await person.press("h")
        person.sees("test_seek in tests/test_io")


@errand
async def test_leaving_and_coming_back(demo_store: Store) -> None:
    """A session opened from the list is left for the list, with the cursor where it was."""
    async with opened(demo_store) as person:
        await person.press("j", "j", "j")
        chosen = person.sessions.list.chosen
        await person.press("enter")
        assert chosen is not None and person.session.source.session_id == chosen.session_id
        await person.press("q")
        assert person.sessions.list.chosen == chosen
        await person.press("q")
        assert person.app._exit
