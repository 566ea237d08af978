"""The list of sessions while others write to, make and delete them."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.manifest import Manifest
from runtime.store import Store, Summary
from tests.support.builders import START_US, add_session, message, new_store, status
from tests.support.driver import Person, errand, opened
from workbench.screens import sessions
from workbench.view.sessions import SessionLine
from workbench.view.shelf import Shelf


@pytest.fixture
def store(plain_surroundings: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Forty sessions, looked at so often that no test has to wait for the next look."""
    monkeypatch.setattr(sessions, "LOOK_SECONDS", 0.01)
    store = Store("many").prepare()
    for number in range(40):
        add_session(store, f"sesn_{number:02d}", [[message(number * 1_000_000)]], title=f"Session {number:02d}")
    return store


def chosen(person: Person) -> str:
    """The title under the cursor."""
    line = person.sessions.list.chosen
    assert line is not None
    return line.title


def cursor_row(person: Person) -> int:
    """The line of the screen that the cursor is on."""
    return next(index for index, line in enumerate(person.lines) if line.startswith("▌"))


@errand
async def test_sessions_come_by_themselves_and_the_cursor_stays_where_it_is(store: Store) -> None:
    """On its session, and on its line of the screen, though newer ones come in above it."""
    async with opened(store) as person:
        await person.press(*"jjjjj")
        before, row = chosen(person), cursor_row(person)
        add_session(store, "sesn_new", [[message(90_000_000)]], title="Just imported")
        await person.wait_until(lambda: len(person.sessions.lines) == 41)
        assert chosen(person) == before == "Session 34"
        await person.press("pageup", "g")
        assert chosen(person) == "Just imported"
        for number in range(30):
            add_session(store, f"sesn_n{number}", [[message(91_000_000 + number * 10_000)]], title=f"More {number}")
        await person.wait_until(lambda: len(person.sessions.lines) == 71)
        assert chosen(person) == "Just imported" and cursor_row(person) == row - 5


@errand
async def test_a_session_that_grows_is_updated(store: Store) -> None:
    """While it is written to, when its writer has gone, and if both fall between two looks."""
    async with opened(store) as person:
        assert chosen(person) == "Session 39"

        def line() -> SessionLine:
            return next(line for line in person.sessions.lines if line.session_id == "sesn_07")

        with store.writer("sesn_07") as log:
            await person.wait_until(lambda: line().mark == "●")
            log.append([message(100), message(101)])
            await person.wait_until(lambda: line().events == 3)
            log.append([message(102)])
            await person.wait_until(lambda: line().events == 4)
        await person.wait_until(lambda: line().mark != "●")
        with store.writer("sesn_07") as log:
            log.append([message(103)])
            log.seal()
        await person.wait_until(lambda: line().events == 5)
        assert chosen(person) == "Session 39"


@errand
async def test_a_deleted_session_goes(store: Store) -> None:
    """The cursor stays with its own, and goes to a neighbour if that is the one."""
    async with opened(store) as person:
        await person.press("j", "j")
        store.delete("sesn_39")
        await person.wait_until(lambda: len(person.sessions.lines) == 39)
        assert chosen(person) == "Session 37"
        store.delete("sesn_37")
        await person.wait_until(lambda: len(person.sessions.lines) == 38)
        assert chosen(person) in ("Session 38", "Session 36")


@errand
async def test_opening_one_that_was_deleted_a_moment_ago_says_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a line; the list is still there."""
    monkeypatch.setattr(sessions, "LOOK_SECONDS", 3600)
    async with opened(store) as person:
        store.delete("sesn_39")
        await person.press("enter")
        person.sees("no session 'sesn_39'")
        assert chosen(person) == "Session 39"


@errand
async def test_one_that_is_deleted_while_it_is_open_says_so_and_stays(store: Store) -> None:
    """In its badge; what it shows can still be gone through."""
    async with opened(store, "Session 05") as person:
        person.sees("○ ended")
        store.delete("sesn_05")
        await person.wait_until(lambda: "∅ deleted" in person.screen)
        await person.press("g")
        person.sees_in_payload("message 5000000")
        await person.press("q")
        await person.wait_until(lambda: len(person.sessions.lines) == 39)


# ── what a look costs ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A shelf that has read all three sessions of a store."""
    store = new_store(tmp_path)
    for name in "abc":
        add_session(store, f"sesn_{name}", [[message(1)]], title=name)
    shelf = Shelf(store)
    assert len(list(shelf.lines())) == 3 and shelf.news() is None
    return shelf


def test_while_nothing_happens_a_look_reads_nothing(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many sessions there are: three times of folders."""

    def unwanted(*_: object) -> None:
        raise AssertionError("something was read")

    for name in ("summaries", "summary", "own_sessions", "manifest", "reader"):
        monkeypatch.setattr(Store, name, unwanted)
    monkeypatch.setattr("workbench.view.shelf.writers", unwanted)
    assert shelf.news() is None


def test_only_what_changed_is_read(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of twenty thousand sessions, the one that grew."""
    read: list[str] = []
    summary = Store.summary

    def noted(store: Store, session_id: str) -> Summary:
        read.append(session_id)
        return summary(store, session_id)

    monkeypatch.setattr(Store, "summary", noted)
    with shelf.store.writer("sesn_b") as log:
        log.append([message(2)])
        news = shelf.news()
        assert news is not None and [(line.session_id, line.events, line.mark) for line in news.lines] == [
            ("sesn_b", 2, "●")
        ]
        assert shelf.news() is None, "its writer is there, and has written nothing since"
    with shelf.store.create(Manifest("sesn_d", created_us=START_US)) as log:
        log.append([status(0, "running")])
    news = shelf.news()
    assert news is not None and {line.session_id for line in news.lines} == {"sesn_b", "sesn_d"} and not news.gone
    assert set(read) == {"sesn_b", "sesn_d"}
    shelf.store.delete("sesn_a")
    news = shelf.news()
    assert news is not None and news.gone == {"sesn_a"} and news.lines == [] and shelf.news() is None
