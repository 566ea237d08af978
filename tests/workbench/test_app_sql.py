"""The SQL screen: how it looks, and what its keys do."""

from __future__ import annotations

import asyncio
import threading

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.events import Key, Paste

from runtime.store import Store
from tests.support.driver import Person, errand, opened
from tests.support.screens import SvgScreen, TextScreen
from tests.support.terminal import Terminal, workbench
from workbench import external
from workbench.kept.queries import Queries
from workbench.keys import at
from workbench.screens.sql import SqlScreen
from workbench.view.sql import answer as sql_answer
from workbench.widgets.editor import Editor
from workbench.widgets.grid import GridPane

SIZES = [(80, 24), (120, 32), (200, 60)]
BY_SIZE = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
BILLING = "Move the billing exports"
TOOLS = "select name, count(*) as uses, max(result) as says, max(session_id) as session_id from tool_uses group by 1;"
ENDLESS = "select count(*) from range(1000000000000) where range % 7 = 3;"


@pytest.fixture
def text(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Compares a screen with its text file."""
    return snapshot.use_extension(TextScreen)


@pytest.fixture(autouse=True)
def no_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every query takes as long, for the pictures."""
    monkeypatch.setattr(sql_answer.Answer, "seconds", 0.034, raising=False)


def sql(person: Person) -> SqlScreen:
    """The screen."""
    assert isinstance(person.app.screen, SqlScreen), person.app.screen
    return person.app.screen


async def asks(person: Person, query: str) -> None:
    """Write a query and run it."""
    sql(person).edit()
    sql(person).desk.draft.replace("")
    sql(person).editor.post_message(Paste(query))
    await person.wait()
    await person.press("enter")


# ── looks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@BY_SIZE
@errand
async def test_nothing_asked_yet(demo_store: Store, text: SnapshotAssertion, size: tuple[int, int]) -> None:
    """What there is to ask stands at the left, or is a key away."""
    async with opened(demo_store, size=size) as person:
        await person.press(";")
        assert person.screen == text


@BY_SIZE
@errand
async def test_an_answer(demo_store: Store, text: SnapshotAssertion, size: tuple[int, int]) -> None:
    """Columns side by side, the cursor in one of them."""
    async with opened(demo_store, size=size) as person:
        await person.press("5")
        await asks(
            person, "select session_id, seq, name, duration_us, result, null as nothing from tool_uses order by 1, 2;"
        )
        await person.press("j", "j", "l", "l")
        assert person.screen == text


@BY_SIZE
@errand
async def test_what_there_is_to_ask(demo_store: Store, text: SnapshotAssertion, size: tuple[int, int]) -> None:
    """A view's columns, a saved query, what was run."""
    Queries().save("errors of mine", "select * from events where is_error;")
    Queries().ran("select 1;")
    async with opened(demo_store, size=size) as person:
        await person.press(";", "ctrl+o", "j", "enter", "j")
        assert person.screen == text


@errand
async def test_what_is_wrong_stands_under_the_query(demo_store: Store, text: SnapshotAssertion) -> None:
    """The caret is where it is wrong."""
    async with opened(demo_store) as person:
        await person.press(";")
        await asks(person, "select tipe from events;")
        assert person.screen == text
        assert sql(person).desk.draft.at == 7 and isinstance(person.app.focused, Editor)
        await person.press("delete")
        person.does_not_see("there is no column")


@errand
async def test_no_rows(demo_store: Store, text: SnapshotAssertion) -> None:
    """That is an answer, too."""
    async with opened(demo_store) as person:
        await person.press(";")
        await asks(person, "select * from events where type = 'nothing';")
        person.sees("0 rows in ")
        assert person.screen == text


@errand
async def test_an_empty_store(plain_surroundings: object, text: SnapshotAssertion) -> None:
    """It can be asked, and says that there is nothing."""
    async with opened(Store("empty")) as person:
        await person.press(";")
        await asks(person, "select count(*) as events from events;")
        assert person.screen == text


@errand
async def test_a_picture(demo_store: Store, snapshot: SnapshotAssertion) -> None:
    """The one the README could show."""
    async with opened(demo_store) as person:
        await person.press(";")
        await asks(
            person,
            "select name, count(*) as uses, sum(is_error::int) as errors from tool_uses group by name order by 2 desc;",
        )
        assert person.picture == snapshot.use_extension(SvgScreen)


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@errand
async def test_enter_runs_what_is_whole_and_goes_on_with_what_is_not(demo_store: Store) -> None:
    """A semicolon makes it whole; so does an empty line."""
    async with opened(demo_store) as person:
        await person.press(";")
        await person.types("select 41 + 1 as answer")
        await person.press("enter")
        person.does_not_see("1 row")
        await person.press("enter")
        person.sees("1 row in 34ms")
        person.sees("42")
        assert sql(person).desk.draft.text == "select 41 + 1 as answer"
        assert sql(person).answer.has_focus
        await person.press("tab", "tab")
        assert sql(person).editor.has_focus


@errand
async def test_keys_that_are_typed_are_no_commands(demo_store: Store) -> None:
    """Whatever they mean elsewhere."""
    async with opened(demo_store) as person:
        await person.press(";")
        await person.types("q?5;:ejk")
        assert sql(person).desk.draft.text == "q?5;:ejk"
        await person.press("ctrl+z", "ctrl+u", "ctrl+q")
        assert person.app._exit


@errand
async def test_rows_of_one_query_never_pass_for_those_of_another(demo_store: Store) -> None:
    """They go when a query fails, and when another one is taken from the list."""
    async with opened(demo_store) as person:
        await person.press(";")
        await person.types("select 'found by the first' as it;")
        await person.press("enter")
        await person.wait_until(lambda: "1 row" in person.screen)
        await person.press("tab", "tab")
        await person.types("and more;")
        await person.press("enter")
        await person.wait_until(lambda: sql(person)._trouble is not None)
        rows = person.app.screen.query_one(GridPane)
        assert rows.count == 0
        person.does_not_see("1 row")


@errand
async def test_keys_that_come_faster_than_they_are_handled_keep_their_order(demo_store: Store) -> None:
    """As a terminal sends what is pasted without saying so."""
    async with opened(demo_store) as person:
        await person.press(";")
        for key, character in (("s", "s"), ("ctrl+j", "\n"), ("a", "a"), ("tab", "\t"), ("enter", "\r"), ("b", "b")):
            person.app.post_message(Key(key, character))
        await person.wait()
        assert sql(person).desk.draft.text == "s\nas\nb"


@errand
async def test_what_comes_does_not_take_the_focus_from_somebody_who_writes(demo_store: Store) -> None:
    """Only who waits is taken to the results."""
    async with opened(demo_store) as person:
        await person.press(";")
        screen = sql(person)
        go_on = threading.Event()
        screen.asking._lane.run(go_on.wait, lambda _: None)
        screen.desk.draft.replace("select 42;")
        await person.pilot.press("enter")
        await person.pilot.press("space")
        assert screen.asking.running
        go_on.set()
        await person.wait()
        person.sees("1 row in 34ms")
        assert screen.editor.has_focus


@pytest.mark.parametrize("key", ["escape", "ctrl+c"])
@errand
async def test_a_query_that_runs_says_so_and_is_stopped_by_a_key(demo_store: Store, key: str) -> None:
    """Then the next one can be asked."""
    async with opened(demo_store) as person:
        await person.press(";")
        screen = sql(person)
        screen.desk.draft.replace(ENDLESS)
        await person.pilot.press("enter")
        while "running" not in person.screen:
            await asyncio.sleep(0)
            await person.pilot.pause()
        person.sees("esc stops it")
        await person.pilot.press("enter")
        person.sees("the query before still runs")
        await person.press(key)
        person.sees("the query was interrupted.")
        assert not screen.asking.running and person.app.screen is screen
        await asks(person, "select 42;")
        person.sees("1 row in 34ms")


@errand
async def test_who_leaves_stops_the_query(demo_store: Store) -> None:
    """Nothing of it is left running; what was written is there again."""
    async with opened(demo_store) as person:
        await person.press(";")
        screen = sql(person)
        screen.desk.draft.replace(ENDLESS)
        await person.pilot.press("enter")
        while not screen.asking.running:
            await person.pilot.pause()
        person.app.go_back(screen)
        while screen.asking.running:
            await asyncio.sleep(0)
        await person.wait()
        assert person.sessions.list.has_focus
        await person.press(";")
        assert sql(person).desk.draft.text == ENDLESS and sql(person) is not screen


def test_who_quits_while_a_query_runs_gets_the_terminal_back_at_once_and_clean(demo_store: Store) -> None:
    """Nothing waits for the query, and nothing is said after the last frame."""
    terminal = Terminal(workbench("open", "--store", str(demo_store.root.absolute())))
    terminal.read(20, 1.5)
    terminal.press(b"5", 3)
    terminal.press(ENDLESS.encode(), 2)
    terminal.press(b"\r", 2)
    assert b"running" in terminal.written
    terminal.press(b"\x11", 2)
    assert terminal.end(20) == 0
    assert b"leaked" not in terminal.written


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@errand
async def test_tab_completes_and_enter_is_never_stolen(demo_store: Store) -> None:
    """What is offered stands below, quietly."""
    async with opened(demo_store) as person:
        await person.press(";")
        await person.types("select * from tool")
        person.sees("tab  tool_uses")
        await person.press("tab")
        assert sql(person).desk.draft.text == "select * from tool_uses"
        await person.types(" where na")
        person.sees("tab  name")
        await person.press("enter")
        assert sql(person).desk.draft.text.endswith("where na\n")


@errand
async def test_up_brings_back_what_was_run_also_in_the_next_run_of_the_app(demo_store: Store) -> None:
    """And down leads back to what was being written."""
    async with opened(demo_store) as person:
        await person.press(";")
        await asks(person, "select 1;")
        await asks(person, "select 2;")
    async with opened(demo_store) as person:
        await person.press(";")
        await person.types("half")
        await person.press("up", "up")
        assert sql(person).desk.draft.text == "select 1;"
        await person.press("up")
        person.sees("there is no older query")
        await person.press("down", "down")
        assert sql(person).desk.draft.text == "half"


@errand
async def test_a_query_is_saved_under_a_name_taken_again_and_deleted(demo_store: Store) -> None:
    """From one run of the app to the next."""
    async with opened(demo_store) as person:
        await person.press(";")
        await person.types("select 42 as answer;")
        await person.press("ctrl+s")
        await person.types("the answer")
        await person.press("enter")
        person.sees("saved as the answer")
    async with opened(demo_store) as person:
        await person.press(";", "ctrl+o")
        screen = sql(person)
        names = [item.name for item in screen.library.items]
        await person.press(*["j"] * (names.index("the answer") - screen.library.cursor))
        person.sees("select 42 as answer;")
        await person.press("enter")
        assert screen.editor.has_focus
        await person.press("enter")
        person.sees("1 row in 34ms")
        await person.press("ctrl+o", "D")
        person.sees("the answer is deleted")
        assert Queries().saved == {}
        await person.press("D")
        person.sees("a saved query can be deleted when")


@errand
async def test_a_column_goes_into_the_query_from_the_list(demo_store: Store) -> None:
    """Several, one after the other."""
    async with opened(demo_store, size=(80, 24)) as person:
        await person.press(";")
        await person.types("select ")
        await person.press("ctrl+o", "j", "enter", "j", "enter", "ctrl+o")
        assert sql(person).desk.draft.text == "select session_id" and sql(person).editor.has_focus


# ── what was found ───────────────────────────────────────────────────────────────────────────────────────────────────


@errand
async def test_a_row_opens_its_event_and_q_leads_back_to_it(demo_store: Store) -> None:
    """Where the cursor was, in the row and in the column."""
    async with opened(demo_store) as person:
        await person.press(";")
        await asks(person, "select session_id, seq, result_seq, name from tool_uses order by 1, 2;")
        screen = sql(person)
        await person.press("j", "j", "enter")
        session_id, seq, result_seq, name = screen.desk.grid.answer.rows[2]  # type: ignore[union-attr]
        assert person.session.source.session_id == session_id and person.cursor == seq
        person.sees_cursor_on("agent.tool_use", name=name)
        await person.press("q")
        assert sql(person) is screen and screen.answer.has_focus and screen.answer.cursor == 2
        await person.press("l", "l", "enter")
        assert person.cursor == result_seq
        person.sees_cursor_on("agent.tool_result")
        await person.press(";")
        assert sql(person) is screen, "the screen below, not another one on top"


@errand
async def test_rows_that_lead_nowhere_say_why(demo_store: Store) -> None:
    """What to select, or what there is not."""
    async with opened(demo_store) as person:
        await person.press(";")
        await asks(person, "select 1 as n;")
        await person.press("enter")
        person.sees("this row names no session: select session_id")
        await asks(person, "select 'sesn_nowhere' as session_id;")
        await person.press("enter")
        person.sees("sesn_nowhere")
        await asks(person, "select session_id, 999999 as seq from sessions limit 1;")
        await person.press("enter")
        person.sees("there is no 999,999")


@errand
async def test_the_beginning_of_an_id_and_an_events_id_lead_there_too(demo_store: Store) -> None:
    """As everywhere."""
    async with opened(demo_store) as person:
        await person.press(";")
        await asks(
            person, "select left(session_id, 12) as session, id from events where is_error order by session_id, seq;"
        )
        row = sql(person).desk.grid.answer.rows[0]  # type: ignore[union-attr]
        await person.press("enter")
        assert person.session.source.session_id.startswith(row[0]) and person.event.id == row[1]
        assert person.event.is_error


@errand
async def test_a_cell_or_a_row_is_copied_whole_and_masked(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much of it is in sight."""
    copied: list[external.Masked] = []

    def copy(what: str, text: external.Masked, *_: object) -> str:
        copied.append(text)
        return f"{what} copied"

    monkeypatch.setattr(external, "copied", copy)
    async with opened(demo_store) as person:
        await person.press(";")
        await asks(person, "select repeat('long ', 50) as a, 'sk-ant-api03-' || repeat('a1B2', 20) as key, 7 as n;")
        await person.press("y")
        assert copied[0] == external.Masked("long " * 50, 0)
        person.sees("a, 250 bytes, copied")
        await person.press("l", "y", "Y")
        assert copied[1].secrets == 1 and "a1B2" not in copied[1].text + copied[2].text
        assert copied[2].text.startswith('{"a": "long ') and copied[2].text.endswith('"n": 7}')


@errand
async def test_nothing_that_a_query_finds_acts_on_the_terminal(demo_store: Store) -> None:
    """Not as a value, a column's name, or an error."""
    async with opened(demo_store) as person:
        await person.press(";")
        screen = sql(person)
        for query in (
            """select chr(27) || '[31mred' as a, chr(27) || ']52;c;eA==' || chr(7) as "b\x9b" , chr(8238) as c;""",
            "select error(chr(27) || '[2J');",
            "select (chr(27) || '[2J')::int;",
        ):
            screen.desk.draft.text = query
            screen.edit()
            await person.press("enter")
            assert all(character.isprintable() for line in person.lines for character in line), person.screen
        person.sees("\\x1b[2J")


# ── coming and going ─────────────────────────────────────────────────────────────────────────────────────────────────


@errand
async def test_from_a_session_the_first_query_is_about_it(demo_store: Store) -> None:
    """And a result leads back into it."""
    async with opened(demo_store, BILLING) as person:
        session_id = person.session.source.session_id
        await person.press(";")
        person.sees(f"where session_id = '{session_id}'")
        await person.press("enter", "j", "enter")
        assert person.session.source.session_id == session_id and person.cursor == 1
        await person.press("q", "q")
        assert person.session.source.session_id == session_id and person.cursor > 1


@errand
async def test_it_can_be_left_and_come_back_to_with_everything_as_it_was(demo_store: Store) -> None:
    """The query, what it found, the row and the column."""
    async with opened(demo_store) as person:
        await person.press(";")
        await asks(person, TOOLS)
        await person.press("j", "l")
        before = person.screen
        await person.press("escape")
        assert person.sessions
        await person.press(";", "escape")
        assert person.screen == before
        assert len(person.app.screen_stack) == 2


@errand
async def test_help_is_a_key_away_from_the_results_and_leads_back(demo_store: Store) -> None:
    """With the keys of the query, too."""
    async with opened(demo_store, size=(120, 200)) as person:
        await person.press(";")
        await asks(person, "select 1;")
        await person.press("?")
        for where in ("editor", "results", "sql"):
            for key in at(where):
                person.sees(key.words)
        await person.press("q")
        assert sql(person)


def test_every_key_of_the_screen_has_somebody_who_does_it() -> None:
    """And is bound from the one table."""
    for owner, wheres in ((SqlScreen, ("sql", "results")), (Editor, ("editor",))):
        bound = {binding.id for binding in owner.BINDINGS}  # type: ignore[union-attr]
        assert bound == {key.id for where in wheres for key in at(where)}
        for where in wheres:
            assert all(callable(getattr(owner, f"action_{key.action}")) for key in at(where))
