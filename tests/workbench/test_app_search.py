"""Searching all sessions in the app: what it looks like, and that it stays out of one's way while it looks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest
from syrupy.assertion import SnapshotAssertion

from runtime.asking import search as asking
from runtime.asking.search import Hit, Progress, Window
from runtime.errors import Corrupt
from runtime.store import Store
from tests.support.builders import add_session, message, new_store
from tests.support.driver import Person, errand, opened
from tests.support.screens import TextScreen
from workbench.screens.search import SearchScreen
from workbench.view.search import searching

SIZES = [(80, 24), (120, 32), (200, 60)]
BY_SIZE = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@pytest.fixture
def text(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Compares a screen with its text file."""
    return snapshot.use_extension(TextScreen)


async def look_for(person: Person, text: str) -> SearchScreen:
    """Ask, from wherever one is."""
    await person.press("ctrl+f")
    await person.types(text)
    await person.press("enter")
    assert isinstance(person.app.screen, SearchScreen)
    return person.app.screen


@BY_SIZE
@errand
async def test_what_was_found(demo_store: Store, text: SnapshotAssertion, size: tuple[int, int]) -> None:
    """A heading for each session, the newest first; under it its events, the match in sight."""
    async with opened(demo_store, size=size) as person:
        await look_for(person, "fail")
        await person.press("j")
        assert person.screen == text


@BY_SIZE
@errand
async def test_what_a_filter_lets_through(demo_store: Store, text: SnapshotAssertion, size: tuple[int, int]) -> None:
    """Words of the filter language go in front."""
    async with opened(demo_store, size=size) as person:
        await look_for(person, "type:tool_use tool:edit test")
        assert person.screen == text


@pytest.mark.parametrize(
    "needle", ["", "zebra", "is:error", "took>long x"], ids=["unasked", "nowhere", "no_text", "no_filter"]
)
@errand
async def test_nothing_to_show(demo_store: Store, text: SnapshotAssertion, needle: str) -> None:
    """Not asked yet, nowhere to be found, nothing to look for, a filter that is none: each says what to do."""
    async with opened(demo_store, size=(80, 24)) as person:
        await person.press("ctrl+f")
        await person.types(needle)
        if needle:
            await person.press("enter")
        assert person.screen == text


@errand
async def test_an_empty_store(tmp_path: Path) -> None:
    """Has nothing, and nobody waits for it."""
    async with opened(new_store(tmp_path / "store")) as person:
        await look_for(person, "anything")
        person.sees("nothing found")


@errand
async def test_hostile_text_stays_in_its_line(tmp_path: Path) -> None:
    """Neither what was said nor what a session is called reaches the terminal as it is."""
    store = new_store(tmp_path / "store")
    evil = "needle \x1b[2J\x1b]0;gone\x07 \u202e\u200b end"
    add_session(store, "sesn_1", [[message(1, evil)]], title=f"title {evil}")
    async with opened(store) as person:
        await look_for(person, "needle")
        assert "\x1b" not in person.screen and "\u202e" not in person.screen and "\x07" not in person.screen
        person.sees("title needle")
        person.sees("1 event in 1 session")


# ── while it looks ───────────────────────────────────────────────────────────────────────────────────────────────────


class Gate:
    """A search that goes on when a test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, of_sessions: int) -> None:
        self._steps: list[Progress] = []
        self._go = Event()
        self._of = of_sessions
        self.stopped = Event()
        monkeypatch.setattr(asking, "search", self._search)
        monkeypatch.setattr(searching, "REPORT_SECONDS", 0.0)

    def tell(self, sessions: int, *hits: tuple[str, int]) -> None:
        """So many sessions are done now, and these events were found."""
        window = Window(b'{"text":"a needle here"}', 11, 17)
        found = [Hit(session_id, seq, "payload", window) for session_id, seq in hits]
        self._steps.append(Progress(found, sessions, self._of, sessions, self._of))
        self._go.set()

    def end(self) -> None:
        """Nothing more comes."""
        self._of = -1
        self._go.set()

    def _search(self, store: Store, needle: str, *, cancel: Event) -> Iterator[Progress]:
        while not cancel.is_set():
            while self._steps:
                yield self._steps.pop(0)
            if self._of < 0:
                return
            self._go.wait(0.01)
            self._go.clear()
        self.stopped.set()


async def until(person: Person, seen: Callable[[], bool]) -> None:
    """Until something is so, while the search still runs."""
    async with asyncio.timeout(20):
        while not seen():
            await asyncio.sleep(0)
            await person.pilot.pause()


@pytest.fixture
def store(tmp_path: Path, plain_surroundings: Path) -> Store:
    """Three sessions of two hundred events."""
    store = new_store(tmp_path / "store")
    for number in range(3):
        events = [message(number * 1_000 + each, "a needle here") for each in range(200)]
        add_session(store, f"sesn_{number}", [events], title=f"Session {number}")
    return store


async def begun(person: Person) -> SearchScreen:
    """A search that is under way."""
    await person.press("ctrl+f")
    await person.types("needle")
    await person.pilot.press("enter")
    assert isinstance(person.app.screen, SearchScreen)
    return person.app.screen


@errand
async def test_hits_never_move_the_cursor(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor what is in sight: they come below, and are counted above."""
    gate = Gate(monkeypatch, 3)
    async with opened(store) as person:
        screen = await begun(person)
        gate.tell(0, *(("sesn_2", seq) for seq in range(50)))
        await until(person, lambda: screen.list.results.events == 50)
        person.sees("looking …  1 of 3 sessions   50 events in 1 session")
        for _ in range(40):
            await person.pilot.press("j")
        before, top = screen.list.cursor, screen.list.scroll_offset.y
        assert before == 40 and top > 0
        gate.tell(1, *(("sesn_2", seq) for seq in range(50, 70)), ("sesn_1", 3), ("sesn_1", 4))
        gate.tell(2, *(("sesn_0", seq) for seq in range(100)))
        await until(person, lambda: screen.list.results.events == 172)
        assert (screen.list.cursor, screen.list.scroll_offset.y) == (before, top)
        person.sees("looking …  3 of 3 sessions   172 events in 3 sessions")
        gate.end()
        await person.wait()
        person.sees("172 events in 3 sessions")
        person.does_not_see("looking")
        assert (screen.list.cursor, screen.list.scroll_offset.y) == (before, top)


