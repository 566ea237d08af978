"""What looks wrong by itself: shown where it is, said when the cursor is there, never in anybody's way."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from runtime.store import Store
from tests.support.builders import add_session, message, tool_result
from tests.support.driver import Person, errand, opened
from workbench.view.session import findings
from workbench.view.session.findings import Notice, Notices
from workbench.view.session.source import SessionSource
from workbench.view.text import line_text

BILLING = "Move the billing exports"


async def stay(person: Person) -> None:
    """Stay long enough to be told."""
    person.session.noticing._stayed()
    await person.wait()


@errand
async def test_what_looks_wrong_is_on_the_ruler_and_beside_the_list(demo_store: Store) -> None:
    """Its sign stands where no error does; the words are there on every event that belongs to it."""
    async with opened(demo_store, BILLING, at=312) as person:
        assert "!" not in person.screen
        before = person.cursor
        await stay(person)
        assert person.cursor == before, "nothing moves"
        person.sees("! error loop, see 296  bash failed 16 times in a row")
        marks = next(line for line in person.lines if line.startswith(" by event"))
        assert "!" in marks
        await person.press("colon", "2", "9", "8", "enter")
        person.sees("! stall  waited 36.2 min for the tool bash")
        await person.press("colon", "1", "0", "enter")
        person.sees("10 / 411")


@errand
async def test_marks_are_seen_before_what_looks_wrong(demo_store: Store) -> None:
    """What somebody set counts more than what was worked out."""
    async with opened(demo_store, BILLING, at=311) as person:
        await stay(person)
        shown = person.session.scrubbing.bar.timeline.ruler(0, None, (305,), person.session.noticing.notices.seqs)
        assert "◆" in line_text(shown) and line_text(shown).count("!") == 1


@errand
async def test_of_a_session_that_is_too_long_nothing_is_asked(
    demo_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """Its SQL would take longer than somebody stays."""
    monkeypatch.setattr(findings, "MOST_EVENTS", 411)
    async with opened(demo_store, BILLING, at=298) as person:
        await stay(person)
        person.does_not_see("waited 36.2 min")


@errand
async def test_who_leaves_does_not_wait_for_it(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it would have taken."""
    begun, left = Event(), Event()

    def ask(self: Notices) -> list[Notice]:
        begun.set()
        assert left.wait(20)
        return []

    monkeypatch.setattr(Notices, "_ask", ask)
    async with opened(demo_store, BILLING) as person:
        person.session.noticing._stayed()
        await person.wait_until(begun.is_set) if not begun.is_set() else None
        await person.pilot.press("q")
        left.set()
        await person.wait()
        assert person.sessions


def test_what_it_says_is_as_untrusted_as_what_it_was_made_of() -> None:
    """Findings quote the log."""
    said = line_text(Notice("a_b\x1b[31m", 3, (), "high", "x\x1b]0;y\x07z").line(3))
    assert "\x1b" not in said and "\x07" not in said and said.startswith("! a b")


def test_a_query_that_fails_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of memory, out of time: no sign is better than one that is not so."""
    store = Store(tmp_path).prepare()
    drafts = [message(0), *(tool_result(seq, 0, is_error=True) for seq in range(1, 9))]
    add_session(store, "sesn_x", [drafts])
    monkeypatch.setattr(findings, "_SQL", "SELECT nothing FROM nowhere")
    source = SessionSource(store, "sesn_x")
    assert Notices(source)._ask() == []
    source.close()
