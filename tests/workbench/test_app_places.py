"""From anywhere to the list of sessions, and to the session opened last; and one pane alone."""

from __future__ import annotations

import gc

import pytest

from runtime.store import Store
from tests.support.driver import errand, opened
from workbench.kept.settings import Settings
from workbench.screens.help import help_lines
from workbench.screens.session import SessionScreen
from workbench.view.text import line_text


@errand
async def test_one_leads_to_the_list_and_two_to_the_session_as_it_was_left(demo_store: Store) -> None:
    """At its event, through its filter; from help, from the SQL screen, from what was found in all sessions."""
    async with opened(demo_store, "Move the billing") as person:
        await person.press("g", "&")
        await person.types("is:error")
        await person.press("enter", "j", "j")
        at = person.cursor
        for way in ([], ["?"], ["ctrl+f", "escape"], [";", "escape"]):
            await person.press(*way, "1")
            assert person.sessions.is_current, f"after {way}"
            await person.press("2")
            assert person.cursor == at
            person.sees("&is:error → 36 of 412")
        await person.press("2")
        person.sees("this is the session that was opened last")


@errand
async def test_where_no_session_was_opened_that_is_said(demo_store: Store) -> None:
    """And nothing else happens."""
    async with opened(demo_store) as person:
        await person.press("2")
        person.sees("no session was opened yet: enter opens one")
        assert person.sessions.is_current


def alive() -> int:
    """How many sessions are in memory; other tests may have left some."""
    gc.unfreeze()
    gc.collect()
    return sum(isinstance(each, SessionScreen) for each in gc.get_objects())


@errand
async def test_to_and_fro_piles_up_nothing(demo_store: Store) -> None:
    """Neither screens on the stack, nor sessions in memory that nobody sees any more."""
    async with opened(demo_store) as person:
        await person.press("enter")
        heights, before = [], alive()
        for _ in range(4):
            await person.press("ctrl+f")
            await person.types("fees")
            await person.press("enter", "enter", ";", "escape", "1", "2", "?", "2", ";", "escape", "2")
            heights.append(len(person.app.screen_stack))
        assert set(heights) == {2}, heights
        assert alive() - before <= 4


# ── one pane alone ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [(80, 24), (120, 32)])
@errand
async def test_the_pane_that_has_the_focus_takes_all_the_room(demo_store: Store, size: tuple[int, int]) -> None:
    """And gives it back; the timeline stays. What is asked in between leaves the payload where it is."""
    async with opened(demo_store, "Move the billing", at=100, size=size) as person:
        timeline = person.lines[1]
        await person.press("z")
        events, text = person.session.list, person.session.reading.text
        assert events.size.width == size[0] and not text.size
        assert person.lines[1] == timeline
        await person.press("tab")
        assert text.size.width == size[0] and text.size.height >= size[1] - 8 and not events.size
        await person.press("/")
        await person.types("fees")
        await person.press("enter")
        assert text.has_focus and text.size.width == size[0]
        await person.press("escape", "escape", "z", *":100", "enter")
        assert events.has_focus and person.cursor == 100
        assert 0 < events.size.width <= size[0] and text.size and person.lines[1] == timeline


@errand
async def test_where_there_is_room_for_the_list_alone_the_payload_takes_its_place(demo_store: Store) -> None:
    """And escape brings the list back."""
    async with opened(demo_store, "Move the billing", at=100, size=(50, 12)) as person:
        await person.press("tab")
        person.sees("no room for both: z shows the payload")
        await person.press("z")
        person.sees_in_payload("exports/fees.py")
        await person.press("escape")
        person.sees_cursor_on("agent.tool_use")


@errand
async def test_the_next_session_is_laid_out_as_this_one_was(demo_store: Store) -> None:
    """One pane alone, if that is how it was left."""
    async with opened(demo_store) as person:
        await person.press("enter", "z", "1", "j", "enter")
        assert person.session.list.size.width == person.app.size.width


def test_help_says_from_when_on_something_is_a_stall() -> None:
    """As it is set."""
    for seconds, said in ((60, "waited for a minute or more"), (5, "waited for 5.0s or more")):
        assert any(said in line_text(line) for line in help_lines(Settings(stall_seconds=seconds).stall_seconds))