@errand
async def test_escape_stops_it_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found stays; a second time, one goes back."""
    gate = Gate(monkeypatch, 3)
    async with opened(store) as person:
        screen = await begun(person)
        gate.tell(1, ("sesn_2", 5))
        await until(person, lambda: screen.list.results.events == 1)
        await person.pilot.press("escape")
        person.sees("stopped after 1 of 3 sessions   1 event in 1 session")
        assert await asyncio.to_thread(gate.stopped.wait, 20), "the search goes on"
        await person.press("j")
        assert screen.list.results.events == 1
        await person.press("escape")
        assert len(person.sessions.lines) == 3


@errand
async def test_leaving_stops_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing goes on behind one's back."""
    gate = Gate(monkeypatch, 3)
    async with opened(store) as person:
        await begun(person)
        await person.pilot.press("q")
        assert await asyncio.to_thread(gate.stopped.wait, 20), "the search goes on"
        await person.wait()
        assert len(person.sessions.lines) == 3


@errand
async def test_asking_for_something_else_ends_what_is_under_way(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the old search still finds is nobody's answer any more."""
    gate = Gate(monkeypatch, 3)
    async with opened(store) as person:
        screen = await begun(person)
        gate.tell(1, ("sesn_2", 5))
        await until(person, lambda: screen.list.results.events == 1)
        monkeypatch.undo()
        for key in ("slash", *"message", "enter"):
            await person.pilot.press(key)
        assert gate.stopped.wait(20)
        await person.wait()
        person.sees("nothing found")


@errand
async def test_there_is_an_end_to_what_is_shown(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """So much of one session, so much of all; the rest is counted, and that is said."""
    monkeypatch.setattr(searching, "MOST_OF_ONE", 30)
    async with opened(store) as person:
        screen = await look_for(person, "needle")
        person.sees("600 events in 3 sessions, 90 shown")
        person.sees("200 events, 30 shown")
        monkeypatch.setattr(searching, "MOST_SHOWN", 40)
        await person.press("ctrl+f", "enter")
        person.sees("600 events in 3 sessions, 40 shown")
        await person.press("G")
        assert screen.list.cursor == 41, "two headings and forty events"


@errand
async def test_what_is_damaged_is_said_when_all_else_was_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a line; what was found stays."""
    real = asking.search

    def search(*args: object, **options: object) -> Iterator[Progress]:
        yield from real(*args, **options)  # type: ignore[arg-type]
        raise Corrupt("sesn_x", 7, "000000.payload.parquet", "its bytes are not those that were written")

    monkeypatch.setattr(asking, "search", search)
    async with opened(store) as person:
        await look_for(person, "needle")
        person.sees("sesn_x")
        person.sees("600 events in 3 sessions")
        person.does_not_see("looking")


@errand
async def test_it_is_reached_from_anywhere_and_is_there_only_once(store: Store) -> None:
    """From a session that it led to, it is the screen below: what was found is still there."""
    async with opened(store) as person:
        await look_for(person, "needle")
        await person.press("j", "enter")
        assert person.session.source.session_id == "sesn_2"
        await person.press("ctrl+f", "escape")
        person.sees("600 events in 3 sessions")
        assert len(person.app.screen_stack) == 2


@errand
async def test_in_another_order_the_cursor_stays_on_its_event(
    demo_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not while more is being found."""
    async with opened(demo_store) as person:
        screen = await look_for(person, "fail")
        await person.press("]", "j", "j")
        here = screen.list.chosen
        first = [group.events for group in screen.list.results.groups]
        await person.press("s")
        person.sees("the newest session first")
        started = [group.about.started_us or 0 for group in screen.list.results.groups]
        assert started == sorted(started, reverse=True)
        await person.press("s")
        assert [group.events for group in screen.list.results.groups] == sorted(first, reverse=True)
        await person.press("s")
        assert [group.events for group in screen.list.results.groups] == first and screen.list.chosen == here
        gate = Gate(monkeypatch, 3)
        await person.press("/")
        await person.pilot.press("enter")
        await person.pilot.press("s")
        person.sees("more is being found")
        gate.end()
        await person.wait()


@errand
async def test_changing_ones_mind(store: Store) -> None:
    """Whoever asks nothing is where they were."""
    async with opened(store) as person:
        before = person.screen
        await person.press("ctrl+f", "escape")
        assert person.screen == before
        await person.press("ctrl+f", "enter")
        assert person.screen == before
