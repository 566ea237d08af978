"""The list of sessions while others write to, make and delete them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.events import MouseScrollDown

from runtime.export.shared import open_shared
from runtime.manifest import Manifest
from runtime.store import Store, Summary
from tests.support.builders import START_US, add_session, message, new_store, status
from tests.support.driver import Person, errand, opened
from workbench import external
from workbench.screens.sessions import screen as sessions_screen
from workbench.view.sessions.listing import Courses, Order, SessionLine
from workbench.view.sessions.parcels import parcels, told, wish
from workbench.view.sessions.shelf import News, Shelf


@pytest.fixture
def calm(plain_surroundings: Path) -> Store:
    """Forty sessions."""
    store = Store("many").prepare()
    for number in range(40):
        add_session(store, f"sesn_{number:02d}", [[message(number * 1_000_000)]], title=f"Session {number:02d}")
    return store


@pytest.fixture
def store(calm: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The same, looked at so often that no test has to wait for the next look."""
    monkeypatch.setattr(sessions_screen, "LOOK_SECONDS", 0.01)
    return calm


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
async def test_opening_one_that_was_deleted_a_moment_ago_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a line; the list is still there."""
    monkeypatch.setattr(sessions_screen, "LOOK_SECONDS", 3600)
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


@errand
async def test_a_live_session_says_whether_it_waits(store: Store) -> None:
    """For somebody: between its turns, and until it goes on; it stands at the top meanwhile."""
    async with opened(store) as person:
        with store.writer("sesn_07") as log:
            log.append([status(200, "running")])
            await person.wait_until(lambda: person.sessions.lines[0].state == "live")
            log.append([status(201, "idle", "end_turn")])
            await person.wait_until(lambda: person.sessions.lines[0].state == "waiting")
            await person.press("pageup", "g", "k")
            person.sees("⊙  Session 07")
            log.append([message(202), status(203, "running")])
            await person.wait_until(lambda: person.sessions.lines[0].state == "live")
        await person.wait_until(lambda: person.sessions.lines[0].session_id == "sesn_39")


# ── several at once ──────────────────────────────────────────────────────────────────────────────────────────────────


@errand
async def test_what_is_selected_stays_so_whatever_is_shown(store: Store) -> None:
    """With a glyph, and what they come to below; a filter hides them, new ones come, one of them is deleted."""
    async with opened(store) as person:
        await person.press("space", "j", "space")
        person.sees(" ✓ Session 39")
        person.sees(" ✓ Session 37")
        person.sees("2 selected")
        await person.press("/")
        await person.types("session 0")
        await person.press("enter", "a")
        person.sees("15 selected")
        await person.press("escape", "g")
        person.sees("15 selected")
        add_session(store, "sesn_new", [[message(90_000_000)]], title="Just imported")
        store.delete("sesn_39")
        await person.wait_until(lambda: "14 selected" in person.screen)
        await person.press("a")
        person.sees("40 selected")
        await person.press("a")
        person.does_not_see("selected")
        await person.press("space", "escape")
        person.does_not_see("✓")


@errand
async def test_ids_are_copied(calm: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the session under the cursor, or of all that are selected, a line each."""
    copied: list[str] = []
    monkeypatch.setattr(external, "osc_52", lambda text: (copied.append(text), "")[1])  # type: ignore[func-returns-value]
    monkeypatch.setattr(external, "_copy_by_program", lambda data, environment: "xcopy")
    async with opened(calm) as person:
        await person.press("y")
        person.sees("sesn_39 copied by xcopy")
        await person.press("space", "space", "y")
        person.sees("2 ids, copied by xcopy")
        assert copied == ["sesn_39", "sesn_39\nsesn_38"]


@errand
async def test_selected_sessions_are_written_for_a_colleague(calm: Store, tmp_path: Path) -> None:
    """Masked, each in a file that `workbench open FILE` shows; or as they are. It is said where they are."""
    add_session(calm, "sesn_key", [[message(0, "the key is sk-ant-api03-" + "abcDEF123_" * 9)]], title="Keys")
    async with opened(calm) as person:
        await person.press("/")
        await person.types("keys")
        await person.press("enter", "space", "escape", "g", "space", "X")
        person.sees("2 sessions › share .")
        await person.types("share out")
        await person.press("enter")
        person.sees("2 sessions, 1 secrets and names masked, in out")
        shared, session_id, _ = open_shared(tmp_path / "out" / "sesn_key.share")
        with shared.reader(session_id) as reader:
            assert b"abcDEF123" not in reader.entry(0).payload
        for way, names in (("jsonl", {"sesn_key.jsonl", "sesn_39.jsonl"}), ("parquet", {"sessions.parquet"})):
            await person.press("X")
            await person.types(f"{way} {way}")
            await person.press("enter")
            person.sees(f"2 sessions, nothing masked, in {way}")
            assert {path.name for path in (tmp_path / way).iterdir()} == names


