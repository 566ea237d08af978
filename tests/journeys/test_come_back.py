"""Leave, and come back: another day, or a moment later."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.store import Store
from tests.support.builders import add_session, message
from tests.support.driver import Person, errand, session_called
from workbench.app import WorkbenchApp
from workbench.kept.remembered import Remembered
from workbench.picture import settle
from workbench.screens.session.grouping import Mode
from workbench.screens.session.returning import WORDS
from workbench.view.session.event_lines import Times
from workbench.view.session.source import SessionSource
from workbench.view.sessions.listing import NEWEST

BILLING, FLAKY = "Move the billing exports", "Fix the flaky"


class Run:
    """One run of the app, as the command line begins it: what it remembers is in a file."""

    def __init__(self, store: Store, title: str | None = None, at: int | None = None) -> None:
        self._remembered = Remembered.of(store)
        source = SessionSource(store, session_called(store, title)) if title else None
        self._app = WorkbenchApp(store, source, at, remembered=self._remembered)
        self._test = self._app.run_test(size=(120, 32))

    async def __aenter__(self) -> Person:
        pilot = await self._test.__aenter__()
        await settle(pilot)
        return Person(self._app, pilot)

    async def __aexit__(self, *error: object) -> None:
        await self._test.__aexit__(None, None, None)
        self._remembered.close()


@errand
async def test_a_session_opens_where_somebody_left_off(demo_store: Store) -> None:
    """Said once; ``G`` goes to the end, and then it opens at the end."""
    async with Run(demo_store, BILLING, at=0) as person:
        await person.press("e")
        first = person.cursor
    async with Run(demo_store, BILLING) as person:
        assert person.cursor == first
        person.sees(WORDS)
        person.sees_cursor_on("agent.tool_result", error=True)
        await person.press("j")
        person.does_not_see(WORDS)
        await person.press("G")
    async with Run(demo_store, BILLING) as person:
        assert person.cursor == person.session.source.count - 1
        person.does_not_see(WORDS)


@errand
async def test_from_the_list_too_and_in_the_same_run(demo_store: Store) -> None:
    """Whoever names an event gets that one."""
    async with Run(demo_store) as person:
        await person.press("enter", "g", "j", "j", "q")
        await person.press("enter")
        assert person.cursor == 2
        person.sees(WORDS)
        title = person.session.source.manifest.title or ""
    async with Run(demo_store, title, at=5) as person:
        assert person.cursor == 5
        person.does_not_see(WORDS)


@errand
async def test_a_live_session_opens_at_its_end(demo_store: Store) -> None:
    """That is where things happen."""
    session_id = session_called(demo_store, FLAKY)
    async with Run(demo_store, FLAKY, at=3):
        pass
    with demo_store.writer(session_id):
        async with Run(demo_store, FLAKY) as person:
            assert person.cursor == person.session.source.count - 1
            person.does_not_see(WORDS)
    async with Run(demo_store, FLAKY, at=3):
        pass
    async with Run(demo_store, FLAKY) as person:
        assert person.cursor == 3


@errand
async def test_a_session_that_was_imported_anew_opens_at_its_end(plain_surroundings: Path) -> None:
    """Its events are others: a number means nothing any more."""
    store = Store("one").prepare()
    add_session(store, "sesn_one", [[message(number) for number in range(6)]], title="One")
    async with Run(store, "One", at=2):
        pass
    store.delete("sesn_one")
    again = [message(number, f"again {number}") for number in range(100, 106)]
    add_session(store, "sesn_one", [again], title="One")
    async with Run(store, "One") as person:
        assert person.cursor == 5
        person.does_not_see(WORDS)


@errand
async def test_what_was_typed_can_be_had_again(demo_store: Store) -> None:
    """With the keys up and down; what was begun to be typed waits behind the newest. Each prompt has its own."""
    async with Run(demo_store, BILLING, at=0) as person:
        for words in ("schema", "required"):
            await person.press("/")
            await person.types(words)
            await person.press("enter")
        await person.press("&")
        await person.types("is:error")
        await person.press("enter")
    async with Run(demo_store, FLAKY, at=0) as person:
        await person.press("/")
        await person.types("se")
        for key, words in (("up", "/required"), ("up", "/schema"), ("up", "/schema"), ("down", "/required")):
            await person.press(key)
            assert person.lines[-1].split("  ")[0].strip().startswith(words), person.lines[-1]
        await person.press("down")
        assert person.lines[-1].strip().startswith("/se ") or person.lines[-1].strip() == "/se"
        await person.press("escape", "&", "up")
        assert person.lines[-1].strip().startswith("&is:error")
        await person.press("enter")
        assert person.event.is_error
        await person.press("escape", "q", "/", "up")
        assert person.lines[-1].strip() != "/required"


@errand
async def test_everything_is_laid_out_as_it_was(demo_store: Store) -> None:
    """The order of the list; times, scale, groups and long lines in a session: whichever session comes next."""
    async with Run(demo_store) as person:
        await person.press("s", "S")
        order = person.sessions.order
        assert order != NEWEST
        await person.press("enter", "g", "t", "T", "b", "w", "q")
    async with Run(demo_store) as person:
        assert person.sessions.order == order
        await person.press("j", "enter")
        session = person.session
        assert session.list.times is list(Times)[1] and session.grouping.mode is Mode.GROUPED
        assert session.scrubbing.bar.timeline.by_clock and not session.reading.text.wrap
        person.sees("by clock")
        await person.press("T", "b", "b")
    async with Run(demo_store, BILLING) as person:
        assert not person.session.scrubbing.bar.timeline.by_clock
        assert person.session.grouping.mode is Mode.FLAT and not person.session.reading.text.wrap


@errand
async def test_a_theme_that_was_chosen_stays(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the environment names another."""
    async with Run(demo_store) as person:
        person.app.theme = "workbench-light"
        await person.wait()
    async with Run(demo_store) as person:
        assert person.app.theme == "workbench-light"
    monkeypatch.setenv("TEXTUAL_THEME", "nord")
    async with Run(demo_store) as person:
        assert person.app.theme == "nord"
    monkeypatch.delenv("TEXTUAL_THEME")
    async with Run(demo_store) as person:
        assert person.app.theme == "workbench-light"


@errand
async def test_what_cannot_be_remembered_is_said(demo_store: Store) -> None:
    """One calm line, and everything else goes on."""
    path = Remembered.of(demo_store).path
    assert path is not None
    path.parent.mkdir(parents=True)
    path.write_text("{")
    async with Run(demo_store) as person:
        person.sees("what was remembered made no sense and begins anew; it is set aside in ")
        await person.press("j")
        person.does_not_see("made no sense")
