"""Keys typed faster than screens come: none acts on what is not there yet, and none is lost."""

from __future__ import annotations

from runtime.store import Store
from tests.support.driver import errand, opened
from workbench.screens.help import HelpScreen
from workbench.screens.sessions import SessionsScreen


@errand
async def test_keys_typed_before_a_session_is_there_again_are_for_that_session(demo_store: Store) -> None:
    async with opened(demo_store, at=None) as person:
        await person.press("enter", "q")
        await person.presses_at_once("2", "g", "j", "j", "m")
        assert person.session.marking.seqs == [2] and person.cursor == 2


@errand
async def test_whoever_leaves_a_screen_before_it_is_there_has_left_it(demo_store: Store) -> None:
    async with opened(demo_store) as person:
        await person.press("enter", "q")
        for opens in ("2", ":", "?"):
            await person.presses_at_once(opens, "escape")
            assert isinstance(person.app.screen, SessionsScreen), opens
        await person.presses_at_once("2", "q", "2", "q", "?")
        assert isinstance(person.app.screen, HelpScreen)
