"""A session's screen in the states that are easily forgotten, at three sizes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from runtime.event import Draft
from runtime.manifest import Manifest
from runtime.store import Store
from tests.support.builders import START_US, THREAD, add_session, message, status, tool_result, tool_use
from tests.support.driver import Person, errand, opened
from tests.support.screens import TextScreen

SIZES = [(80, 24), (120, 32), (200, 60)]
NAME = "A session"
Doing = Callable[[Person], Awaitable[None]]


async def _nothing(person: Person) -> None:
    pass


async def _filters_to_none(person: Person) -> None:
    await person.press("&")
    await person.types("tool:none")
    await person.press("enter")


async def _reads_to_its_end(person: Person) -> None:
    await person.press("r", "tab", "G")


def _asked(command: str, answer: str) -> list[Draft]:
    answered = tool_result(2, 1)
    answered.payload["content"] = [{"type": "text", "text": answer}]
    return [message(0, "Run it."), tool_use(1, command=command), answered]


WIDE = "進捗は 100% です 🎉 — e\u0301te\u0301, 👩‍👩‍👧, Ａ\u200bＢ, אבג"
COLOURED = "\x1b[1;31mFAILED\x1b[0m tests/test_a.py \x1b[32mok\x1b[m\n\x1b[2J\x1b]0;mine\x07 \x9b31m done\r\n"
STRANGE = [
    Draft({"id": "sevt_x", "type": "quantum.entangled", "spin": "up", "with": ["sevt_y"]}, THREAD, None),
    Draft({"id": "sevt_y", "type": "nodots"}, THREAD, START_US),
]
STATES: dict[str, tuple[list[Draft], Doing]] = {
    "empty": ([], _nothing),
    "one_event": ([message(0, "hello")], _nothing),
    "filtered_to_none": ([message(number) for number in range(9)], _filters_to_none),
    "unknown_types": (STRANGE, _nothing),
    "huge_payload": ([message(0, "word " * 200_000)], _reads_to_its_end),
    "wide": ([message(0, WIDE), *_asked(f"echo '{WIDE}'", f"{WIDE}\n" * 3)[1:]], _nothing),
    "coloured_output": (_asked("pytest --color=yes", COLOURED), _nothing),
}


@pytest.fixture
def text(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Compares a screen with its text file."""
    return snapshot.use_extension(TextScreen)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", STATES)
@errand
async def test_a_state(plain_surroundings: Path, text: SnapshotAssertion, state: str, size: tuple[int, int]) -> None:
    """Nothing moves out of its column, nothing is raw, and where there is nothing that is said."""
    drafts, doing = STATES[state]
    store = Store("states").prepare()
    add_session(store, "sesn_state", [drafts] if drafts else [], title=NAME)
    async with opened(store, NAME, size=size) as person:
        await doing(person)
        assert not {"\x1b", "\x9b", "\x07", "\r"} & set(person.screen)
        assert person.screen == text


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@errand
async def test_held_with_new_and_then_lost(
    plain_surroundings: Path, text: SnapshotAssertion, size: tuple[int, int]
) -> None:
    """How many have come is said above; and that the writer is gone without an end."""
    store = Store("states").prepare()
    log = store.create(Manifest("sesn_live", created_us=START_US, title=NAME))
    log.append([status(0, "running"), *(message(number) for number in range(1, 60))])
    async with opened(store, NAME, size=size) as person:
        await person.press("k")
        log.append([message(number) for number in range(60, 100)])
        await person.wait_until(lambda: person.session.scrubbing.bar.timeline.tiles.counted == 100)
        await person.wait()
        assert person.screen == text(name="held")
        log.close()
        await person.wait_until(lambda: "writer gone" in person.lines[0])
        assert person.screen == text(name="lost")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@errand
async def test_without_colours_the_words_are_the_same(
    demo_store: Store, text: SnapshotAssertion, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``NO_COLOR``: every state has its glyph."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(demo_store, "Move the billing", at=109, size=size) as person:
        assert person.app.no_color
        assert person.screen == text
