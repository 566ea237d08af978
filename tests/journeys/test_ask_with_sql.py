"""“How often does this happen?” Questions to the whole store, and from the answer back into the sessions."""

from __future__ import annotations

from textual.events import Paste

from runtime.store import Store
from tests.support.driver import Person, errand, opened
from workbench.screens.sql import SqlScreen


def asking(person: Person) -> SqlScreen:
    """The SQL screen, which somebody is at."""
    assert isinstance(person.app.screen, SqlScreen), person.app.screen
    return person.app.screen


@errand
async def test_every_session_where_a_tool_failed_three_times_running(demo_store: Store) -> None:
    """Somebody takes the query that is there, runs it, and looks at each place, one after the other."""
    async with opened(demo_store) as person:
        await person.press(";", "ctrl+o")
        person.sees("three failures running")
        while asking(person).library.chosen.name != "three failures running":  # type: ignore[union-attr]
            await person.press("j")
        person.sees("with runs as (")
        await person.press("enter", "enter")
        assert (grid := asking(person).desk.grid) is not None
        person.sees(f"{len(grid.answer.rows)} rows in ")
        assert len(grid.answer.rows) >= 2
        for row in grid.answer.rows:
            await person.press("enter")
            assert person.session.source.session_id == row[0]
            person.sees_cursor_on("agent.tool_use", name=row[2])
            await person.press("o")
            person.sees_cursor_on("agent.tool_result", name=row[2], error=True)
            await person.press("q", "j")
        assert asking(person).answer.has_focus


@errand
async def test_a_question_is_asked_mended_refined_and_kept(demo_store: Store) -> None:
    """A wrong column, a look at what there is, a narrower question, a name for it."""
    async with opened(demo_store) as person:
        await person.press(";")
        await person.types("select tool, count(*) as n")
        await person.press("enter")
        await person.types("from tool_u")
        person.sees("tab  tool_uses")
        await person.press("tab")
        await person.types(" group by all;")
        await person.press("enter")
        person.sees('line 1, column 8: there is no column "tool"')
        for _ in range(4):
            await person.press("delete")
        await person.types("na")
        person.sees("tab  name")
        await person.press("tab", "enter")
        person.sees("rows in ")
        person.sees("web_fetch")
        await person.press(";", "ctrl+s")
        await person.types("uses by tool")
        await person.press("enter")
        person.sees("saved as uses by tool")
    async with opened(demo_store) as person:
        await person.press(";")
        person.sees("uses by tool")


@errand
async def test_from_a_session_that_is_odd_to_others_like_it_and_back(demo_store: Store) -> None:
    """Its errors, then the same in all sessions; q leads back step by step to where it began."""
    async with opened(demo_store, "Move the billing exports", at=0) as person:
        home = person.session.source.session_id
        await person.press("e")
        first = person.cursor
        await person.press(";")
        person.sees(f"session_id = '{home}'")
        asking(person).desk.draft.replace("")
        errors = "select session_id, seq, summary from events where is_error order by session_id, seq;"
        asking(person).editor.post_message(Paste(errors))
        await person.wait()
        await person.press("enter")
        assert (grid := asking(person).desk.grid) is not None
        others = [index for index, row in enumerate(grid.answer.rows) if row[0] != home]
        await person.press(*["j"] * others[0], "enter")
        assert person.session.source.session_id == grid.answer.rows[others[0]][0] != home
        assert person.event.is_error
        await person.press("q", "q")
        assert person.session.source.session_id == home and person.cursor == first