@errand
async def test_writing_says_what_is_wrong_and_can_be_left(calm: Store, tmp_path: Path) -> None:
    """A way that is none, a folder that cannot be; escape asks for nothing and leaves the filter as it is."""
    (tmp_path / "file").write_text("")
    async with opened(calm, size=(200, 32)) as person:
        await person.press("X")
        await person.types("zip")
        await person.press("enter")
        person.sees("zip is no way to write sessions")
        await person.press("X")
        await person.types("jsonl file/below")
        await person.press("enter")
        person.sees("file/below cannot be made: Not a directory")
        await person.press("/")
        await person.types("Session 39")
        await person.press("enter", "X", "escape")
        person.sees("1 of 40 sessions")


def test_writing_ends_when_somebody_says_so(calm: Store, tmp_path: Path) -> None:
    """After the session that is being written."""
    ids = [f"sesn_{number:02d}" for number in range(9)]
    for way in ("jsonl", "share"):
        asked = wish(f"{way} {tmp_path / way}")
        done = list(parcels(calm, ids, asked, iter([True, True, False]).__next__))
        assert told(asked, done, len(ids)).startswith("2 of 9 sessions, ")
    assert told(asked, [], 9) == "nothing was written"


# ── forks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@errand
async def test_forks_stand_under_their_parent_and_fold_away(calm: Store) -> None:
    """In the list's order; the cursor stays with its session, or goes to the parent of what is folded."""
    for name in ("opus", "again"):
        parent = {"session_id": "sesn_05" if name == "opus" else "sesn_opus"}
        add_session(calm, f"sesn_{name}", [[message(95_000_000)]], title=f"With {name}", parent=parent)
    async with opened(calm) as person:
        await person.press("G", *"kkkkkk")
        assert chosen(person) == "With opus"
        person.sees("└ With opus")
        person.sees("  └ With again")
        await person.press("j", "z")
        person.sees("└ With opus +1 fork")
        assert chosen(person) == "With opus"
        await person.press("z", "k", "z")
        assert chosen(person) == "Session 05"
        person.sees("Session 05 +2 forks")
        person.does_not_see("With opus")
        await person.press("z", "/")
        await person.types("is:fork")
        await person.press("enter")
        assert [line.title for line in person.sessions.list.lines] == ["With opus", "With again"]
        await person.press("escape", "g", "z")
        person.sees("this session has no forks, and is none")


# ── the mouse ────────────────────────────────────────────────────────────────────────────────────────────────────────


@errand
async def test_a_click_selects_a_line_a_second_opens_it_and_the_wheel_looks_on(calm: Store) -> None:
    """The cursor stays where it is while the wheel turns."""
    async with opened(calm) as person:
        await person.pilot.click("#list", offset=(10, 4))
        await person.wait()
        assert chosen(person) == "Session 35"
        await person.pilot._post_mouse_events([MouseScrollDown], "#list", offset=(10, 4))
        await person.wait()
        assert chosen(person) == "Session 35" and "Session 39" not in person.screen
        await person.pilot.click("#list", offset=(10, 4), times=2)
        await person.wait()
        assert person.session.source.manifest.title != "Session 35"


# ── many ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@errand
async def test_one_that_arrives_among_twenty_thousand_sorts_nothing(
    calm: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is put in its place; the others are not looked at for it."""
    async with opened(calm) as person:
        screen = person.sessions
        like = screen.lines[0]
        many = [like._replace(session_id=f"sesn_{n:05d}", started_us=n) for n in range(20_000)]
        screen._show(many)
        seen: list[str] = []
        value = Order.value

        def counted(order: Order, courses: Courses) -> Callable[[SessionLine], Any]:
            get = value(order, courses)

            def noted(line: SessionLine) -> Any:
                seen.append(line.session_id)
                return get(line)

            return noted

        monkeypatch.setattr(Order, "value", counted)
        screen._came(News([like._replace(session_id="sesn_x", started_us=777)], frozenset({"sesn_00001"})))
        at = [line.session_id for line in screen.lines].index("sesn_x")
        assert len(screen.lines) == 20_000 and screen.lines[at - 1].session_id == "sesn_00777" and len(seen) < 40


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
    monkeypatch.setattr("workbench.view.sessions.shelf.writers", unwanted)
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
