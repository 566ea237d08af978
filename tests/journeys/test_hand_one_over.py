"""An errand: show a colleague, who has not got the session, the moment at which it went wrong."""

from __future__ import annotations

from pathlib import Path

from runtime.export.shared import open_shared
from runtime.store import Store
from tests.support.builders import add_session, message
from tests.support.driver import Person, errand, opened

SECRET = "sk-ant-api03-" + "abcDEF123_" * 9


@errand
async def test_hand_one_over_at_the_event_that_matters(demo_store: Store, tmp_path: Path) -> None:
    """The file opens where one was, and says nothing that it should not."""
    drafts = [message(0, f"deploy with {SECRET}"), message(1), message(2, "it is done"), message(3, "thanks")]
    add_session(demo_store, "sesn_mine", [drafts], title="A deploy")
    async with opened(demo_store, "A deploy", at=2, size=(140, 32)) as person:
        await person.press("X")
        person.sees("hand over at event 2 › share .")
        await person.types("share for a colleague")
        await person.press("enter")
        person.sees("1 secrets and names masked; this event opens with: ")
        person.sees("workbench open 'for a colleague/sesn_mine.share'")
        assert person.cursor == 2, "one stays where one is"

    store, session_id, seq = open_shared(tmp_path / "for a colleague" / "sesn_mine.share")
    assert (session_id, seq) == ("sesn_mine", 2)
    async with opened(store, "A deploy", at=seq) as colleague:
        assert colleague.cursor == 2
        colleague.sees_in_payload("it is done")
        await colleague.press("g")
        colleague.sees("[masked:")
        assert "abcDEF123" not in colleague.screen


@errand
async def test_think_better_of_it(demo_store: Store, tmp_path: Path) -> None:
    """Escape writes nothing; what is no way to write one is said."""
    async with opened(demo_store, "Fix the flaky") as person:
        await person.press("X", "escape")
        await _asks_for(person, "zip")
        person.sees("zip is no way to write sessions")
        await _asks_for(person, "jsonl plain")
        person.sees("1 session, nothing masked, in plain/")
    assert not list(tmp_path.glob("*.share")) and len(list((tmp_path / "plain").iterdir())) == 1


async def _asks_for(person: Person, way: str) -> None:
    await person.press("X")
    await person.types(way)
    await person.press("enter")
