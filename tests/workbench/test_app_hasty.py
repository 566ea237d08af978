"""Keys typed faster than screens come: none acts on what is not there yet, and none is lost."""

from __future__ import annotations

from runtime.store import Store
from tests.support.driver import errand, opened, session_called
from workbench.picture import send
from workbench.screens.session import SessionScreen
from workbench.screens.sessions import SessionsScreen
from workbench.view.session.source import SessionSource


@errand
async def test_keys_typed_before_a_session_is_on_the_screen_are_for_that_session(demo_store: Store) -> None:
    async with opened(demo_store) as person:
        source = SessionSource(demo_store, session_called(demo_store, "Move the billing exports"))
        person.app.push_screen(SessionScreen(source))
        await person.presses_at_once("g", "j", "j", "m")
        assert person.session.marking.seqs == [2] and person.cursor == 2


@errand
async def test_whoever_leaves_a_session_before_it_is_there_has_left_it(demo_store: Store) -> None:
    async with opened(demo_store) as person:
        source = SessionSource(demo_store, session_called(demo_store, "Move the billing exports"))
        person.app.push_screen(SessionScreen(source))
        send(person.app, "q")
        await person.wait()
        assert isinstance(person.app.screen, SessionsScreen)
